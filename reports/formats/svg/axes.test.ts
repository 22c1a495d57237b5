import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisOf, linearAxis, nudge } from './axes.ts';

test('a linear axis runs from edge to edge with round ticks in the displayed unit', () => {
  const axis = linearAxis([0, 0.1], 's', 100, 200);
  expect(axis.at(0)).toBe(100);
  expect(axis.ticks.map((tick) => tick.text)).toEqual(['0 ms', '50 ms', '100 ms']);
});

test('bytes get round binary ticks, on linear and log axes', () => {
  expect(linearAxis([0, 300 * 2 ** 20], 'B', 0, 1).ticks.map((tick) => tick.text)).toEqual([
    '0 MiB',
    '100 MiB',
    '200 MiB',
    '300 MiB',
  ]);
  const log = axisOf([2 ** 20, 2 ** 26], 'B', true, 0, 1).ticks.map((tick) => tick.text);
  expect(log).toEqual(['1 MiB', '4 MiB', '16 MiB', '64 MiB']);
});

test('shares get ticks in percent', () => {
  expect(linearAxis([-0.1, 0.2], 'share', 0, 1).ticks.map((tick) => tick.text)).toEqual([
    '-10 %',
    '0 %',
    '10 %',
    '20 %',
  ]);
});

test('a log axis keeps order and a zero falls back to a linear one', () => {
  const axis = axisOf([0.001, 10], 's', true, 0, 100);
  expect([0.001, 0.01, 1, 10].map((value) => Math.round(axis.at(value)))).toEqual([1, 26, 74, 99]);
  expect(axisOf([0, 10], 's', true, 0, 100).at(0)).toBe(0);
});

test('a value too small for a log axis is still placed', () => {
  expect(Number.isFinite(axisOf([5e-324], 's', true, 0, 500).at(5e-324))).toBe(true);
});

test('any values give finite places and a bounded number of ticks', () => {
  const value = fc.double({ min: -1e12, max: 1e12, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), fc.boolean(), (values, log) => {
      const axis = axisOf(values, 's', log, 0, 500);
      for (const each of values) expect(Number.isFinite(axis.at(each))).toBe(true);
      expect(axis.ticks.length).toBeLessThanOrEqual(12);
    }),
    { numRuns: 2000 },
  );
});

test('dots are moved aside within bounds, the same way each time', () => {
  const places = Array.from({ length: 50 }, (_, index) => nudge(index));
  expect(Math.max(...places.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(new Set(places).size).toBe(50);
});
