/**
 * What is asked and how replies are told apart: redis (RESP) and HTTP/1.1 with kept connections. Requests are
 * made once and sent again and again; replies are counted in the stream of bytes without being kept, so that
 * the generator's own time per request stays small.
 */
import type { Random } from '../../model/random.ts';

export type Protocol =
  | {
      readonly kind: 'redis';
      readonly keys: number;
      readonly valueBytes: number;
      /** Share of requests that write (SET); the rest read (GET). */
      readonly writes: number;
    }
  | { readonly kind: 'http'; readonly path: string };

/** A reply is complete; false: the server said it was an error. */
export type OnReply = (good: boolean) => void;

/** Takes the bytes of one connection as they come. Throws where they are no reply of the protocol. */
export type Parser = (chunk: Buffer, length: number) => void;

/** The next request to send; drawn from the seed, so that both sides get the same ones. */
export function requestSource(protocol: Protocol, random: Random): () => Buffer {
  if (protocol.kind === 'http') {
    const request = Buffer.from(`GET ${protocol.path} HTTP/1.1\r\nHost: tare\r\n\r\n`);
    return () => request;
  }
  const { keys, writes } = protocol;
  const reads = Array.from({ length: Math.min(keys, cachedKeys) }, (_, key) => command('GET', keyName(key)));
  return () => {
    const key = random.integer(keys);
    if (writes > 0 && random.next() < writes) return setRequest(protocol, key);
    return reads[key] ?? command('GET', keyName(key));
  };
}

/** Requests kept ready made; beyond this many keys they are made each time. */
const cachedKeys = 10_000;

/** SET of one key, for filling a server before it is asked. */
export function setRequest({ valueBytes }: Extract<Protocol, { kind: 'redis' }>, key: number): Buffer {
  return command('SET', keyName(key), 'x'.repeat(valueBytes));
}

function keyName(key: number): string {
  return `key:${String(key).padStart(10, '0')}`;
}

function command(...words: readonly string[]): Buffer {
  return Buffer.from(
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
  );
}

export function createParser(protocol: Protocol, onReply: OnReply): Parser {
  return protocol.kind === 'redis' ? redisParser(onReply) : httpParser(onReply);
}

const codes = { newline: 10, minus: 45, zero: 48, nine: 57 } as const;

/** `+OK`, `-ERR ...`, `:1`, `$-1` and `$N` with N bytes and a line end: all that GET and SET answer. */
function redisParser(onReply: OnReply): Parser {
  let kind = '';
  let digits = 0;
  let negative = false;
  let skip = 0;
  return (chunk, length) => {
    for (let at = 0; at < length;) {
      if (skip > 0) {
        const step = Math.min(skip, length - at);
        skip -= step;
        at += step;
        if (skip === 0) {
          kind = '';
          onReply(true);
        }
        continue;
      }
      const code = chunk[at] ?? 0;
      at += 1;
      if (kind === '') {
        kind = String.fromCharCode(code);
        if (!'+-:$'.includes(kind)) throw new Error(`no reply of redis: ${shown(chunk, at - 1, length)}`);
        digits = 0;
        negative = false;
      } else if (code === codes.newline) {
        if (kind === '$' && !negative) skip = digits + 2;
        else {
          const good = kind !== '-';
          kind = '';
          onReply(good);
        }
      } else if (kind === '$') {
        if (code === codes.minus) negative = true;
        if (code >= codes.zero && code <= codes.nine) digits = digits * 10 + code - codes.zero;
      }
    }
  };
}

const headerEnd = Buffer.from('\r\n\r\n');

/** Replies with a Content-Length: status 2xx is good. */
function httpParser(onReply: OnReply): Parser {
  let pending = Buffer.alloc(0);
  let skip = 0;
  let good = false;
  return (chunk, length) => {
    let from = 0;
    let bytes = chunk.subarray(0, length);
    if (pending.length > 0) {
      bytes = Buffer.concat([pending, bytes]);
      pending = Buffer.alloc(0);
    }
    while (from < bytes.length) {
      if (skip > 0) {
        const step = Math.min(skip, bytes.length - from);
        skip -= step;
        from += step;
        if (skip === 0) onReply(good);
        continue;
      }
      const end = bytes.indexOf(headerEnd, from);
      if (end < 0) {
        if (bytes.length - from > largestHeader)
          throw new Error(`no end of an HTTP header: ${shown(bytes, from)}`);
        // Copied: the chunk's memory is the connection's and is written to again.
        pending = Buffer.from(bytes.subarray(from));
        return;
      }
      const header = bytes.toString('latin1', from, end);
      const size = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1];
      if (!header.startsWith('HTTP/1.') || size === undefined) {
        throw new Error(`no HTTP reply with a length: ${shown(bytes, from)}`);
      }
      good = header.startsWith(' 2', 8);
      from = end + headerEnd.length;
      skip = Number(size);
      if (skip === 0) onReply(good);
    }
  };
}

const largestHeader = 16_384;

function shown(bytes: Buffer, from: number, to = bytes.length): string {
  return JSON.stringify(bytes.toString('latin1', from, Math.min(to, from + 60)));
}
