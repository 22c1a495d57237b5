/**
 * The form of a record's lines as it is checked on reading: every field that anything downstream relies on,
 * so that a damaged or foreign file is told by line and field and never surfaces as a crash. Tied to the types: a
 * field that is in one and not in the other does not compile.
 */
import { z } from 'zod';
import type { GroupReading, GroupStrain, HostFingerprint, HostLoad } from '../../model/instance.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type {
  DensityEnd,
  DensityStep,
  Distribution,
  LoadGiven,
  LoadPhase,
  MemoryReading,
  NeighbourEvidence,
  NeighbourPhase,
  OutputDigest,
  ServiceEnd,
  SurfaceFacts,
  Wave,
} from '../../model/observation.ts';
import type { PlannedTrial } from '../../model/plan.ts';
import type {
  CellRecord,
  ImportSource,
  ProgramOutput,
  RecordedTrial,
  RecordEnd,
  RecordHeader,
  SkippedCell,
  VoidedBlock,
} from '../../model/record.ts';

/** Raised with every change of the form, together with an upgrade in record.ts. */
export const currentSchema = 3;

/** Every field of a line's type, and none besides. */
type Fields<Line> = { readonly [Field in keyof Line]-?: z.ZodType };

const finite = z.number();
const count = finite.nullable();
/** Counts that came after the first releases. */
const later = count.default(null);
const reading = z
  .looseObject({
    cpuSeconds: count,
    throttledSeconds: count,
    memoryBytes: count,
    memoryPeakBytes: count,
    workingBytes: count,
    cacheBytes: count,
    inactiveFileBytes: later,
    processes: count,
    oomKills: count,
  } satisfies Fields<GroupReading>)
  .nullable();
