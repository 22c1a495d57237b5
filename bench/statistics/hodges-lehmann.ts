/**
 * Hodges and Lehmann's shift: by how much does one side lie above the other? Paired: the median of all
 * averages of two differences (Walsh). Two samples: the median of all differences between the sides,
 * which is not the difference of the medians. On log values, exp() of the shift is a ratio.
 */
import type { Interval } from '../model.ts';
import { median } from './descriptive.ts';
import { normalQuantile } from './distributions.ts';

export interface Shift {
  readonly shift: number;
  /** Null where the counts are too small for the level. */
  readonly interval: Interval | null;
}

/** Shift of paired differences; interval from the signed-rank distribution (normal ranks). Null for none. */
export function pairedShift(differences: readonly number[], level = 0.95): Shift | null {
  const averages = differences.flatMap((a, index) => differences.slice(index).map((b) => (a + b) / 2));
  const n = differences.length;
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return shiftOf(averages, spread, level);
}

/** Shift of `second` over `first`; interval from Mann-Whitney's distribution (normal ranks). Null for none. */
export function twoSampleShift(
  first: readonly number[],
  second: readonly number[],
  level = 0.95,
): Shift | null {
  const differences = second.flatMap((y) => first.map((x) => y - x));
  const n = first.length;
  const m = second.length;
  return shiftOf(differences, Math.sqrt((n * m * (n + m + 1)) / 12), level);
}

function shiftOf(candidates: readonly number[], spread: number, level: number): Shift | null {
  const shift = median(candidates);
  if (shift === null) return null;
  const sorted = [...candidates].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 2 - normalQuantile((1 + level) / 2) * spread);
  const low = sorted[cut - 1];
  const high = sorted[sorted.length - cut];
  return { shift, interval: low === undefined || high === undefined ? null : { low, high, level } };
}
