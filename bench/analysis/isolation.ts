/**
 * The isolation matrix: what a neighbour did to a victim, per cell and stressor, never summed over stressors
 * (METHODOLOGY B17, C28). Interference (how much slower) and containment (did the neighbour keep within its
 * limits) are two tables. A victim that did not finish ranks below every number and stays a fact of its own.
 */
import type { Refusal } from '../../model/analysis.ts';
import type { NeighbourEvidence, NeighbourPhase, VictimValue } from '../../model/observation.ts';
import type { Interval } from '../../model/quantities.ts';
import type { CellRecord, RunRecord } from '../../model/record.ts';
import { createBootstrap, defaultResamples, type Bootstrap } from '../statistics/bootstrap.ts';
import { median } from '../../model/descriptive.ts';
import { medianRanks } from '../statistics/median-interval.ts';
import { referenceOf, slowdown } from '../workloads/neighbour/neighbour.ts';
import { stressorNames } from '../workloads/neighbour/stressors.ts';
import { isVirtualMachine } from './pairs.ts';
import { fewestForInterval } from './summaries.ts';
import { voidBlocks, wasInterrupted } from './values.ts';

/** A share lost or gained, or that the victim did not finish: ranked below every number. */
export type Degradation = number | 'did-not-finish';

export interface Interference {
  readonly cell: string;
  /** `idle` (against alone) or a stressor (against idle). */
  readonly beside: string;
  readonly value: VictimValue['name'];
  /** Launches that count: those with this phase and its reference. */
  readonly n: number;
  readonly didNotFinish: number;
  readonly voided: number;
  /** Median over launches: throughput lost (1 - with / reference) or latency gained (with / reference - 1). */
  readonly degradation: Degradation | null;
  /** 95 %; by bootstrap over launches, by ranks where some did not finish; null below six launches. */
  readonly interval: { readonly low: Degradation; readonly high: Degradation } | null;
  /** Why some launches did not finish or count. */
  readonly reasons: readonly string[];
  readonly refusals: readonly Refusal[];
}

export type ContainmentKind = 'cpu' | 'memory' | 'processes' | 'writes';
/** `no-limit`: none was asked for; `unset`: it was, and cannot be set here; `below`: the limit was not reached. */
export type ContainmentState = 'held' | 'passed' | 'below' | 'no-limit' | 'unset' | 'unknown';

export interface Containment {
  readonly cell: string;
  readonly beside: string;
  readonly kind: ContainmentKind;
  readonly state: ContainmentState;
  readonly limit: number | null;
  /** Most over launches, in the limit's unit: cores, bytes, processes, bytes per second. */
  readonly most: number | null;
  /** How often the limit bit, over all launches: throttled periods, OOM kills, refused forks. */
  readonly bites: number | null;
}

/** Medians over launches of what the victim's group met, as shares of its window or counts in it. */
export interface Mechanism {
  readonly cell: string;
  readonly beside: string;
  readonly n: number;
  readonly cpuPressureShare: number | null;
  readonly memoryPressureShare: number | null;
  readonly ioPressureShare: number | null;
  readonly throttledShare: number | null;
  readonly majorFaults: number | null;
  readonly stealShare: number | null;
  /** Cores the neighbour used meanwhile. */
  readonly neighbourCores: number | null;
}

export interface Isolation {
  readonly interference: readonly Interference[];
  readonly containment: readonly Containment[];
  readonly mechanisms: readonly Mechanism[];
}

/** One launch's phases, by what the victim was beside. */
type Launch = ReadonlyMap<string, NeighbourPhase>;

/** Everything the noisy-neighbour launches of a run say. Pure; empty where there are none. */
export function isolationOf(record: RunRecord, resamples = defaultResamples): Isolation {
  const bootstrap = createBootstrap(record.header.seed, resamples);
  const found = record.header.cells.map((cell) => ({ cell, launches: launchesOf(record, cell.id) }));
  const each = <T>(read: (cell: CellRecord, launches: readonly Launch[], beside: string) => T | T[]) =>
    found.flatMap(({ cell, launches }) =>
      besidesOf(launches).flatMap((beside) => read(cell, launches, beside)),
    );
  return {
    interference: each((cell, launches, beside) =>
      beside === 'alone'
        ? []
        : valuesOf(launches).map((value) => interference(cell, launches, beside, value, bootstrap)),
    ),
    containment: each((cell, launches, beside) => containment(cell, launches, beside)),
    mechanisms: each((cell, launches, beside) => mechanism(cell, launches, beside)),
  };
}

