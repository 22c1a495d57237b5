/**
 * Change points at known places, and how often there are some where nothing changed. Seeded and at reduced size:
 * the bounds leave room for chance at these counts, and none is near what the method does at its worst.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../model/random.ts';
import { findChangePoints } from './change-points.ts';

/** Log-normal run medians about `level`, each sharing `shared` of its noise with the one before. */
function series(
  seed: number,
  n: number,
  noise: number,
  shared: number,
  level: (at: number) => number,
): number[] {
  const random = createRandom(seed);
  let error = random.normal();
  return Array.from({ length: n }, (_, at) => {
    error = shared * error + Math.sqrt(1 - shared ** 2) * random.normal();
    return level(at) * Math.exp(noise * error);
  });
}

const indexes = (values: readonly number[], magnitude = 0.05) =>
  findChangePoints(values, { magnitude }).map(({ index }) => index);

/** Share of seeded series with any change point. */
function alarms(n: number, noise: number, shared: number, level: (at: number) => number = () => 100): number {
  const repeats = 200;
  let any = 0;
  for (let seed = 1; seed <= repeats; seed += 1) {
    if (indexes(series(seed, n, noise, shared, level)).length > 0) any += 1;
  }
  return any / repeats;
}

describe('where something changed', () => {
  it('a step is found where it is, without noise and with it', () => {
    const step = (at: number) => (at < 30 ? 100 : 110);
    expect(indexes(Array.from({ length: 60 }, (_, at) => step(at)))).toEqual([30]);
    expect(indexes(series(3, 60, 0.02, 0, step))).toEqual([30]);
  });

  it('several steps, one of them back down, are found within a run of their places', () => {
    const level = (at: number) => (at < 30 ? 100 : at < 50 ? 112 : at < 80 ? 100 : at < 90 ? 115 : 130);
    let found = 0;
    let wrong = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const places = indexes(series(seed, 120, 0.02, 0, level));
      const near = (place: number) => (index: number) => Math.abs(index - place) <= 1;
      found += [30, 50, 80, 90].filter((place) => places.some(near(place))).length;
      wrong += places.filter((index) => ![30, 50, 80, 90].some((place) => near(place)(index))).length;
    }
    expect(found / 160).toBeGreaterThan(0.9);
    expect(wrong).toBeLessThanOrEqual(3);
  });

  it('a step of 10 % under 3 % of noise is found nearly always, of 2 % never: it is too small to matter', () => {
    let large = 0;
    let small = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const at = (size: number) => series(seed, 60, 0.03, 0, (run) => (run < 30 ? 100 : 100 * (1 + size)));
      if (indexes(at(0.1)).some((index) => Math.abs(index - 30) <= 2)) large += 1;
      if (indexes(at(0.02)).length > 0) small += 1;
    }
    expect(large).toBeGreaterThanOrEqual(90);
    expect(small).toBeLessThanOrEqual(8);
  });

  it('the last four runs are enough for a plain step, three are not', () => {
    const step = (last: number) =>
      Array.from({ length: 30 }, (_, at) => (at < 30 - last ? 100 : 150) + (at % 3));
    expect(indexes(step(4))).toEqual([26]);
    expect(indexes(step(3))).toEqual([]);
  });

  it('outliers do not blind it: 15 runs with some among them, then 12 % lower for fifty', () => {
    const step = (at: number) => (at < 15 ? 100 : 88);
    const places = [[1], [7], [13], [14], [16], [40], [7, 11], [3, 8, 30, 50]];
    for (const odd of places) {
      for (const factor of [0.1, 0.5, 3]) {
        for (let seed = 1; seed <= 5; seed += 1) {
          const values = series(seed, 65, 0.02, 0, step).map((value, at) =>
            odd.includes(at) ? value * factor : value,
          );
          expect(indexes(values), `${odd.join()} times ${factor}, seed ${seed}`).toEqual([15]);
        }
      }
    }
  });

  it('outliers do not blind it at the edges of windows and under drift', () => {
    for (const place of [12, 25, 49, 51, 75]) {
      let found = 0;
      for (let seed = 1; seed <= 20; seed += 1) {
        const random = createRandom(seed + 500);
        const values = series(seed, 110, 0.02, 0, (at) => (at < place ? 100 : 112) + 0.01 * at).map(
          (value) => (random.next() < 0.06 ? value * (random.next() < 0.5 ? 0.4 : 3) : value),
        );
        if (indexes(values).some((index) => Math.abs(index - place) <= 2)) found += 1;
      }
      expect(found, `step at ${place}`).toBeGreaterThanOrEqual(14);
    }
  });

  it('a jump far beyond the noise is found, however alike neighbouring runs are', () => {
    expect(indexes(Array.from({ length: 16 }, (_, at) => (at < 9 ? 50 : 60) + at / 1000))).toEqual([9]);
  });

  it('far beyond one window, and at its edges', () => {
    for (const place of [49, 50, 51, 75, 300]) {
      const found = indexes(series(place, 400, 0.02, 0, (at) => (at < place ? 100 : 112)));
      expect(found).toHaveLength(1);
      expect(Math.abs((found[0] ?? 0) - place)).toBeLessThanOrEqual(1);
    }
  });

  it('to or from nothing is a change, of no ratio', () => {
    expect(indexes(Array.from({ length: 20 }, (_, at) => (at < 10 ? 0 : 5)))).toEqual([10]);
  });
});

describe('where nothing changed', () => {
  it('a constant has none, and fewer than 12 runs never have one', () => {
    expect(indexes(Array<number>(200).fill(7))).toEqual([]);
    expect(indexes([1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9])).toEqual([]);
  });

  it('independent noise below the threshold: at most 2 % of series of 50', () => {
    expect(alarms(50, 0.03, 0)).toBeLessThanOrEqual(0.02);
  });

  it('independent noise of twice the threshold: at most 0.1 change points per 100 runs, as is stated, outliers or not', () => {
    let points = 0;
    let withOutliers = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = createRandom(seed + 900);
      const values = series(seed, 200, 0.1, 0, () => 100);
      points += indexes(values).length;
      withOutliers += indexes(values.map((value) => (random.next() < 0.05 ? value * 0.4 : value))).length;
    }
    expect(points / 200).toBeLessThanOrEqual(0.1);
    expect(withOutliers / 200).toBeLessThanOrEqual(0.1);
  });

  it('noise that grows threefold on the way is no change of level', () => {
    let any = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = createRandom(seed);
      const values = Array.from(
        { length: 80 },
        (_, at) => 100 * Math.exp((at < 50 ? 0.03 : 0.09) * random.normal()),
      );
      if (indexes(values).length > 0) any += 1;
    }
    expect(any).toBeLessThanOrEqual(3);
  });

  it('autocorrelated noise raises no more alarms than independent noise', () => {
    expect(alarms(50, 0.03, 0.5)).toBeLessThanOrEqual(0.03);
    expect(alarms(50, 0.03, 0.8)).toBeLessThanOrEqual(0.05);
    expect(alarms(50, 0.1, 0.5)).toBeLessThanOrEqual(0.09);
  });

  it('a slow drift below the threshold in all is no change of level', () => {
    expect(alarms(100, 0.02, 0, (at) => 100 + 0.03 * at)).toBeLessThanOrEqual(0.02);
  });
});
