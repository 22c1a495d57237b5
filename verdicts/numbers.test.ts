/** One model behind p, interval and verdict: they agree on whatever they are given. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../model/random.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { median } from '../model/descriptive.ts';
import { verdictOf } from './drafts.ts';
import { changeOf, type Change } from './numbers.ts';

const bootstrap = createBootstrap(1, 500);
const between = (base: readonly number[], head: readonly number[], known = {}): Change =>
  changeOf([{ base: [base], head: [head] }], 'lower', bootstrap, known);

const verdict = (change: Change): string => verdictOf(change, 0.05, change.p ?? 1, [1, 1], 'lower');

describe('ten launches a side', () => {
  // Noise in waves: each launch resembles the one before, as on a host that speeds up and slows down.
  const waves = (level: number) =>
    [1.14, 1.1, 1.02, 0.93, 0.88, 0.92, 0.99, 1.07, 1.12, 1.05].map((x) => level * x);

  test('298 ns against 1,780 ns without overlap is a regression, however alike neighbouring launches are', () => {
    const change = between(waves(298), waves(1780));
    expect(change.estimate?.ratio).toBeCloseTo(1780 / 298, 10);
    expect(change.p).toBeLessThan(0.001);
    expect(change.estimate?.interval?.low).toBeGreaterThan(3);
    expect(verdict(change)).toBe('regression');
    expect(verdict(between(waves(1780), waves(298)))).toBe('improvement');
  });

  test('twice is one too, and a tenth under as much noise is not told from none', () => {
    expect(verdict(between(waves(298), waves(596)))).toBe('regression');
    expect(verdict(between(waves(298), waves(328)))).toBe('inconclusive');
  });

  test('no p is smaller than the number of launches allows: 2 of 184,756 arrangements', () => {
    const change = between(Array(10).fill(100), Array(10).fill(900));
    expect(change.p).toBeCloseTo(2 / 184756, 12);
    expect(change.estimate?.interval?.low).toBeCloseTo(9, 10);
    expect(change.estimate?.interval?.high).toBeCloseTo(9, 10);
  });
});

test('p is below 0.05 exactly where the 95 % interval excludes 1, below 0.1 where the 90 % interval does', () => {
  const value = fc.oneof(
    fc.double({ min: 0.5, max: 2, noNaN: true }),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom(1, 1.25, 100),
  );
  const side = fc.array(value, { minLength: 6, maxLength: 25 });
  const known = fc.record({ tick: fc.constantFrom(0, 0.01, 1), between: fc.constantFrom(0, 0.03, 0.5) });
  fc.assert(
    fc.property(
      side,
      side,
      fc.double({ min: 0.2, max: 8, noNaN: true }),
      known,
      (base, rest, factor, extra) => {
        const { estimate, p } = between(
          base,
          rest.map((x) => factor * x),
          extra,
        );
        if (estimate?.interval == null || estimate.ninety === null) return;
        const { ratio, interval, ninety } = estimate;
        const excludes = ({ low, high }: { low: number; high: number }) => low > 1 || high < 1;
        expect(excludes(interval)).toBe((p ?? 1) < 0.05);
        expect(excludes(ninety)).toBe((p ?? 1) < 0.1);
        expect(interval.low).toBeLessThanOrEqual(ninety.low);
        expect(ninety.low).toBeLessThanOrEqual(ratio);
        expect(ninety.high).toBeGreaterThanOrEqual(ratio);
        expect(interval.high).toBeGreaterThanOrEqual(ninety.high);
      },
    ),
    { numRuns: 400 },
  );
});

test('over runs as well, p and interval agree', () => {
  const runs = fc.array(
    fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 }),
    {
      minLength: 2,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(runs, runs, (base, head) => {
      const { estimate, p } = changeOf([{ base, head }], 'lower', bootstrap);
      const interval = estimate?.interval;
      if (interval == null) return;
      expect(interval.low > 1 || interval.high < 1).toBe((p ?? 1) < 0.05);
    }),
  );
});

test('where most values are one and the same, the rest still counts', () => {
  const at = (...counts: readonly (readonly [number, number])[]) =>
    counts.flatMap(([value, count]) => Array<number>(count).fill(value));
  // Medians differ, and the bootstrap of either median nearly never moves: two in ten values contradict it.
  expect(between(at([100, 8], [101, 2]), at([101, 8], [100, 2])).p).toBeGreaterThan(0.01);
  expect(between(at([100, 10]), at([101, 10])).p).toBeLessThan(0.001);
  expect(between(at([100, 9], [101, 1]), at([600, 8], [601, 2])).p).toBeLessThan(0.001);
  const mixed = [
    100, 100, 150, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 130, 100, 100, 100, 100, 100, 100,
  ];
  expect(
    between(
      mixed,
      mixed.map((value) => 1.2 * value),
    ).p,
  ).toBeLessThan(0.01);
});

test('growth from nothing has no ratio, but a p by ranks', () => {
  const nothing = Array<number>(12).fill(0);
  const grown = between(
    nothing,
    Array.from({ length: 12 }, (_, at) => at + 1),
  );
  expect(grown).toMatchObject({ estimate: null });
  expect(grown.p).toBeLessThan(0.01);
  const same = [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 0];
  const other = [0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0];
  expect(between(same, other).p).toBeGreaterThan(0.2);
});

test('what it can show is shown in some 80 % of comparisons', () => {
  const random = createRandom(4);
  const sample = (n: number, factor: number) =>
    Array.from({ length: n }, () => factor * Math.exp(0.05 * random.normal()));
  for (const n of [10, 20, 40]) {
    const known = Array.from({ length: 100 }, () => between(sample(n, 1), sample(n, 1)).detectable);
    const typical = median(known.map((one) => one ?? NaN)) ?? NaN;
    let found = 0;
    for (let at = 0; at < 300; at += 1) {
      if ((between(sample(n, 1), sample(n, typical)).p ?? 1) < 0.05) found += 1;
    }
    expect(found / 300).toBeGreaterThan(0.7);
    expect(found / 300).toBeLessThan(0.97);
  }
});

test('of several hosts each is compared with itself', () => {
  const random = createRandom(5);
  const sample = (level: number) =>
    Array.from({ length: 12 }, () => level * Math.exp(0.03 * random.normal()));
  const strata = [1, 10].map((level) => ({ base: [sample(level)], head: [sample(1.5 * level)] }));
  const change = changeOf(strata, 'lower', bootstrap);
  expect(change.estimate?.ratio).toBeCloseTo(1.5, 1);
  expect(change.p).toBeLessThan(1e-4);
  expect(change.n).toBe(24);
});