/** Failed launches keep their phases: each is a measurement of its own, finished before the failure. */
function launchesOf({ trials, voided, header, end, notes }: RunRecord, cell: string): Launch[] {
  const excluded = voidBlocks({ trials, voided, header, end, notes });
  const byBlock = new Map<number, Launch>();
  for (const trial of trials) {
    if (trial.cell !== cell || trial.block < 0 || excluded.has(trial.block) || wasInterrupted(trial))
      continue;
    const phases = trial.observations.filter((one) => one.kind === 'neighbour');
    if (phases.length > 0) byBlock.set(trial.block, new Map(phases.map((phase) => [phase.beside, phase])));
  }
  return [...byBlock.values()];
}

/** In reading order: alone, idle, then stressors as they are declared. */
function besidesOf(launches: readonly Launch[]): string[] {
  const all = new Set(launches.flatMap((launch) => [...launch.keys()]));
  const first = ['alone', 'idle'].filter((name) => all.has(name));
  const rest = [...all].filter((name) => !first.includes(name));
  const declared: readonly string[] = stressorNames;
  return [...first, ...rest.sort((a, b) => declared.indexOf(a) - declared.indexOf(b))];
}

function valuesOf(launches: readonly Launch[]): VictimValue['name'][] {
  const names = launches.flatMap((launch) =>
    [...launch.values()].flatMap(({ result }) =>
      result.state === 'finished' ? result.values.map(({ name }) => name) : [],
    ),
  );
  return names.length === 0 ? ['throughput'] : [...new Set(names)];
}

function interference(
  cell: CellRecord,
  launches: readonly Launch[],
  beside: string,
  name: VictimValue['name'],
  bootstrap: Bootstrap,
): Interference {
  const costs: number[] = [];
  const reasons: string[] = [];
  let didNotFinish = 0;
  let voided = 0;
  let better: VictimValue['better'] = name === 'throughput' ? 'higher' : 'lower';
  const valueOf = (phase: NeighbourPhase | undefined) =>
    phase?.result.state === 'finished' ? phase.result.values.find((value) => value.name === name) : undefined;
  for (const launch of launches) {
    const phase = launch.get(beside);
    const reference = valueOf(launch.get(referenceOf(beside)));
    if (phase === undefined) continue;
    if (phase.result.state === 'did-not-finish') {
      didNotFinish += 1;
      reasons.push(`${phase.result.reason}: ${phase.result.message}`);
      costs.push(Infinity);
      continue;
    }
    const value = valueOf(phase);
    const cost = value === undefined || reference === undefined ? null : slowdown(value, reference);
    if (cost === null) {
      voided += 1;
      if (phase.result.state === 'void') reasons.push(phase.result.message);
      continue;
    }
    ({ better } = value ?? { better });
    costs.push(cost);
  }
  const share = (cost: number): Degradation =>
    cost === Infinity ? 'did-not-finish' : better === 'higher' ? 1 - 1 / cost : cost - 1;
  const middle = rankedMedian(costs);
  const interval = intervalOf(costs, bootstrap);
  return {
    cell: cell.id,
    beside,
    value: name,
    n: costs.length,
    didNotFinish,
    voided,
    degradation: middle === null ? null : share(middle),
    interval: interval === null ? null : { low: share(interval.low), high: share(interval.high) },
    reasons: [...new Set(reasons)],
    refusals: refusalsOf(cell),
  };
}

