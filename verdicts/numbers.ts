/**
 * How much more does head cost than base, and how sure is that? Two sets of independent units, in strata
 * (hosts) that are compared only within themselves.
 *
 * The unit is the launch where each side has one run in every stratum, else the run: launches of one run
 * share its boot and its time of day, so that with several runs only the runs count (Kalibera and Jones,
 * METHODOLOGY B3: only the top level counts as n).
 *
 * Of launches, interval and p are of one model: the log ratio of medians, its standard error (the larger one of the
 * bootstrap's and the ranks'), and the correlations that neighbouring launches may have (statistics/serial.ts). p < 0.05 exactly where the
 * 95 % interval excludes 1. Only the bound of the rank test holds p from below: n launches cannot show less.
 */
import type { Interval } from '../model/quantities.ts';
import { widening, type Bootstrap, type RatioEstimate } from '../bench/statistics/bootstrap.ts';
import { median, standardDeviation } from '../model/descriptive.ts';
import { normalQuantile } from '../bench/statistics/distributions.ts';
import { minimumBlocks, powerQuantile, verdictAlpha } from '../bench/statistics/power.ts';
import { rank, smallestMannWhitneyP } from '../bench/statistics/ranks.ts';
import {
  allowanceForFew,
  independent,
  plannedModel,
  reachOf,
  serialModel,
  tailOf,
  type SerialModel,
} from '../bench/statistics/serial.ts';

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
  /** Standard deviation of the log ratio of one pair of units within runs; the noise that decides how many it takes. */
  readonly deviation: number | null;
  /** Smallest ratio above 1 that these units show in 80 % of comparisons. */
  readonly detectable: number | null;
  /** How many times the variance counts, as launches that follow one another are seen to be alike; 1: no more than chance. */
  readonly inflation: number;
  /** How many times as wide the interval is as for launches known to be independent, and their noise known. */
  readonly widening: number;
}

/** A t of ranks below this one is no evidence at any level: how far below says nothing of how wide an interval is. */
const leastApart = 1;
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
  const n =
    pairs.length === 0
      ? 0
      : Math.min(count(pairs.map(({ above }) => above)), count(pairs.map(({ below }) => below)));
  const none: Change = {
    ...{ unit: 'launch', n, pairs: n, freedom: Math.max(0, n - 1), inflation: 1, widening: 1 },
    ...{ estimate: null, p: null, deviation: null, detectable: null },
  };
  if (pairs.length === 0) return none;
  const ratio = ratioOf(pairs);
  const bare = ratio === null ? null : { ratio, interval: null, ninety: null };
  if (n < fewestLaunches) return { ...none, estimate: bare };
  const all = pairs.flatMap(({ above, below }) => [...above, ...below]);
  if (all.every((value) => value === all[0])) {
    const exactly = (level: number) => ({ low: 1, high: 1, level });
    const estimate = { ratio: 1, interval: exactly(0.95), ninety: exactly(0.9) };
    const noise = (all[0] ?? 0) > 0 ? 0 : null;
    return { ...none, estimate, p: 1, deviation: noise, detectable: noise === null ? null : 1 };
  }
  const sizes = sizesOf(pairs);
  const weights = weightsOf(sizes);
  const ranked = byRanks(pairs, weights);
  const least = smallestMannWhitneyP(sizes);
  const spread = ratio === null ? null : spreadOf(pairs, weights, bootstrap, known.tick ?? 0);
  if (ratio === null || spread === null) {
    const p = Math.max(least, tailOf(ranked.model, ranked.distance, ranked.error));
    return { ...none, estimate: bare, p };
  }
  const positive = all.every((value) => value > 0);
  const model = serialModel(
    pairs.flatMap(({ above, below }, at) =>
      [above, below].map((values) => ({
        values: positive ? values.map(Math.log) : values,
        weight: weights[at] ?? 0,
      })),
    ),
  );
  // Every stratum has one run on either side: two runs' own offsets enter its ratio.
  const offset = (known.between ?? 0) * Math.sqrt(2 * weights.reduce((sum, weight) => sum + weight ** 2, 0));
  const log = Math.log(ratio);
  const towards = log > 0 ? 'low' : 'high';
  const distance = Math.max(0, Math.abs(log) - spread.tick[towards]);
  // Where values crowd at two places, or most are one and the same, resamples do not show how far a median may move;
  // ranks do. They cannot grow beyond sides that lie wholly apart, where they would hide how far.
  const apart = pairs.every(isApart) ? 0 : distance / Math.max(ranked.distance / ranked.error, leastApart);
  const error = (end: 'low' | 'high') => Math.max(spread.error[end], apart);
  const within = (level: number): Interval => ({
    low: Math.exp(log - spread.tick.low - reachOf(model, 1 - level, error('low'), offset)),
    high: Math.exp(log + spread.tick.high + reachOf(model, 1 - level, error('high'), offset)),
    level,
  });
  const reach = reachOf(model, verdictAlpha, error('low'), offset);
  const plain = Math.hypot(error('low'), offset) * normalQuantile(1 - verdictAlpha / 2);
  const inflation = Math.max(1, model.factor / plannedModel(n).factor);
  return {
    ...none,
    inflation,
    widening: plain === 0 ? 1 : reach / plain,
    estimate: { ratio, interval: within(0.95), ninety: within(0.9) },
    p: Math.max(least, tailOf(model, distance, error(towards), offset)),
    deviation: positive ? pairDeviation(pairs, inflation) : null,
    detectable: Math.exp(
      spread.tick.low +
        allowanceForFew(n) *
          (reach + powerQuantile * Math.hypot(error('low') * Math.sqrt(model.factor), offset)),
    ),
  };
}

