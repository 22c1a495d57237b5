/**
 * An interval for a median without any assumption on the distribution: two order statistics whose
 * ranks come from the exact binomial distribution (METHODOLOGY B2). Below six values there is none:
 * even the full range of five covers the median with 93.75 % only.
 */
import type { Interval } from '../../model/quantities.ts';

/** The two ranks, from 1, whose order statistics cover the median with at least `level`; null if none do. */
export function medianRanks(n: number, level = 0.95): readonly [number, number] | null {
  const limit = (1 - level) / 2;
  let logChoose = 0;
  let below = Math.exp(-n * Math.LN2);
  let rank = 0;
  while (rank < n / 2 && below <= limit) {
    rank += 1;
    logChoose += Math.log((n - rank + 1) / rank);
    below += Math.exp(logChoose - n * Math.LN2);
  }
  return rank === 0 ? null : [rank, n + 1 - rank];
}

/** The median's interval; it covers with at least `level`. Null where the count cannot give one. */
export function medianInterval(values: readonly number[], level = 0.95): Interval | null {
  const ranks = medianRanks(values.length, level);
  if (ranks === null) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[ranks[0] - 1];
  const high = sorted[ranks[1] - 1];
  return low === undefined || high === undefined ? null : { low, high, level };
}
