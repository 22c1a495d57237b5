/**
 * What a host keeps for itself before any container runs, by the published rules of three managed Kubernetes
 * services. CPU in threads (a service's vCPU), memory in bytes; what the kubelet evicts at is part of it.
 */
import type { ReserveRule } from '../model.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;

export interface Capacity {
  readonly cpuThreads: number;
  readonly memoryBytes: number;
  /** Pods that the node may hold. */
  readonly maxInstances: number;
}

export interface Reserved {
  readonly cpuThreads: number;
  readonly memoryBytes: number;
  /** Free memory at which the kubelet evicts: it cannot be given away either. */
  readonly evictionBytes: number;
}

/** Where each rule is published. */
export const reserveSources: Readonly<Record<ReserveRule, string>> = {
  none: 'nothing is kept',
  gke: 'GKE documentation, "Plan node sizes": allocatable resources',
  eks: 'Amazon EKS node bootstrap: 255 MiB + 11 MiB per pod, CPU as GKE',
  aks: 'AKS documentation, "Resource reservations", 1.29 and later',
};

/** Share of each further slice: [size of the slice, share]. */
type Ladder = readonly (readonly [number, number])[];

const memoryLadder: Ladder = [
  [4 * gib, 0.25],
  [4 * gib, 0.2],
  [8 * gib, 0.1],
  [112 * gib, 0.06],
  [Infinity, 0.02],
];
const cpuLadder: Ladder = [
  [1, 0.06],
  [1, 0.01],
  [2, 0.005],
  [Infinity, 0.0025],
];

/** Threads and what AKS keeps of them; between two points the line through them, beyond the last its slope. */
const aksCpu: Ladder = [
  [1, 0.06],
  [2, 0.1],
  [4, 0.14],
  [8, 0.18],
  [16, 0.26],
  [32, 0.42],
  [64, 0.74],
];

/** What the rule keeps of a host; never more than there is. */
export function reservedBy(rule: ReserveRule, host: Capacity): Reserved {
  const kept = keptBy(rule, host);
  const memoryBytes = Math.min(kept.memoryBytes, host.memoryBytes);
  return {
    cpuThreads: Math.min(kept.cpuThreads, host.cpuThreads),
    memoryBytes,
    evictionBytes: Math.min(kept.evictionBytes, host.memoryBytes - memoryBytes),
  };
}

function keptBy(rule: ReserveRule, { cpuThreads, memoryBytes, maxInstances }: Capacity): Reserved {
  switch (rule) {
    case 'none':
      return { cpuThreads: 0, memoryBytes: 0, evictionBytes: 0 };
    case 'gke':
      return {
        cpuThreads: climb(cpuLadder, cpuThreads),
        memoryBytes: memoryBytes < gib ? 255 * mib : climb(memoryLadder, memoryBytes),
        evictionBytes: 100 * mib,
      };
    case 'eks':
      return {
        cpuThreads: climb(cpuLadder, cpuThreads),
        memoryBytes: (255 + 11 * maxInstances) * mib,
        evictionBytes: 100 * mib,
      };
    case 'aks':
      return {
        cpuThreads: between(aksCpu, cpuThreads),
        memoryBytes: Math.min((20 * maxInstances + 50) * 1e6, memoryBytes / 4),
        evictionBytes: 100 * mib,
      };
  }
}

function climb(ladder: Ladder, amount: number): number {
  let left = amount;
  let kept = 0;
  for (const [step, part] of ladder) {
    const slice = Math.min(left, step);
    kept += slice * part;
    left -= slice;
  }
  return kept;
}

function between(points: Ladder, at: number): number {
  const next = points.findIndex(([x]) => x >= at);
  const above = next === -1 ? points.length - 1 : next;
  const [x1, y1] = points[above] ?? [1, 0];
  const before = points[above - 1];
  if (before === undefined) return y1;
  const [x0, y0] = before;
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

/** Threads' worth of a host in cores: cores + smt x (threads - cores), as kubev2v's sizer counts. */
export function effectiveCores(cores: number, threads: number, smt: number): number {
  return cores + smt * (threads - cores);
}
