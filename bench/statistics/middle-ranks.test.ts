import { expect, it } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { drawMiddleRanks } from './middle-ranks.ts';

/** Chance that at least `k` of `n` draws fall below rank `at + 1`: that the k-th is at most `at`. */
function atMost(n: number, k: number, at: number): number {
  const p = (at + 1) / n;
  if (p >= 1) return 1;
  let term = (1 - p) ** n;
  let below = 0;
  for (let hits = 0; hits < k; hits += 1) {
    below += term;
    term *= ((n - hits) / (hits + 1)) * (p / (1 - p));
  }
  return 1 - below;
}

const resamples = 40_000;
/** Kolmogorov's bound at one in a million. */
const reach = 2.7 / Math.sqrt(resamples);

it.each([1, 2, 3, 6, 7, 30, 31, 200])('has the distribution of drawing and sorting (n = %i)', (n) => {
  const { low, high } = drawMiddleRanks(createRandom(n), n, resamples);
  const share = (ranks: Uint32Array, at: number) => ranks.filter((rank) => rank <= at).length / resamples;
  for (let at = 0; at < n; at += 1) {
    expect(Math.abs(share(low, at) - atMost(n, (n + 1) >> 1, at))).toBeLessThan(reach);
    expect(Math.abs(share(high, at) - atMost(n, (n >> 1) + 1, at))).toBeLessThan(reach);
  }
});

it('draws both middle ranks of an even count together, as sorting gives them', () => {
  const n = 8;
  const random = createRandom(3);
  const drawn = Array.from({ length: resamples }, () =>
    Array.from({ length: n }, () => random.integer(n)).sort((a, b) => a - b),
  );
  const both = drawMiddleRanks(createRandom(4), n, resamples);
  for (let apart = 0; apart < 4; apart += 1) {
    const sorted = drawn.filter((ranks) => (ranks[4] ?? 0) - (ranks[3] ?? 0) <= apart).length;
    const direct = both.low.filter((low, at) => (both.high[at] ?? 0) - low <= apart).length;
    expect(Math.abs(sorted - direct) / resamples).toBeLessThan(2 * reach);
  }
});
