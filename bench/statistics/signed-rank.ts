/**
 * Wilcoxon's signed-rank test of paired differences: do they lie around zero?
 * Zeros are handled after Pratt (1959): ranked with the rest, then left out of both sums, so that blocks
 * without a difference make the test more careful instead of disappearing. Up to 50 non-zero differences
 * the p-value is exact, also with ties: all 2^n sign patterns of the very ranks seen are counted.
 */
import { normalQuantile, normalTail } from './distributions.ts';
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

/**
 * How many of the sorted averages of two differences an interval of this level leaves out at each end,
 * plus one: the rank of its lower end. Exact without ties up to 50 differences; null if none reaches it.
 */
export function signedRankCut(n: number, level: number): number | null {
  const limit = (1 - level) / 2;
  if (n > exactUpTo) {
    const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.floor((n * (n + 1)) / 4 - normalQuantile((1 + level) / 2) * spread);
  }
  const shares = sumShares(Array.from({ length: n }, (_, index) => index + 1));
  let cut = 0;
  for (let below = shares[0] ?? 1; below <= limit; below += shares[cut] ?? 1) cut += 1;
  return cut === 0 ? null : cut;
}

/** Ranks are doubled, so that midranks are whole numbers. */
function exactP(ranks: readonly number[], statistic: number): number {
  const shares = sumShares(ranks.map((each) => Math.round(2 * each)));
  const seen = Math.round(2 * statistic);
  const extreme = Math.min(seen, shares.length - 1 - seen);
  let tail = 0;
  for (let sum = 0; sum <= extreme; sum += 1) tail += shares[sum] ?? 0;
  return Math.min(1, 2 * tail);
}

/** Share of the 2^n sign patterns with each sum of positive ranks (whole numbers). */
function sumShares(ranks: readonly number[]): Float64Array {
  const total = ranks.reduce((sum, each) => sum + each, 0);
  const shares = new Float64Array(total + 1);
  shares[0] = 1;
  let reached = 0;
  for (const step of ranks) {
    reached += step;
    for (let sum = reached; sum >= 0; sum -= 1) {
      const without = shares[sum] ?? 0;
      const withStep = sum >= step ? (shares[sum - step] ?? 0) : 0;
      shares[sum] = (without + withStep) / 2;
    }
  }
  return shares;
}

/** Normal approximation with continuity correction; the sum of squared ranks carries the tie correction. */
function normalP(ranks: readonly number[], statistic: number): number {
  const centre = ranks.reduce((sum, each) => sum + each, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, each) => sum + each * each, 0) / 4);
  const distance = Math.max(0, Math.abs(statistic - centre) - 0.5);
  return Math.min(1, 2 * normalTail(distance / deviation));
}
