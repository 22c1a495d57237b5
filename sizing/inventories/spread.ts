/**
 * How much usage varies, from two of its percentiles: the spread of the lognormal that passes through both, as a
 * coefficient of variation. A maximum says nothing without the number of looks, and a mean nothing of its spread.
 */
import type { UsageStatistic } from '../model.ts';

/** Of the standard normal distribution. */
const scores: Readonly<Partial<Record<UsageStatistic, number>>> = {
  p50: 0,
  p90: 1.281552,
  p95: 1.644854,
  p99: 2.326348,
};

/** Null: fewer than two percentiles, or one of them is 0. */
export function cvOf(figures: Readonly<Partial<Record<UsageStatistic, number | null>>>): number | null {
  const known = Object.entries(scores).flatMap(([statistic, score]) => {
    const value = figures[statistic as UsageStatistic];
    return value == null || value <= 0 ? [] : [{ score, value }];
  });
  const [low] = known;
  const high = known.at(-1);
  if (low === undefined || high === undefined || low === high) return null;
  const sigma = Math.max(0, Math.log(high.value / low.value)) / (high.score - low.score);
  return Math.sqrt(Math.exp(sigma * sigma) - 1);
}
