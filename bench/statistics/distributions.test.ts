import { describe, expect, it } from 'vitest';
import { fisherTail, normalQuantile, normalTail, studentQuantile, studentTwoSided } from './distributions.ts';

/** Reference values: SciPy 1.17.1 (norm.sf, norm.ppf, t.sf, t.ppf, f.sf). */
const relative = (got: number, expected: number): number => Math.abs(got - expected) / Math.abs(expected);

describe('distributions', () => {
  it.each([
    [0.5, 0.3085375387259869],
    [1, 0.15865525393145707],
    [1.4999, 0.06682015399983361],
    [1.5, 0.06680720126885807],
    [1.96, 0.024997895148220435],
    [3, 0.0013498980316300933],
    [5, 2.866515718791933e-7],
    [8, 6.22096057427174e-16],
    [20, 2.7536241186061556e-89],
    [37, 5.7255712225239266e-300],
  ])('normal tail beyond %f', (z, expected) => {
    expect(relative(normalTail(z), expected)).toBeLessThan(1e-11);
    expect(normalTail(-z)).toBeCloseTo(1 - expected, 14);
  });

  it.each([
    [0.4, -0.2533471031357997],
    [0.3, -0.5244005127080409],
    [0.06, -1.5547735945968535],
    [0.04, -1.75068607125217],
    [0.025, -1.9599639845400545],
    [0.001, -3.090232306167813],
    [1e-6, -4.753424308822899],
    [1e-12, -7.034483825301131],
    [0.975, 1.959963984540054],
  ])('normal quantile at %f', (p, expected) => {
    expect(relative(normalQuantile(p), expected)).toBeLessThan(1e-10);
  });

  it.each([
    [2, 5, 0.10193947882985835],
    [1, 1, 0.5],
    [3.5, 28, 0.0015764721412354606],
    [9, 100, 1.5360770514750472e-14],
    [30, 12, 1.1773181907018936e-12],
  ])('two-sided t of %f with %f degrees', (t, freedom, expected) => {
    expect(relative(studentTwoSided(t, freedom), expected)).toBeLessThan(1e-9);
  });

  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 4, 2.7764451051977934],
    [0.975, 28, 2.0484071417952454],
    [0.995, 10, 3.16927267261695],
    [0.025, 4, -2.7764451051977934],
  ])('t quantile %f with %f degrees', (p, freedom, expected) => {
    expect(relative(studentQuantile(p, freedom), expected)).toBeLessThan(1e-9);
  });

  it.each([
    [4, 2, 10, 0.052922149401344654],
    [1, 5, 5, 0.5],
    [7.7, 5, 120, 2.612827593971242e-6],
    [0.3, 3, 20, 0.8249889864049689],
  ])('F tail beyond %f with %f and %f degrees', (f, above, below, expected) => {
    expect(relative(fisherTail(f, above, below), expected)).toBeLessThan(1e-9);
  });

  it('answers 1, not NaN, where there is nothing to test', () => {
    expect(studentTwoSided(NaN, 5)).toBe(1);
    expect(fisherTail(3, 0, 5)).toBe(1);
    expect(normalTail(NaN)).toBe(1);
    expect(studentTwoSided(Infinity, 5)).toBe(0);
  });
});
