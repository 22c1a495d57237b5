import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinatorialBound } from './bounds.ts';
import { checkPacking } from './check.ts';
import { relax } from './columns.ts';
import { openSolver } from './highs.ts';
import { mostValuable } from './knapsack.ts';
import { prepare } from './prepare.ts';
import { packQuickly } from './pack.ts';
import { pack } from './prove.ts';
import { search } from './search.ts';
import { exhaustiveOptimum } from './testing/exhaustive.ts';
import { anyProblem, estate, triplets } from './testing/problems.ts';

const now = () => performance.now() / 1000;

describe('pack', () => {
  it('bounds triplets by their optimum and packs them no worse than the heuristics', async () => {
    const problem = triplets(1, 20);
    const packing = await pack(problem, { seconds: 15 });
    expect(checkPacking(problem, packing)).toEqual([]);
    expect(packing.bound).toBe(20);
    expect(packing.count).toBeLessThanOrEqual(packQuickly(problem, { starts: 2, steps: 200 }).count);
    expect(packing.optimal).toBe(packing.count === 20);
  });

  it('packs an estate of three kinds of host no worse than the heuristics, and bounds it no lower', async () => {
    const problem = estate(7, 2000, 30, 3);
    const packing = await pack(problem, { seconds: 5 });
    const quick = packQuickly(problem, { starts: 2, steps: 200 });
    expect(checkPacking(problem, packing)).toEqual([]);
    expect(packing.cost).toBeLessThanOrEqual(quick.cost);
    expect(packing.bound).toBeGreaterThanOrEqual(quick.bound);
    expect(packing.bound).toBeLessThanOrEqual(packing.cost);
  });
});

describe('the bound by column generation', () => {
  it('is never above the optimum, under every rule', async () => {
    await using solver = openSolver();
    await fc.assert(
      fc.asyncProperty(anyProblem({ groups: 4, count: 2, limited: true }), async (problem) => {
        const optimum = exhaustiveOptimum(problem);
        if (optimum === null) return;
        const prepared = prepare(problem);
        const none = { cost: 0, count: 0, method: '' };
        const start = search(prepared, { seed: 1, starts: 0, steps: 0 }, none);
        const limits = { now, until: now() + 5 };
        const { bound } = await relax(prepared, start, none, Infinity, solver, limits);
        expect(bound.cost).toBeLessThanOrEqual(optimum.cost);
        expect(combinatorialBound(prepared).cost).toBeLessThanOrEqual(optimum.cost);
      }),
      { numRuns: 80 },
    );
  });
});

describe('mostValuable', () => {
  const prepared = prepare({
    dimensions: ['cpu', 'memory'],
    items: [
      { id: 'a', count: 3, size: [5, 4] },
      { id: 'b', count: 3, size: [4, 2] },
      { id: 'c', count: 9, size: [3, 1] },
    ],
    bins: [{ id: 'h', capacity: [10, 6], cost: 1 }],
  });

  it('finds the best contents', () => {
    // By hand: two of a exceed memory (8 > 6); a and b take 9 and 6 and are worth 17.
    const filling = mostValuable(prepared, 0, Float64Array.of(10, 7, 4), 1e6);
    expect(filling.value).toBe(17);
    expect([...filling.contents].sort((x, y) => x[0] - y[0])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('ended early, still says what none can exceed', () => {
    for (const nodes of [0, 1, 2, 3]) {
      expect(mostValuable(prepared, 0, Float64Array.of(10, 7, 4), nodes).most).toBeGreaterThanOrEqual(17);
    }
  });
});

describe('openSolver', () => {
  it('answers one model after the other, and survives one that is none', async () => {
    await using solver = openSolver();
    const model = 'Minimize\n x: a\nSubject To\n c: 2 a >= 7\nEnd';
    expect((await solver.solve(model, 10)).values.get('a')).toBe(3.5);
    expect((await solver.solve('nonsense', 10)).values.size).toBe(0);
    const again = await solver.solve(`${model.slice(0, -3)}General\n a\nEnd`, 10);
    expect(again).toMatchObject({ status: 'Optimal', objective: 4 });
  });
});
