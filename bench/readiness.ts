/** What a service's own way of being ready gives to others who ask it. */
import type { Readiness } from './model.ts';

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
