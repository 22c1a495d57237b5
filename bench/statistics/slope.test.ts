import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { theilSen } from './slope.ts';

const ys = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.9, 40, 18.1, 19.8];
const points = ys.map((y, index) => ({ x: index + 1, y }));

describe('slope', () => {
  // SciPy 1.17.1: theilslopes(y, x, 0.95, method="joint").
  it('by Theil and Sen is not moved by an outlier', () => {
    const got = theilSen(points)!;
    expect(got.slope).toBeCloseTo(2, 12);
    expect(got.intercept).toBeCloseTo(0.1, 12);
    // SciPy rounds the ranks (12th and 34th of 45: 1.942857 and 2.1), this one outwards (11th and 35th).
    expect(got.interval!.low).toBeCloseTo(1.94, 12);
    expect(got.interval!.high).toBeGreaterThanOrEqual(2.1);
    expect(got.interval!.high).toBeLessThan(2.15);
  });

  it('is exact on a line, and moves with its scale', () => {
    const xs = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(xs, fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }), (list, a, b) => {
        const line = list.map((x) => ({ x, y: a + b * x }));
        expect(theilSen(line)?.slope).toBeCloseTo(b, 9);
        expect(theilSen(line)?.intercept).toBeCloseTo(a, 6);
      }),
    );
  });

  it('needs two distinct x, and several points for an interval', () => {
    expect(theilSen([])).toBeNull();
    expect(
      theilSen([
        { x: 1, y: 2 },
        { x: 1, y: 3 },
      ]),
    ).toBeNull();
    expect(
      theilSen([
        { x: 0, y: 0 },
        { x: 1, y: 3 },
      ]),
    ).toEqual({ slope: 3, intercept: 0, interval: null });
  });
});
