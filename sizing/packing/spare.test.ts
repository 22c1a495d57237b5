import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPacking } from './check.ts';
import { explain } from './explain.ts';
import type { Problem } from './model.ts';
import { packQuickly } from './pack.ts';
import { fleetOf, surviveLoss } from './spare.ts';
import { anyProblem } from './testing/problems.ts';
import { packWithSpare } from './with-spare.ts';

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

  it('says no where there are not enough', () => {
    const problem: Problem = { ...hosts(9, 3), bins: [{ id: 'h', capacity: [10], cost: 1, available: 3 }] };
    expect(packWithSpare(problem, one)).toBeNull();
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
