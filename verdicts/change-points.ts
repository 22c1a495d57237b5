/**
 * Where a series of run medians changed its level: E-divisive with a t-test in place of permutations
 * (D. Matteson, N. James 2014; M. Fleming et al., "Hunter", ICPE 2023; METHODOLOGY B11). Windows slide over the
 * series and yield weak points at ten times the level; then each is tested between its neighbours, and the
 * weakest are merged away until all that stay are significant and of practical size.
 * Corrected against the original: Welch's test with divisor n - 1, no filled gaps, and in the last test the
 * variance grows with what neighbouring runs share (autocorrelation), of which a plain t-test knows nothing.
 */
import { median } from '../model/descriptive.ts';
import { studentTwoSided } from '../bench/statistics/distributions.ts';
import { isBeyond } from '../bench/statistics/equivalence.ts';

export interface ChangePointOptions {
  /** Smallest relative change of the median that matters, as a fraction. */
  readonly magnitude: number;
  /** Runs a change is sought in at once, and the most that are weighed on either side of it. */
  readonly window?: number;
  readonly p?: number;
}

export interface ChangePoint {
  /** Index of the first value of the new level. */
  readonly index: number;
  /** Of Welch's test, corrected for autocorrelation. */
  readonly p: number;
  /** Values weighed before and after: indexes [from, index) and [index, to). */
  readonly from: number;
  readonly to: number;
}

/** Below it a series has no change points (METHODOLOGY B11). */
export const fewestPoints = 12;
/** Values that a level must have to be one. */
const fewestInSegment = 4;
const defaults = { window: 50, p: 0.001 };
/** How much weaker a point may be before it is merged away. */
const weakness = 10;

/** Change points of values in time order, first to last; none below 12 values. */
export function findChangePoints(
  values: readonly number[],
  { magnitude, window = defaults.window, p = defaults.p }: ChangePointOptions,
): ChangePoint[] {
  if (values.length < fewestPoints) return [];
  const found = new Set<number>();
  const step = Math.max(1, Math.floor(window / 2));
  for (let start = 0; ; start += step) {
    const end = Math.min(start + window, values.length);
    for (const point of weakPoints(values.slice(start, end), p * weakness)) found.add(start + point);
    if (end === values.length) break;
  }
  let points = apart(
    values,
    [...found].sort((a, b) => a - b),
  );
  let settlings = 2;
  for (;;) {
    const tested = points.map((_, at) => testPoint(values, points, at, window));
    const failing = tested.filter((point) => point.p >= p || !isOfSize(values, point, magnitude));
    const [worst] = failing.sort((a, b) => b.p - a.p || a.index - b.index);
    if (worst !== undefined) {
      points = points.filter((index) => index !== worst.index);
      continue;
    }
    if (settlings === 0) return tested;
    settlings -= 1;
    points = apart(values, [...new Set(points.map((_, at) => settle(values, points, at, window)))]);
  }
}

/**
 * The best place for a point between its neighbours: where two means leave the least squares. Windows see a
 * change at their edge too late or too early.
 */
function settle(values: readonly number[], points: readonly number[], at: number, window: number): number {
  const index = points[at] ?? 0;
  const from = Math.max(points[at - 1] ?? 0, index - window);
  const to = Math.min(points[at + 1] ?? values.length, index + window);
  const between = (place: number) => {
    const [one, other] = [moments(values.slice(from, place)), moments(values.slice(place, to))];
    return ((one.n * other.n) / (one.n + other.n)) * (one.mean - other.mean) ** 2;
  };
  const near = [-3, -2, -1, 1, 2, 3]
    .map((move) => index + move)
    .filter((place) => place - from >= fewestInSegment && to - place >= fewestInSegment);
  return near.reduce((best, place) => (between(place) > between(best) * (1 + 1e-9) ? place : best), index);
}

/** Overlapping windows may place one change twice: of two too close to each other the likelier stays. */
function apart(values: readonly number[], points: readonly number[]): number[] {
  const kept = [...points];
  for (;;) {
    const at = kept.findIndex((point, index) => point - (kept[index - 1] ?? -Infinity) < fewestInSegment);
    if (at < 0) return kept;
    const [first, second] = [kept[at - 1] ?? 0, kept[at] ?? 0];
    const without = (index: number) => {
      const from = kept[at - 2] ?? 0;
      const to = kept[at + 1] ?? values.length;
      return welch(values.slice(from, index), values.slice(index, to));
    };
    kept.splice(without(first) <= without(second) ? at : at - 1, 1);
  }
}

