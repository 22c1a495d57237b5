/**
 * What can n blocks show? (METHODOLOGY B0, B10, C8). Normal approximations on the log scale, from the
 * standard deviation of the paired log ratios. An interval of a ratio of medians is sqrt(pi/2) times as
 * wide as one of means: that factor, not the rank test, decides; it reproduces the simulated table of B0.
 */
import { normalQuantile } from './distributions.ts';
import { smallestSignedRankP } from './signed-rank.ts';

/** Standard error of a median over that of a mean, for normal data. */
export const medianWidth = Math.sqrt(Math.PI / 2);

export const verdictAlpha = 0.05;
export const verdictPower = 0.8;
/** Distance from a bound, in standard errors, at which a truth is beyond it in 80 % of estimates. */
export const powerQuantile = normalQuantile(verdictPower);
/** Fewest blocks for a verdict (C3). */
export const minimumBlocks = 10;

/**
 * Blocks after which 80 % of runs at this noise reach a verdict, if the sides are truly equal or truly
 * differ by the threshold. A truth in between stays undecided however long one measures.
 * `familySize`: tests that share the correction; taken as if only this one were true, the hardest case.
 */
export function blocksForVerdict(deviation: number, threshold: number, familySize = 1): number {
  const effect = Math.log1p(threshold);
  const show = normalQuantile(1 - verdictAlpha / 2) + normalQuantile(verdictPower);
  const prove = normalQuantile(1 - verdictAlpha) + normalQuantile((1 + verdictPower) / 2);
  const byInterval = (Math.max(show, prove) * medianWidth * deviation) / effect;
  // The rank test has 3/pi of a mean's efficiency; the first of a corrected family must pass alpha / family.
  const corrected = normalQuantile(1 - verdictAlpha / (2 * familySize)) + normalQuantile(verdictPower);
  const byRanks = (corrected * Math.sqrt(Math.PI / 3) * deviation) / effect;
  const needed = Math.ceil(Math.max(byInterval, byRanks) ** 2);
  return Math.max(minimumBlocks, blocksToFire(familySize), needed);
}

/** Fewest blocks with which a single difference among `familySize` tests can be shown. */
export function blocksToFire(familySize: number): number {
  return Math.ceil(1 + Math.log2(familySize / verdictAlpha));
}

/** Can any test in a family of this size be significant with n blocks? (B0's last but one row.) */
export function canFire(n: number, familySize: number): boolean {
  return smallestSignedRankP(n) * familySize < verdictAlpha;
}

/** The smallest true ratio above 1 that n blocks show in 80 % of runs. */
export function smallestEffect(n: number, deviation: number): number {
  const show = normalQuantile(1 - verdictAlpha / 2) + normalQuantile(verdictPower);
  return Math.exp((show * medianWidth * deviation) / Math.sqrt(n));
}
