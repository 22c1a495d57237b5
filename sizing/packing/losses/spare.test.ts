import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPacking } from '../check.ts';
import { explain } from '../explain.ts';
import type { Problem } from '../model.ts';
import { packQuickly } from '../pack.ts';
import { binsOf, fleetOf } from './fleet.ts';
import { surviveLoss } from './replay.ts';
import { anyProblem } from '../testing/problems.ts';
import { packWithSpare } from './spare.ts';

const hosts = (count: number, size: number, extra: object = {}): Problem => ({
  dimensions: ['memory'],
  items: [{ id: 'vm', count, size: [size], ...extra }],
  bins: [{ id: 'h', capacity: [10], cost: 1 }],
});
const one = { kind: 'bins', count: 1 } as const;

describe('surviveLoss', () => {
  it('replays the loss of a bin into the room of the others', () => {
    const three = { bins: [{ type: 'h', contents: [{ item: 'vm', count: 3 }], copies: 3 }] };
    // By hand: each of three bins has 9 of 10 used by 3 x 3; the others have no room for one of 3.
    const tight = surviveLoss(fleetOf(hosts(9, 3), three), one);
    expect(tight).toMatchObject({
      survived: false,
      replays: [{ homeless: [{ item: 'vm', count: 3 }], proven: 'memory' }],
    });
    // With 3 x 2 used, each of the two others takes two more of 2.
    expect(surviveLoss(fleetOf(hosts(9, 2), three), one).survived).toBe(true);
    expect(surviveLoss(fleetOf(hosts(9, 2), three), { kind: 'bins', count: 2 }).survived).toBe(false);
  });

  it('keeps apart what is kept apart, even then', () => {
    const two = { bins: [{ type: 'h', contents: [{ item: 'vm', count: 1 }], copies: 2 }] };
    const { replays } = surviveLoss(fleetOf(hosts(2, 1, { apart: [{ key: 'k', most: 1 }] }), two), one);
    expect(replays).toMatchObject([{ survived: false, homeless: [{ item: 'vm', count: 1 }], proven: null }]);
  });
});

