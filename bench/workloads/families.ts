/**
 * What each family of metrics is, in one table and in reading order: its words, which rules judge its numbers,
 * and which conditions must be alike. A new family that leaves a question open does not compile.
 */
import type { TraitKey } from '../../model/instance.ts';
import type { Family, MetricDeclaration } from '../../model/metric.ts';

/** What a family's numbers are of; `own`: whatever the program says, so that no rule can presume it. */
export type Measure = 'speed' | 'memory' | 'count' | 'fact' | 'own';

export interface FamilyDeclaration {
  readonly title: string;
  /** One sentence: what these numbers are and who read them. */
  readonly lead: string;
  /** A speed is suspect where a guest beats its host (C23); amounts of memory depend on how it is shared (C25). */
  readonly measures: readonly Measure[];
  /**
   * Whether an emulated CPU forbids a verdict (C17): on all of them, on none, or on those metrics that say
   * themselves that they need a real CPU.
   */
  readonly emulation: 'refused' | 'judged' | 'by metric';
  /** True where the CPU bounds metrics that need a real one, so that CPU taken by others voids them (C19). */
  readonly boundByCpu: boolean;
  /** Rows of the fairness ledger without whose likeness there is nothing to compare (C4). */
  readonly ledger: readonly TraitKey[];
  /** Metrics for a first screen, in reading order: the first declared match of each. */
  readonly headline: readonly ((metric: MetricDeclaration) => boolean)[];
}

const table = {
  startup: {
    title: 'Starting up',
    lead: 'All instants are read on the host’s one monotonic clock, from the request (T0) on.',
    measures: ['speed'],
    emulation: 'by metric',
    boundByCpu: false,
    ledger: ['image', 'pageCache', 'readySignal', 'clock'],
    headline: [({ source }) => source.kind === 'interval' && source.from === 'T0' && source.to === 'T6'],
  },

  tare: {
    title: 'What an empty instance weighs',
    lead: 'Read from the host for every runner alike, helpers and VMM included.',
    measures: ['memory'],
    // Memory, files and processes are facts of an emulated machine too; its CPU is not.
    emulation: 'by metric',
    boundByCpu: false,
    ledger: ['image', 'ruler'],
    headline: [
      (metric) => metric.id === 'tare.memory' || isIdleSlope(metric, 'groupBytes'),
      // Kernel memory and PSS of the instances: unlike MemAvailable, blind to what else the host does.
      (metric) => isIdleSlope(metric, 'kernelPlusPssBytes') || isIdleSlope(metric, 'hostBytes'),
      (metric) => metric.id === 'tare.disk' || isIdleSlope(metric, 'diskBytes'),
    ],
  },

  app: {
    title: 'The application’s own numbers',
    lead: 'Numbers that the program itself gave, read as the scenario says.',
    measures: ['own'],
    emulation: 'refused',
    boundByCpu: false,
    ledger: ['image', 'cpuPlacement', 'clock', 'ruler'],
    headline: [],
  },

  cpu: {
    title: 'CPU',
    lead: 'Throughput is what the program printed; CPU cost is read from the host.',
    measures: ['speed'],
    emulation: 'refused',
    boundByCpu: true,
    ledger: ['image', 'cpuPlacement', 'clock', 'ruler'],
    headline: [({ source }) => source.kind === 'sample'],
  },

  memory: {
    title: 'Memory',
    lead: 'Speed is what the program printed; sizes are read from the host unless a row says otherwise.',
    measures: ['speed', 'memory'],
    emulation: 'by metric',
    boundByCpu: true,
    ledger: ['image', 'clock', 'ruler'],
    headline: [() => true],
  },

  io: {
    title: 'Disk',
    lead: 'Rates and latencies are fio’s own; CPU cost is read from the host. What only the page cache answered is labelled so.',
    measures: ['speed'],
    emulation: 'by metric',
    boundByCpu: false,
    ledger: ['image', 'cacheMode', 'clock'],
    headline: [() => true],
  },

  network: {
    title: 'Network',
    lead: 'Latency counts from the instant a request was due, not from when it could be sent: a stalled server cannot hide its queue.',
    measures: ['speed'],
    emulation: 'refused',
    boundByCpu: false,
    ledger: ['image', 'clock'],
    headline: [() => true],
  },

  density: {
    title: 'Density',
    lead: 'Instances were added in steps until an objective failed or the question was answered; nothing is extrapolated beyond twice what ran (C24).',
    measures: ['count', 'memory'],
    // Memory per instance is a fact about mappings; the counts say themselves that they need a real CPU.
    emulation: 'by metric',
    boundByCpu: false,
    ledger: ['image', 'ruler'],
    headline: [],
  },

  'scale-out': {
    title: 'Scaling out',
    lead: 'All instances of a wave were requested at one instant (T0); the wave is over when the last one is ready.',
    measures: ['speed'],
    emulation: 'refused',
    boundByCpu: false,
    ledger: ['image', 'pageCache', 'readySignal', 'clock'],
    headline: [],
  },

  isolation: {
    title: 'Isolation',
    lead: 'Interference, containment and what is reachable from inside are separate questions; they are never merged into one score (C28).',
    measures: ['fact'],
    emulation: 'refused',
    boundByCpu: false,
    ledger: ['image'],
    headline: [],
  },
} as const satisfies Readonly<Record<Family, FamilyDeclaration>>;

/** Every family's declaration, by its id. */
export const familyTable: Readonly<Record<Family, FamilyDeclaration>> = table;

/** Every family of metrics, in reading order. */
export const families = Object.keys(table) as readonly Family[];

function isIdleSlope({ source }: MetricDeclaration, of: string): boolean {
  return source.kind === 'slope' && source.of === of && source.state !== 'loaded';
}
