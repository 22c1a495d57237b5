import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBelowNoise, medianWords, resolution, type Seen } from './values.ts';

const kib = 1024;
const seen = (median: number, low = median, high = median): Seen => ({
  median,
  interval: { low, high, level: 0.95 },
  min: low,
  max: high,
});
const memory = { family: 'tare', unit: 'B' } as const;

test('a negative amount is shown as below what the sample can resolve', () => {
  expect(medianWords(seen(-269 * kib), memory)).toBe('below 300 KiB');
  expect(medianWords(seen(-3 * kib, -290 * kib, 180 * kib), memory)).toBe('below 300 KiB');
  expect(medianWords(seen(-0.002), { family: 'cpu', unit: 's' })).toBe('below 2 ms');
});

test('what can be negative by meaning, and what is not negative, is shown as it is', () => {
  expect(medianWords(seen(217 * kib), memory)).toBe('217 KiB');
  expect(medianWords(seen(-5), { family: 'app', unit: 'count' })).toBe('-5');
  expect(medianWords(seen(-0.05), { family: 'isolation', unit: 'share' })).toBe('-5.00 %');
  expect(medianWords(null, memory)).toBe('–');
});

test('no amount is printed with a sign, and the bound is never below what was read', () => {
  const amount = fc.double({ min: -1e12, max: -1e-9, noNaN: true });
  const units = fc.constantFrom('B', 's', 'cores', 'count', 'B/s', '1/s', 's/op');
  fc.assert(
    fc.property(amount, units, (median, unit) => {
      const item = seen(median);
      expect(isBelowNoise(item, { family: 'tare', unit })).toBe(true);
      expect(medianWords(item, { family: 'tare', unit })).toMatch(/^below [^-]+$/);
      expect(resolution(item)).toBeGreaterThanOrEqual(-median * (1 - 1e-9));
    }),
  );
});
