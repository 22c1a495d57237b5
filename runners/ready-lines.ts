/** How agent.sh is told when a service is ready, and what its word for one that never was means. */
import type { Seconds } from '../model/quantities.ts';
import type { Readiness, ServiceSpec } from '../model/scenario.ts';
import { shellWord } from '../images/beside.ts';
import type { TrialFailureFacts } from './runner.ts';

/** The two lines by which the agent finds out whether a service is ready. */
export function readyLines(ready: Readiness): readonly [string, string] {
  switch (ready.kind) {
    case 'reply':
      return [ready.send, ready.expect];
    case 'http':
      return [ready.send, String(ready.status)];
    case 'line':
      return [ready.text, ''];
    case 'check':
      return [ready.argv.map(shellWord).join(' '), paceOf(ready)];
    case 'tcp':
    case 'exit':
    case 'image':
    case 'health':
      return ['', ''];
  }
}

/** What busybox still reads as a number: more than the rest would not be rested at all, and no launch is so long. */
const longest = { seconds: 1e9, microseconds: 4e9 };

/** How a check is looked at: the agent times programs in whole seconds and rests in microseconds. */
function paceOf(check: Readiness & { readonly kind: 'check' }): string {
  const micro = (seconds: Seconds): number => Math.min(longest.microseconds, Math.round(seconds * 1e6));
  const whole = (seconds: Seconds): number => Math.min(longest.seconds, Math.max(1, Math.ceil(seconds)));
  const { limitSeconds, delaySeconds, everySeconds, patienceSeconds } = check;
  const patience = patienceSeconds === null ? '-' : whole(patienceSeconds);
  return [whole(limitSeconds), micro(delaySeconds), Math.max(1000, micro(everySeconds)), patience].join(' ');
}

/** Why a service was never ready, by the agent's word for it. */
export function notReady(
  { name, ready }: ServiceSpec,
  word: string,
  said: string,
): Pick<TrialFailureFacts, 'reason' | 'message'> {
  if (word !== 'health') return { reason: 'crash', message: `the service ${name} ended before it answered` };
  const seconds = ready.kind === 'check' ? ready.patienceSeconds : null;
  const last = said === '' ? '' : `, at last saying: ${said}`;
  const message = `the service ${name} is unhealthy: its check kept failing for ${String(seconds)} s${last}`;
  return { reason: 'hang', message };
}