function testPoint(
  values: readonly number[],
  points: readonly number[],
  at: number,
  window: number,
): ChangePoint {
  const index = points[at] ?? 0;
  const from = Math.max(points[at - 1] ?? 0, index - window);
  const to = Math.min(points[at + 1] ?? values.length, index + window);
  const [before, after] = [values.slice(from, index), values.slice(index, to)];
  return { index, p: welch(before, after, inflation(before, after)), from, to };
}

function isOfSize(values: readonly number[], { index, from, to }: ChangePoint, magnitude: number): boolean {
  const before = median(values.slice(from, index)) ?? 0;
  const after = median(values.slice(index, to)) ?? 0;
  // To or from nothing is no ratio, but is no small change either.
  if (before <= 0 || after <= 0) return before !== after;
  return isBeyond(after / before, magnitude);
}

/** Recursively split at the largest divergence, as long as Welch's test finds the sides to differ. */
function weakPoints(values: readonly number[], level: number): number[] {
  const divergence = divergences(values);
  const points: number[] = [];
  const split = (start: number, end: number): void => {
    let best = { value: -Infinity, at: -1, to: -1 };
    for (let at = start + fewestInSegment; at <= end - fewestInSegment; at += 1) {
      for (let to = at + fewestInSegment; to <= end; to += 1) {
        const value = divergence(start, at, to);
        if (value > best.value) best = { value, at, to };
      }
    }
    if (best.at < 0 || welch(values.slice(start, best.at), values.slice(best.at, best.to)) >= level) return;
    points.push(best.at);
    split(start, best.at);
    split(best.at, end);
  };
  split(0, values.length);
  return points;
}

/**
 * The E-statistic of [start, at) against [at, to): nm/(n+m) (2 E|X-Y| - E|X-X'| - E|Y-Y'|). Sums of distances
 * over any block come from one table of prefix sums, so that each costs the same few additions.
 */
function divergences(values: readonly number[]): (start: number, at: number, to: number) => number {
  const size = values.length + 1;
  const sums = new Float64Array(size * size);
  const sum = (row: number, column: number) => sums[row * size + column] ?? 0;
  for (let row = 1; row < size; row += 1) {
    for (let column = 1; column < size; column += 1) {
      const distance = Math.abs((values[row - 1] ?? 0) - (values[column - 1] ?? 0));
      sums[row * size + column] =
        distance + sum(row - 1, column) + sum(row, column - 1) - sum(row - 1, column - 1);
    }
  }
  const block = (top: number, bottom: number, left: number, right: number) =>
    sum(bottom, right) - sum(top, right) - sum(bottom, left) + sum(top, left);
  return (start, at, to) => {
    const n = at - start;
    const m = to - at;
    const between = block(start, at, at, to) / (n * m);
    const within = block(start, at, start, at) / (n * (n - 1));
    const beyond = block(at, to, at, to) / (m * (m - 1));
    return ((n * m) / (n + m)) * (2 * between - within - beyond);
  };
}

/** Two-sided p of Welch's t-test; `inflated`: factor on the variance of both means. 1 below two values a side. */
function welch(first: readonly number[], second: readonly number[], inflated = 1): number {
  const [one, other] = [moments(first), moments(second)];
  if (one.n < 2 || other.n < 2) return 1;
  const difference = one.mean - other.mean;
  const [a, b] = [one.variance / one.n, other.variance / other.n];
  if (a + b === 0) return difference === 0 ? 1 : 0;
  const freedom = (a + b) ** 2 / (a ** 2 / (one.n - 1) + b ** 2 / (other.n - 1));
  // Never below what the shortest two levels have: a jump a hundred times the noise is one, however alike runs are.
  const fewest = Math.min(freedom, fewestInSegment);
  return studentTwoSided(difference / Math.sqrt(inflated * (a + b)), Math.max(fewest, freedom / inflated));
}

function moments(values: readonly number[]) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { n, mean, variance };
}

/**
 * How much less two levels of neighbouring runs say than as many independent ones: (1 + r) / (1 - r) with r the
 * lag-1 autocorrelation about both levels (AR(1)), freed of its known bias of -(1 + 4r)/n (Marriott, Pope 1954).
 */
function inflation(before: readonly number[], after: readonly number[]): number {
  let products = 0;
  let squares = 0;
  for (const segment of [before, after]) {
    const { mean } = moments(segment);
    segment.forEach((value, at) => {
      squares += (value - mean) ** 2;
      const last = segment[at - 1];
      if (last !== undefined) products += (value - mean) * (last - mean);
    });
  }
  if (squares === 0) return 1;
  const n = before.length + after.length;
  const raw = products / squares;
  const freed = n > 8 ? (raw * n + 2) / (n - 8) : raw;
  const r = Math.min(0.95, Math.max(0, freed));
  return (1 + r) / (1 - r);
}