type Pooled = readonly { readonly above: readonly number[]; readonly below: readonly number[] }[];

const count = (sides: readonly (readonly number[])[]): number =>
  sides.reduce((sum, { length }) => sum + length, 0);

const sizesOf = (pairs: Pooled) => pairs.map(({ above, below }) => [above.length, below.length] as const);

/** Weight of a stratum: what it knows of a difference, from the sizes of its sides. */
function weightsOf(sizes: readonly (readonly [number, number])[]): number[] {
  const raw = sizes.map(([n, m]) => (n * m) / (n + m));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

/** Ratio of medians, strata by weight; null unless all medians are positive. Two sides that never differ are equal, zeros too. */
function ratioOf(pairs: Pooled): number | null {
  const all = pairs.flatMap(({ above, below }) => [...above, ...below]);
  if (all.every((value) => value === all[0])) return 1;
  const medians = pairs.map(({ above, below }) => [median(above) ?? 0, median(below) ?? 0] as const);
  if (medians.some(([above, below]) => above <= 0 || below <= 0)) return null;
  const weights = weightsOf(sizesOf(pairs));
  return Math.exp(
    medians.reduce((sum, [above, below], at) => sum + (weights[at] ?? 0) * Math.log(above / below), 0),
  );
}

/** Of the log ratio: how far its ends lie from it. */
interface Ends {
  readonly low: number;
  readonly high: number;
}

/** Standard errors of the log ratio of medians towards either end if launches are independent, and what the resolution adds. */
function spreadOf(
  pairs: Pooled,
  weights: readonly number[],
  bootstrap: Bootstrap,
  tick: number,
): { readonly error: Ends; readonly tick: Ends } | null {
  const parts = pairs.map(({ above, below }) => bootstrap.unpaired(above, below));
  if (parts.some((part) => part === null || part.interval.low <= 0)) return null;
  const known = parts as readonly RatioEstimate[];
  const normal = normalQuantile(0.975);
  const errorTo = (end: 'low' | 'high') =>
    Math.sqrt(
      known.reduce(
        (sum, { ratio, interval }, at) => sum + ((weights[at] ?? 0) * Math.log(interval[end] / ratio)) ** 2,
        0,
      ),
    ) / normal;
  const widened = pairs.map(({ above, below }) => widening(median(above) ?? 0, median(below) ?? 0, tick));
  const tickTo = (end: 0 | 1) =>
    widened.reduce((sum, factors, at) => sum + (weights[at] ?? 0) * Math.abs(Math.log(factors[end])), 0);
  const found = {
    error: { low: errorTo('low'), high: errorTo('high') },
    tick: { low: tickTo(0), high: tickTo(1) },
  };
  return [found.tick.low, found.tick.high].every(Number.isFinite) ? found : null;
}

/**
 * The same question asked of ranks within strata, by a t of their means (W. Conover, R. Iman, "Rank transformations
 * as a bridge between parametric and nonparametric statistics", The American Statistician 35 (1981) 124-129).
 */
function byRanks(
  pairs: Pooled,
  weights: readonly number[],
): { readonly model: SerialModel; readonly distance: number; readonly error: number } {
  const sides = pairs.map(({ above, below }, at) => {
    const { ranks } = rank([...above, ...below]);
    const scaled = ranks.map((value) => value / ranks.length);
    return {
      above: scaled.slice(0, above.length),
      below: scaled.slice(above.length),
      weight: weights[at] ?? 0,
    };
  });
  const squares = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + (value - meanOf(values)) ** 2, 0);
  const variance = sides.reduce((sum, { above, below, weight }) => {
    const freedom = above.length + below.length - 2;
    if (freedom < 1) return sum;
    const own = (squares(above) + squares(below)) / freedom;
    return sum + weight ** 2 * own * (1 / above.length + 1 / below.length);
  }, 0);
  return {
    model: serialModel(
      sides.flatMap(({ above, below, weight }) => [
        { values: above, weight },
        { values: below, weight },
      ]),
    ),
    distance: Math.abs(
      sides.reduce((sum, { above, below, weight }) => sum + weight * (meanOf(above) - meanOf(below)), 0),
    ),
    error: Math.sqrt(variance),
  };
}

