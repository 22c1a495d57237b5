/**
 * Dumps of `kubectl get pods -A -o json` and `kubectl get nodes -o json` -> demand and today's hosts. A pod counts
 * as the scheduler counts it; pods of one owner that ask for the same are one row.
 */
import { z } from 'zod';
import type { Claim, DemandRow, ExistingHost, Source } from '../model.ts';
import { readClaim } from './claims.ts';
import { nodeSchema, podSchema, type Pod } from './kubernetes-objects.ts';
import { addProblem, objectOf, type Notes } from './notes.ts';
import { podRequests } from './pod-requests.ts';
import { parseQuantity } from './quantity.ts';
import { blankRow, uniqueIds } from './rows.ts';

const hostname = 'kubernetes.io/hostname';

const zones = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

export interface KubernetesResult {
  readonly demand: readonly DemandRow[];
  readonly perHost: readonly DemandRow[];
  readonly today: readonly ExistingHost[];
  readonly claims: readonly Claim[];
}

/** Reads the objects of a dump; `row` of a source is the place in its list, from 1. */
export function readKubernetes(items: readonly unknown[], file: string, notes: Notes): KubernetesResult {
  const demand = new Map<string, DemandRow>();
  const perHost = new Map<string, DemandRow>();
  const today: ExistingHost[] = [];
  const claims: Claim[] = [];
  items.forEach((item, at) => {
    const kind = z.object({ kind: z.string() }).safeParse(item).data?.kind ?? '(none)';
    const source: Source = { file, sheet: kind, row: at + 1 };
    if (kind === 'Pod') readPod(item, source, demand, perHost, notes);
    else if (kind === 'Node') today.push(...readNode(item, source, notes));
    else if (kind === 'PersistentVolumeClaim') claims.push(...readClaim(item, source, notes));
    else notes.leftOut.push({ source, what: kind, why: 'neither a Pod, nor a Node, nor a claim' });
  });
  const unique = uniqueIds();
  const named = (rows: Map<string, DemandRow>) =>
    [...rows.values()].map((row) => ({ ...row, id: unique(row.id) }));
  return { demand: named(demand), perHost: named(perHost), today, claims };
}

function readPod(
  item: unknown,
  source: Source,
  demand: Map<string, DemandRow>,
  perHost: Map<string, DemandRow>,
  notes: Notes,
): void {
  const pod = objectOf(podSchema, item, source, notes);
  if (pod === null) return;
  const what = `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`;
  const out = (why: string): void => {
    notes.leftOut.push({ source, what, why });
  };
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed') {
    out(`finished (${phase})`);
    return;
  }
  const owner = ownerOf(pod);
  if (owner.kind === 'Node' || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    out("a mirror of a static pod: part of its host's own system");
    return;
  }
  const requests = podRequests(pod, source, notes);
  const app = `${pod.metadata.namespace ?? 'default'}/${owner.name}`;
  const isVm = pod.metadata.labels?.['kubevirt.io'] === 'virt-launcher';
  if (isVm)
    notes.remarks.add(
      "requests of virt-launcher pods hold KubeVirt's own overhead beside the guest's memory",
    );
  const row: DemandRow = {
    ...blankRow(app, source),
    app,
    ...requests,
    os: { name: 'linux', family: 'linux' },
    form: isVm ? 'vm' : 'any',
    ownKernel: isVm || /kata|gvisor|firecracker/i.test(pod.spec.runtimeClassName ?? ''),
    today: isVm ? 'vm' : 'container',
    ...rulesOf(pod, app),
    hostLabels: pod.spec.nodeSelector ?? {},
  };
  const into = owner.kind === 'DaemonSet' ? perHost : demand;
  const key = JSON.stringify({ ...row, source: null });
  const known = into.get(key);
  // A daemon set's pods are counted once: each host of the answer gets its own.
  into.set(key, known === undefined ? row : { ...known, count: known.count + (into === perHost ? 0 : 1) });
}

/** The deployment behind a replica set is its name without the hash of the template. */
function ownerOf({ metadata: { name, labels, ownerReferences } }: Pod): {
  readonly kind: string;
  readonly name: string;
} {
  const [owner] = ownerReferences ?? [];
  if (owner === undefined) return { kind: 'Pod', name };
  const hash = labels?.['pod-template-hash'];
  const isHashed = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`);
  return { kind: owner.kind, name: isHashed ? owner.name.slice(0, -hash.length - 1) : owner.name };
}

/** Only rules that bind the scheduler; preferences do not. */
function rulesOf({ metadata: { labels }, spec }: Pod, key: string): Pick<DemandRow, 'apart' | 'spread'> {
  const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const repelsItself = terms.some(
    ({ topologyKey, labelSelector }) =>
      topologyKey === hostname &&
      Object.entries(labelSelector?.matchLabels ?? {}).every(([name, value]) => labels?.[name] === value),
  );
  const spread = spec.topologySpreadConstraints?.find(
    ({ topologyKey, whenUnsatisfiable }) =>
      whenUnsatisfiable === 'DoNotSchedule' && zones.includes(topologyKey),
  );
  return {
    apart: repelsItself ? { key, most: 1 } : null,
    spread: spread === undefined ? null : { key, skew: spread.maxSkew },
  };
}

function readNode(item: unknown, source: Source, notes: Notes): ExistingHost[] {
  const node = objectOf(nodeSchema, item, source, notes);
  if (node === null) return [];
  const {
    metadata: { name, labels = {} },
    status,
  } = node;
  const amount = (of: Record<string, unknown>, field: string): number | null => {
    const value = parseQuantity(of[field]);
    if (value !== null && value > 0) return value;
    addProblem(
      notes,
      source,
      field,
      of[field],
      'is no quantity above 0',
      'dump the nodes again',
      'value not used',
    );
    return null;
  };
  const cpuThreads = status.allocatable === undefined ? null : amount(status.allocatable, 'cpu');
  const memoryBytes = status.allocatable === undefined ? null : amount(status.allocatable, 'memory');
  return [
    {
      id: name,
      cluster: null,
      sockets: null,
      cores: null,
      threads: amount(status.capacity, 'cpu'),
      memoryBytes: amount(status.capacity, 'memory'),
      maxInstances: amount(status.capacity, 'pods'),
      allocatable: cpuThreads === null || memoryBytes === null ? null : { cpuThreads, memoryBytes },
      cpuUsedShare: null,
      memoryUsedShare: null,
      model: labels['node.kubernetes.io/instance-type'] ?? null,
      labels,
      domain: zones.map((zone) => labels[zone]).find((zone) => zone !== undefined) ?? null,
      source,
    },
  ];
}
