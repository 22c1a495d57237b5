import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mannWhitney } from './mann-whitney.ts';

/** Two samples without ties whose U (first above second) is `u`. */
function samplesWithU(n: number, m: number, u: number): [number[], number[]] {
  const second = Array.from({ length: m }, (_, index) => index + 1);
  let left = u;
  const first = Array.from({ length: n }, (_, index) => {
    const above = Math.min(m, left);
    left -= above;
    return above + 0.5 + index / 1000;
  });
  return [first, second];
}

const distinct = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 24 });

describe('Mann-Whitney', () => {
  // Test vectors of golang.org/x/perf (internal/stats/utest_test.go), also given by R's wilcox.test.
  it.each([
    [[2, 1, 3, 5], [12, 11, 13, 15], 0, 0.0285714285714],
    [[2, 1, 3, 5], [0, 4, 6, 7], 5, 0.485714285714],
  ])('matches the published exact values', (first, second, u, p) => {
    const got = mannWhitney(first, second);
    expect(got?.u).toBe(u);
    expect(got?.p).toBeCloseTo(p, 10);
    expect(got?.exact).toBe(true);
  });

  // Two-sided 5 % critical values of U: H. Mann, D. Whitney 1947 / D. Auble 1953 tables.
  it.each([
    [5, 5, 2],
    [8, 8, 13],
    [10, 10, 23],
    [20, 20, 127],
    [6, 12, 14],
  ])('matches the table of critical values at n=%i, m=%i', (n, m, critical) => {
    expect(mannWhitney(...samplesWithU(n, m, critical))?.u).toBe(critical);
    expect(mannWhitney(...samplesWithU(n, m, critical))?.p).toBeLessThanOrEqual(0.05);
    expect(mannWhitney(...samplesWithU(n, m, critical + 1))?.p).toBeGreaterThan(0.05);
  });

  it.each([
    [3, 0.1],
    [4, 0.0285714],
    [5, 0.0079365],
    [6, 0.0021645],
    [8, 0.0001554],
  ])('with %i per side cannot give a smaller p (METHODOLOGY B0)', (n, smallest) => {
    expect(mannWhitney(...samplesWithU(n, n, 0))?.p).toBeCloseTo(smallest, 7);
  });

  it('corrects for ties in the normal approximation (SciPy 1.17.1, method="asymptotic")', () => {
    const got = mannWhitney([1.1, 2.2, 2.2, 3.5, 4, 5.1, 6.6], [2.2, 3.5, 4.4, 5.5, 6.6, 7.7, 8.8, 9.9]);
    expect(got?.u).toBe(12);
    expect(got?.exact).toBe(false);
    expect(got?.p).toBeCloseTo(0.07131539387265916, 12);
  });

  it('is exact up to 400 pairs, normal beyond (SciPy 1.17.1)', () => {
    const count = (n: number, shift: number) => Array.from({ length: n }, (_, index) => index + shift);
    expect(mannWhitney(count(20, 0), count(20, 5.5))).toMatchObject({ u: 105, exact: true });
    expect(mannWhitney(count(20, 0), count(20, 5.5))?.p).toBeCloseTo(0.009483607191205003, 12);
    expect(mannWhitney(count(25, 1), count(25, 4.5))).toMatchObject({ u: 231, exact: false });
    expect(mannWhitney(count(25, 1), count(25, 4.5))?.p).toBeCloseTo(0.11603618751300343, 12);
  });

  it('is symmetric, and blind to order and to monotone scale', () => {
    fc.assert(
      fc.property(distinct, distinct, (a, b) => {
        const there = mannWhitney(a, b)!;
        const back = mannWhitney(b, a)!;
        expect(back.p).toBeCloseTo(there.p, 12);
        expect(back.u).toBe(a.length * b.length - there.u);
        expect(back.delta).toBeCloseTo(-there.delta, 12);
        const stretched = mannWhitney(
          a.toReversed().map((x) => Math.exp(x / 500)),
          b.map((x) => Math.exp(x / 500)),
        )!;
        expect(stretched).toEqual(there);
      }),
    );
  });

  it('says how far apart samples lie, and nothing for an empty one', () => {
    expect(mannWhitney([3, 4], [1, 2])).toMatchObject({ a12: 1, delta: 1 });
    expect(mannWhitney([1, 1], [1, 1])).toMatchObject({ a12: 0.5, delta: 0, p: 1 });
    expect(mannWhitney([], [1])).toBeNull();
  });
});
