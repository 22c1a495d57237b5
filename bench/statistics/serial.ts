/**
 * What do n launches tell if each may resemble the one before? Ten values do not show how alike they are: their
 * lag-1 correlation is off by 0.3 either way, and a test that takes it at its word either raises false alarms or
 * finds nothing (F. W. Zwiers, H. von Storch, "Taking serial correlation into account in tests of the mean",
 * Journal of Climate 8 (1995) 336-351: the usual correction holds its level from some 30 independent values on).
 * So no single correlation is taken. Every correlation of a first-order autoregression is weighed by how well it
 * explains the values (A. Zellner, G. C. Tiao, "Bayesian analysis of the regression model with autocorrelated
 * errors", JASA 59 (1964) 763-778): few values shrink it to what is known beforehand, many speak for themselves.
 *
 * Known beforehand: one in ten that launches are independent, else arcsin r is uniform (the reference prior of
 * J. O. Berger, R.-Y. Yang, "Noninformative priors and Bayesian testing for the AR(1) model", Econometric Theory 10
 * (1994) 461-482) from 0 to `strongest`. Both numbers are chosen by simulation, for the most power at which 10 to
 * 100 launches with correlations of 0 to 0.8 raise false alarms in at most 5 % of comparisons (`npm run bench verdicts`).
 */
import { median } from '../../model/descriptive.ts';
import { studentTwoSided } from './distributions.ts';

const strongest = 0.945;
const independence = 0.1;
const steps = 20;
const beforehand: readonly { readonly r: number; readonly weight: number }[] = [
  { r: 0, weight: independence },
  ...Array.from({ length: steps }, (_, at) => ({
    r: Math.sin(((at + 0.5) / steps) * Math.asin(strongest)),
    weight: (1 - independence) / steps,
  })),
];

/** Degrees of freedom from which on Student's t is taken as normal; far more of them lose digits. */
const asNormal = 1e6;

/** Values of one run in the order of its launches, and their weight in a sum of means. */
export interface WeighedSeries {
  readonly values: readonly number[];
  readonly weight: number;
}

/** A spread of which not only the size is unknown: the correlations that may be behind it, each with its weight. */
export interface SerialModel {
  readonly cases: readonly {
    /** Sum of all: 1. */
    readonly weight: number;
    /** Times the variance of the sum of means that independent launches would have. */
    readonly factor: number;
  }[];
  /** Degrees of freedom of the spread (Welch). */
  readonly freedom: number;
  /** Half of the weight lies on factors up to this one. */
  readonly factor: number;
}

/** Independent values with these degrees of freedom: Student's t. */
export function independent(freedom: number): SerialModel {
  return { cases: [{ weight: 1, factor: 1 }], freedom, factor: 1 };
}

/** What these series together say of the correlation, and of the variance of the weighted sum of their means. */
export function serialModel(series: readonly WeighedSeries[]): SerialModel {
  const told = series
    .filter(({ values }) => values.length > 1)
    .map(({ values, weight }) => ({ weight, n: values.length, sums: sumsOf(clipped(values)) }));
  const plain = told.map(({ weight, n, sums }) => (weight ** 2 * squares(sums, n, 0)) / ((n - 1) * n));
  const total = plain.reduce((sum, value) => sum + value, 0);
  const all = told.reduce((sum, { n }) => sum + n - 1, 0);
  if (total === 0) return independent(all);
  const freedom =
    total ** 2 / plain.reduce((sum, value, at) => sum + value ** 2 / ((told[at]?.n ?? 2) - 1), 0);
  return settled(
    beforehand.map(({ r, weight: prior }) => {
      let likelihood = Math.log(prior);
      let variance = 0;
      for (const { weight, n, sums } of told) {
        const left = squares(sums, n, r);
        const known = knownOfMean(n, r);
        variance += (weight ** 2 * left) / ((n - 1) * known);
        // A series that never varies fits all correlations alike.
        if (left > 0) {
          likelihood -=
            ((n - 1) * Math.log(1 - r * r) +
              Math.log(known) +
              (n - 1) * Math.log(left / squares(sums, n, 0))) /
            2;
        }
      }
      return { likelihood, factor: variance / total };
    }),
    freedom,
  );
}

/** What two runs of so many launches will tell, if they turn out independent: for plans. */
export function plannedModel(n: number): SerialModel {
  return settled(
    beforehand.map(({ r, weight }) => {
      const known = knownOfMean(n, r);
      const left = (n + r * r * (n - 2)) / (1 - r * r) - (2 + (n - 2) * (1 - r) ** 2) / (1 + r) ** 2 / known;
      return {
        likelihood:
          Math.log(weight) - (n - 1) * (Math.log(1 - r * r) + Math.log(left / (n - 1))) - Math.log(known),
        factor: (left * n) / ((n - 1) * known),
      };
    }),
    2 * (n - 1),
  );
}