describe('packWithSpare', () => {
  it('adds what the losses need', () => {
    expect(packWithSpare(hosts(9, 3), one)).toMatchObject({
      count: 4,
      cost: 4,
      empty: [{ type: 'h', copies: 1 }],
    });
    expect(packWithSpare(hosts(9, 3), { kind: 'bins', count: 2 })?.count).toBe(5);
    const domains: Problem = {
      ...hosts(6, 5),
      bins: ['a', 'b'].map((domain) => ({ id: domain, capacity: [10], cost: 1, domain })),
    };
    expect(packWithSpare(domains, { kind: 'domain' })?.count).toBe(6);
  });

  it('adds spares of every kind in use, and chooses them by cost', () => {
    // By hand: four of 56 need gold, two on each of 128; 41 of 10 fill two plain of 200 and one place beside gold.
    // A lost gold needs a gold again (1,000), a lost plain a plain (100): 2,200 + 1,100 and no seventh gold.
    const problem: Problem = {
      dimensions: ['memory'],
      items: [
        { id: 'g', count: 4, size: [56], bins: ['gold'] },
        { id: 'p', count: 41, size: [10] },
      ],
      bins: [
        { id: 'gold', capacity: [128], cost: 1000 },
        { id: 'plain', capacity: [200], cost: 100 },
      ],
    };
    const spared = packWithSpare(problem, one);
    expect(spared).toMatchObject({ count: 6, cost: 3300, survival: { evidence: 'replayed' } });
    expect(spared?.empty.toSorted((a, b) => (a.type < b.type ? -1 : 1))).toEqual([
      { type: 'gold', copies: 1 },
      { type: 'plain', copies: 1 },
    ]);
  });

  it('takes a cheaper kind for a spare where it holds as much', () => {
    const problem: Problem = {
      dimensions: ['memory'],
      items: [{ id: 'vm', count: 9, size: [3] }],
      bins: [
        { id: 'own', capacity: [10], cost: 5, available: 3 },
        { id: 'bought', capacity: [10], cost: 7 },
        { id: 'large', capacity: [30], cost: 9 },
      ],
    };
    expect(packWithSpare(problem, one)).toMatchObject({ count: 2, empty: [{ type: 'large', copies: 1 }] });
    const small = { ...problem, items: [{ id: 'vm', count: 3, size: [3] }] };
    expect(packWithSpare(small, one)).toMatchObject({ cost: 10, empty: [{ type: 'own', copies: 1 }] });
  });

  it('says no where everything is in the domain that goes', () => {
    expect(packWithSpare(hosts(9, 3), { kind: 'domain' })).toBeNull();
  });

  it('says no where there are not enough', () => {
    const problem: Problem = { ...hosts(9, 3), bins: [{ id: 'h', capacity: [10], cost: 1, available: 3 }] };
    expect(packWithSpare(problem, one)).toBeNull();
  });

  it('is never dearer than a spare of the same kind for each bin that is lost', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 5, count: 4, limited: false }),
        fc.integer({ min: 1, max: 3 }),
        (problem, count) => {
          const packing = packQuickly(problem, { steps: 20, starts: 1 });
          fc.pre(packing.unplaced.length === 0);
          const spared = packWithSpare(problem, { kind: 'bins', count }, () => packing);
          const used = new Set(packing.bins.map(({ type }) => type));
          const alike = problem.bins.reduce(
            (sum, { id, cost }) => sum + (used.has(id) ? count * cost : 0),
            0,
          );
          expect(spared).not.toBeNull();
          expect(spared!.cost).toBeLessThanOrEqual(packing.cost + alike + 1e-9);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('shows a placement for every loss it says is survived', () => {
    fc.assert(
      fc.property(
        anyProblem({ groups: 5, count: 4, limited: false }),
        fc.constantFrom(
          { kind: 'bins', count: 1 } as const,
          { kind: 'bins', count: 2 } as const,
          { kind: 'domain' } as const,
        ),
        (problem, loss) => {
          const spared = packWithSpare(problem, loss, (given) =>
            packQuickly(given, { steps: 20, starts: 1 }),
          );
          if (spared === null) return;
          const bins = [...spared.packing.bins, ...spared.empty.map((bin) => ({ ...bin, contents: [] }))];
          const fleet = fleetOf(problem, { bins });
          const rules = { ...problem, items: problem.items.map(({ domains: _domains, ...item }) => item) };
          const before = bins.reduce((sum, { copies }) => sum + copies, 0);
          surviveLoss(fleet, loss, {
            witness: (loads) => {
              const after = binsOf(fleet.prepared, loads);
              const faults = checkPacking(rules, { bins: after });
              // Of items that are alike one stands for all: which of them are counted is no matter here.
              expect(faults.filter((fault) => fault.startsWith('bin '))).toEqual([]);
              const copies = after.reduce((sum, bin) => sum + bin.copies, 0);
              if (loss.kind === 'bins') expect(copies).toBe(Math.max(0, before - loss.count));
              const sum = (all: typeof after) =>
                all.reduce((n, bin) => n + bin.copies * bin.contents.reduce((m, one) => m + one.count, 0), 0);
              expect(sum(after)).toBe(sum(bins));
            },
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('says of two losses what was replayed: every pair of few, else each with the fullest', () => {
    const pair = { kind: 'bins', count: 2 } as const;
    const few = packWithSpare(hosts(9, 3), pair);
    // Three alike, two empty: of five bins two are lost, in three ways that differ.
    expect(few?.survival).toMatchObject({ evidence: 'replayed', survived: true });
    expect(few?.survival.replays.map(({ lost }) => lost)).toEqual(['2 h', '1 h and 1 h', '2 h']);
    const items = Array.from({ length: 400 }, (_, at) => ({
      id: `vm-${String(at)}`,
      count: 1,
      size: [3 + at / 1000],
    }));
    const each = items.map(({ id }) => ({ type: 'h', contents: [{ item: id, count: 1 }], copies: 1 }));
    const many = { ...hosts(0, 1), items };
    // Half full each, with no empty one: 79,800 pairs are not replayed, and none of it says that they were.
    expect(surviveLoss(fleetOf(many, { bins: each }), pair)).toMatchObject({
      survived: true,
      evidence: 'with the fullest',
    });
    expect(packWithSpare(many, pair)?.survival.evidence).toBe('taken over');
  });

  it('gives packings that hold and survive, under every rule', () => {
    fc.assert(
      fc.property(anyProblem({ groups: 5, count: 4, limited: false }), (problem) => {
        const spared = packWithSpare(problem, one, (given) => packQuickly(given, { steps: 20, starts: 1 }));
        if (spared === null) return;
        const bins = [...spared.packing.bins, ...spared.empty.map((bin) => ({ ...bin, contents: [] }))];
        expect(checkPacking(problem, { bins, cost: spared.cost, count: spared.count })).toEqual([]);
        expect(surviveLoss(fleetOf(problem, { bins }), one).survived).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('explain', () => {
  it('tells proof from ignorance', () => {
    expect(explain(packQuickly(hosts(9, 3)))).toMatchObject({
      binding: [{ dimension: 'memory' }],
      whyNotFewer: { state: 'proven', because: 'no packing has fewer than 3 bins' },
    });
    const vast = explain(packQuickly(hosts(1, 11))).whyNotFewer;
    expect(vast).toEqual({ state: 'unplaced', because: '1 of vm: larger than any bin: memory 11 > 10 of h' });
    const open = explain({ ...packQuickly(hosts(9, 3)), count: 4, cost: 4, countBound: 3, optimal: false });
    expect(open.whyNotFewer.state).toBe('unknown');
  });
});
