/**
 * The one clock: the host's monotonic clock in seconds, the same number in every process of this host.
 * Its error bar is measured, not assumed: how long one byte takes to come back through the same kind of
 * channel that carries marks. A mark cannot be told apart from its neighbour by less than that.
 */
import { orderStatistic } from '../model/descriptive.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ClockError } from '../model/instance.ts';
import type { Seconds } from '../model/quantities.ts';

/** CLOCK_MONOTONIC in seconds; nanosecond resolution, about a microsecond apart between processes. */
export function monotonicSeconds(): Seconds {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds + nanoseconds / 1e9;
}

const warmUp = 20;

/**
 * Sends single bytes to a `cat` over the socket pairs that Node's pipes are, and times each echo. The round
 * trip bounds a mark's lateness from above: it holds two wake-ups and the event loop, a mark only one.
 */
export async function measureClockError(samples = 200): Promise<ClockError> {
  const echo = spawn('cat', [], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(echo, 'exit');
  exited.catch(() => undefined);
  try {
    const trips: number[] = [];
    for (let i = -warmUp; i < samples; i++) {
      const reply = Promise.race([once(echo.stdout, 'data'), exited.then(refuseExit)]);
      const sent = monotonicSeconds();
      echo.stdin.write('x');
      await reply;
      if (i >= 0) trips.push(monotonicSeconds() - sent);
    }
    return summariseTrips(trips);
  } finally {
    echo.stdin.destroy();
    echo.kill('SIGKILL');
    await exited.catch(() => undefined);
  }
}

function refuseExit(): never {
  throw new Error('The echo process ended while the clock error was being measured.');
}

/** Median and 95th percentile by nearest rank; at least one trip is needed. */
export function summariseTrips(trips: readonly Seconds[]): ClockError {
  const median = orderStatistic(trips, 0.5);
  const p95 = orderStatistic(trips, 0.95);
  if (median === null || p95 === null) throw new Error('No echo was timed.');
  return { echoMedianSeconds: median, echoP95Seconds: p95, samples: trips.length };
}
