/** Ways in which a service is ready: how a program tells it, and what they give to others who ask the service. */
import type { Seconds } from '../../model/quantities.ts';
import type { Readiness } from '../../model/scenario.ts';

/**
 * Between two looks at a program that tells whether a service is ready: more often than the intervals of images
 * (30 s, where they say nothing), to which the instant would be rounded up.
 */
export const usualPace: Seconds = 0.05;

/** Ready when a program of the user's succeeds. */
export function checkOf(argv: readonly string[]): Readiness {
  const pace = { delaySeconds: 0, everySeconds: usualPace };
  return { kind: 'check', argv, limitSeconds: 30, ...pace, patienceSeconds: null };
}

/** What a service that is ready by its replies is asked, and how its reply is told. */
export function requestOf(
  ready: Readiness,
): { readonly send: string; readonly isReply: (text: string) => boolean } | null {
  switch (ready.kind) {
    case 'reply':
      return { send: ready.send, isReply: (text) => text.includes(ready.expect) };
    case 'http': {
      const status = new RegExp(`^HTTP/1\\.\\d ${ready.status}\\b`);
      return { send: ready.send, isReply: (text) => status.test(text) };
    }
    default:
      return null;
  }
}
