import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { createBootstrap } from './bootstrap.ts';

const positive = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 6, maxLength: 12 });
const pairs = fc
  .array(
    fc.tuple(fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: 0.5, max: 2, noNaN: true })),
    {
      minLength: 6,
      maxLength: 12,
    },
  )
  .map((list) => ({ first: list.map(([a]) => a), second: list.map(([, b]) => b) }));

function plain(first: number[], second: number[], resamples: number, seed: number): [number, number] {
  const random = createRandom(seed);
  const middle = (values: number[]): number => {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  };
  const ratios = Array.from({ length: resamples }, () => {
    const drawn = first.map(() => random.integer(first.length));
    return middle(drawn.map((at) => first[at]!)) / middle(drawn.map((at) => second[at]!));
  }).sort((a, b) => a - b);
  return [ratios[Math.floor(resamples * 0.025)]!, ratios[Math.floor(resamples * 0.975)]!];
}

describe('bootstrap of a ratio of medians', () => {
  const random = createRandom(9);
  const noisy = (n: number, centre: number) =>
    Array.from({ length: n }, () => centre * Math.exp(0.05 * random.normal()));

  it.each([7, 8, 30, 31])('agrees with a plain one that draws, sorts and divides (n=%i)', (n) => {
    const first = noisy(n, 3);
    const second = noisy(n, 2);
    const { interval } = createBootstrap(1, 20_000).paired(first, second)!;
    const [low, high] = plain(first, second, 20_000, 2);
    expect(interval.low / low).toBeCloseTo(1, 2);
    expect(interval.high / high).toBeCloseTo(1, 2);
  });

  it('takes the mean of two middle values for an even count', () => {
    // Six draws of which each is 9 with chance 1/6: the median is 9 in 0.9 %, 5 in 5.4 %, else 1 (binomial).
    const ones = [1, 1, 1, 1, 1, 1];
    expect(createBootstrap(1).paired([1, 1, 1, 9, 1, 1], ones)?.interval).toMatchObject({ low: 1, high: 5 });
  });

  it('covers a known ratio as often as it says, paired and unpaired', () => {
    const bootstrap = createBootstrap(3, 2000);
    const covered = { paired: 0, unpaired: 0 };
    for (let run = 0; run < 600; run += 1) {
      const sides = [noisy(20, 3), noisy(20, 2)] as const;
      for (const kind of ['paired', 'unpaired'] as const) {
        const { interval } = bootstrap[kind](...sides)!;
        if (interval.low <= 1.5 && interval.high >= 1.5) covered[kind] += 1;
      }
    }
    expect(covered.paired / 600).toBeGreaterThan(0.925);
    expect(covered.unpaired / 600).toBeGreaterThan(0.925);
  });

  it('scales with its values, and inverts when the sides are swapped', () => {
    const bootstrap = createBootstrap(5, 500);
    fc.assert(
      fc.property(pairs, ({ first, second }) => {
        const { ratio, interval } = bootstrap.paired(first, second)!;
        const doubled = bootstrap.paired(
          first.map((x) => 2 * x),
          second,
        )!;
        expect(doubled.ratio).toBe(2 * ratio);
        expect(doubled.interval).toEqual({ low: 2 * interval.low, high: 2 * interval.high, level: 0.95 });
        const swapped = bootstrap.paired(second, first)!;
        expect(swapped.interval.low * interval.high).toBeCloseTo(1, 12);
        expect(swapped.interval.high * interval.low).toBeCloseTo(1, 12);
      }),
    );
  });

  it('keeps the 90 % interval inside the 95 % one, around the ratio', () => {
    const bootstrap = createBootstrap(5, 500);
    fc.assert(
      fc.property(positive, positive, (first, second) => {
        const { ratio, interval, ninety } = bootstrap.unpaired(first, second)!;
        expect(interval.low).toBeLessThanOrEqual(ninety.low);
        expect(ninety.low).toBeLessThanOrEqual(ratio);
        expect(ratio).toBeLessThanOrEqual(ninety.high);
        expect(ninety.high).toBeLessThanOrEqual(interval.high);
      }),
    );
  });

  it('depends on seed and data only, not on what was asked before', () => {
    const [a, b] = [noisy(30, 3), noisy(30, 2)];
    const fresh = createBootstrap(8, 1000).paired(a, b);
    const used = createBootstrap(8, 1000);
    for (let i = 0; i < 40; i += 1) used.paired(noisy(30, 1), noisy(30, 1));
    expect(used.paired(a, b)).toEqual(fresh);
    expect(createBootstrap(9, 1000).paired(a, b)).not.toEqual(fresh);
  });

  it('resamples pairs jointly: shared noise cancels', () => {
    const shared = noisy(30, 1).map((x) => x ** 4);
    const first = shared.map((x) => 1.1 * x);
    const width = (kind: 'paired' | 'unpaired'): number => {
      const { interval } = createBootstrap(2)[kind](first, shared)!;
      return interval.high - interval.low;
    };
    expect(width('paired')).toBeLessThan(1e-9);
    expect(width('unpaired')).toBeGreaterThan(0.05);
  });

  it('widens by half a tick on either side', () => {
    const { interval } = createBootstrap(2).paired([3, 3, 3, 3, 3, 3], [2, 2, 2, 2, 2, 2], 1)!;
    expect(interval.low).toBeCloseTo(2.5 / 2.5, 12);
    expect(interval.high).toBeCloseTo(3.5 / 1.5, 12);
  });

  it('answers null where a ratio has no meaning', () => {
    const bootstrap = createBootstrap(1, 200);
    expect(bootstrap.paired([], [])).toBeNull();
    expect(bootstrap.paired([1, 2], [1])).toBeNull();
    expect(bootstrap.paired([1, 2, 3], [0, 0, 0])).toBeNull();
    expect(bootstrap.paired([-1, -2, -3], [1, 2, 3])).toBeNull();
    expect(bootstrap.paired([0, 0, 1, 1, 1], [0, 0, 1, 1, 1])).toBeNull();
    expect(bootstrap.paired([NaN, 1], [1, 1])).toBeNull();
  });
});
