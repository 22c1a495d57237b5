/** Latencies by intended start, on a synthetic clock: the stall that a closed loop does not see. */
import { expect, test } from 'vitest';
import { createHistogram } from './histogram.ts';
import { createOpenLoop, createSchedule, lagged } from './schedule.ts';

/** Answers in 1 ms for 100 s, then not at all for 100 s (METHODOLOGY B12, after HdrHistogram's README). */
const answeredAt = (asked: number): number => (asked < 100 ? asked + 0.001 : 200);
const every = 0.01;

test('a stall of half the time: half of the requests meet it, though a closed loop sees one', () => {
  // Closed: asks every 10 ms, but never before the last reply is there.
  const closed = createHistogram();
  for (let now = 0; now < 200 - 1e-9;) {
    const done = answeredAt(now);
    closed.record(done - now);
    now = Math.max(done, Math.round((now + every) * 100) / 100);
  }
  expect(closed.count()).toBe(10_001);
  expect(closed.quantile(0.9999)).toBe(0.001);

  const open = createOpenLoop({ rate: 1 / every, seconds: 200, pattern: 'uniform', seed: 1 }, 0);
  for (let at = open.next(); at !== null; at = open.next()) open.done(open.send(at), answeredAt(at));
  expect(open.latency.count()).toBe(20_000);
  expect(open.latency.quantile(0.5)).toBe(0.001);
  expect(open.latency.quantile(0.5001)).toBeGreaterThan(0.009);
  // The stalled half waits between 0 and 100 s, evenly.
  for (const q of [0.6, 0.75, 0.9, 0.99, 0.9999]) {
    expect(open.latency.quantile(q)).toBeCloseTo(200 * (q - 0.5), 0);
  }
  expect(open.latency.max()).toBeCloseTo(100, 0);
  expect(open.lag.max()).toBe(0);
});

test('a request that could not be sent in time has waited since it was due', () => {
  const open = createOpenLoop({ rate: 10, seconds: 1, pattern: 'uniform', seed: 1 }, 50);
  expect(open.next()).toBe(50);
  const intended = open.send(50.3);
  open.done(intended, 50.4);
  expect(open.lag.max()).toBeCloseTo(0.3, 3);
  expect(open.latency.max()).toBeCloseTo(0.4, 3);
});

test('a uniform schedule does not drift, and ends with its time', () => {
  const next = createSchedule({ rate: 7, seconds: 100_000, pattern: 'uniform', seed: 1 });
  let last = 0;
  let count = 0;
  for (let at = next(); at !== null; at = next()) {
    last = at;
    count += 1;
  }
  expect(count).toBe(700_000);
  expect(last).toBe(699_999 / 7);
});

test('independent arrivals have the rate asked for, gaps as uneven as chance makes them, and a seed', () => {
  const gaps = (seed: number) => {
    const next = createSchedule({ rate: 100, seconds: 200, pattern: 'poisson', seed });
    const found: number[] = [];
    let before = 0;
    for (let at = next(); at !== null; at = next()) {
      found.push(at - before);
      before = at;
    }
    return found;
  };
  const first = gaps(1);
  const mean = first.reduce((sum, gap) => sum + gap, 0) / first.length;
  const deviation = Math.sqrt(first.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / first.length);
  expect(mean).toBeCloseTo(0.01, 3);
  expect(deviation / mean).toBeCloseTo(1, 1);
  expect(gaps(1)).toEqual(first);
  expect(gaps(2)).not.toEqual(first);
});

test('a generator whose lag is not small beside the median is told', () => {
  expect(lagged(0.0001, 0.001)).toBe(false);
  expect(lagged(0.00011, 0.001)).toBe(true);
  expect(lagged(null, 0.001)).toBe(true);
});
