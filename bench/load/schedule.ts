/**
 * When requests shall start, and what their latencies are by that: pure, on whatever clock is given.
 *
 * Open loop (METHODOLOGY B12): request i starts at t_0 + i / rate whatever the server does, and its latency
 * is counted from that intended instant. A generator that waits for replies before it asks again would not
 * ask while the server stalls, and so would leave out the very requests that a stall hurts.
 */
import { createRandom } from '../../model/random.ts';
import type { Seconds } from '../../model/quantities.ts';
import { createHistogram, type Histogram } from './histogram.ts';

export interface Rhythm {
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: Seconds;
  /** Equal gaps, or independent arrivals (exponential gaps) with the same mean. */
  readonly pattern: 'uniform' | 'poisson';
  readonly seed: number;
}

/** Intended instants, from 0, in order; null once the time is over. */
export function createSchedule({ rate, seconds, pattern, seed }: Rhythm): () => Seconds | null {
  const random = createRandom(seed);
  let index = 0;
  let last = 0;
  return () => {
    // Multiplied, not added up: a million gaps added would have drifted.
    const at = pattern === 'uniform' ? index / rate : (last += -Math.log(1 - random.next()) / rate);
    index += 1;
    return at < seconds ? at : null;
  };
}

/** The requests of one open-loop run: which are due, and what became of them. */
export interface OpenLoop {
  /** Intended instant of the next request, on the caller's clock; null: all are sent. */
  next(): Seconds | null;
  /** The next request is being sent now; returns its intended instant, to be given back when it is done. */
  send(now: Seconds): Seconds;
  /** Its whole reply is there. */
  done(intended: Seconds, now: Seconds): void;
  readonly latency: Histogram;
  /** How late requests were sent: the generator's own fault, part of every latency. */
  readonly lag: Histogram;
}

/** @param start instant of the schedule's zero */
export function createOpenLoop(rhythm: Rhythm, start: Seconds): OpenLoop {
  const schedule = createSchedule(rhythm);
  const latency = createHistogram();
  const lag = createHistogram();
  const upcoming = (): Seconds | null => {
    const at = schedule();
    return at === null ? null : start + at;
  };
  let following = upcoming();
  return {
    next: () => following,
    send(now) {
      if (following === null) throw new Error('nothing is left to send');
      const intended = following;
      lag.record(now - intended);
      following = upcoming();
      return intended;
    },
    done: (intended, now) => latency.record(now - intended),
    latency,
    lag,
  };
}

/** Beyond this share of the median latency the generator's own lag is no longer small beside it. */
export const lagLimit = 0.1;

/** METHODOLOGY B12, C22: whether a run is discarded because its generator lagged. */
export function lagged(lag: Seconds | null, median: Seconds | null): boolean {
  return lag === null || median === null || lag > lagLimit * median;
}
