import fc from 'fast-check';
import { expect, it } from 'vitest';
import { select } from './select.ts';

it('finds what sorting finds', () => {
  const values = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.nat(), (list, at) => {
      const k = at % list.length;
      expect(select(Float64Array.from(list), k)).toBe(Float64Array.from(list).sort()[k]);
    }),
  );
});

it('is not slow on values that are all the same', () => {
  expect(select(new Float64Array(100_000).fill(7), 50_000)).toBe(7);
});