const header = z.looseObject({
  kind: z.literal('header'),
  schema: z.literal(currentSchema),
  tool: z.looseObject({ name: z.string(), version: z.string() }),
  runId: z.string(),
  startedAt: z.string(),
  scenario: z.looseObject({
    name: z.string(),
    description: z.string(),
    text: z.string(),
    hash: z.string(),
    file: z.string(),
    overrides: z.array(z.string()),
    onlyRunners: z.array(z.string()).nullable(),
  } satisfies Fields<RecordHeader['scenario']>),
  seed: finite,
  blocks: finite,
  warmup: finite,
  baseline: z.string(),
  control: z.string().nullable(),
  wantedMetrics: z.array(z.string()),
  imageDigest: z.string(),
  imagePackages: z.record(z.string(), z.string()),
  trials: z.array(
    z.looseObject({
      index: finite,
      block: finite,
      position: finite,
      cell: z.string(),
      padBytes: finite.default(0),
    } satisfies Fields<PlannedTrial>),
  ),
  cells: z.array(
    z.looseObject({
      id: z.string(),
      runner: z.string(),
      runnerKind: z.string(),
      isolation: z.enum(['process', 'container', 'sandbox', 'virtual machine']).nullable(),
      architecture: z.string().nullable(),
      kernel: z.string().nullable(),
      product: z.string(),
      decisive: z.array(z.string()),
      workload: z.string(),
      shape: z.looseObject({ id: z.string(), cpus: finite, memoryBytes: finite }),
      role: z.enum(['measured', 'control']),
      identity: z.record(z.string(), z.string()),
      acceleration: z.looseObject({
        class: z.enum(['kvm-hw', 'kvm-nested', 'kvm-pvm', 'tcg', 'none']),
        reason: z.string(),
      }),
      baseline: z.string().optional(),
      requires: z.string().optional(),
      workDigest: z.string().optional(),
      options: z.record(z.string(), z.unknown()).optional(),
      traits: z.record(z.string(), z.string()),
    } satisfies Fields<CellRecord>),
  ),
  skipped: z.array(
    z.looseObject({
      requires: z.string().optional(),
      cell: z.string(),
      runner: z.string(),
      reason: z.string(),
      hint: z.string(),
    } satisfies Fields<SkippedCell>),
  ),
  metrics: z.array(
    z.looseObject({
      id: z.string(),
      family: z.string(),
      title: z.string(),
      unit: z.string(),
      better: z.enum(['lower', 'higher']),
      source: z.looseObject({
        kind: z.enum(['interval', 'sample', 'distribution', 'quantile', 'slope', 'density']),
      }),
      definition: z.string(),
      threshold: finite.positive(),
      needsRealCpu: z.boolean(),
    } satisfies Fields<MetricDeclaration>),
  ),
  host: z.looseObject({
    hostname: z.string(),
    hash: z.string(),
    must: z.record(z.string(), z.string()),
    note: z.record(z.string(), z.string()),
    ignore: z.record(z.string(), z.string()),
  } satisfies Fields<HostFingerprint>),
  clock: z.looseObject({ echoMedianSeconds: finite, echoP95Seconds: finite }).nullable(),
  voidRules: z.array(z.looseObject({ rule: z.string(), limit: z.string() })),
  imported: z
    .looseObject({
      tool: z.string(),
      version: z.string().nullable(),
      files: z.array(z.looseObject({ file: z.string(), sha256: z.string() })),
      unit: z.enum(['launch', 'iteration']),
      remark: z.string(),
    } satisfies Fields<ImportSource>)
    .nullable(),
} satisfies Fields<RecordHeader>);
const texts = z.record(z.string(), z.string());
const instanceFailure = z.looseObject({ reason: z.string(), message: z.string() });
const load = z.looseObject({
  cpuBusyShare: finite,
  cpuPressureShare: finite.nullable(),
  memoryPressureShare: finite.nullable(),
  ioPressureShare: finite.nullable(),
} satisfies Fields<HostLoad>);
const strain = z.looseObject({
  cpuSeconds: later,
  periods: later,
  throttledPeriods: later,
  throttledSeconds: later,
  memoryPeakBytes: later,
  memoryRefusals: later,
  oomKills: later,
  pidsPeak: later,
  pidsRefusals: later,
  majorFaults: later,
  writtenBytes: later,
  cpuPressureSeconds: later,
  memoryPressureSeconds: later,
  ioPressureSeconds: later,
} satisfies Fields<GroupStrain>);
const neighbourPhase = z.looseObject({
  kind: z.literal('neighbour'),
  place: finite,
  beside: z.string(),
  victim: z.string(),
  limits: z.enum(['off', 'weights', 'hard']),
  result: z.discriminatedUnion('state', [
    z.looseObject({
      state: z.literal('finished'),
      values: z.array(
        z.looseObject({
          name: z.string(),
          unit: z.string(),
          better: z.enum(['lower', 'higher']),
          value: finite,
        }),
      ),
    }),
    z.looseObject({ state: z.literal('did-not-finish'), reason: z.string(), message: z.string() }),
    z.looseObject({ state: z.literal('void'), message: z.string() }),
  ]),
  wallSeconds: finite,
  neighbour: z
    .looseObject({
      held: z.record(z.string(), finite.nullable()),
      cage: z.looseObject({ memoryBytes: finite, pids: finite, cpus: z.string() }),
      unset: z.array(z.string()),
      cpuApart: z.boolean().nullable(),
      during: strain,
      strain,
      ended: z.string().nullable(),
    } satisfies Fields<NeighbourEvidence>)
    .nullable(),
  suffered: strain.nullable(),
  stealShare: finite,
} satisfies Fields<NeighbourPhase>);
const observation = z.discriminatedUnion('kind', [
  neighbourPhase,
  z.looseObject({
    kind: z.literal('distribution'),
    metric: z.string(),
    bins: z.array(z.tuple([finite, finite])),
  } satisfies Fields<Distribution>),
  z.looseObject({
    kind: z.literal('memory'),
    moment: z.enum(['ready', 'loaded', 'after']),
    load: z.string(),
    configuredBytes: finite,
    pssBytes: count,
    rssBytes: count,
    groupBytes: count,
    workingSetBytes: count,
    heldBytes: count,
    cacheBytes: count,
    serviceBytes: count,
    clientBytes: count,
    mergedBytes: count,
    hypervisor: z
      .looseObject({ guestRamBytes: finite, translationBytes: finite, otherBytes: finite })
      .nullable(),
    guest: z.looseObject({ totalBytes: finite, availableBytes: finite, cacheBytes: finite }).nullable(),
  } satisfies Fields<MemoryReading>),
  z.looseObject({ kind: z.literal('load'), load: z.string() } satisfies Fields<LoadGiven>),
  z.looseObject({
    kind: z.literal('output-digest'),
    work: z.string(),
    digest: z.string(),
    text: z.string(),
  } satisfies Fields<OutputDigest>),
  z.looseObject({
    kind: z.literal('load-phase'),
    point: z.string(),
    rate: finite,
    sent: finite,
    answered: finite,
    errors: finite,
    lost: finite,
    unanswered: finite,
    medianSeconds: finite.nullable(),
    lagP99Seconds: finite.nullable(),
    generatorCores: finite,
    instanceCores: finite.nullable(),
    seconds: finite.optional(),
    noticeP99Seconds: finite.nullable().optional(),
    generatorCpus: z.string().nullable().optional(),
    stealShare: later,
    discarded: z.string().nullable(),
    unused: z.array(z.tuple([finite, finite])).optional(),
  } satisfies Fields<LoadPhase>),
  z.looseObject({
    kind: z.literal('surface'),
    facts: texts,
    calls: z.record(z.enum(['reached', 'refused', 'absent', 'untried']), z.array(finite)).nullable(),
    attempts: texts,
    hostBefore: texts,
    hostAfter: texts,
    outside: texts.nullable(),
  } satisfies Fields<SurfaceFacts>),
  z.looseObject({
    kind: z.literal('density-step'),
    instances: finite,
    startSeconds: z.array(finite),
    failures: z.array(instanceFailure),
    objectives: z.array(
      z.looseObject({ name: z.string(), value: finite.nullable(), limit: finite, held: z.boolean(), load }),
    ),
    throughputs: z.array(finite),
    room: z.record(z.string(), finite),
    hostBytes: finite,
    kernelPlusPssBytes: finite.nullable(),
    groupBytes: finite.nullable(),
  } satisfies Fields<DensityStep>),
  z.looseObject({
    kind: z.literal('density-end'),
    cause: z.string(),
    binding: z.string().nullable(),
    evidence: z.string(),
  } satisfies Fields<DensityEnd>),
  z.looseObject({
    kind: z.literal('service-end'),
    signal: z.string(),
    graceSeconds: finite,
    how: z.enum(['ended', 'killed']),
    exitCode: finite,
    seconds: finite,
  } satisfies Fields<ServiceEnd>),
  z.looseObject({
    kind: z.literal('service-seen'),
    by: z.enum(['outside', 'end', 'event', 'look']),
    cpuSeconds: finite,
    errorSeconds: finite,
  }),
  z.looseObject({
    kind: z.literal('wave'),
    idle: finite,
    asked: finite,
    ready: z.array(z.looseObject({ launched: finite, ready: finite })),
    failures: z.array(instanceFailure),
  } satisfies Fields<Wave>),
]);
const trial = z.looseObject({
  kind: z.literal('trial'),
  index: finite,
  block: finite,
  position: finite,
  cell: z.string(),
  startedAt: z.string(),
  wallSeconds: finite,
  outcome: z.discriminatedUnion('state', [
    z.looseObject({ state: z.literal('ok') }),
    z.looseObject({
      state: z.literal('failed'),
      reason: z.string(),
      message: z.string(),
      detail: z.string(),
    }),
  ]),
  provenDigest: z.string().nullable(),
  marks: z.array(z.looseObject({ name: z.string(), at: finite })),
  samples: z.array(z.looseObject({ metric: z.string(), value: finite })),
  ladder: z.array(z.looseObject({ instances: finite })),
  series: z
    .looseObject({
      at: z.array(finite),
      cpuSeconds: z.array(finite.nullable()),
      memoryBytes: z.array(finite.nullable()),
    })
    .nullable()
    .optional(),
  // Absent in records of the first releases.
  observations: z.array(observation).default([]),
  atReady: reading,
  atEnd: reading,
  outputs: z.array(
    z.looseObject({
      program: z.string(),
      argv: z.array(z.string()).optional(),
      exitCode: finite,
      stdout: z.string(),
      stderr: z.string(),
    } satisfies Fields<ProgramOutput>),
  ),
  drift: z
    .looseObject({
      stealShare: finite,
      // null: the instance's own CPU is not known.
      foreignCores: finite.nullable(),
      load1: finite,
      cpuPressureShare: finite.nullable(),
      frequencyMHz: finite.nullable(),
    })
    .nullable(),
  cleanupProven: z.boolean(),
  leftovers: z.array(z.string()),
} satisfies Fields<RecordedTrial>);
const voided = z.looseObject({
  kind: z.literal('void'),
  block: finite,
  rule: z.string(),
  detail: z.string(),
} satisfies Fields<VoidedBlock>);
const end = z.looseObject({
  kind: z.literal('end'),
  state: z.string(),
  at: z.string(),
  wallSeconds: finite,
  samplerCpuSeconds: finite,
  toolCpuSeconds: finite,
  hostHashAfter: z.string(),
} satisfies Fields<RecordEnd>);
export const lineSchema = z.discriminatedUnion('kind', [header, trial, voided, end]);
