/** Inference under a serial correlation that is not known: against matrices in NumPy, and as properties. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { independent, plannedModel, reachOf, serialModel, tailOf } from './serial.ts';

const base = [298, 301, 296, 310, 305, 299, 302, 297, 300, 304].map(Math.log);
const head = [1780, 1795, 1771, 1802, 1788, 1776, 1790, 1768, 1783, 1799].map(Math.log);

/** A first-order autoregression of unit variance. */
function alike(n: number, r: number, seed: number): number[] {
  const random = createRandom(seed);
  let last = random.normal();
  return Array.from({ length: n }, () => {
    const value = last;
    last = r * last + Math.sqrt(1 - r * r) * random.normal();
    return value;
  });
}

const modelOf = (...series: readonly (readonly number[])[]) =>
  serialModel(series.map((values) => ({ values, weight: 1 })));

describe('against NumPy and SciPy', () => {
  // The same prior; R of each correlation inverted as a matrix, generalised least squares, Student's t by SciPy.
  const model = modelOf(base, head);

  test.each([
    [3, 1, 0, 0.039536912449582705],
    [50, 1, 0, 7.792203997597329e-7],
    [4, 1, 1.5, 0.04841533895738349],
  ])('p of %d with error %d and offset %d', (distance, error, offset, p) => {
    expect(tailOf(model, distance, error, offset) / p).toBeCloseTo(1, 8);
  });

  test('freedom and reach', () => {
    expect(model.freedom).toBeCloseTo(12.71407470733486, 9);
    expect(reachOf(model, 0.05, 1)).toBeCloseTo(2.7772741755166397, 8);
    expect(reachOf(model, 0.1, 1)).toBeCloseTo(2.1730248774690346, 8);
  });
});

test('the reach of a level is the distance whose p is one less that level, whatever the model', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      fc.constantFrom(0.05, 0.1, 0.001, 1e-6),
      fc.double({ min: 1e-6, max: 10, noNaN: true }),
      fc.constantFrom(0, 0.03, 2),
      (n, r, seed, alpha, error, offset) => {
        const model = modelOf(alike(n, r, seed), alike(n + 3, r, seed + 1));
        const reach = reachOf(model, alpha, error, offset);
        expect(tailOf(model, reach, error, offset) / alpha).toBeCloseTo(1, 5);
        expect(tailOf(model, reach * 1.001, error, offset)).toBeLessThan(alpha);
      },
    ),
  );
});

test('many launches speak for themselves: the factor nears that of their true correlation, (1 + r) / (1 - r)', () => {
  for (const [r, factor] of [
    [0, 1],
    [0.5, 3],
    [0.8, 9],
  ] as const) {
    const found = modelOf(alike(3000, r, 1), alike(3000, r, 2)).factor;
    expect(found / factor).toBeGreaterThan(0.75);
    expect(found / factor).toBeLessThan(1.35);
  }
});

test('few launches are shrunk to what is known beforehand: ten never count as uncorrelated, nor at a factor beyond 15', () => {
  const reaches = Array.from({ length: 200 }, (_, seed) => {
    const model = modelOf(alike(10, 0, 2 * seed), alike(10, 0, 2 * seed + 1));
    expect(model.factor).toBeLessThan(15);
    return reachOf(model, 0.05, 1) / studentQuantile(0.975, model.freedom);
  }).sort((a, b) => a - b);
  expect(reaches[0]).toBeGreaterThan(1.1);
  expect(reaches[100]).toBeGreaterThan(1.3);
  expect(reaches[100]).toBeLessThan(2.2);
});

test('shift, scale and the direction of time change nothing', () => {
  const [one, other] = [alike(12, 0.5, 3), alike(15, 0.5, 4)];
  const plain = modelOf(one, other);
  for (const series of [
    [one.map((value) => 7 * value - 3), other.map((value) => 7 * value + 100)],
    [[...one].reverse(), [...other].reverse()],
  ]) {
    const changed = modelOf(...series);
    expect(tailOf(changed, 3, 1) / tailOf(plain, 3, 1)).toBeCloseTo(1, 6);
  }
});

test('series that never vary, or are too short to, leave plain Student t', () => {
  const constant = modelOf([5, 5, 5, 5, 5, 5], [7, 7, 7, 7, 7]);
  expect(constant).toEqual(independent(9));
  expect(tailOf(constant, 2, 1)).toBe(studentTwoSided(2, 9));
  expect(tailOf(constant, 1, 0)).toBe(0);
  expect(tailOf(constant, 0, 0)).toBe(1);
  expect(reachOf(constant, 0.05, 0)).toBe(0);
});

test('one odd launch hides no correlation', () => {
  const values = alike(40, 0.8, 9);
  const odd = values.map((value, at) => (at === 17 ? 500 : value));
  expect(modelOf(odd, values).factor).toBeGreaterThan(2);
});

test('a plan is what launches that turn out independent tell, on average', () => {
  for (const n of [10, 20, 50]) {
    const reaches = Array.from({ length: 300 }, (_, seed) =>
      reachOf(modelOf(alike(n, 0, 2 * seed + 5), alike(n, 0, 2 * seed + 6)), 0.05, 1),
    ).sort((a, b) => a - b);
    expect(reachOf(plannedModel(n), 0.05, 1) / (reaches[150] ?? 0)).toBeGreaterThan(0.85);
    expect(reachOf(plannedModel(n), 0.05, 1) / (reaches[150] ?? 0)).toBeLessThan(1.15);
  }
});
