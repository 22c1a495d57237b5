import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { combinatorialBound } from './bounds.ts';
import { checkPacking } from './check.ts';
import { packQuickly } from './pack.ts';
import { packByFit } from './first-fit.ts';
import { prepare } from './prepare.ts';
import type { Problem } from './model.ts';
import { demandWeights } from './search.ts';
import { toPacking } from './result.ts';
import { exhaustiveOptimum } from './testing/exhaustive.ts';
import { anyProblem, estate, triplets } from './testing/problems.ts';

const effort = { steps: 60, starts: 2 };

describe('packQuickly', () => {
  it('makes packings that the checker accepts, under every rule', () => {
    fc.assert(
      fc.property(anyProblem({ groups: 8, count: 9, limited: true }), (problem) => {
        expect(checkPacking(problem, packQuickly(problem, effort))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('never goes below the optimum, nor its bounds above it', () => {
    fc.assert(
      fc.property(anyProblem({ groups: 4, count: 2, limited: true }), (problem) => {
        const packing = packQuickly(problem, effort);
        const optimum = exhaustiveOptimum(problem);
        if (optimum === null) return;
        if (packing.unplaced.length === 0) expect(packing.cost).toBeGreaterThanOrEqual(optimum.cost);
        expect(packing.bound).toBeLessThanOrEqual(optimum.cost);
        expect(packing.countBound).toBeLessThanOrEqual(optimum.count);
        if (packing.optimal) expect(packing.cost).toBe(optimum.cost);
      }),
      { numRuns: 300 },
    );
  });

  it('bounds kinds that never meet, and what is too large in the sum of all, without columns', () => {
    const bins = [{ id: 'h', capacity: [100, 100, 100], cost: 1 }];
    const dimensions = ['cpu', 'memory', 'disk'];
    const items = [
      { id: 'A', count: 10, size: [60, 10, 60] },
      { id: 'B', count: 10, size: [50, 60, 10] },
      { id: 'C', count: 10, size: [10, 50, 50] },
    ];
    expect(packQuickly({ dimensions, items, bins })).toMatchObject({
      countBound: 25,
      count: 25,
      optimal: true,
    });
    // No three: each is more than a third of all that there is, though less than a third in one of the three.
    const sum = [{ id: 'D', count: 11, size: [20, 45, 40] }];
    expect(packQuickly({ dimensions, items: sum, bins })).toMatchObject({ countBound: 6, count: 6 });
  });

  it('says the same in whatever unit sizes and capacities are told', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 6, count: 6, limited: true }),
        fc.integer({ min: 1, max: 30 }),
        (problem, power) => {
          // Powers of two change no digit: a MiB told in bytes.
          const scaled = (values: readonly number[]) =>
            values.map((value, d) => (d === 1 ? value * 2 ** power : value));
          const other = packQuickly(
            {
              ...problem,
              items: problem.items.map((item) => ({ ...item, size: scaled(item.size) })),
              bins: problem.bins.map((bin) => ({ ...bin, capacity: scaled(bin.capacity) })),
            },
            effort,
          );
          const packing = packQuickly(problem, effort);
          expect([other.cost, other.count, other.bound]).toEqual([
            packing.cost,
            packing.count,
            packing.bound,
          ]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('takes bins that are there once each, and bounds what is bought beside them', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 6, count: 6, limited: false }),
        fc.integer({ min: 1, max: 4 }),
        (problem, there) => {
          const today = Array.from({ length: there }, (_, at) => ({
            id: `today-${String(at)}`,
            capacity: [6 + at, 12 - at],
            cost: 0,
            available: 1,
            labels: ['label', 'big', 'small'],
          }));
          const whole: Problem = { ...problem, bins: [...today, ...problem.bins] };
          const packing = packQuickly(whole, effort);
          expect(checkPacking(whole, packing)).toEqual([]);
          // The bound is of packings of everything: where something has no place there is none to compare.
          if (packing.unplaced.length === 0) expect(packing.bound).toBeLessThanOrEqual(packing.cost);
          const alone = packQuickly(problem, effort);
          if (alone.unplaced.length === 0) expect(packing.bound).toBeLessThanOrEqual(alone.cost);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('says the same whatever the order of the items, and every time', () => {
    fc.assert(
      fc.property(anyProblem({ groups: 6, count: 6, limited: true }), (problem) => {
        const packing = packQuickly(problem, effort);
        const turned = packQuickly({ ...problem, items: problem.items.toReversed() }, effort);
        expect([turned.cost, turned.count, turned.bound]).toEqual([
          packing.cost,
          packing.count,
          packing.bound,
        ]);
        expect(packQuickly(problem, effort)).toEqual(packing);
      }),
      { numRuns: 100 },
    );
  });

  it('bounds more by more where more of the same is asked for', () => {
    fc.assert(
      fc.property(anyProblem({ groups: 6, count: 6, limited: false }), fc.nat(5), (any, at) => {
        // A first item of a kind may join islands of bins that were bounded apart: then the bound may be weaker.
        const problem = { ...any, items: any.items.map((item) => ({ ...item, count: item.count + 1 })) };
        const more: Problem = {
          ...problem,
          items: problem.items.map((item, index) =>
            index === at && item.together === undefined ? { ...item, count: item.count + 3 } : item,
          ),
        };
        const [less, then] = [combinatorialBound(prepare(problem)), combinatorialBound(prepare(more))];
        expect(then.cost).toBeGreaterThanOrEqual(less.cost);
        expect(then.count).toBeGreaterThanOrEqual(less.count);
      }),
      { numRuns: 200 },
    );
  });

  it('names what fits nowhere, and why', () => {
    const { unplaced, bins } = packQuickly({
      dimensions: ['cpu', 'memory'],
      items: [
        { id: 'vast', count: 2, size: [4, 600] },
        { id: 'lost', count: 1, size: [1, 1], bins: ['gpu'] },
        { id: 'ok', count: 1, size: [1, 1] },
        { id: 'torn', count: 2, size: [1, 1], together: 'x', apart: [{ key: 'y', most: 1 }] },
      ],
      bins: [
        { id: 'r5', capacity: [16, 256], cost: 1 },
        { id: 'r6', capacity: [16, 512], cost: 1 },
      ],
    });
    expect(bins).toHaveLength(1);
    expect(unplaced.map(({ item, count, reason }) => `${String(count)} ${item}: ${reason}`).sort()).toEqual([
      '1 lost: no bin is gpu',
      '2 torn: 2 of y are to be in one bin and kept apart (1)',
      '2 vast: larger than any bin: memory 600 > 512 of r6',
    ]);
  });

  it('says so where the supply ends', () => {
    const { unplaced, optimal } = packQuickly({
      dimensions: ['cpu'],
      items: [{ id: 'a', count: 5, size: [1] }],
      bins: [{ id: 'h', capacity: [2], cost: 1, available: 2 }],
    });
    expect(unplaced).toEqual([{ item: 'a', count: 1, reason: 'no room found in the 2 available bins of h' }]);
    expect(optimal).toBe(false);
  });

  it('refuses numbers that are none, naming them', () => {
    const bins = [{ id: 'h', capacity: [2], cost: 1 }];
    const packed =
      (size: readonly number[], count = 1) =>
      () =>
        packQuickly({ dimensions: ['cpu'], items: [{ id: 'a', count, size }], bins });
    expect(packed([-1])).toThrow('Size of a, cpu: got -1.');
    expect(packed([NaN])).toThrow('Size of a, cpu: got NaN.');
    expect(packed([1, 2])).toThrow('Size of a: got 2 numbers.');
    expect(packed([1], 1.5)).toThrow('Count of a: got 1.5.');
  });

  it('packs an empty problem into nothing', () => {
    expect(packQuickly({ dimensions: ['cpu'], items: [], bins: [] })).toMatchObject({
      count: 0,
      optimal: true,
    });
  });

  it('beats or meets first-fit and best-fit decreasing on every estate', () => {
    for (const seed of [1, 2, 3]) {
      const problem = estate(seed, 600, 30, seed);
      const prepared = prepare(problem);
      const packing = packQuickly(problem);
      for (const fit of ['first', 'best'] as const) {
        const floor = toPacking(
          prepared,
          packByFit(prepared, fit, demandWeights(prepared)),
          combinatorialBound(prepared),
        );
        expect(checkPacking(problem, floor)).toEqual([]);
        expect(packing.cost).toBeLessThanOrEqual(floor.cost);
      }
    }
  });

  it('counts as first-fit decreasing does instance by instance', () => {
    // Where first-fit decreasing is at its worst, 11/9: it opens 6 + 2 + 3 bins; 6 of 51 + 26 + 23 and 3 of 27 + 27 + 23 + 23 do.
    const sizes = [51, 27, 26, 23];
    const problem: Problem = {
      dimensions: ['size'],
      items: sizes.map((size, at) => ({ id: String(size), count: at === 3 ? 12 : 6, size: [size] })),
      bins: [{ id: 'b', capacity: [100], cost: 1 }],
    };
    const prepared = prepare(problem);
    const none = { cost: 0, count: 0, method: '' };
    expect(firstFit(problem)).toBe(11);
    expect(toPacking(prepared, packByFit(prepared, 'first', [1]), none).count).toBe(11);
    expect(packQuickly(problem)).toMatchObject({ count: 9, optimal: true });
  });

  it('counts so too where bins are found by a tree', () => {
    const random = createRandom(3);
    // Falling, as first-fit takes them; few of each, in one dimension.
    const sizes = Array.from({ length: 4000 }, () => 1 + random.integer(60_000)).sort((a, b) => b - a);
    const problem: Problem = {
      dimensions: ['size'],
      items: sizes.map((size, at) => ({ id: String(at), count: 1 + (at % 2), size: [size] })),
      bins: [{ id: 'b', capacity: [100_000], cost: 1 }],
    };
    const prepared = prepare(problem);
    const packing = toPacking(prepared, packByFit(prepared, 'first', [1]), { cost: 0, count: 0, method: '' });
    expect(checkPacking(problem, packing)).toEqual([]);
    expect(packing.count).toBe(firstFit(problem));
  });

  it('bounds triplets by their optimum, which heuristics miss by a sixth at most', () => {
    for (const seed of [1, 2, 3]) {
      const packing = packQuickly(triplets(seed, 40));
      expect(packing.bound).toBe(40);
      expect(packing.count).toBeLessThanOrEqual(47);
    }
  });
});

function firstFit({ items, bins }: Problem): number {
  const full = bins[0]?.capacity[0] ?? 0;
  const rest: number[] = [];
  for (const { size, count } of items) {
    for (let i = 0; i < count; i += 1) {
      const [value = 0] = size;
      const at = rest.findIndex((left) => left >= value);
      if (at < 0) rest.push(full - value);
      else rest[at] = (rest[at] ?? 0) - value;
    }
  }
  return rest.length;
}
