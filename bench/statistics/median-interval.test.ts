import { describe, expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { medianInterval, medianRanks } from './median-interval.ts';

describe('interval of a median', () => {
  // W. Conover, "Practical Nonparametric Statistics": exact binomial(n, 1/2); checked with SciPy 1.17.1.
  it.each([
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [10, 2, 9],
    [20, 6, 15],
    [30, 10, 21],
    [50, 18, 33],
    [100, 40, 61],
  ])('ranks for n=%i', (n, low, high) => {
    expect(medianRanks(n)).toEqual([low, high]);
  });

  it('does not exist below six values', () => {
    for (let n = 0; n < 6; n += 1) expect(medianRanks(n)).toBeNull();
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
  });

  it('covers the true median at least as often as it says', () => {
    const random = createRandom(1);
    let covered = 0;
    for (let run = 0; run < 2000; run += 1) {
      const interval = medianInterval(Array.from({ length: 15 }, () => Math.exp(random.normal())));
      if (interval !== null && interval.low <= 1 && interval.high >= 1) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.94);
  });

  it('works far beyond what a double can hold as 2^n', () => {
    expect(medianRanks(5000)).toEqual([2431, 2570]);
  });
});
