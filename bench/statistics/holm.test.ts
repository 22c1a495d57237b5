import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg, holm } from './holm.ts';

/** Y. Benjamini, Y. Hochberg 1995, section 4.1: 15 p-values of a myocardial infarction study. */
// prettier-ignore
const infarction = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
];

describe('many tests', () => {
  it("rejects what the paper rejects: three by Holm's procedure, four by theirs", () => {
    expect(holm(infarction).filter((p) => p <= 0.05)).toHaveLength(3);
    expect(benjaminiHochberg(infarction).filter((p) => p <= 0.05)).toHaveLength(4);
  });

  // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and "BH"; and in mixed order.
  it('matches textbook values in the order given', () => {
    const close = (got: number[], expected: number[]): void => {
      got.forEach((p, index) => expect(p).toBeCloseTo(expected[index]!, 12));
    };
    close(holm([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09]);
    close(benjaminiHochberg([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.05, 0.05, 0.05, 0.05]);
    close(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
    // SciPy 1.17.1 false_discovery_control
    close(benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.55, 0.02]), [0.03, 0.048, 0.045, 0.03, 0.55, 0.04]);
  });

  it('never lowers a p, keeps their order, and ignores the order of the input', () => {
    const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(ps, (values) => {
        for (const adjust of [holm, benjaminiHochberg]) {
          const adjusted = adjust(values);
          adjusted.forEach((p, index) => {
            expect(p).toBeGreaterThanOrEqual(values[index]!);
            expect(p).toBeLessThanOrEqual(1);
          });
          expect(adjust(values.toReversed()).toReversed()).toEqual(adjusted);
        }
      }),
    );
    expect(holm([])).toEqual([]);
  });
});
