/**
 * Takes memory from a running guest by its balloon, after it is ready, so that starts stay comparable. The
 * guest decides how fast it gives; what it does not give in time fails the launch.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bytes } from '../../model/quantities.ts';
import { TrialFailure } from '../runner.ts';
import type { Qmp } from './qmp.ts';

const lookMilliseconds = 50;
const longestSeconds = 60;

/**
 * Resolves when the balloon leaves the guest no more than `bytes`.
 * @throws TrialFailure `hang` after a minute
 */
export async function inflate(
  qmp: Pick<Qmp, 'execute'>,
  bytes: Bytes,
  signal: AbortSignal,
  wait: (milliseconds: number) => Promise<unknown> = (milliseconds) =>
    delay(milliseconds, undefined, { signal }),
): Promise<void> {
  await qmp.execute('balloon', { value: bytes });
  let left: number | null = null;
  for (let waited = 0; waited < longestSeconds * 1000; waited += lookMilliseconds) {
    left = actualOf(await qmp.execute('query-balloon'));
    if (left !== null && left <= bytes) return;
    await wait(lookMilliseconds);
  }
  throw new TrialFailure({
    reason: 'hang',
    message: `the guest did not give up memory to its balloon: ${String(left)} of ${String(bytes)} bytes left to it after ${String(longestSeconds)} s`,
    detail: '',
  });
}

function actualOf(answer: unknown): number | null {
  if (typeof answer !== 'object' || answer === null || !('actual' in answer)) return null;
  return typeof answer.actual === 'number' ? answer.actual : null;
}
