/**
 * Where a series of run medians changed its level: E-divisive with a t-test in place of permutations
 * (D. Matteson, N. James 2014; M. Fleming et al., "Hunter", ICPE 2023; METHODOLOGY B11). Windows slide over the
 * series and yield weak points at ten times the level; then each is tested between its neighbours, and the
 * weakest are merged away until all that stay are significant and of practical size.
 * Other than in the original, the test is Yuen's of trimmed means (statistics/trimmed.ts): one deep outlier among 15
 * runs makes Welch's variance so large that 12 % less for fifty runs is not seen. No gaps are filled, and in the last
 * test neighbouring runs may share a disturbance (statistics/serial.ts), of which a plain t-test knows nothing.
 */
import { median } from '../model/descriptive.ts';
import { isBeyond } from '../bench/statistics/equivalence.ts';
import { independent, serialModel, tailOf } from '../bench/statistics/serial.ts';
import { trimmedDifference } from '../bench/statistics/trimmed.ts';

export interface ChangePointOptions {
  /** Smallest relative change of the median that matters, as a fraction. */
  readonly magnitude: number;
  /** Runs a change is sought in at once, and the most that are compared on either side of it. */
  readonly window?: number;
  readonly p?: number;
}

export interface ChangePoint {
  /** Index of the first value of the new level. */
  readonly index: number;
  /** Of Yuen's test, neighbouring runs taken as possibly alike. */
  readonly p: number;
  /** Values compared before and after: indexes [from, index) and [index, to). */
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
 * The best place for a point between its neighbours: where two medians leave the least deviation. Windows see a
 * change at their edge too late or too early.
 */
function settle(values: readonly number[], points: readonly number[], at: number, window: number): number {
  const index = points[at] ?? 0;
  const from = Math.max(points[at - 1] ?? 0, index - window);
  const to = Math.min(points[at + 1] ?? values.length, index + window);
  const levels = (place: number) =>
    [values.slice(from, place), values.slice(place, to)].map((side) => ({ side, level: median(side) ?? 0 }));
  // A value far from both levels counts alike at either: it does not pull the change towards itself.
  const [before, after] = levels(index);
  const most = Math.abs((before?.level ?? 0) - (after?.level ?? 0));
  const left = (place: number) =>
    levels(place)
      .flatMap(({ side, level }) => side.map((value) => Math.min(Math.abs(value - level), most)))
      .reduce((sum, value) => sum + value, 0);
  const near = [-3, -2, -1, 1, 2, 3]
    .map((move) => index + move)
    .filter((place) => place - from >= fewestInSegment && to - place >= fewestInSegment);
  return near.reduce((best, place) => (left(place) < left(best) * (1 - 1e-9) ? place : best), index);
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
      return independentP(values.slice(from, index), values.slice(index, to));
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
  return { index, p: serialP(before, after), from, to };
}

function isOfSize(values: readonly number[], { index, from, to }: ChangePoint, magnitude: number): boolean {
  const before = median(values.slice(from, index)) ?? 0;
  const after = median(values.slice(index, to)) ?? 0;
  // To or from nothing is no ratio, but is no small change either.
  if (before <= 0 || after <= 0) return before !== after;
  return isBeyond(after / before, magnitude);
}

/** Recursively split at the largest divergence, as long as Yuen's test finds the sides to differ. */
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
    if (best.at < 0 || independentP(values.slice(start, best.at), values.slice(best.at, best.to)) >= level)
      return;
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

/** Two-sided p of two levels by their trimmed means, neighbouring values taken as independent. 1 below two values a side. */
function independentP(first: readonly number[], second: readonly number[]): number {
  const found = trimmedDifference(first, second);
  return found === null ? 1 : tailOf(independent(found.freedom), found.difference, found.error);
}

/** The same where neighbouring runs may share a disturbance. */
function serialP(first: readonly number[], second: readonly number[]): number {
  const found = trimmedDifference(first, second);
  if (found === null) return 1;
  const model = serialModel([first, second].map((values) => ({ values, weight: 1 })));
  return tailOf({ ...model, freedom: found.freedom }, found.difference, found.error);
}
