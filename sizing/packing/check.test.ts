import { describe, expect, it } from 'vitest';
import { checkPacking } from './check.ts';
import type { Problem } from './model.ts';

const problem: Problem = {
  dimensions: ['cpu', 'memory'],
  items: [
    { id: 'web', count: 4, size: [2, 1], apart: [{ key: 'web', most: 2 }], domains: 2 },
    { id: 'db', count: 1, size: [3, 8], together: 'pair', bins: ['fast'] },
    { id: 'cache', count: 1, size: [1, 1], together: 'pair' },
  ],
  bins: [
    { id: 'r', capacity: [8, 16], cost: 2, domain: 'a', labels: ['fast'], maxItems: 4 },
    { id: 's', capacity: [4, 8], cost: 1, domain: 'b', available: 1 },
  ],
};
const web = (count: number) => ({ item: 'web', count });
const pair = [
  { item: 'db', count: 1 },
  { item: 'cache', count: 1 },
];

describe('checkPacking', () => {
  it('has nothing to say of an assignment that holds', () => {
    const bins = [
      { type: 'r', contents: [web(2), ...pair], copies: 1 },
      { type: 's', contents: [web(2)], copies: 1 },
    ];
    expect(checkPacking(problem, { bins, cost: 3, count: 2 })).toEqual([]);
  });

  it('lists every rule broken, with the numbers', () => {
    const bins = [
      { type: 'r', contents: [web(3), { item: 'cache', count: 1 }], copies: 1 },
      { type: 's', contents: [{ item: 'db', count: 1 }], copies: 2 },
      { type: 'q', contents: [], copies: 1 },
    ];
    expect(checkPacking(problem, { bins, cost: 3, count: 3 })).toEqual([
      'bin 1 (r): 3 of web, which are kept apart (2)',
      'bin 2 (s): db may only be in fast',
      'bin 3 (q): there is no such type',
      'web: 1 of 4 lost',
      'db: 2 placed, 1 asked for',
      's: 2 bins used, 1 available',
      'web: 3 in domain a, at most 2',
      'pair: belongs together, is in 3 bins',
      'says 3 bins, has 4',
      'says cost 3, has 4',
    ]);
  });

  it('sees a bin too full in size or number', () => {
    const bins = [
      { type: 'r', contents: [web(2), { item: 'cache', count: 3 }, { item: 'db', count: 2 }], copies: 1 },
    ];
    const faults = checkPacking(problem, { bins });
    expect(faults).toContain('bin 1 (r): cpu 13 > 8');
    expect(faults).toContain('bin 1 (r): memory 21 > 16');
    expect(faults).toContain('bin 1 (r): 7 items > 4');
  });

  it('finds what avoids each other on one bin, whichever of both says so', () => {
    const asked: Problem = {
      dimensions: ['cpu'],
      items: [
        { id: 'web', count: 2, size: [1], avoids: ['cache'] },
        { id: 'redis', count: 1, size: [1], marks: ['cache'] },
      ],
      bins: [{ id: 'h', capacity: [8], cost: 1 }],
    };
    const redis = { item: 'redis', count: 1 };
    expect(checkPacking(asked, { bins: [{ type: 'h', contents: [web(2), redis], copies: 1 }] })).toEqual([
      'bin 1 (h): web and redis, which it avoids',
    ]);
    const apart = [web(2), redis].map((content) => ({ type: 'h', contents: [content], copies: 1 }));
    expect(checkPacking(asked, { bins: apart })).toEqual([]);
  });

  it('counts what is said to be unplaced', () => {
    const unplaced = [web(4), ...pair].map((content) => ({ ...content, reason: '' }));
    expect(checkPacking(problem, { bins: [], unplaced })).toEqual([]);
    expect(checkPacking(problem, { bins: [], unplaced: unplaced.slice(1) })).toEqual(['web: 4 of 4 lost']);
  });
});
