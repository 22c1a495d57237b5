/**
 * Wilcoxon's signed-rank test of paired differences: do they lie around zero?
 * Zeros are handled after Pratt (1959): ranked with the rest, then left out of both sums, so that blocks
 * without a difference make the test more careful instead of disappearing. Up to 50 non-zero differences
 * the p-value is exact, also with ties: all 2^n sign patterns of the very ranks seen are counted.
 */
import { normalTail } from './distributions.ts';
import { rank } from './ranks.ts';

export interface SignedRank {
  /** Sum of the ranks of positive differences. */
  readonly statistic: number;
  /** Two-sided. */
  readonly p: number;
  /** Differences that are not zero. */
  readonly n: number;
  readonly exact: boolean;
}

const exactUpTo = 50;

/** Two-sided test; no differences, or only zeros: p = 1. */
export function signedRank(differences: readonly number[]): SignedRank {
  const { ranks } = rank(differences.map(Math.abs));
  const kept = ranks.filter((_, index) => differences[index] !== 0);
  const statistic = ranks.reduce((sum, each, index) => sum + ((differences[index] ?? 0) > 0 ? each : 0), 0);
  const n = kept.length;
  if (n === 0) return { statistic: 0, p: 1, n, exact: true };
  if (n <= exactUpTo) return { statistic, p: exactP(kept, statistic), n, exact: true };
  return { statistic, p: normalP(kept, statistic), n, exact: false };
}

/** The smallest two-sided p that n blocks can give: 2 / 2^n. */
export function smallestSignedRankP(n: number): number {
  return Math.min(1, 2 ** (1 - n));
}

/** Distribution of the sum over all sign patterns, ranks doubled so that midranks are whole numbers. */
function exactP(ranks: readonly number[], statistic: number): number {
  const doubled = ranks.map((each) => Math.round(2 * each));
  const total = doubled.reduce((sum, each) => sum + each, 0);
  const share = new Float64Array(total + 1);
  share[0] = 1;
  let reached = 0;
  for (const step of doubled) {
    reached += step;
    for (let sum = reached; sum >= 0; sum -= 1) {
      const without = share[sum] ?? 0;
      const withStep = sum >= step ? (share[sum - step] ?? 0) : 0;
      share[sum] = (without + withStep) / 2;
    }
  }
  const seen = Math.round(2 * statistic);
  const extreme = Math.min(seen, total - seen);
  let tail = 0;
  for (let sum = 0; sum <= extreme; sum += 1) tail += share[sum] ?? 0;
  return Math.min(1, 2 * tail);
}

/** Normal approximation with continuity correction; the sum of squared ranks carries the tie correction. */
function normalP(ranks: readonly number[], statistic: number): number {
  const centre = ranks.reduce((sum, each) => sum + each, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, each) => sum + each * each, 0) / 4);
  const distance = Math.max(0, Math.abs(statistic - centre) - 0.5);
  return Math.min(1, 2 * normalTail(distance / deviation));
}