/**
 * How much further than its typical reach a change of so few launches must lie to be found in 80 % of comparisons: the
 * reach of a few launches differs from one comparison to the next. Fitted to simulations of independent launches:
 * 1.3 for ten, 1.08 for twenty, 1.03 for thirty.
 */
export const allowanceForFew = (n: number): number => 1 + 30 / n ** 2;

function settled(
  found: readonly { readonly likelihood: number; readonly factor: number }[],
  freedom: number,
): SerialModel {
  const most = Math.max(...found.map(({ likelihood }) => likelihood));
  const raw = found.map(({ likelihood }) => Math.exp(likelihood - most));
  const sum = raw.reduce((one, other) => one + other, 0);
  const cases = found
    .map(({ factor }, at) => ({ weight: (raw[at] ?? 0) / sum, factor }))
    .filter(({ weight }) => weight > 1e-9)
    .sort((a, b) => a.factor - b.factor);
  let passed = 0;
  const middle = cases.find(({ weight }) => (passed += weight) >= 0.5);
  return { cases, freedom, factor: middle?.factor ?? 1 };
}

/**
 * Two-sided p of a distance from nothing.
 * @param error standard error that independent launches would have
 * @param offset standard deviation of what is normal, known, and no matter of launches (0: none)
 */
export function tailOf({ cases, freedom }: SerialModel, distance: number, error: number, offset = 0): number {
  if (error === 0 && offset === 0) return distance === 0 ? 1 : 0;
  let p = 0;
  for (const { weight, factor } of cases) {
    const own = error ** 2 * factor;
    const whole = own + offset ** 2;
    // Satterthwaite: what is known beforehand has no uncertainty of its own.
    const degrees = Math.min(asNormal, freedom * (whole / own) ** 2);
    p += weight * studentTwoSided(Math.abs(distance) / Math.sqrt(whole), degrees);
  }
  return Math.min(1, p);
}

/** The distance whose p is `alpha`: half the width of an interval of level 1 - alpha. Arguments as of `tailOf`. */
export function reachOf(model: SerialModel, alpha: number, error: number, offset = 0): number {
  if (error === 0 && offset === 0) return 0;
  // Log p falls nearly as a line in the logarithm of the distance: false position, halving an end that stays (Illinois).
  const excess = (log: number) => Math.log(tailOf(model, Math.exp(log), error, offset) / alpha);
  let low = Math.log(2 * Math.hypot(error * Math.sqrt(model.factor), offset));
  let below = excess(low);
  let [high, above] = [low, below];
  while (below < 0) [high, above, low, below] = [low, below, low - 0.5, excess(low - 0.5)];
  while (above > 0) [low, below, high, above] = [high, above, high + 0.5, excess(high + 0.5)];
  let middle = low;
  let kept: 'low' | 'high' | null = null;
  for (let step = 0; step < 60; step += 1) {
    middle = Number.isFinite(above) ? (low * above - high * below) / (above - below) : (low + high) / 2;
    const found = excess(middle);
    if (Math.abs(found) < 1e-10 || high - low < 1e-14) break;
    if (found > 0) {
      [low, below] = [middle, found];
      if (kept === 'high') above /= 2;
      kept = 'high';
    } else {
      [high, above] = [middle, found];
      if (kept === 'low') below /= 2;
      kept = 'low';
    }
  }
  return Math.exp(middle);
}

/** About their median, those beyond three standard deviations brought to there: one odd launch must not hide the rest. */
function clipped(values: readonly number[]): number[] {
  const centre = median(values) ?? 0;
  const spread = 3 * 1.4826 * (median(values.map((value) => Math.abs(value - centre))) ?? 0);
  return values.map((value) =>
    spread === 0 ? value - centre : Math.max(-spread, Math.min(spread, value - centre)),
  );
}

interface Sums {
  readonly squares: number;
  readonly neighbours: number;
  readonly sum: number;
  readonly ends: number;
  readonly endSquares: number;
}

function sumsOf(values: readonly number[]): Sums {
  let [sum, square, neighbours] = [0, 0, 0];
  values.forEach((value, at) => {
    sum += value;
    square += value ** 2;
    if (at > 0) neighbours += value * (values[at - 1] ?? 0);
  });
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  return { squares: square, neighbours, sum, ends: first + last, endSquares: first ** 2 + last ** 2 };
}

/** Sum of squares about the best mean under correlation r, in units of the variance of one value. */
function squares({ squares: all, neighbours, sum, ends, endSquares }: Sums, n: number, r: number): number {
  const about = (all + r * r * (all - endSquares) - 2 * r * neighbours) / (1 - r * r);
  const mean = (ends + (1 - r) * (sum - ends)) / (1 + r);
  return Math.max(0, about - mean ** 2 / knownOfMean(n, r));
}

/** 1 over the variance of the best mean of n values, in units of the variance of one. */
const knownOfMean = (n: number, r: number): number => (n - (n - 2) * r) / (1 + r);
