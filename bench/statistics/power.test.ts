import { describe, expect, it } from 'vitest';
import { blocksForVerdict, blocksToFire, canFire, smallestEffect } from './power.ts';

/** Per-launch CoV to the deviation of paired log ratios of two independent launches. */
const deviation = (cov: number): number => cov * Math.SQRT2;

describe('power', () => {
  it('asks for about 30 blocks at CoV 5 % and threshold 5 %', () => {
    expect(blocksForVerdict(deviation(0.05), 0.05)).toBe(29);
  });

  it('asks for more with noise and with tests, for fewer with room', () => {
    const base = blocksForVerdict(deviation(0.05), 0.05);
    expect(blocksForVerdict(deviation(0.1), 0.05)).toBeGreaterThan(3 * base);
    expect(blocksForVerdict(deviation(0.05), 0.1)).toBeLessThan(base / 2);
    expect(blocksForVerdict(deviation(0.05), 0.05, 500)).toBeGreaterThan(base);
    expect(blocksForVerdict(0, 0.05)).toBe(10);
  });

  it('turns round: the effect that the blocks asked for can see is the threshold', () => {
    expect(smallestEffect(27, deviation(0.05))).toBeCloseTo(1.05, 2);
    expect(smallestEffect(30, 0)).toBe(1);
  });

  it('knows when no test can be significant at all', () => {
    expect(canFire(10, 25)).toBe(true); // 2 / 2^10 = 0.00195
    expect(canFire(10, 26)).toBe(false);
    for (const family of [1, 25, 26, 1000]) {
      const n = blocksToFire(family);
      expect(canFire(n, family) || canFire(n + 1, family)).toBe(true);
      expect(canFire(n - 1, family)).toBe(false);
    }
  });
});
