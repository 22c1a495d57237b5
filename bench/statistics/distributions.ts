/**
 * Tails of the normal, Student t and F distributions, with relative precision far out: a p-value that
 * Holm multiplies by hundreds must be right where it is small. simple-statistics reads its normal
 * distribution from a table of two digits, hence these. Tails, never 1 - distribution.
 */
import { gammaln } from '../../model/descriptive.ts';

const tiny = 1e-300;
const precision = 1e-15;
const maxTerms = 500;

/** P(Z > z) of the standard normal distribution. */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return 1;
  if (z < 0) return 1 - normalTail(-z);
  if (z < 1.5) return 0.5 - centralArea(z);
  if (z > 38.5) return 0;
  return (density(z) / z) * millsFraction(z);
}

/** The z with P(Z <= z) = p, for 0 < p < 1; outside, an infinity. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  // Start from the tail's asymptotic size, then Newton steps on ln P, which is nearly quadratic in z.
  let z = p > 0.05 ? (0.5 - p) * Math.sqrt(2 * Math.PI) : Math.sqrt(-2 * Math.log(p * 3));
  for (let step = 0; step < 60; step += 1) {
    const tail = normalTail(z);
    const move = (Math.log(tail / p) * tail) / density(z);
    z += move;
    if (Math.abs(move) < 1e-14 * Math.max(1, Math.abs(z))) break;
  }
  return -z;
}

/** Two-sided p of Student's t with `freedom` degrees of freedom. */
export function studentTwoSided(t: number, freedom: number): number {
  if (freedom <= 0 || Number.isNaN(t)) return 1;
  if (!Number.isFinite(t)) return 0;
  return betaShare(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t with P(T <= t) = p, by bisection: it is asked for a few times only. */
export function studentQuantile(p: number, freedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, freedom);
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, freedom) / 2 > 1 - p && high < 1e12) high *= 2;
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, freedom) / 2 > 1 - p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(F > f) for `above` and `below` degrees of freedom. */
export function fisherTail(f: number, above: number, below: number): number {
  if (above <= 0 || below <= 0 || Number.isNaN(f) || f <= 0) return 1;
  if (!Number.isFinite(f)) return 0;
  return betaShare(below / (below + above * f), below / 2, above / 2);
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** P(0 < Z < z) by the series z + z^3/3 + z^5/15 + ... (Abramowitz and Stegun 26.2.11). */
function centralArea(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; k < maxTerms && term > precision * sum; k += 1) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return sum * density(z);
}

/** z times Mills' ratio, by the continued fraction 1/(z+ 1/(z+ 2/(z+ ...))) (A&S 26.2.14), from its end. */
function millsFraction(z: number): number {
  const terms = Math.ceil(30 + 400 / (z * z));
  let tail = z;
  for (let k = terms; k >= 1; k -= 1) tail = z + k / tail;
  return z / tail;
}

/** Regularised incomplete beta function I_x(a, b) by its continued fraction (A&S 26.5.8), Lentz's method. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < maxTerms; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < precision) break;
  }
  return (front * fraction) / a;
}

function guard(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
