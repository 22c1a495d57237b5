/**
 * What an AbortSignal means for a trial, and waiting that a signal ends. One signal carries both the
 * trial's deadline and Ctrl-C; its reason tells them apart.
 */
import { once } from 'node:events';
import { TrialFailure } from './runner.ts';

/** What an aborted signal means for a trial: its deadline, a failure found elsewhere, or Ctrl-C. */
export function abortFailure(signal: AbortSignal, doing: string, detail = ''): TrialFailure {
  const reason: unknown = signal.reason;
  if (reason instanceof TrialFailure) return reason;
  const late = reason instanceof Error && reason.name === 'TimeoutError';
  return new TrialFailure({
    reason: late ? 'timeout' : 'interrupted',
    message: `${late ? 'ran out of time' : 'interrupted'} while ${doing}`,
    detail,
  });
}

/** The promise, or the failure the signal stands for, whichever is first. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  // Settled later, when nobody listens any more, it must not become an unhandled rejection.
  promise.catch(() => undefined);
  if (signal.aborted) throw abortFailure(signal, doing);
  const stop = new AbortController();
  try {
    const aborted = once(signal, 'abort', { signal: stop.signal }).then(() => {
      throw abortFailure(signal, doing);
    });
    aborted.catch(() => undefined);
    return await Promise.race([promise, aborted]);
  } finally {
    stop.abort();
  }
}
