/**
 * Hodges and Lehmann's shift: by how much does one side lie above the other? The median of all averages of two
 * paired differences (Walsh). On log values, exp() of the shift is a ratio.
 */
import type { Interval } from '../../model/quantities.ts';
import { median } from '../../model/descriptive.ts';
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

/** Median of the candidates, and those at rank `cut` from either end. */
function shiftOf(candidates: readonly number[], cut: number | null, level: number): Shift | null {
  const shift = median(candidates);
  if (shift === null) return null;
  const sorted = [...candidates].sort((a, b) => a - b);
  const low = cut === null ? undefined : sorted[cut - 1];
  const high = cut === null ? undefined : sorted[sorted.length - cut];
  return { shift, interval: low === undefined || high === undefined ? null : { low, high, level } };
}
