import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinatorialBound } from './bounds.ts';
import { checkPacking } from './check.ts';
import { Master, raised } from './columns.ts';
import { openSolver } from './highs.ts';
import { mostValuable } from './knapsack.ts';
import { prepare } from './prepare.ts';
import { packQuickly } from './pack.ts';
import { pack } from './prove.ts';
import { search } from './search.ts';
import { Simplex } from './simplex.ts';
import { newLoad, newStock, place, room } from './stock.ts';
import { vectorClass } from './testing/classes.ts';
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

  it('never packs worse, nor proves less, for having more time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(1, 2, 6, 8, 9),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 3 }),
        async (seed, kind, budgets) => {
          const { problem } = vectorClass(seed, kind, 24);
          let before: { cost: number; bound: number } | null = null;
          for (const seconds of budgets.toSorted((a, b) => a - b)) {
            // A clock that goes on by one each time it is read: what was done says what time it is.
            let time = 0;
            const packing = await pack(problem, { seconds, now: () => time++, threads: false });
            if (before !== null) {
              expect(packing.cost).toBeLessThanOrEqual(before.cost);
              expect(packing.bound).toBeGreaterThanOrEqual(before.bound);
            }
            before = packing;
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('packs and bounds by the optimum, under every rule', async () => {
    await fc.assert(
      fc.asyncProperty(anyProblem({ groups: 4, count: 2, limited: true }), async (problem) => {
        let time = 0;
        const packing = await pack(problem, { seconds: 300, now: () => time++, threads: false });
        expect(checkPacking(problem, packing)).toEqual([]);
        const optimum = exhaustiveOptimum(problem);
        if (optimum === null) return;
        expect(packing.bound).toBeLessThanOrEqual(optimum.cost);
        expect(packing.countBound).toBeLessThanOrEqual(optimum.count);
        if (packing.unplaced.length === 0) expect(packing.cost).toBeGreaterThanOrEqual(optimum.cost);
      }),
      { numRuns: 150 },
    );
  });

  it('says that twenty-five are needed where pairs never fit', async () => {
    // By hand: no A, B or C shares a bin with another kind nor with its like, but for two of C: 10 + 10 + 5.
    const packing = await pack({
      dimensions: ['cpu', 'memory', 'disk'],
      items: [
        { id: 'A', count: 10, size: [60, 10, 60] },
        { id: 'B', count: 10, size: [50, 60, 10] },
        { id: 'C', count: 10, size: [10, 50, 50] },
      ],
      bins: [{ id: 'h', capacity: [100, 100, 100], cost: 1 }],
    });
    expect(packing).toMatchObject({ count: 25, bound: 25, countBound: 25, optimal: true });
  });
});

describe('the bound by column generation', () => {
  it('is never above the optimum, under every rule', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 4, count: 2, limited: true }),
        fc.integer({ min: 1, max: 12 }),
        (problem, rounds) => {
          const optimum = exhaustiveOptimum(problem);
          if (optimum === null) return;
          const prepared = prepare(problem);
          const none = { cost: 0, count: 0, method: '' };
          const master = new Master(prepared);
          for (const load of search(prepared, { seed: 1, starts: 0, steps: 0 }, none).loads) master.add(load);
          const limits = { now, until: now() + 5 };
          const proven: number[] = [];
          const never = (bound: number) => {
            proven.push(bound);
            return false;
          };
          // Ended early as well as at its end.
          for (const most of [rounds, Infinity]) {
            const converging = master.converge(master.whole, limits, never, most);
            let step = converging.next();
            while (step.done !== true) step = converging.next();
            proven.push(step.value.bound);
          }
          const { cost } = raised(prepared, none, Math.max(...proven));
          expect(cost).toBeLessThanOrEqual(optimum.cost);
          expect(combinatorialBound(prepared).cost).toBeLessThanOrEqual(optimum.cost);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('Simplex', () => {
  it('finds what HiGHS finds, after columns are added and after demand falls', async () => {
    await using solver = openSolver();
    const column = fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(column, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 3 }),
        async (columns, demand, fall) => {
          // Three rows ask for at least so much, the last allows at most so much.
          const isCover = [true, true, true, false];
          const program = new Simplex(Float64Array.from(demand), isCover, 1000);
          const after = demand.map((value, row) => (row === fall ? Math.floor(value / 2) : value));
          columns.forEach(([cost, entries], at) => {
            const rows = entries.flatMap((value, row) => (value > 0 ? [row] : []));
            program.add(cost, { rows, values: rows.map((row) => entries[row] ?? 0) });
            if (at % 3 === 0) program.solve(1000);
          });
          for (const asked of [demand, after]) {
            program.setDemand(Float64Array.from(asked));
            expect(program.solve(1000)).toBe(true);
            const terms = columns.map(([cost], at) => `${String(cost)} x${String(at)}`);
            const rows = asked.map((value, row) => {
              const sum = columns.flatMap(([, entries], at) =>
                (entries[row] ?? 0) > 0 ? [`${String(entries[row])} x${String(at)}`] : [],
              );
              if (row === 3) return `r3: ${[...sum, '0 s0'].join(' + ')} <= ${String(value)}`;
              return `r${String(row)}: ${[...sum, `s${String(row)}`].join(' + ')} >= ${String(value)}`;
            });
            const short = [0, 1, 2].map((row) => `1000 s${String(row)}`);
            const model = [
              'Minimize',
              ` c: ${[...terms, ...short].join(' + ')}`,
              'Subject To',
              ...rows,
              'End',
            ];
            const { objective } = await solver.solve(model.join('\n'), 10);
            expect(program.objective).toBeCloseTo(objective, 5);
          }
        },
      ),
      { numRuns: 60 },
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
    const filling = mostValuable(prepared, { type: 0, profits: Float64Array.of(10, 7, 4), nodes: 1e6 });
    expect(filling.value).toBe(17);
    expect([...filling.contents].sort((x, y) => x[0] - y[0])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('finds what trying everything finds, and never says less is possible, under every rule', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 5, count: 3, limited: true }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: 30 }),
        (problem, worth, nodes) => {
          const small = prepare(problem);
          const profits = Float64Array.from(small.groups, (_, group) => worth[group] ?? 0);
          for (const { index } of small.types) {
            const best = byTrying(small, index, profits);
            const found = mostValuable(small, { type: index, profits, nodes: 1e6 });
            expect(found.value).toBeCloseTo(best, 9);
            expect(mostValuable(small, { type: index, profits, nodes }).most).toBeGreaterThanOrEqual(best);
            const sum = [...found.contents].reduce(
              (all, [group, units]) => all + units * (profits[group] ?? 0),
              0,
            );
            expect(sum).toBeCloseTo(best, 9);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('ended early, still says what none can exceed', () => {
    for (const nodes of [0, 1, 2, 3]) {
      expect(
        mostValuable(prepared, { type: 0, profits: Float64Array.of(10, 7, 4), nodes }).most,
      ).toBeGreaterThanOrEqual(17);
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

/** Every contents of a bin, group by group. */
function byTrying(prepared: ReturnType<typeof prepare>, type: number, profits: Float64Array): number {
  const stock = newStock(prepared);
  const load = newLoad(prepared, type);
  const from = (group: number): number => {
    if (group === prepared.groups.length) return 0;
    let best = 0;
    for (let units = room(stock, load, group, prepared.counts[group] ?? 0); units >= 0; units -= 1) {
      if (units > 0) place(stock, load, group, units);
      best = Math.max(best, units * (profits[group] ?? 0) + from(group + 1));
      if (units > 0) place(stock, load, group, -units);
      if (load.contents.get(group) === 0) load.contents.delete(group);
    }
    return best;
  };
  return from(0);
}
