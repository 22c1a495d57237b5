/** Trimmed means and their t against SciPy (ttest_ind with trim=0.2, equal_var True and False). */
import { expect, test } from 'vitest';
import { trimmedDifference, trimmedMean } from './trimmed.ts';

test.each([
  [
    'two spreads count where they say less',
    [100, 103, 99, 102, 98, 101, 99.5, 102, 100, 103, 98, 101],
    [108, 111, 107, 112, 106, 110, 108, 111, 107.5, 109],
    { t: -8.18894704267405, freedom: 12 },
  ],
  [
    'one spread counts where it says less, whatever the outliers',
    [98, 100, 101, 99, 102, 40],
    [110, 112, 109, 111, 113, 108, 110, 300],
    { t: -9.322670645200542, freedom: 8 },
  ],
])('%s', (_what, first, second, { t, freedom }) => {
  const found = trimmedDifference(first, second);
  expect((found?.difference ?? 0) / (found?.error ?? 0)).toBeCloseTo(t, 10);
  expect(found?.freedom).toBe(freedom);
});

test('a fifth at either end does not move the mean; below five values all count', () => {
  expect(trimmedMean([1, 2, 3, 4, 1e9])).toBe(3);
  expect(trimmedMean([1, 2, 3, 10])).toBe(4);
  expect(trimmedDifference([1], [1, 2])).toBeNull();
});
