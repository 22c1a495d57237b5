/**
 * Bytes in order, from a stream or from an open file, in pieces of the size asked for. A file can be skipped
 * through without being read, which makes looking into an archive of gigabytes a matter of milliseconds.
 */
import { readSync } from 'node:fs';
import type { Bytes } from '../../../model/quantities.ts';

export interface ByteReader {
  /** Exactly so many bytes; fewer only where the end came first. */
  take(count: Bytes): Promise<Buffer>;
  /** Between one and `most` bytes, as they lie at hand; empty at the end. */
  some(most: Bytes): Promise<Buffer>;
  /** Passes over bytes; answers how many there were. */
  skip(count: Bytes): Promise<Bytes>;
  /** Bytes passed so far. */
  position(): Bytes;
  /** Lets go of the source; needed where it was not read to its end. */
  close(): Promise<void>;
}

const nothing = Buffer.alloc(0);

/** Reads a stream; holds one piece of it at a time. */
export function streamReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let piece: Buffer = nothing;
  let passed = 0;
  let ended = false;

  /** Makes sure that something is at hand; false at the end. */
  const fill = async (): Promise<boolean> => {
    while (piece.length === 0) {
      if (ended) return false;
      const next = await iterator.next();
      if (next.done === true) ended = true;
      else piece = next.value;
    }
    return true;
  };
  const cut = (count: number): Buffer => {
    const head = count >= piece.length ? piece : piece.subarray(0, count);
    piece = count >= piece.length ? nothing : piece.subarray(count);
    passed += head.length;
    return head;
  };
  return {
    take: async (count) => {
      if (piece.length >= count) return cut(count);
      const parts: Buffer[] = [];
      for (let missing = count; missing > 0 && (await fill());) {
        const part = cut(missing);
        parts.push(part);
        missing -= part.length;
      }
      return Buffer.concat(parts);
    },
    some: async (most) => ((await fill()) ? cut(most) : nothing),
    skip: async (count) => {
      let left = count;
      while (left > 0 && (await fill())) left -= cut(left).length;
      return count - left;
    },
    position: () => passed,
    close: async () => {
      ended = true;
      await iterator.return?.();
    },
  };
}

/** Reads an open file of known size from its start. Synchronous reads: they are short and come from the cache. */
export function fileReader(descriptor: number, size: Bytes): ByteReader {
  const window = Buffer.alloc(64 * 1024);
  let from = 0;
  let held = 0;
  let at = 0;
  const read = (count: number): Buffer => {
    const wanted = Math.min(count, size - at);
    if (wanted > window.length) {
      const whole = Buffer.alloc(wanted);
      return whole.subarray(0, readSync(descriptor, whole, 0, wanted, at));
    }
    if (at < from || at + wanted > from + held) {
      from = at;
      held = readSync(descriptor, window, 0, Math.min(window.length, size - at), at);
    }
    return Buffer.from(window.subarray(at - from, Math.min(at - from + wanted, held)));
  };
  const advance = (piece: Buffer): Promise<Buffer> => {
    at += piece.length;
    return Promise.resolve(piece);
  };
  return {
    take: (count) => advance(read(count)),
    some: (most) => advance(read(Math.min(most, window.length))),
    skip: (count) => {
      const passed = Math.max(0, Math.min(count, size - at));
      at += passed;
      return Promise.resolve(passed);
    },
    position: () => at,
    close: () => Promise.resolve(),
  };
}
