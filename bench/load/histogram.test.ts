/** The histogram's promise: 3 significant digits from a microsecond to an hour. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistogram } from './histogram.ts';

test('every value comes back within a microsecond or a thousandth of itself', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3600, noNaN: true }), (value) => {
      const histogram = createHistogram();
      histogram.record(value);
      const [[kept, count] = [0, 0]] = histogram.bins();
      expect(count).toBe(1);
      expect(Math.abs(kept - value)).toBeLessThanOrEqual(Math.max(0.5e-6 + 1e-12, value / 1000));
    }),
  );
});

test('quantiles of whole microseconds below 2 ms are exact', () => {
  const histogram = createHistogram();
  for (let value = 1; value <= 1000; value += 1) histogram.record(value / 1e6);
  expect([0.001, 0.5, 0.99, 1].map((q) => histogram.quantile(q))).toEqual([1e-6, 5e-4, 9.9e-4, 1e-3]);
  expect(histogram.count()).toBe(1000);
  expect(histogram.bins()).toHaveLength(1000);
});

test('bins ascend and keep every count; what lies outside is held to the ends', () => {
  const histogram = createHistogram();
  for (const value of [-1, 0.5, 0.5, 7200]) histogram.record(value);
  const bins = histogram.bins();
  expect(bins.map(([, count]) => count)).toEqual([1, 2, 1]);
  expect(bins[0]?.[0]).toBe(0);
  expect(bins[2]?.[0]).toBeCloseTo(3600, -1);
  expect(createHistogram().quantile(0.5)).toBeNull();
});
