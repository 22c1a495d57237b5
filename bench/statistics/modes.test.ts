import { describe, expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { findModes } from './modes.ts';

const random = createRandom(4);
const share = (n: number, draw: () => number, runs = 400): number => {
  let several = 0;
  for (let run = 0; run < runs; run += 1) {
    if (findModes(Array.from({ length: n }, draw)).length > 1) several += 1;
  }
  return several / runs;
};

describe('modes', () => {
  it.each([
    ['normal', () => 10 + random.normal()],
    ['log-normal', () => Math.exp(0.3 * random.normal())],
    ['very skewed', () => Math.exp(random.normal())],
    ['uniform', () => 1 + random.next()],
  ])('invents none in %s data', (_, draw) => {
    expect(share(30, draw)).toBeLessThan(0.02);
    expect(share(20, draw)).toBeLessThan(0.04);
  });

  it('sees two groups that lie clearly apart, also unequal ones', () => {
    expect(share(30, () => (random.next() < 0.5 ? 10 : 18) + random.normal())).toBeGreaterThan(0.85);
    expect(share(30, () => (random.next() < 0.35 ? 22 : 10) + random.normal())).toBeGreaterThan(0.85);
  });

  it('gives their centres', () => {
    const fast = Array.from({ length: 15 }, (_, index) => 1 + index / 1000);
    const slow = Array.from({ length: 15 }, (_, index) => 2 + index / 1000);
    expect(findModes([...slow, ...fast])).toEqual([1.007, 2.007]);
    const third = Array.from({ length: 15 }, (_, index) => 3 + index / 1000);
    expect(findModes([...slow, ...third, ...fast])).toEqual([1.007, 2.007, 3.007]);
  });

  it('takes neither outliers nor clock ticks nor a handful of values for a mode', () => {
    const tight = Array.from({ length: 28 }, (_, index) => 1 + index / 1000);
    expect(findModes([...tight, 5, 5.1])).toHaveLength(1);
    expect(findModes(Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 0.1 : 0.101)))).toHaveLength(
      1,
    );
    expect(findModes([1, 1, 1, 9, 9, 9])).toHaveLength(1);
    expect(findModes([])).toEqual([]);
  });
});
