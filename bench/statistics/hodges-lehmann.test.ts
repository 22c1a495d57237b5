import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedShift } from './hodges-lehmann.ts';

describe("Hodges and Lehmann's shift", () => {
  // Hollander and Wolfe's depression data; R: wilcox.test(x, y, paired = TRUE, conf.int = TRUE).
  it('matches R on pairs', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const got = pairedShift(before.map((value, index) => value - after[index]!))!;
    expect(got.shift).toBeCloseTo(0.46, 3);
    expect(got.interval!.low).toBeCloseTo(0.01, 3);
    expect(got.interval!.high).toBeCloseTo(0.786, 3);
  });

  it('does not exist for no pairs', () => {
    expect(pairedShift([])).toBeNull();
  });

  it('follows a shift and turns with the sign', () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 6, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.integer({ min: -9, max: 9 }), (a, by) => {
        const plain = pairedShift(a)!;
        expect(pairedShift(a.map((x) => x + by))?.shift).toBeCloseTo(plain.shift + by, 9);
        expect(pairedShift(a.map((x) => -x))?.shift).toBeCloseTo(-plain.shift, 9);
        expect(plain.interval!.low).toBeLessThanOrEqual(plain.shift);
        expect(plain.interval!.high).toBeGreaterThanOrEqual(plain.shift);
      }),
    );
  });
});
