/**
 * How sure is a ratio of medians? Percentile bootstrap over launches (METHODOLOGY B6; not BCa, whose
 * acceleration is invalid for a median). Paired sides are resampled block by block, jointly.
 *
 * The one idea: a resample is a count per launch, and the counts do not depend on the values. They are
 * drawn once per sample size and shared by all comparisons of a run; a resampled median is then a walk
 * over the values in sorted order, until half of the counts have gone by. Nothing is sorted or allocated
 * per resample, and comparisons of one run differ by their data alone, never by luck.
 */
import { createRandom } from '../random.ts';
import type { Interval } from '../model.ts';
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
  const tables = new Map<string, Uint16Array>();
  const ratios = new Float64Array(resamples);
  const recent = new Map<string, Resampled>();

  const countsFor = (n: number, stream: number): Uint16Array => {
    const key = `${n}/${stream}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const drawn = drawCounts(seed + 7919 * n + 104_729 * stream, n, resamples);
    tables.set(key, drawn);
    return drawn;
  };

  // A cell's launches enter several comparisons in a row: their resampled medians are kept for the next.
  const resample = (values: readonly number[], stream: number): Resampled | null => {
    const key = `${stream}:${values.join()}`;
    const known = recent.get(key);
    if (known !== undefined) return known;
    const data = inOrder(values);
    if (data === null) return null;
    const medians = new Float64Array(resamples);
    resampleMedians(data, countsFor(values.length, stream), medians);
    const made = { median: data.median, medians };
    recent.set(key, made);
    const [oldest] = recent.keys();
    if (recent.size > mostKept && oldest !== undefined) recent.delete(oldest);
    return made;
  };

  const estimate = (
    first: readonly number[],
    second: readonly number[],
    streams: readonly [number, number],
    tick: number,
  ): RatioEstimate | null => {
    const one = resample(first, streams[0]);
    const other = resample(second, streams[1]);
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
      first.length === second.length ? estimate(first, second, [0, 0], tick) : null,
    unpaired: (first, second, tick = 0) => estimate(first, second, [0, 1], tick),
  };
}

/** Row r holds how often each launch was drawn in resample r. */
function drawCounts(seed: number, n: number, resamples: number): Uint16Array {
  const random = createRandom(seed);
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
function widening(first: number, second: number, tick: number): readonly [number, number] {
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
