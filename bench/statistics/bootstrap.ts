/**
 * How sure is a ratio of medians? Percentile bootstrap over launches (METHODOLOGY B6; not BCa, whose
 * acceleration is invalid for a median). Paired sides are resampled block by block, jointly.
 *
 * The one idea: what is drawn does not depend on the values. It is drawn once per sample size and shared by
 * all comparisons of a run, so that they differ by their data alone, never by luck, and nothing is sorted or
 * allocated per resample. Independent sides need no more than the ranks that are in the middle of a resample;
 * paired ones need which launches were drawn: a count per launch, whose median is a walk over the values in
 * sorted order until half of the counts have gone by.
 */
import { createRandom, type Random } from '../../model/random.ts';
import type { Interval } from '../../model/quantities.ts';
import { drawMiddleRanks, type MiddleRanks } from './middle-ranks.ts';
import { select } from './select.ts';

export interface RatioEstimate {
  /** Median of the first over median of the second. */
  readonly ratio: number;
  /** 95 %, for "is there a difference". */
  readonly interval: Interval;
  /** 90 %, for two one-sided tests at 5 % (METHODOLOGY B10). */
  readonly ninety: Interval;
}

export interface Bootstrap {
  /** Both in block order, equally long. Null if a median is not positive or an end is not finite. */
  paired(first: readonly number[], second: readonly number[], tick?: number): RatioEstimate | null;
  /** Independent launches. `tick`: resolution of the values, by half of which the interval is widened. */
  unpaired(first: readonly number[], second: readonly number[], tick?: number): RatioEstimate | null;
}

export const defaultResamples = 10_000;

interface Resampled {
  readonly median: number;
  readonly medians: Float64Array;
}

/** Sides remembered, at 80 kB each. */
const mostKept = 24;

/** A bootstrap whose answers depend on seed, resamples and data only. */
export function createBootstrap(seed: number, resamples = defaultResamples): Bootstrap {
  const ratios = new Float64Array(resamples);
  const recent = new Map<string, Resampled>();
  const randomFor = (n: number, stream: number) => createRandom(seed + 7919 * n + 104_729 * stream);
  const countsFor = remembered((n, stream) => drawCounts(randomFor(n, stream), n, resamples));
  const ranksFor = remembered((n, stream) => drawMiddleRanks(randomFor(n, stream), n, resamples));

  // A cell's launches enter several paired comparisons in a row: their resampled medians are kept for the next.
  const jointly = (values: readonly number[]): Resampled | null => {
    const key = values.join();
    const known = recent.get(key);
    if (known !== undefined) return known;
    const data = inOrder(values);
    if (data === null) return null;
    const medians = new Float64Array(resamples);
    resampleMedians(data, countsFor(values.length, 0), medians);
    const made = { median: data.median, medians };
    recent.set(key, made);
    const [oldest] = recent.keys();
    if (recent.size > mostKept && oldest !== undefined) recent.delete(oldest);
    return made;
  };

  const alone = (values: readonly number[], stream: number): Resampled | null => {
    const data = inOrder(values);
    return data === null
      ? null
      : { median: data.median, medians: mediansAt(data.sorted, ranksFor(values.length, stream)) };
  };

  const estimate = (one: Resampled | null, other: Resampled | null, tick: number): RatioEstimate | null => {
    if (one === null || other === null) return null;
    let finite = true;
    for (let i = 0; i < resamples; i += 1) {
      const ratio = (one.medians[i] as number) / (other.medians[i] as number);
      // A zero median in a resample: above any ratio, and 0/0 would break every order.
      finite &&= !Number.isNaN(ratio);
      ratios[i] = ratio;
    }
    const widen = widening(one.median, other.median, tick);
    const interval = finite ? percentile(ratios, 0.95, widen) : null;
    const ninety = finite ? percentile(ratios, 0.9, widen) : null;
    if (interval === null || ninety === null) return null;
    return { ratio: one.median / other.median, interval, ninety };
  };

  return {
    paired: (first, second, tick = 0) =>
      first.length === second.length ? estimate(jointly(first), jointly(second), tick) : null,
    unpaired: (first, second, tick = 0) => estimate(alone(first, 0), alone(second, 1), tick),
  };
}

/** What is drawn for a sample size and a stream, drawn once. */
function remembered<T>(draw: (n: number, stream: number) => T): (n: number, stream: number) => T {
  const drawn = new Map<string, T>();
  return (n, stream) => {
    const key = `${n}/${stream}`;
    const known = drawn.get(key) ?? draw(n, stream);
    drawn.set(key, known);
    return known;
  };
}

function mediansAt(sorted: Float64Array, { low, high }: MiddleRanks): Float64Array {
  const medians = new Float64Array(low.length);
  for (let at = 0; at < medians.length; at += 1) {
    medians[at] = ((sorted[low[at] as number] as number) + (sorted[high[at] as number] as number)) / 2;
  }
  return medians;
}

/** Row r holds how often each launch was drawn in resample r. */
function drawCounts(random: Random, n: number, resamples: number): Uint16Array {
  const counts = new Uint16Array(n * resamples);
  for (let row = 0; row < counts.length; row += n) {
    for (let draw = 0; draw < n; draw += 1) {
      const at = row + random.integer(n);
      counts[at] = (counts[at] as number) + 1;
    }
  }
  return counts;
}

interface Ordered {
  readonly sorted: Float64Array;
  /** Where each sorted value stands in the original order. */
  readonly order: Uint32Array;
  readonly median: number;
}

function inOrder(values: readonly number[]): Ordered | null {
  const n = values.length;
  if (n === 0 || !values.every(Number.isFinite)) return null;
  const order = Uint32Array.from(values.keys()).sort(
    (a, b) => (values[a] as number) - (values[b] as number) || a - b,
  );
  const sorted = Float64Array.from(order, (index) => values[index] as number);
  const low = sorted[(n - 1) >> 1] as number;
  const high = sorted[n >> 1] as number;
  const median = (low + high) / 2;
  return median > 0 ? { sorted, order, median } : null;
}

/** The hot loop. Index assertions, not checks: every index is below the length by construction. */
function resampleMedians(data: Ordered, counts: Uint16Array, into: Float64Array): void {
  const { sorted, order } = data;
  const n = sorted.length;
  const lowRank = (n - 1) >> 1;
  const highRank = n >> 1;
  let row = 0;
  for (let resample = 0; resample < into.length; resample += 1) {
    let at = 0;
    let passed = counts[row + (order[0] as number)] as number;
    while (passed <= lowRank) {
      at += 1;
      passed += counts[row + (order[at] as number)] as number;
    }
    let value = sorted[at] as number;
    if (passed <= highRank) {
      const low = value;
      while (passed <= highRank) {
        at += 1;
        passed += counts[row + (order[at] as number)] as number;
      }
      value = (low + (sorted[at] as number)) / 2;
    }
    into[resample] = value;
    row += n;
  }
}

/** Factors on the interval's ends when either median may be off by half a tick. */
export function widening(first: number, second: number, tick: number): readonly [number, number] {
  const half = tick / 2;
  return [
    (Math.max(0, first - half) / first) * (second / (second + half)),
    ((first + half) / first) * (second / Math.max(0, second - half)),
  ];
}

function percentile(ratios: Float64Array, level: number, widen: readonly [number, number]): Interval | null {
  const cut = Math.floor(((1 - level) / 2) * ratios.length);
  const low = select(ratios, cut) * widen[0];
  const high = select(ratios, ratios.length - 1 - cut) * widen[1];
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high, level } : null;
}
