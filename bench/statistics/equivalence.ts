/**
 * When is "no difference" shown? Schuirmann's two one-sided tests (1987), read off an interval: at
 * alpha 5 % two sides are equivalent if the 90 % interval of their ratio lies wholly within the bounds
 * 1/(1+d) .. 1+d (METHODOLOGY B10). The bounds are the same both ways on the log scale, so that
 * swapping the sides swaps nothing.
 */
import type { Interval } from '../../model/quantities.ts';

/** True if the 90 % interval of the ratio proves it within the practical threshold. */
export function isEquivalent(ninety: Interval, threshold: number): boolean {
  return ninety.low > 1 / (1 + threshold) && ninety.high < 1 + threshold;
}

/** One-sided, for gates: true if the ratio is proven below 1 + threshold (upper end of the 90 % interval). */
export function isNotWorse(ninety: Interval, threshold: number): boolean {
  return ninety.high < 1 + threshold;
}

/** True if the ratio itself is beyond the practical threshold, up or down. */
export function isBeyond(ratio: number, threshold: number): boolean {
  return Math.abs(Math.log(ratio)) > Math.log1p(threshold);
}
