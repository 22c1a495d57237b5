import { describe, expect, it } from 'vitest';
import { isBeyond, isEquivalent, isNotWorse } from './equivalence.ts';

const ninety = (low: number, high: number) => ({ low, high, level: 0.9 });

describe('equivalence', () => {
  it('needs the whole 90 % interval within the bounds', () => {
    expect(isEquivalent(ninety(0.97, 1.04), 0.05)).toBe(true);
    expect(isEquivalent(ninety(0.97, 1.051), 0.05)).toBe(false);
    expect(isEquivalent(ninety(0.952, 1.02), 0.05)).toBe(false); // 1/1.05 = 0.95238
    expect(isEquivalent(ninety(0.953, 1.02), 0.05)).toBe(true);
  });

  it('does not change when the sides are swapped', () => {
    for (const [low, high] of [
      [0.96, 1.049],
      [0.951, 1.01],
      [0.9, 1.2],
    ] as const) {
      expect(isEquivalent(ninety(1 / high, 1 / low), 0.05)).toBe(isEquivalent(ninety(low, high), 0.05));
    }
    expect(isBeyond(1 / 1.051, 0.05)).toBe(true);
    expect(isBeyond(1 / 1.049, 0.05)).toBe(false);
  });

  it('asks a gate only whether it got worse', () => {
    expect(isNotWorse(ninety(0.5, 1.04), 0.05)).toBe(true);
    expect(isNotWorse(ninety(0.99, 1.06), 0.05)).toBe(false);
  });
});
