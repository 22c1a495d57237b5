/**
 * How much more does head cost than base, and how sure is that? Two sets of independent units, in strata
 * (hosts) that are compared only within themselves.
 *
 * The unit is the launch where each side has one run in every stratum, else the run: launches of one run
 * share its hour and its boot, so that with several runs only the runs count (Kalibera and Jones,
 * METHODOLOGY B3: only the top level counts as n). Launches that follow one another may be alike, which
 * makes n launches worth fewer: their variance is inflated by what the serial correlation of the data says.
 */
import type { Interval } from '../model/quantities.ts';
import type { Bootstrap, RatioEstimate } from '../bench/statistics/bootstrap.ts';
import { median, standardDeviation } from '../model/descriptive.ts';
import {
  normalQuantile,
  normalTail,
  studentQuantile,
  studentTwoSided,
} from '../bench/statistics/distributions.ts';
import { mannWhitney } from '../bench/statistics/mann-whitney.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';

/** Values of one run, one per launch, in the order of its blocks. */
export type RunValues = readonly number[];

/** What can be compared with each other: the runs of one host. */
export interface Stratum {
  readonly base: readonly RunValues[];
  readonly head: readonly RunValues[];
}

/** What is known beside the values. */
export interface Known {
  /** Resolution of the values, by half of which intervals are widened; absent: none. */
  readonly tick?: number;
  /**
   * Standard deviation, on the log scale, by which runs of the same thing differ (boots, hours): measured
   * beforehand, because one run on each side cannot show it. Absent: none is known.
   */
  readonly between?: number;
}

export interface Change {
  readonly unit: 'launch' | 'run';
  /** Units of the smaller side. */
  readonly n: number;
  /** Pairs of units that would tell as much, 2 / (1/n + 1/m): what power is reckoned with. */
  readonly pairs: number;
  /** Degrees of freedom behind the interval over runs; of launches, units of the smaller side less one. */
  readonly freedom: number;
  /** head / base as a cost: above 1 is worse. */
  readonly estimate: {
    readonly ratio: number;
    readonly interval: Interval | null;
    readonly ninety: Interval | null;
  } | null;
  readonly p: number | null;
  /** Standard deviation of the log ratio of one pair of units; the noise that decides how many it takes. */
  readonly deviation: number | null;
  /** How many times serial correlation multiplies the variance; 1: not at all. */
  readonly inflation: number;
}

/** Fewest launches per side for an interval (METHODOLOGY C3). */
const fewestLaunches = 6;
/** Fewest degrees of freedom for an interval over runs: with one, Student's t is wider than any use. */
const fewestFreedom = 2;
/** Fewest degrees of freedom for a verdict over runs: three runs of either side, or five of one and one of the other. */
export const verdictFreedom = 4;

/** C3: ten launches, or runs with four degrees of freedom, for any verdict. */
export function isEnough({ unit, n, freedom }: Change): boolean {
  return unit === 'launch' ? n >= minimumBlocks : freedom >= verdictFreedom;
}

/** @param better direction of the metric; where more is better the sides change places */
export function changeOf(
  strata: readonly Stratum[],
  better: 'lower' | 'higher',
  bootstrap: Bootstrap,
  known: Known = {},
): Change {
  const costs = strata
    .filter(({ base, head }) => base.flat().length > 0 && head.flat().length > 0)
    .map(({ base, head }) =>
      better === 'lower' ? { above: head, below: base } : { above: base, below: head },
    );
  const byRun = costs.some(({ above, below }) => above.length > 1 || below.length > 1);
  return byRun ? changeOfRuns(costs) : changeOfLaunches(costs, bootstrap, known);
}

/** A stratum read as a cost: `above` stands over the line. */
interface Sides {
  readonly above: readonly RunValues[];
  readonly below: readonly RunValues[];
}

function changeOfLaunches(costs: readonly Sides[], bootstrap: Bootstrap, known: Known): Change {
  const pairs = costs.map(({ above, below }) => ({ above: above.flat(), below: below.flat() }));
  const n = Math.min(...(['above', 'below'] as const).map((side) => count(pairs.map((pair) => pair[side]))));
  const all = pairs.flatMap(({ above, below }) => [...above, ...below]);
  const positive = all.every((value) => value > 0);
  const inflation = inflationOf(
    pairs.flatMap(({ above, below }) => [above, below]),
    positive,
  );
  const shown = Number.isFinite(n) && n >= fewestLaunches;
  const units = Number.isFinite(n) ? n : 0;
  const none = {
    unit: 'launch',
    n: units,
    pairs: units,
    freedom: Math.max(0, units - 1),
    inflation,
  } as const;
  if (pairs.length === 0) return { ...none, estimate: null, p: null, deviation: null };
  const deviation = shown && positive ? pairDeviation(pairs, inflation) : null;
  const { tick = 0, between = 0 } = known;
  const weights = weightsOf(pairs.map(({ above, below }) => [above.length, below.length]));
  // Every stratum has one run on either side: two runs' own offsets enter its ratio.
  const offsets = 2 * between ** 2 * weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const estimate = ratioOf(pairs, shown ? bootstrap : null, tick, inflation, offsets);
  return {
    ...none,
    estimate,
    p: !shown ? null : offsets > 0 ? pOf(estimate) : rankTest(pairs, inflation),
    deviation: deviation === null ? null : Math.sqrt(deviation ** 2 + n * offsets),
  };
}

