/**
 * Cuts a byte stream into lines and counted byte blocks, each stamped when its last byte arrived.
 * The reader states what it wants next; nothing is guessed from content, so output that looks like
 * protocol cannot be taken for it.
 */
import type { Seconds } from '../model/quantities.ts';

export type Wanted = { readonly kind: 'line' } | { readonly kind: 'bytes'; readonly count: number };

export interface Framer {
  push(chunk: Buffer, at: Seconds): void;
}

/** Longest line the agent ever sends is a path; anything longer is rubbish. */
const longestLine = 16_384;

/**
 * `onLine` and `onBytes` return what is wanted next. A line over the limit calls `onRubbish` and ends the
 * framing: nothing after it can be trusted.
 */
export function createFramer(handlers: {
  readonly onLine: (line: string, at: Seconds) => Wanted;
  readonly onBytes: (bytes: Buffer, at: Seconds) => Wanted;
  readonly onRubbish: (start: string) => void;
}): Framer {
  let wanted: Wanted = { kind: 'line' };
  let parts: Buffer[] = [];
  let held = 0;
  let broken = false;

  /** Takes what is held plus `piece` as one buffer. */
  const take = (piece: Buffer): Buffer => {
    const whole = parts.length === 0 ? piece : Buffer.concat([...parts, piece]);
    parts = [];
    held = 0;
    return whole;
  };
  const hold = (piece: Buffer): void => {
    if (piece.length > 0) parts.push(piece);
    held += piece.length;
  };
  /** Consumes one frame if the chunk completes it; returns the bytes used, or -1 when more are needed. */
  const step = (chunk: Buffer, at: Seconds): number => {
    if (wanted.kind === 'bytes') {
      const missing = wanted.count - held;
      if (chunk.length < missing) return -1;
      wanted = handlers.onBytes(take(chunk.subarray(0, missing)), at);
      return missing;
    }
    const newline = chunk.indexOf(10);
    if (held + (newline < 0 ? chunk.length : newline) > longestLine) {
      broken = true;
      handlers.onRubbish(take(chunk).toString('utf8', 0, 80));
      return chunk.length;
    }
    if (newline < 0) return -1;
    wanted = handlers.onLine(take(chunk.subarray(0, newline)).toString('utf8').replace(/\r$/, ''), at);
    return newline + 1;
  };

  return {
    push(chunk, at) {
      let rest = chunk;
      while (!broken && (rest.length > 0 || (wanted.kind === 'bytes' && wanted.count === held))) {
        const used = step(rest, at);
        if (used < 0) {
          hold(rest);
          return;
        }
        rest = rest.subarray(used);
      }
    },
  };
}
