/** Replies are told apart however the network cuts them up. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { createParser, requestSource, setRequest, type Protocol } from './protocols.ts';

const redis: Protocol = { kind: 'redis', keys: 20, valueBytes: 3, writes: 0.5 };
const http: Protocol = { kind: 'http', path: '/' };

function replies(protocol: Protocol, text: string, cuts: readonly number[] = []): boolean[] {
  const found: boolean[] = [];
  const parse = createParser(protocol, (good) => found.push(good));
  const bytes = Buffer.from(text);
  // One buffer used again and again, as a socket does with its own.
  const shared = Buffer.alloc(bytes.length + 1, 'z');
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    bytes.copy(shared, 0, from, end);
    parse(shared, end - from);
    from = end;
  }
  return found;
}

const redisText = '$3\r\nxxx\r\n$-1\r\n+OK\r\n-ERR no such thing\r\n:12\r\n$0\r\n\r\n$4\r\n$-1\n\r\n';
const redisWanted = [true, true, true, false, true, true, true];
const httpText =
  'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok' +
  'HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\n\r\n\r\n' +
  'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n';
const httpWanted = [true, false, true];

test('whole replies, and replies in any pieces', () => {
  expect(replies(redis, redisText)).toEqual(redisWanted);
  expect(replies(http, httpText)).toEqual(httpWanted);
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 12 }), (cuts) => {
      expect(replies(redis, redisText, cuts)).toEqual(redisWanted);
      expect(replies(http, httpText, cuts)).toEqual(httpWanted);
    }),
  );
});

test('what is no reply is told with what came', () => {
  expect(() => replies(redis, 'HTTP/1.1 400 Bad Request\r\n')).toThrow(/no reply of redis.*HTTP/);
  expect(() => replies(http, '-ERR unknown command\r\n\r\n')).toThrow(/no HTTP reply/);
  expect(() => replies(http, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toThrow(/length/);
});

test('the same seed asks the same', () => {
  const some = (seed: number) => {
    const next = requestSource(redis, createRandom(seed));
    return Array.from({ length: 50 }, () => next().toString());
  };
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
  expect(new Set(some(1).map((text) => text.split('\r\n')[2]))).toEqual(new Set(['GET', 'SET']));
  expect(setRequest(redis, 7).toString()).toBe('*3\r\n$3\r\nSET\r\n$14\r\nkey:0000000007\r\n$3\r\nxxx\r\n');
  expect(requestSource(http, createRandom(1))().toString()).toBe('GET / HTTP/1.1\r\nHost: tare\r\n\r\n');
});
