import { describe, expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { orderEffect, type Observation } from './order-effect.ts';

interface Planted {
  readonly perPosition?: number;
  readonly after?: string;
  readonly shift?: number;
  readonly shuffled?: boolean;
  readonly gaps?: boolean;
}

function observe(seed: number, planted: Planted): Observation[] {
  const random = createRandom(seed);
  const cells = ['a', 'b', 'c', 'd'];
  let predecessor: string | null = null;
  return Array.from({ length: 30 }, (_, block) => {
    const drift = 0.2 * random.normal();
    const order = planted.shuffled === false ? cells : random.shuffle(cells);
    return order.flatMap((cell, position): Observation[] => {
      const carried = predecessor === planted.after ? (planted.shift ?? 0) : 0;
      const logValue =
        cells.indexOf(cell) +
        drift +
        0.02 * random.normal() +
        (planted.perPosition ?? 0) * position +
        carried;
      const seen = { block, cell, position, predecessor, logValue };
      predecessor = cell;
      return planted.gaps === true && random.next() < 0.1 ? [] : [seen];
    });
  }).flat();
}

describe('order effect', () => {
  it('is rarely seen where there is none, with missing launches too', () => {
    for (const gaps of [false, true]) {
      const runs = 400;
      let position = 0;
      let predecessor = 0;
      for (let seed = 0; seed < runs; seed += 1) {
        const effect = orderEffect(observe(seed, { gaps }));
        if ((effect.position?.p ?? 1) < 0.05) position += 1;
        if ((effect.predecessor?.p ?? 1) < 0.05) predecessor += 1;
      }
      // 5 % +- 3 Monte-Carlo standard errors
      for (const share of [position / runs, predecessor / runs]) {
        expect(share).toBeGreaterThan(0.017);
        expect(share).toBeLessThan(0.083);
      }
    }
  });

  it('finds a planted trend within blocks, and its size', () => {
    const { position } = orderEffect(observe(1, { perPosition: 0.02 }));
    expect(position?.p).toBeLessThan(1e-6);
    expect(position?.size).toBeGreaterThan(0.04);
    expect(position?.size).toBeLessThan(0.1);
  });

  it('finds that launches after one cell are slower', () => {
    const { predecessor } = orderEffect(observe(2, { after: 'b', shift: 0.05 }));
    expect(predecessor?.p).toBeLessThan(1e-6);
    expect(predecessor?.size).toBeGreaterThan(0.03);
  });

  it('says that it cannot know when the order never changed', () => {
    expect(orderEffect(observe(3, { shuffled: false, perPosition: 0.1 })).position).toBeNull();
  });

  it('is null for too little or for perfectly equal data', () => {
    expect(orderEffect([])).toEqual({ position: null, predecessor: null });
    const flat = observe(4, {}).map((each) => ({ ...each, logValue: 0 }));
    expect(orderEffect(flat)).toEqual({ position: null, predecessor: null });
  });
});
