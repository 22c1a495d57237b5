import { describe, expect, it } from 'vitest';
import {
  allowedQuantiles,
  coefficientOfVariation,
  countForQuantile,
  median,
  standardDeviation,
} from './descriptive.ts';

describe('description', () => {
  it('answers null for what does not exist', () => {
    expect(median([])).toBeNull();
    expect(standardDeviation([1])).toBeNull();
    expect(coefficientOfVariation([3])).toBeNull();
    expect(coefficientOfVariation([-1, 1])).toBeNull();
  });

  it('computes median and spread', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.13809, 5);
    expect(coefficientOfVariation([-9, -11])).toBeCloseTo(Math.SQRT2 / 10, 12);
  });

  it('needs 59, 299 and 2995 values for p95, p99 and p99.9 (METHODOLOGY B0)', () => {
    expect([0.95, 0.99, 0.999].map(countForQuantile)).toEqual([59, 299, 2995]);
    expect([0.9, 0.1].map(countForQuantile)).toEqual([29, 29]);
  });

  it('shows only the quantiles that the count allows (C21)', () => {
    const values = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
    expect(allowedQuantiles(values(28), [0.9, 0.95])).toEqual([]);
    expect(allowedQuantiles(values(58), [0.9, 0.95]).map(({ q }) => q)).toEqual([0.9]);
    expect(allowedQuantiles(values(101), [0.95])).toEqual([{ q: 0.95, value: 96 }]);
  });
});
