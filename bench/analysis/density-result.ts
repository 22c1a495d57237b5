/**
 * What a density sweep says, read from its steps: how many fit, what bound them, what one more costs, and
 * how many the host would hold by real use and by declared reservation. Pure, so it can be read from a
 * record years later. Nothing is extrapolated past twice the largest number that ran (METHODOLOGY C24).
 */
import { memorySlope } from './density-rules.ts';
import { theilSen } from '../statistics/slope.ts';
import type { DensityEnd, DensityStep, Observation } from '../../model/observation.ts';
import type { Bytes, Interval } from '../../model/quantities.ts';
import type { RecordedTrial } from '../../model/record.ts';

/** Beyond this many times what was run, a line fitted to it says nothing. */
export const farthest = 2;

/** How many fit by a count that may go no further than was tried. */
export type Fit =
  | { readonly state: 'known'; readonly instances: number; readonly interval: Interval | null }
  /** More than `beyond` would fit by this count, which is as far as the run allows one to say. */
  | { readonly state: 'beyond'; readonly beyond: number }
  /** At least so many by the interval's upper end; the slope itself is too unsure, or leads too far. */
  | { readonly state: 'from'; readonly from: number };

export interface DensityResult {
  /** Largest number running at which every objective was held. */
  readonly instances: number;
  /** Largest number that ran, held or not. */
  readonly ran: number;
  /** The sweep stopped before anything bound it: at least `instances`. */
  readonly atLeast: boolean;
  readonly end: DensityEnd | null;
  /** Memory of one more instance. */
  readonly memory: { readonly slope: Bytes; readonly interval: Interval | null } | null;
  /** The same as charged to the instances' own groups: blind to what the kernel keeps apart, and to other tenants. */
  readonly charged: Bytes | null;
  /** Failed starts and fallen instances. */
  readonly failures: number;
  /** Memory kept for the host. */
  readonly reserveBytes: Bytes | null;
  /** By memory in real use, as much as was available before the first instance; null without a slope. */
  readonly byUse: Fit | null;
  readonly steps: readonly DensityStep[];
}

function densitySteps(observations: readonly Observation[]): readonly DensityStep[] {
  return observations.filter((one) => one.kind === 'density-step');
}

/** The result of one sweep; null for a trial that was none. */
export function densityResult({ observations }: Pick<RecordedTrial, 'observations'>): DensityResult | null {
  const steps = densitySteps(observations);
  const first = steps[0];
  if (first === undefined) return null;
  const end = observations.find((one) => one.kind === 'density-end') ?? null;
  const held = steps.filter(({ objectives }) => objectives.every((reading) => reading.held));
  const ran = Math.max(...steps.map(({ instances }) => instances));
  const slope = ran > 0 ? memorySlope(steps) : null;
  const memory = slope === null ? null : { slope: slope.slope, interval: slope.interval };
  const reserve = steps
    .flatMap(({ objectives }) => objectives)
    .find(({ name }) => name === 'memoryReserve')?.limit;
  const room = reserve === undefined ? null : first.room.memoryAvailableBytes - reserve;
  return {
    instances: Math.max(...held.map(({ instances }) => instances), 0),
    ran,
    atLeast: end !== null && end.binding === null,
    end,
    memory,
    charged: chargedSlope(steps),
    failures: steps.reduce((sum, { failures }) => sum + failures.length, 0),
    reserveBytes: reserve ?? null,
    byUse: room === null || memory === null ? null : fitByUse(room, memory, ran),
    steps,
  };
}

function chargedSlope(steps: readonly DensityStep[]): Bytes | null {
  const points = steps.flatMap(({ instances, groupBytes }) =>
    groupBytes === null ? [] : [{ x: instances, y: groupBytes }],
  );
  return theilSen(points)?.slope ?? null;
}

function fitByUse(
  room: Bytes,
  { slope, interval }: NonNullable<DensityResult['memory']>,
  ran: number,
): Fit | null {
  const most = farthest * ran;
  const count = (each: Bytes) => (each > 0 ? Math.max(0, Math.floor(room / each)) : Infinity);
  const least = count(interval?.high ?? slope);
  // Noise can turn the slope of small instances negative: its interval still bounds what they may take.
  if (least > most) return interval === null && slope <= 0 ? null : { state: 'beyond', beyond: most };
  if (count(slope) > most) return { state: 'from', from: least };
  const known = interval !== null && interval.low > 0;
  return {
    state: 'known',
    instances: count(slope),
    interval: known ? { low: least, high: Math.min(count(interval.low), most), level: interval.level } : null,
  };
}

/**
 * How many a scheduler would place that reserves each instance's cap and uses nothing else: arithmetic on
 * configured memory, which is no measurement of density (C24).
 */
export function fitByReservation({ steps, reserveBytes }: DensityResult, capBytes: Bytes): number | null {
  const available = steps[0]?.room.memoryAvailableBytes;
  if (available === undefined || reserveBytes === null) return null;
  return Math.max(0, Math.floor((available - reserveBytes) / capBytes));
}

/** One sweep's value of a density metric. */
export function densityValue(
  trial: Pick<RecordedTrial, 'observations'>,
  of: 'instances' | 'memory',
): number | null {
  const result = densityResult(trial);
  if (result === null) return null;
  return of === 'instances' ? result.instances : (result.memory?.slope ?? null);
}