/** Every value of one side lies above every value of the other. */
function isApart({ above, below }: Pooled[number]): boolean {
  return Math.min(...above) > Math.max(...below) || Math.min(...below) > Math.max(...above);
}

function pairDeviation(pairs: Pooled, inflation: number): number | null {
  const [above, below] = (['above', 'below'] as const).map((side) => {
    const rest = pairs.flatMap((pair) => {
      const logs = pair[side].map(Math.log);
      const centre = meanOf(logs);
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
  const weights = weightsOf(sizesOf(sides));
  const factor = sides.reduce(
    (sum, { above, below }, at) => sum + (weights[at] ?? 0) ** 2 * (1 / above.length + 1 / below.length),
    0,
  );
  const freedom = sides.reduce((sum, { above, below }) => sum + above.length + below.length - 2, 0);
  const pairs = factor === 0 ? 0 : 2 / factor;
  const none: Change = {
    ...{ unit: 'run', n, pairs, freedom, inflation: 1, widening: 1 },
    ...{ estimate: null, p: null, deviation: null, detectable: null },
  };
  const all = sides.flatMap(({ above, below }) => [...above, ...below]);
  if (all.length > 0 && all.every((value) => value === all[0])) {
    const exactly = (level: number) => (freedom >= verdictFreedom ? { low: 1, high: 1, level } : null);
    // Runs that never differ have shown no noise, as launches have; of zeros there is no ratio to speak of.
    const quiet = freedom >= fewestFreedom && (all[0] ?? 0) > 0;
    return {
      ...none,
      estimate: { ratio: 1, interval: exactly(0.95), ninety: exactly(0.9) },
      p: freedom >= verdictFreedom ? 1 : null,
      deviation: quiet ? 0 : null,
      detectable: quiet ? 1 : null,
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
  const model = independent(freedom);
  const within = (level: number): Interval => {
    const reach = reachOf(model, 1 - level, error);
    return { low: Math.exp(difference - reach), high: Math.exp(difference + reach), level };
  };
  return {
    ...none,
    estimate: { ratio, interval: within(0.95), ninety: within(0.9) },
    p: tailOf(model, Math.abs(difference), error),
    deviation: Math.sqrt(2 * variance),
    detectable: Math.exp(reachOf(model, verdictAlpha, error) + powerQuantile * error),
  };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const mediansOf = (runs: readonly RunValues[]): number[] => runs.flatMap((values) => median(values) ?? []);
