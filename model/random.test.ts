import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

describe('random', () => {
  it('gives the same numbers for the same seed, for good', () => {
    const random = createRandom(42);
    const drawn = Array.from({ length: 6 }, () => random.integer(1_000_000));
    expect(drawn).toMatchInlineSnapshot(`
      [
        465331,
        321653,
        566721,
        189434,
        806621,
        835274,
      ]
    `);
  });

  it('gives unrelated numbers for neighbouring seeds and for seeds that differ above bit 32', () => {
    const first = (seed: number): number => createRandom(seed).integer(2 ** 32);
    const drawn = [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map(first);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it('is uniform: 20 bins of 100,000 draws pass a chi-square test at 0.1 %', () => {
    const random = createRandom(7);
    const bins = new Array<number>(20).fill(0);
    for (let i = 0; i < 100_000; i += 1) {
      const bin = Math.floor(random.next() * 20);
      bins[bin] = bins[bin]! + 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
    expect(chiSquare).toBeLessThan(43.8); // 19 degrees of freedom
    expect(chiSquare).toBeGreaterThan(5.4); // nor is it too even
  });

  it('draws standard normal numbers', () => {
    const random = createRandom(3);
    const drawn = Array.from({ length: 50_000 }, () => random.normal());
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
    const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(drawn.filter((x) => x > 1.96).length / drawn.length).toBeCloseTo(0.025, 2);
  });

  it('shuffles a copy, each order about as often', () => {
    const random = createRandom(11);
    const items = ['a', 'b', 'c'] as const;
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i += 1) {
      const order = random.shuffle(items).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
    expect(items).toEqual(['a', 'b', 'c']);
  });
});