/**
 * Two-sided p of a ratio from its own interval, by the normal approximation: offsets of whole runs are not
 * in the ranks, whose test is exhausted once the sides are apart at all.
 */
function pOf(estimate: Change['estimate']): number | null {
  if (estimate?.interval == null) return null;
  const { ratio, interval } = estimate;
  const error = Math.log(interval.high / interval.low) / (2 * normalQuantile((1 + interval.level) / 2));
  return error === 0 ? (ratio === 1 ? 1 : 0) : Math.min(1, 2 * normalTail(Math.abs(Math.log(ratio)) / error));
}

type Pooled = readonly { readonly above: readonly number[]; readonly below: readonly number[] }[];

const count = (sides: readonly (readonly number[])[]): number =>
  sides.reduce((sum, { length }) => sum + length, 0);

/** Weight of a stratum: what it knows of a difference, from the sizes of its sides. */
function weightsOf(sizes: readonly (readonly [number, number])[]): number[] {
  const raw = sizes.map(([n, m]) => (n * m) / (n + m));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

function ratioOf(
  pairs: Pooled,
  bootstrap: Bootstrap | null,
  tick: number,
  inflation: number,
  offsets: number,
): Change['estimate'] {
  const all = pairs.flatMap(({ above, below }) => [...above, ...below]);
  // Two sides that never differ are equal, zeros too.
  if (all.every((value) => value === all[0])) {
    const exactly = (level: number) => (bootstrap === null ? null : { low: 1, high: 1, level });
    return { ratio: 1, interval: exactly(0.95), ninety: exactly(0.9) };
  }
  const medians = pairs.map(({ above, below }) => [median(above) ?? 0, median(below) ?? 0] as const);
  if (medians.some(([above, below]) => above <= 0 || below <= 0)) return null;
  const weights = weightsOf(pairs.map(({ above, below }) => [above.length, below.length]));
  const log = medians.reduce(
    (sum, [above, below], at) => sum + (weights[at] ?? 0) * Math.log(above / below),
    0,
  );
  const ratio = Math.exp(log);
  const parts = pairs.map(({ above, below }) => bootstrap?.unpaired(above, below, tick) ?? null);
  if (parts.includes(null)) return { ratio, interval: null, ninety: null };
  const known = parts as readonly RatioEstimate[];
  const between = (of: (part: RatioEstimate) => Interval): Interval => {
    // One stratum keeps its own, uneven ends; several add their squares on the log scale.
    const { level } = of(known[0] as RatioEstimate);
    const reach = (end: 'low' | 'high') =>
      Math.sqrt(
        known.reduce(
          (sum, part, at) => sum + ((weights[at] ?? 0) * Math.log(of(part)[end] / part.ratio)) ** 2,
          0,
        ) *
          inflation +
          offsets * normalQuantile((1 + level) / 2) ** 2,
      );
    return {
      low: ratio * Math.exp(-reach('low')),
      high: ratio * Math.exp(reach('high')),
      level,
    };
  };
  const interval = between((part) => part.interval);
  const ninety = between((part) => part.ninety);
  return [interval, ninety].every(({ low, high }) => low > 0 && Number.isFinite(high))
    ? { ratio, interval, ninety }
    : { ratio, interval: null, ninety: null };
}

/** Mann and Whitney's test within each stratum, put together by weight (van Elteren), two-sided. */
function rankTest(pairs: Pooled, inflation: number): number | null {
  const tests = pairs.map(({ above, below }) => mannWhitney(above, below));
  if (tests.includes(null)) return null;
  const [only] = tests;
  if (tests.length === 1 && inflation === 1) return only?.p ?? null;
  const weights = weightsOf(pairs.map(({ above, below }) => [above.length, below.length]));
  let sum = 0;
  let squares = 0;
  pairs.forEach(({ above, below }, at) => {
    const [n, m] = [above.length, below.length];
    // Without the correction for ties the spread is the larger one: never surer than it is.
    const z = (((tests[at]?.a12 ?? 0.5) - 0.5) * n * m) / Math.sqrt((n * m * (n + m + 1)) / 12);
    const weight = Math.sqrt(weights[at] ?? 0);
    sum += weight * z;
    squares += weight ** 2;
  });
  const z = Math.abs(sum) / Math.sqrt(squares * inflation);
  return Math.min(1, 2 * normalTail(z));
}

/**
 * Variance of a mean of correlated values over that of independent ones, (1 + r) / (1 - r) for a series in
 * which each value resembles the one before (first-order autoregression). r is the lag-1 correlation over
 * all series together, with the bias of short series, -(1 + 4 r) / n, taken off (Marriott and Pope 1954).
 * A correlation that chance alone may show (below 1.64 / sqrt(n)) counts as none.
 */
function inflationOf(series: readonly (readonly number[])[], positive: boolean): number {
  let product = 0;
  let square = 0;
  let n = 0;
  let shortest = 0;
  for (const values of series) {
    if (values.length < 3) continue;
    const scaled = positive ? values.map(Math.log) : values;
    // Ranks would do as well; the median and a clip keep one odd launch from hiding the rest.
    const centre = median(scaled) ?? 0;
    const spread = 3 * 1.4826 * (median(scaled.map((value) => Math.abs(value - centre))) ?? 0);
    const clipped = scaled.map((value) =>
      spread === 0 ? value - centre : Math.max(-spread, Math.min(spread, value - centre)),
    );
    const mean = clipped.reduce((sum, value) => sum + value, 0) / clipped.length;
    const rest = clipped.map((value) => value - mean);
    rest.forEach((value, at) => {
      square += value ** 2;
      if (at > 0) product += value * (rest[at - 1] ?? 0);
    });
    n += values.length;
    shortest += 1;
  }
  if (square === 0 || n === 0) return 1;
  const raw = product / square;
  const length = n / shortest;
  const r = raw + (1 + 4 * raw) / length;
  if (r <= normalQuantile(0.95) / Math.sqrt(n)) return 1;
  const most = 0.95;
  const kept = Math.min(most, r);
  return (1 + kept) / (1 - kept);
}

function pairDeviation(pairs: Pooled, inflation: number): number | null {
  const [above, below] = (['above', 'below'] as const).map((side) => {
    const rest = pairs.flatMap((pair) => {
      const logs = pair[side].map(Math.log);
      const centre = logs.reduce((sum, value) => sum + value, 0) / logs.length;
      return logs.map((value) => value - centre);
    });
    return standardDeviation(rest);
  });
  return above == null || below == null ? null : Math.sqrt((above ** 2 + below ** 2) * inflation);
}

/** Runs as units: differences of mean log medians within strata, one variance for all, Student's t. */
function changeOfRuns(costs: readonly Sides[]): Change {
  const sides = costs.map(({ above, below }) => ({ above: mediansOf(above), below: mediansOf(below) }));
  const n = Math.min(
    sides.reduce((sum, { above }) => sum + above.length, 0),
    sides.reduce((sum, { below }) => sum + below.length, 0),
  );
  const weights = weightsOf(sides.map(({ above, below }) => [above.length, below.length]));
  const factor = sides.reduce(
    (sum, { above, below }, at) => sum + (weights[at] ?? 0) ** 2 * (1 / above.length + 1 / below.length),
    0,
  );
  const freedom = sides.reduce((sum, { above, below }) => sum + above.length + below.length - 2, 0);
  const pairs = factor === 0 ? 0 : 2 / factor;
  const none: Change = {
    ...{ unit: 'run', n, pairs, freedom, inflation: 1 },
    ...{ estimate: null, p: null, deviation: null },
  };
  const all = sides.flatMap(({ above, below }) => [...above, ...below]);
  if (all.length > 0 && all.every((value) => value === all[0])) {
    const exactly = (level: number) => (freedom >= verdictFreedom ? { low: 1, high: 1, level } : null);
    return {
      ...none,
      estimate: { ratio: 1, interval: exactly(0.95), ninety: exactly(0.9) },
      p: freedom >= verdictFreedom ? 1 : null,
      // Runs that never differ have shown no noise, as launches have; of zeros there is no ratio to speak of.
      deviation: freedom >= fewestFreedom && (all[0] ?? 0) > 0 ? 0 : null,
    };
  }
  if (all.length === 0 || all.some((value) => value <= 0)) return none;
  let difference = 0;
  let squares = 0;
  sides.forEach(({ above, below }, at) => {
    const weight = weights[at] ?? 0;
    const [one, other] = [above.map(Math.log), below.map(Math.log)];
    difference += weight * (meanOf(one) - meanOf(other));
    for (const group of [one, other]) {
      const centre = meanOf(group);
      squares += group.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    }
  });
  const ratio = Math.exp(difference);
  if (freedom < fewestFreedom) return { ...none, estimate: { ratio, interval: null, ninety: null } };
  const variance = squares / freedom;
  const error = Math.sqrt(variance * factor);
  const within = (level: number): Interval => {
    const reach = studentQuantile((1 + level) / 2, freedom) * error;
    return { low: Math.exp(difference - reach), high: Math.exp(difference + reach), level };
  };
  return {
    ...none,
    estimate: { ratio, interval: within(0.95), ninety: within(0.9) },
    p: error === 0 ? (difference === 0 ? 1 : 0) : studentTwoSided(difference / error, freedom),
    deviation: Math.sqrt(2 * variance),
  };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const mediansOf = (runs: readonly RunValues[]): number[] => runs.flatMap((values) => median(values) ?? []);
