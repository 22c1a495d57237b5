/**
 * What would so many launches or runs show, and how many does it take? Asked before they are measured, or of more
 * than were: the noise is known, and of their serial correlation no more than that it will have to be found out.
 */
import { normalQuantile } from './distributions.ts';
import { smallestMannWhitneyP } from './ranks.ts';
import { medianWidth, minimumBlocks, powerQuantile, verdictAlpha, verdictPower } from './power.ts';
import { allowanceForFew, independent, plannedModel, reachOf, type SerialModel } from './serial.ts';

/** More launches than this are no advice. */
const mostLaunches = 10_000;

/** Standard errors that a change must lie from 1 for this p, by launches of either side. */
const launchReach = remembered((n) => plannedModel(n));

/** The same of runs that count as one each, with these degrees of freedom. */
const runReach = remembered(independent);

function remembered(model: (of: number) => SerialModel): (of: number, alpha: number) => number {
  const known = new Map<string, number>();
  return (of, alpha) => {
    const key = `${of}/${alpha}`;
    const reach = known.get(key) ?? reachOf(model(of), alpha, 1);
    known.set(key, reach);
    return reach;
  };
}

/**
 * Smallest ratio above 1 that so many launches of either side show in 80 % of comparisons.
 * @param deviation standard deviation of the log ratio of a pair of launches
 * @param between standard deviation by which runs of one thing differ, on the log scale
 */
export function effectOfLaunches(n: number, deviation: number, between = 0): number {
  const [error, offset] = [(medianWidth * deviation) / Math.sqrt(n), Math.SQRT2 * between];
  const reach = Math.hypot(
    launchReach(n, verdictAlpha) * error,
    normalQuantile(1 - verdictAlpha / 2) * offset,
  );
  return Math.exp(allowanceForFew(n) * (reach + powerQuantile * Math.hypot(error, offset)));
}

/** The same of runs, so many pairs of them in effect, 2 / (1/n + 1/m). */
export function effectOfRuns(pairs: number, freedom: number, deviation: number): number {
  return Math.exp(((runReach(freedom, verdictAlpha) + powerQuantile) * deviation) / Math.sqrt(pairs));
}

/**
 * Launches or runs of either side after which 80 % of comparisons reach a verdict, if the truth is equality or a change
 * of the threshold; null where no number does, because runs differ by more, or none of use.
 * @param tests that share a correction; the first of them must pass by itself
 */
export function neededFor(
  { unit, deviation }: { readonly unit: 'launch' | 'run'; readonly deviation: number | null },
  threshold: number,
  tests = 1,
  between = 0,
): number | null {
  if (deviation === null) return null;
  const effect = Math.log1p(threshold);
  const offset = unit === 'run' ? 0 : Math.SQRT2 * between;
  const decides = (n: number): boolean => {
    const width = unit === 'run' ? 1 : medianWidth;
    const reach = (alpha: number) => (unit === 'run' ? runReach(2 * n - 2, alpha) : launchReach(n, alpha));
    const error = (width * deviation) / Math.sqrt(n);
    const whole = Math.hypot(error, offset);
    const shows = (alpha: number) =>
      Math.hypot(reach(alpha) * error, normalQuantile(1 - alpha / 2) * offset) + powerQuantile * whole;
    const proves =
      Math.hypot(reach(2 * verdictAlpha) * error, normalQuantile(1 - verdictAlpha) * offset) +
      normalQuantile((1 + verdictPower) / 2) * whole;
    if (unit === 'launch' && smallestMannWhitneyP([[n, n]]) * tests >= verdictAlpha) return false;
    const allowance = unit === 'run' ? 1 : allowanceForFew(n);
    return allowance * Math.max(shows(verdictAlpha / tests), proves) <= effect;
  };
  const least = unit === 'run' ? 3 : minimumBlocks;
  if (decides(least)) return least;
  let [low, high] = [least, 2 * least];
  while (!decides(high)) {
    if (high >= mostLaunches) return null;
    [low, high] = [high, Math.min(mostLaunches, 2 * high)];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (decides(middle)) high = middle;
    else low = middle;
  }
  return high;
}
