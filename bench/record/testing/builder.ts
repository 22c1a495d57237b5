/**
 * Makes plausible run records for tests, from a seed: a process, a namespace and a VM, measured in
 * interleaved blocks. Not used in production: what depends on records is tested without a measurement.
 * Numbers are log-normal around each runner's own; `alter` changes any trial at the end.
 */
import { factsOfKind } from '../kinds.ts';
import { createRandom, type Random } from '../../../model/random.ts';
import type { Acceleration, AccelerationClass, Mark, Traits } from '../../../model/instance.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { LadderPoint } from '../../../model/observation.ts';
import type { PlannedTrial } from '../../../model/plan.ts';
import type {
  CellRecord,
  RecordEnd,
  RecordHeader,
  RecordedTrial,
  RunRecord,
  Sample,
  VoidedBlock,
} from '../../../model/record.ts';
import type { RunnerKind, Shape } from '../../../model/scenario.ts';

/** What one runner of the built record costs. */
export interface BuiltRunner {
  readonly id: string;
  readonly kind: RunnerKind;
  readonly acceleration: AccelerationClass;
  /** T0 to T6. */
  readonly readySeconds: number;
  /** Marginal host memory of an idle instance. */
  readonly memoryBytes: number;
  /** Work done per second (higher is better). */
  readonly throughput: number;
  readonly traits?: Traits;
}

export interface RecordRequest {
  readonly seed?: number;
  readonly blocks?: number;
  readonly warmup?: number;
  readonly runners?: readonly BuiltRunner[];
  readonly baseline?: string;
  /** Runner id run twice, or null for no A/A control. */
  readonly control?: string | null;
  readonly shapes?: readonly Shape[];
  readonly workloads?: readonly string[];
  readonly metrics?: readonly MetricDeclaration[];
  /** Coefficient of variation between launches. */
  readonly noise?: number;
  readonly header?: Partial<RecordHeader>;
  readonly voided?: readonly VoidedBlock[];
  readonly end?: RecordEnd | null;
  readonly alter?: (trial: RecordedTrial) => RecordedTrial;
}

const MiB = 1024 * 1024;
const digest = 'sha256:5f3e0c1d9b7a4286e0d1c2b3a4958677f8e9dacbbdcedfe0f1021324354657ab';
const hostHash = '9c1185a5c5e9fc54612808977ee8f548b2258d31a6f3f2b6d5c0c7f0b8a1e2d3';

export const builtRunners: readonly BuiltRunner[] = [
  {
    id: 'process',
    kind: 'process',
    acceleration: 'none',
    readySeconds: 0.003,
    memoryBytes: 0.6 * MiB,
    throughput: 1000,
  },
  {
    id: 'namespace',
    kind: 'namespace',
    acceleration: 'none',
    readySeconds: 0.0045,
    memoryBytes: 0.9 * MiB,
    throughput: 998,
  },
  { id: 'vm', kind: 'qemu', acceleration: 'tcg', readySeconds: 2.4, memoryBytes: 95 * MiB, throughput: 90 },
];

export const builtMetrics: readonly MetricDeclaration[] = [
  {
    id: 'startup.ready',
    family: 'startup',
    title: 'Start to ready',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'T0', to: 'T6' },
    definition: 'From the request to the first correct reply, on the host clock.',
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.pid1',
    family: 'startup',
    title: 'Start to first process',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'T0', to: 'T4' },
    definition: 'From the request to the first process inside, on the host clock.',
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'cpu.throughput',
    family: 'cpu',
    title: 'Work per second',
    unit: '1/s',
    better: 'higher',
    source: { kind: 'sample' },
    definition: 'Events per second as the program printed them.',
    threshold: 0.05,
    needsRealCpu: true,
  },
  {
    id: 'tare.hostMemory',
    family: 'tare',
    title: 'Host memory per empty instance',
    unit: 'B',
    better: 'lower',
    source: { kind: 'slope', of: 'hostBytes' },
    definition: 'Slope of MemTotal - MemAvailable over the number of idle instances.',
    threshold: 0.03,
    needsRealCpu: false,
  },
];

const builtShape: Shape = { id: 'small', cpus: 1, memoryBytes: 256 * MiB };

