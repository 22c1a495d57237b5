import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedRank, signedRankCut, smallestSignedRankP } from './signed-rank.ts';

/** Differences 1..n whose positive ranks sum to `statistic`. */
function differencesWith(n: number, statistic: number): number[] {
  let left = statistic;
  const positive = new Set<number>();
  for (let each = n; each >= 1; each -= 1) {
    if (each <= left) {
      positive.add(each);
      left -= each;
    }
  }
  return Array.from({ length: n }, (_, index) => (positive.has(index + 1) ? index + 1 : -index - 1));
}

describe('signed rank', () => {
  // M. Hollander, D. Wolfe 1973, p. 29: depression scale factor, as in R's example(wilcox.test): V = 40.
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];

  it('matches a textbook example', () => {
    const got = signedRank(before.map((value, index) => value - after[index]!));
    expect(got).toMatchObject({ statistic: 40, n: 9, exact: true });
    expect(got.p).toBeCloseTo(0.0390625, 12); // twice R's one-sided 0.01953
  });

  // F. Wilcoxon, R. Wilcox 1964: two-sided 5 % critical values of the smaller rank sum.
  it.each([
    [6, 0],
    [8, 3],
    [10, 8],
    [15, 25],
    [20, 52],
    [30, 137],
    [50, 434],
  ])('matches the table of critical values at n=%i', (n, critical) => {
    expect(signedRank(differencesWith(n, critical)).statistic).toBe(critical);
    expect(signedRank(differencesWith(n, critical)).p).toBeLessThanOrEqual(0.05);
    expect(signedRank(differencesWith(n, critical + 1)).p).toBeGreaterThan(0.05);
  });

  // Counted over all sign patterns of the very ranks, with itertools and SciPy's rankdata.
  it('stays exact with ties and zeros', () => {
    const ties = signedRank([1, -1, 2, 3, 3, -2, 4, 5, 5, 6, -0.5]);
    expect(ties.statistic).toBe(58);
    expect(ties.p).toBeCloseTo(0.0244140625, 12);
    const zeros = signedRank([0, 0, 1, 2, 2, -3, 4, 5, 6]);
    expect(zeros).toMatchObject({ statistic: 36, n: 7 });
    expect(zeros.p).toBeCloseTo(0.078125, 12);
  });

  it('uses the normal approximation above 50 (SciPy 1.17.1, correction=True, method="asymptotic")', () => {
    // prettier-ignore
    const differences = [
      0.546, 1.022, 0.53, -1.103, 1.105, 0.646, -0.337, 0.781, 0.565, 0.494, 0.228, 0.747, -0.536, 0.037, -0.282,
      0.799, 0.24, -0.092, -0.582, -0.057, 0.208, -0.076, 1.494, 1.207, -2.511, -1.689, 0.025, -0.222, 0.414, 0.417,
      2.318, -0.912, -0.178, 2.243, 0.847, 0.863, -0.314, -1.448, 0.367, 0.309, -1.027, -0.483, 0.128, -0.745, 0.102,
      0.295, 0.236, -0.306, 0.794, 1.091, 0.521, -0.618, 0.932, -0.301, 1.079, -0.872, 1.114, 0.18, -1.049, -0.114,
    ];
    const got = signedRank(differences);
    expect(got).toMatchObject({ statistic: 1130, n: 60, exact: false });
    expect(got.p).toBeCloseTo(0.11432141382261271, 12);
  });

  it('cannot go below 2 / 2^n', () => {
    for (const n of [6, 10, 30]) {
      const allUp = Array.from({ length: n }, (_, index) => index + 1);
      expect(signedRank(allUp).p).toBeCloseTo(smallestSignedRankP(n), 15);
    }
  });

  it('finds nothing in nothing', () => {
    expect(signedRank([]).p).toBe(1);
    expect(signedRank([0, 0, 0]).p).toBe(1);
  });

  it('is blind to order, sign and scale', () => {
    const differences = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 70 });
    fc.assert(
      fc.property(differences, (values) => {
        const { p } = signedRank(values);
        expect(signedRank(values.map((value) => -value)).p).toBeCloseTo(p, 12);
        expect(signedRank(values.toReversed().map((value) => 4 * value)).p).toBeCloseTo(p, 12);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
      }),
    );
  });

  // psignrank(5, 9) = 0.0195 <= 0.025 < psignrank(6, 9): R's qsignrank(0.025, 9) = 6.
  it('knows the rank at which an interval begins', () => {
    expect(signedRankCut(9, 0.95)).toBe(6);
    expect(signedRankCut(5, 0.95)).toBeNull();
    expect(signedRankCut(6, 0.95)).toBe(1);
  });
});
