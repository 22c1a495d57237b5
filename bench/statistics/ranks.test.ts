/** The bound of the exact rank test against SciPy's mannwhitneyu(method='exact') of samples that lie wholly apart. */
import { expect, test } from 'vitest';
import { smallestMannWhitneyP } from './ranks.ts';

test.each([
  [3, 3, 0.1],
  [6, 6, 0.0021645021645021645],
  [10, 10, 1.082508822446903e-5],
  [5, 20, 3.764351590438547e-5],
])('%d and %d launches show no p below %d', (n, m, p) => {
  expect(smallestMannWhitneyP([[n, m]]) / p).toBeCloseTo(1, 10);
});

test('hosts multiply what can be shown', () => {
  expect(
    smallestMannWhitneyP([
      [3, 3],
      [4, 4],
    ]),
  ).toBeCloseTo(2 / (20 * 70), 12);
  expect(smallestMannWhitneyP([[500, 500]])).toBeLessThan(1e-290);
});
