import { describe, expect, it } from 'vitest';
import { measureClockError, monotonicSeconds, summariseTrips } from './clock.ts';

describe('the clock', () => {
  it('never goes back', () => {
    let last = monotonicSeconds();
    for (let i = 0; i < 1000; i++) {
      const now = monotonicSeconds();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it('summarises round trips by nearest rank', () => {
    const trips = Array.from({ length: 100 }, (_, i) => (100 - i) / 1000);
    expect(summariseTrips(trips)).toEqual({ echoMedianSeconds: 0.05, echoP95Seconds: 0.095, samples: 100 });
    expect(() => summariseTrips([])).toThrow('No echo');
  });

  it('measures an echo through real pipes', async () => {
    const error = await measureClockError(50);
    expect(error.samples).toBe(50);
    expect(error.echoMedianSeconds).toBeGreaterThan(0);
    expect(error.echoP95Seconds).toBeGreaterThanOrEqual(error.echoMedianSeconds);
  });
});
