/** The comparison against worlds whose truth is known; reduced, `npm run bench verdicts` does it at full size. */
import { expect, test } from 'vitest';
import { simulateChanges, type World } from './simulation.ts';

const runs = 400;
/** Three standard errors of a share of 5 % over so many comparisons. */
const slack = 3 * Math.sqrt((0.05 * 0.95) / runs);
const alarms = (world: Partial<World>) => {
  const { verdicts, ...rest } = simulateChanges(world, runs, 7, 500);
  return { ...rest, alarms: (verdicts.regression ?? 0) + (verdicts.improvement ?? 0) };
};

test.each<readonly [string, Partial<World>]>([
  ['plain noise', {}],
  ['few noisy launches', { launches: 10, noise: 0.1 }],
  ['a host that drifts by 3 %', { drift: 0.03 }],
  ['launches alike, r = 0.4', { serial: 0.4 }],
  ['launches alike, r = 0.8', { serial: 0.8 }],
  ['runs that differ by 3 %, several of each', { between: 0.03, runs: 5 }],
  ['runs that differ by a known 3 %', { between: 0.03, knownBetween: 0.03 }],
  ['runs that differ by 10 %, found with three calibration runs', { between: 0.1, calibrationRuns: 3 }],
  ['runs that differ by 10 %, five of base for one of head', { between: 0.1, runs: 5, headRuns: 1 }],
  ['a host that drifts by 10 %, runs alternating', { drift: 0.1, runs: 5 }],
])('false alarms stay at 5 %: %s', (_what, world) => {
  expect(alarms(world).alarms).toBeLessThanOrEqual(0.05 + slack);
});

test('significance alone is held at 5 % where launches are independent, and nearly so where they are alike', () => {
  expect(alarms({}).significant).toBeLessThanOrEqual(0.05 + slack);
  expect(alarms({ serial: 0.5 }).significant).toBeLessThanOrEqual(0.07 + slack);
  // What only several runs tell: the reason why one run on each side needs a witness (hour.ts).
  expect(alarms({ between: 0.03 }).significant).toBeGreaterThan(0.3);
});

test('a true change is found', () => {
  const found = (world: Partial<World>) => simulateChanges(world, runs, 3, 500).verdicts.regression ?? 0;
  expect(found({ effect: 1.1 })).toBeGreaterThan(0.95);
  expect(found({ effect: 1.1, launches: 10 })).toBeGreaterThan(0.7);
  expect(found({ effect: 1.1, between: 0.03, runs: 5 })).toBeGreaterThan(0.8);
  expect(found({ effect: 1.2, between: 0.03, runs: 5, headRuns: 1 })).toBeGreaterThan(0.8);
  expect(found({ effect: 1.01 })).toBeLessThan(0.05);
});