/** A record of runner x workload x shape cells with `blocks` analysed blocks (30 unless told). */
export function buildRecord(request: RecordRequest = {}): RunRecord {
  const seed = request.seed ?? 1;
  const blocks = request.blocks ?? 30;
  const warmup = request.warmup ?? 1;
  const runners = request.runners ?? builtRunners;
  const control = request.control === undefined ? (runners[0]?.id ?? null) : request.control;
  const cells = buildCells(request, runners, control);
  const random = createRandom(seed);
  const planned = planTrials(cells, blocks, warmup, random);
  const alter = request.alter ?? ((trial) => trial);
  const trials = planned.map((plan) => {
    const cell = cells.find((each) => each.id === plan.cell);
    const runner = runners.find((each) => each.id === cell?.runner);
    if (runner === undefined) throw new Error(`no runner for cell ${plan.cell}`);
    return alter(buildTrial(plan, runner, request.noise ?? 0.03, random));
  });
  const header: RecordHeader = {
    ...buildHeader(seed, blocks, warmup),
    baseline: request.baseline ?? runners[0]?.id ?? 'process',
    control,
    trials: planned,
    cells,
    metrics: request.metrics ?? builtMetrics,
    ...request.header,
  };
  const end = request.end === undefined ? buildEnd() : request.end;
  return { header, trials, voided: request.voided ?? [], end, notes: [] };
}

function buildCells(
  request: RecordRequest,
  runners: readonly BuiltRunner[],
  control: string | null,
): CellRecord[] {
  const cells: CellRecord[] = [];
  for (const workload of request.workloads ?? ['idle']) {
    for (const shape of request.shapes ?? [builtShape]) {
      for (const runner of runners) {
        const id = `${runner.id}/${workload}/${shape.id}`;
        const named = {
          runner: runner.id,
          runnerKind: runner.kind,
          identity: {
            version: runner.kind === 'namespace' ? 'util-linux 2.38.1' : '1.0',
            ...(runner.kind === 'qemu' ? { machine: 'microvm' } : {}),
          },
        };
        const cell: CellRecord = {
          id,
          ...named,
          ...factsOfKind(named),
          workload,
          shape,
          role: 'measured',
          acceleration: acceleration(runner.acceleration),
          traits: { ...buildTraits(runner), ...runner.traits },
        };
        cells.push(cell);
        if (runner.id === control) cells.push({ ...cell, id: `${id}/control`, role: 'control' });
      }
    }
  }
  return cells;
}

function acceleration(kind: AccelerationClass): Acceleration {
  const reasons: Readonly<Record<AccelerationClass, string>> = {
    'kvm-hw': 'Hardware virtualization, tried.',
    'kvm-nested': 'KVM works inside another hypervisor.',
    'kvm-pvm': 'KVM without hardware support.',
    tcg: 'KVM answers but cannot run a guest: emulating.',
    none: 'No guest CPU.',
  };
  return { class: kind, reason: reasons[kind] };
}

function buildTraits(runner: BuiltRunner): Traits {
  const virtual = runner.kind === 'qemu';
  return {
    image: digest,
    kernel: virtual ? 'its own, 6.1' : "the host's, 6.18",
    acceleration: runner.acceleration,
    cpuPlacement: 'CPU 1',
    memoryPolicy: 'taken on first touch; not merged, not ballooned',
    memoryLimit: virtual ? '256 MiB of guest memory' : '256 MiB by cgroup',
    rootFilesystem: virtual ? 'initramfs' : 'overlay',
    writableLayer: 'memory',
    pageCache: 'warm',
    network: 'none',
    privileges: virtual ? 'guest root' : 'root without capabilities',
    environment: 'padded per launch',
    readySignal: "the agent's first line",
    clock: 'host monotonic',
    startState: 'cold',
    ruler: 'cgroup v1',
  };
}

function planTrials(
  cells: readonly CellRecord[],
  blocks: number,
  warmup: number,
  random: Random,
): PlannedTrial[] {
  const planned: PlannedTrial[] = [];
  for (let round = 0; round < warmup + blocks; round += 1) {
    random.shuffle(cells).forEach((cell, position) => {
      planned.push({
        index: planned.length,
        block: round < warmup ? -1 : round - warmup,
        position,
        cell: cell.id,
        padBytes: random.integer(4096),
      });
    });
  }
  return planned;
}

