/**
 * Which values of a sample are in the middle of a resample of it? Drawing n of n with replacement and sorting
 * takes n steps; but the ranks drawn are floor(n U) of uniform U, so that the middle ranks are those of the
 * middle order statistics of n uniforms, which can be drawn at once: the k-th is Beta(k, n + 1 - k), and the next
 * above it is the least of the n - k that remain (Devroye, Non-Uniform Random Variate Generation, 1986, V.3).
 * The same distribution, whatever n, in two numbers per resample; and it does not depend on the order of the values.
 */
import type { Random } from '../../model/random.ts';

/** Ranks, from 0, of the two middle values of each resample in its sample's sorted order; equal for an odd count. */
export interface MiddleRanks {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** @param n values of the sample, at least one */
export function drawMiddleRanks(random: Random, n: number, resamples: number): MiddleRanks {
  const low = new Uint32Array(resamples);
  const high = n % 2 === 1 ? low : new Uint32Array(resamples);
  const k = (n + 1) >> 1;
  const rankOf = (uniform: number) => Math.min(n - 1, Math.floor(uniform * n));
  for (let at = 0; at < resamples; at += 1) {
    const one = gamma(random, k);
    const middle = one / (one + gamma(random, n + 1 - k));
    low[at] = rankOf(middle);
    if (high === low) continue;
    const least = 1 - (1 - random.next()) ** (1 / (n - k));
    high[at] = rankOf(middle + (1 - middle) * least);
  }
  return { low, high };
}

/** A gamma variate of this shape, at least 1, and scale 1 (Marsaglia and Tsang, ACM TOMS 26, 2000). */
function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
