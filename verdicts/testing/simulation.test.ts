/** The comparison against worlds whose truth is known; reduced, `npm run bench verdicts` does it at full size. */
import { expect, test } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { createBootstrap } from '../../bench/statistics/bootstrap.ts';
import { changeOf } from '../numbers.ts';
import { simulateChanges, type World } from './simulation.ts';

const runs = 300;
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

const everywhere = [10, 30, 100].flatMap((launches) =>
  [0, 0.8].map((serial): readonly [number, number] => [launches, serial]),
);

test.each(everywhere)(
  '%d launches, correlation %d: significance alone is at 5 %, twice is found',
  (n, serial) => {
    const world = { launches: n, serial };
    expect(alarms(world).significant).toBeLessThanOrEqual(0.05 + slack);
    expect(
      simulateChanges({ ...world, effect: 2 }, 100, 8, 500).verdicts.regression ?? 0,
    ).toBeGreaterThanOrEqual(0.99);
    expect(simulateChanges({ ...world, effect: 6 }, 30, 9, 500).verdicts.regression).toBeCloseTo(1, 10);
  },
);

test.each<readonly [string, Partial<World>]>([
  ['one launch in ten takes three times as long', { spikes: 0.1 }],
  ['spikes, ten launches', { spikes: 0.1, launches: 10 }],
  ['two modes', { mode: 1.3 }],
  ['two modes that last, r = 0.8', { mode: 1.3, serial: 0.8 }],
  ['two modes that last, ten launches', { mode: 1.3, serial: 0.6, launches: 10 }],
  ['two values and nothing between', { mode: 1.3, noise: 1e-9, launches: 20 }],
])('significance alone is at 5 % where noise is not normal: %s', (_what, world) => {
  expect(alarms(world).significant).toBeLessThanOrEqual(0.05 + slack);
});

test('what runs differ by is no matter of launches: several runs tell, or noise that is known', () => {
  // The reason why one run on each side says how large host drift can be (run-effect.ts).
  expect(alarms({ between: 0.03 }).significant).toBeGreaterThan(0.3);
});

test('a true change is found', () => {
  const found = (world: Partial<World>) => simulateChanges(world, runs, 3, 500).verdicts.regression ?? 0;
  expect(found({ effect: 1.1 })).toBeGreaterThan(0.95);
  expect(found({ effect: 1.1, launches: 20 })).toBeGreaterThan(0.9);
  // Ten launches cannot rule out that they are alike: they show less than they would if that were known.
  expect(found({ effect: 1.2, launches: 10 })).toBeGreaterThan(0.85);
  expect(found({ effect: 1.1, between: 0.03, runs: 5 })).toBeGreaterThan(0.8);
  expect(found({ effect: 1.2, between: 0.03, runs: 5, headRuns: 1 })).toBeGreaterThan(0.8);
  expect(found({ effect: 1.01 })).toBeLessThan(0.05);
});

test('launches of unequal number, and sides of unequal noise, keep the rate too', () => {
  const random = createRandom(12);
  const bootstrap = createBootstrap(3, 500);
  const alike = (n: number, noise: number) => {
    let last = random.normal();
    return Array.from({ length: n }, () => {
      const value = last;
      last = 0.6 * last + 0.8 * random.normal();
      return Math.exp(noise * value);
    });
  };
  for (const [base, head] of [
    [() => alike(10, 0.05), () => alike(40, 0.05)],
    [() => alike(40, 0.02), () => alike(10, 0.2)],
    [() => alike(15, 0.02), () => alike(15, 0.2)],
  ] as const) {
    let significant = 0;
    for (let at = 0; at < runs; at += 1) {
      const change = changeOf([{ base: [base()], head: [head()] }], 'lower', bootstrap);
      if ((change.p ?? 1) < 0.05) significant += 1 / runs;
    }
    expect(significant).toBeLessThanOrEqual(0.05 + slack);
  }
});
