/**
 * Hodges and Lehmann's shift: by how much does one side lie above the other? Paired: the median of all
 * averages of two differences (Walsh). Two samples: the median of all differences between the sides,
 * which is not the difference of the medians. On log values, exp() of the shift is a ratio.
 */
import type { Interval } from '../../model/quantities.ts';
import { median } from './descriptive.ts';
import { normalQuantile } from './distributions.ts';
import { signedRankCut } from './signed-rank.ts';

export interface Shift {
  readonly shift: number;
  /** Null where the counts are too small for the level. */
  readonly interval: Interval | null;
}

/** Shift of paired differences; interval from the signed-rank distribution, exact up to 50. Null for none. */
export function pairedShift(differences: readonly number[], level = 0.95): Shift | null {
  const averages = differences.flatMap((a, index) => differences.slice(index).map((b) => (a + b) / 2));
  return shiftOf(averages, signedRankCut(differences.length, level), level);
}

/** Shift of `second` over `first`; interval by ranks nm/2 -+ z sqrt(nm(n+m+1)/12) (B8). Null for none. */
export function twoSampleShift(
  first: readonly number[],
  second: readonly number[],
  level = 0.95,
): Shift | null {
  const differences = second.flatMap((y) => first.map((x) => y - x));
  const n = first.length;
  const m = second.length;
  const reach = normalQuantile((1 + level) / 2) * Math.sqrt((n * m * (n + m + 1)) / 12);
  return shiftOf(differences, Math.floor((n * m) / 2 - reach), level);
}

/** Median of the candidates, and those at rank `cut` from either end. */
function shiftOf(candidates: readonly number[], cut: number | null, level: number): Shift | null {
  const shift = median(candidates);
  if (shift === null) return null;
  const sorted = [...candidates].sort((a, b) => a - b);
  const low = cut === null ? undefined : sorted[cut - 1];
  const high = cut === null ? undefined : sorted[sorted.length - cut];
  return { shift, interval: low === undefined || high === undefined ? null : { low, high, level } };
}
