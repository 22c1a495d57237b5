/** Plans against the comparisons that they are of. */
import { expect, test } from 'vitest';
import { effectOfLaunches, effectOfRuns, neededFor } from '../../bench/statistics/planning.ts';
import { simulateChanges } from './simulation.ts';

/** Of a pair of launches with a noise of 5 % each. */
const deviation = 0.05 * Math.SQRT2;
/** Share with p < 0.05, whatever the threshold. */
const shown = (launches: number, effect: number, more = {}) =>
  simulateChanges({ launches, effect, ...more }, 300, 5, 500).significant;

test.each([10, 20, 40])(
  '%d launches show the effect that was planned for in some 80 percent of comparisons',
  (n) => {
    const found = shown(n, effectOfLaunches(n, deviation));
    expect(found).toBeGreaterThan(0.7);
    expect(found).toBeLessThan(0.95);
  },
);

test('runs that differ are planned for: launches alone do not bring certainty', () => {
  const effect = effectOfLaunches(30, deviation, 0.05);
  const found = shown(30, effect, { between: 0.05, knownBetween: 0.05 });
  expect(found).toBeGreaterThan(0.7);
  expect(found).toBeLessThan(0.95);
  expect(effectOfLaunches(10_000, deviation, 0.05)).toBeGreaterThan(1.2);
  expect(neededFor({ unit: 'launch', deviation }, 0.1, 1, 0.05)).toBeNull();
  expect(neededFor({ unit: 'launch', deviation }, 0.1)).toBeGreaterThan(10);
});

test('the number that is needed decides, in 80 % of comparisons, a change of the threshold and none at all', () => {
  const n = neededFor({ unit: 'launch', deviation }, 0.05) ?? 0;
  expect(n).toBeGreaterThan(20);
  expect(n).toBeLessThan(50);
  expect(shown(n, 1.05)).toBeGreaterThan(0.72);
  expect(simulateChanges({ launches: n }, 300, 6, 500).verdicts.equivalent).toBeGreaterThan(0.72);
});

test('more noise, more tests and a smaller threshold take more; nothing known takes nothing', () => {
  const of = (noise: number, threshold: number, tests: number) =>
    neededFor({ unit: 'launch', deviation: noise }, threshold, tests) ?? Infinity;
  expect(of(0.2, 0.1, 1)).toBeGreaterThan(of(0.1, 0.1, 1));
  expect(of(0.1, 0.05, 1)).toBeGreaterThan(of(0.1, 0.1, 1));
  expect(of(0.1, 0.1, 50)).toBeGreaterThan(of(0.1, 0.1, 1));
  expect(of(0, 0.05, 1)).toBe(10);
  // 2 / C(2n, n) must stay below 0.05 / 100,000.
  expect(of(0, 0.05, 100_000)).toBe(13);
  expect(of(30, 0.05, 1)).toBe(Infinity);
  expect(neededFor({ unit: 'launch', deviation: null }, 0.05)).toBeNull();
});

test('runs count by Student t: five of base for one of head show what five and five do only far less of', () => {
  const one = effectOfRuns(2 / (1 / 5 + 1), 4, 0.1);
  const five = effectOfRuns(5, 8, 0.1);
  expect(one).toBeGreaterThan(five);
  const found = simulateChanges(
    { runs: 5, launches: 200, noise: 0.01, between: 0.1 / Math.SQRT2, effect: five },
    400,
    3,
    100,
  ).significant;
  expect(found).toBeGreaterThan(0.72);
  expect(found).toBeLessThan(0.9);
  expect(neededFor({ unit: 'run', deviation: 0.1 }, 0.1)).toBeGreaterThan(5);
});