function buildTrial(plan: PlannedTrial, runner: BuiltRunner, noise: number, random: Random): RecordedTrial {
  const vary = (value: number, cov: number): number => value * Math.exp(cov * random.normal());
  const start = 1000 + plan.index;
  const reading = {
    cpuSeconds: vary(0.01, noise),
    throttledSeconds: 0,
    memoryBytes: 4 * MiB,
    memoryPeakBytes: 6 * MiB,
    workingBytes: 3 * MiB,
    cacheBytes: MiB,
    inactiveFileBytes: MiB / 2,
    processes: 2,
    oomKills: 0,
  };
  return {
    kind: 'trial',
    index: plan.index,
    block: plan.block,
    position: plan.position,
    cell: plan.cell,
    startedAt: new Date(Date.UTC(2026, 0, 15, 10, 0, plan.index)).toISOString(),
    wallSeconds: runner.readySeconds + 0.5,
    outcome: { state: 'ok' },
    provenDigest: digest,
    marks: buildMarks(start, vary(runner.readySeconds, noise), runner.kind === 'qemu'),
    samples: buildSamples(vary(runner.throughput, noise), random),
    ladder: buildLadder(vary(runner.memoryBytes, noise), random),
    observations: [],
    series: null,
    atReady: reading,
    atEnd: { ...reading, cpuSeconds: reading.cpuSeconds + 0.4 },
    outputs: [],
    drift: {
      stealShare: 0.001,
      foreignCores: 0.01,
      load1: 0.4,
      cpuPressureShare: 0.01,
      frequencyMHz: null,
    },
    cleanupProven: true,
    leftovers: [],
  };
}

function buildMarks(start: number, ready: number, virtual: boolean): Mark[] {
  const shares: readonly (readonly [string, number])[] = virtual
    ? [
        ['T0', 0],
        ['T1', 0.01],
        ['T2', 0.04],
        ['T3', 0.3],
        ['T4', 0.85],
        ['T5', 0.97],
        ['T6', 1],
      ]
    : [
        ['T0', 0],
        ['T1', 0.25],
        ['T2', 0.6],
        ['T4', 0.8],
        ['T5', 0.9],
        ['T6', 1],
      ];
  const marks = shares.map(([name, share]) => ({ name, at: start + ready * share }));
  return [...marks, { name: 'T7', at: start + ready + 0.5 }];
}

/** Several readings within a launch: they agree better than launches do, and count once. */
function buildSamples(launch: number, random: Random): Sample[] {
  return Array.from({ length: 5 }, () => ({
    metric: 'cpu.throughput',
    value: launch * Math.exp(0.002 * random.normal()),
  }));
}

function buildLadder(perInstance: number, random: Random): LadderPoint[] {
  return [0, 1, 2, 4].map((instances) => ({
    instances,
    hostBytes: 900 * MiB + perInstance * (instances + 0.01 * random.normal()),
    kernelPlusPssBytes: 300 * MiB + perInstance * instances,
    pssBytes: perInstance * 0.8 * instances,
    groupBytes: perInstance * 0.9 * instances,
    processes: 2 * instances,
    idleCores: 0.001 * instances,
    diskBytes: 4096 * instances,
  }));
}

function buildHeader(seed: number, blocks: number, warmup: number): RecordHeader {
  return {
    kind: 'header',
    schema: 3,
    tool: { name: 'tare-bench', version: '0.1.0' },
    runId: `built-${seed}`,
    startedAt: '2026-01-15T10:00:00.000Z',
    scenario: {
      name: 'built',
      description: 'A record made for tests.',
      file: 'scenarios/built.yaml',
      text: 'name: built\n',
      overrides: [],
      onlyRunners: null,
      hash: 'b1946ac92492d2347c6235b4d2611184',
    },
    seed,
    blocks,
    warmup,
    baseline: 'process',
    control: null,
    wantedMetrics: [],
    imageDigest: digest,
    imagePackages: { busybox: '1.35.0' },
    trials: [],
    cells: [],
    skipped: [],
    metrics: [],
    host: {
      hostname: 'build-host',
      must: {
        'cpu.model': 'Example CPU',
        'cpu.online': '2',
        'memory.gib': '16',
        'memory.ksm': '0',
        'kernel.release': '6.18.0',
      },
      note: { governor: 'none' },
      ignore: {},
      hash: hostHash,
    },
    clock: { echoMedianSeconds: 0.00006, echoP95Seconds: 0.00012, samples: 200 },
    voidRules: [{ rule: 'C9', limit: 'host steal above 5 %' }],
    imported: null,
  };
}

function buildEnd(): RecordEnd {
  return {
    kind: 'end',
    state: 'complete',
    at: '2026-01-15T10:10:00.000Z',
    wallSeconds: 600,
    samplerCpuSeconds: 0.6,
    toolCpuSeconds: 4,
    hostHashAfter: hostHash,
  };
}