/** The middle by rank; of an even count with one unfinished side, the unfinished one: never a number invented. */
function rankedMedian(costs: readonly number[]): number | null {
  const finite = costs.every(Number.isFinite);
  if (finite) return median(costs);
  const sorted = costs.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function intervalOf(costs: readonly number[], bootstrap: Bootstrap): Pick<Interval, 'low' | 'high'> | null {
  if (costs.length < fewestForInterval) return null;
  if (costs.every(Number.isFinite)) {
    // Each cost is a ratio within a launch already: against ones, the bootstrap of a ratio is that of a median.
    const estimate = bootstrap.paired(
      costs,
      costs.map(() => 1),
    );
    return estimate?.interval ?? null;
  }
  // Resampled medians cannot be averaged into an interval where some are not numbers; ranks can.
  const ranks = medianRanks(costs.length);
  const sorted = costs.toSorted((a, b) => a - b);
  const [low, high] = ranks === null ? [] : [sorted[ranks[0] - 1], sorted[ranks[1] - 1]];
  return low === undefined || high === undefined ? null : { low, high };
}

/** C17: what an emulated CPU does says nothing of isolation by hardware. */
function refusalsOf(cell: CellRecord): Refusal[] {
  const { class: kind } = cell.acceleration;
  if (!isVirtualMachine(cell) || (kind !== 'tcg' && kind !== 'none')) return [];
  return [
    {
      rule: 'C17',
      message: `The virtual machine "${cell.runner}" ran on an emulated CPU: its interference is not representative.`,
      remedy: 'Run on a host where KVM can run a guest; "tare doctor" says which this host is.',
    },
  ];
}

const seen = (launches: readonly Launch[], beside: string) =>
  launches.flatMap((launch) => {
    const phase = launch.get(beside);
    return phase === undefined ? [] : [phase];
  });

/** Enforcement is by period and by page: this much beyond is the ruler's own error. */
const slack = 1.05;

function containment(cell: CellRecord, launches: readonly Launch[], beside: string): Containment[] {
  if (beside === 'alone' || beside === 'idle') return [];
  const met = seen(launches, beside).flatMap((phase) =>
    phase.neighbour === null ? [] : [{ ...phase.neighbour, wallSeconds: phase.wallSeconds }],
  );
  const row = (
    kind: ContainmentKind,
    name: string,
    limitOf: (one: NeighbourEvidence) => number | null,
    use: (one: (typeof met)[number]) => number | null,
    bite: (one: NeighbourEvidence) => number | null,
    reached: number,
  ): Containment => {
    const limit = largest(met.map(limitOf));
    const most = largest(met.map(use));
    const bites = met.map(bite).filter((count) => count !== null);
    const total = bites.length === 0 ? null : bites.reduce((sum, count) => sum + count, 0);
    const wanted = met.some(({ unset }) => unset.includes(name));
    const state: ContainmentState =
      limit === null
        ? wanted
          ? 'unset'
          : 'no-limit'
        : most === null
          ? 'unknown'
          : most > limit * slack
            ? 'passed'
            : most >= limit * reached || (total ?? 0) > 0
              ? 'held'
              : 'below';
    return { cell: cell.id, beside, kind, state, limit, most, bites: total };
  };
  return [
    row(
      'cpu',
      'cpuQuota',
      ({ held }) => held.cpuQuota,
      ({ during, wallSeconds }) => rate(during.cpuSeconds, wallSeconds),
      ({ strain }) => strain.throttledPeriods,
      0.9,
    ),
    row(
      'memory',
      'memoryBytes',
      ({ held }) => held.memoryBytes,
      ({ strain }) => strain.memoryPeakBytes,
      ({ strain }) => strain.oomKills,
      0.98,
    ),
    row(
      'processes',
      'pids',
      ({ held }) => held.pids,
      ({ strain }) => strain.pidsPeak,
      ({ strain }) => strain.pidsRefusals,
      1,
    ),
    row(
      'writes',
      'writeRate',
      ({ held }) => held.writeBytesPerSecond,
      ({ during, wallSeconds }) => rate(during.writtenBytes, wallSeconds),
      () => null,
      0.9,
    ),
  ];
}

function rate(total: number | null | undefined, seconds: number): number | null {
  return total === null || total === undefined || seconds <= 0 ? null : total / seconds;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function mechanism(cell: CellRecord, launches: readonly Launch[], beside: string): Mechanism {
  const phases = seen(launches, beside);
  const over = (read: (phase: NeighbourPhase) => number | null | undefined): number | null =>
    median(phases.map(read).filter((value) => value !== null && value !== undefined));
  const share = (read: (phase: NeighbourPhase) => number | null | undefined) =>
    over((phase) => rate(read(phase), phase.wallSeconds));
  return {
    cell: cell.id,
    beside,
    n: phases.length,
    cpuPressureShare: share(({ suffered }) => suffered?.cpuPressureSeconds),
    memoryPressureShare: share(({ suffered }) => suffered?.memoryPressureSeconds),
    ioPressureShare: share(({ suffered }) => suffered?.ioPressureSeconds),
    throttledShare: share(({ suffered }) => suffered?.throttledSeconds),
    majorFaults: over(({ suffered }) => suffered?.majorFaults),
    stealShare: over(({ stealShare }) => stealShare),
    neighbourCores: share(({ neighbour }) => neighbour?.during.cpuSeconds),
  };
}
