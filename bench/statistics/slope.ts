/**
 * What does one more cost? The slope of a line by Theil and Sen: the median of all pairwise slopes, which a
 * single bad point cannot move.
 */
import type { Interval } from '../../model/quantities.ts';
import { normalQuantile } from './distributions.ts';
import { median } from '../../model/descriptive.ts';
import { rank } from './ranks.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  readonly slope: number;
  readonly intercept: number;
  /** Null where too few points give none. */
  readonly interval: Interval | null;
}

/** Theil-Sen; interval after Sen (1968) from Kendall's variance. Null without two distinct x. */
export function theilSen(points: readonly Point[], level = 0.95): Slope | null {
  const slopes: number[] = [];
  points.forEach((a, index) => {
    for (const b of points.slice(index + 1)) if (a.x !== b.x) slopes.push((b.y - a.y) / (b.x - a.x));
  });
  const slope = median(slopes);
  if (slope === null) return null;
  const intercept = median(points.map(({ x, y }) => y - slope * x)) ?? 0;
  return { slope, intercept, interval: senInterval(points, slopes, level) };
}

function senInterval(points: readonly Point[], slopes: readonly number[], level: number): Interval | null {
  const n = points.length;
  const correction = (values: readonly number[]): number =>
    rank(values).ties.reduce((sum, t) => sum + t * (t - 1) * (2 * t + 5), 0);
  const variance = (n * (n - 1) * (2 * n + 5) - correction(points.map(({ x }) => x))) / 18;
  const reach = normalQuantile((1 + level) / 2) * Math.sqrt(variance);
  const lowRank = Math.floor((slopes.length - reach) / 2);
  const highRank = Math.ceil((slopes.length + reach) / 2) + 1;
  const sorted = [...slopes].sort((a, b) => a - b);
  const low = sorted[lowRank - 1];
  const high = sorted[highRank - 1];
  return low === undefined || high === undefined ? null : { low, high, level };
}
