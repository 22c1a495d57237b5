/**
 * Mean, median, quantile and spread: the one of each in the codebase, and the one door of simple-statistics.
 * Everything here answers null, never NaN, where the number does not exist.
 */
import { mean as meanOf, median as medianOf, quantile, sampleStandardDeviation } from 'simple-statistics';

export { gammaln } from 'simple-statistics';

/** Arithmetic mean; null for no values. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : meanOf([...values]);
}

/** Median; the mean of the two middle values for an even count; null for no values. */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : medianOf([...values]);
}

/** The smallest value that at least this share of the values does not exceed: a fact of these values, no estimate. */
export function orderStatistic(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? null;
}

/** Sample standard deviation (divisor n - 1); null below two values. */
export function standardDeviation(values: readonly number[]): number | null {
  return values.length < 2 ? null : sampleStandardDeviation([...values]);
}

/** Sample standard deviation over the mean's size; null below two values or at mean 0. */
export function coefficientOfVariation(values: readonly number[]): number | null {
  const deviation = standardDeviation(values);
  if (deviation === null) return null;
  const centre = mean(values);
  return centre === null || centre === 0 ? null : deviation / Math.abs(centre);
}

/**
 * Launches needed before any 95 % distribution-free bound on quantile q exists: ln 0.05 / ln q
 * (METHODOLOGY B0, C21): 29 for p90, 59 for p95, 299 for p99, 2995 for p99.9. Low quantiles mirror it.
 */
export function countForQuantile(q: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(Math.max(q, 1 - q)));
}

/** Those of the quantiles asked for that this many values allow. */
export function allowedQuantiles(
  values: readonly number[],
  asked: readonly number[],
): { readonly q: number; readonly value: number }[] {
  return asked
    .filter((q) => values.length >= countForQuantile(q))
    .map((q) => ({ q, value: quantile([...values], q) }));
}
