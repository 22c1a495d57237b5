/**
 * Damage for archives, from a seeded generator: bits, cuts, swapped headers, hostile words in header fields (with the
 * checksum made right again, so that the damage reaches what lies behind it). Not shipped.
 */
import type { Random } from '../../../model/random.ts';

/** Names and numbers that have hurt readers of tar before. */
const words = [
  '../../evil',
  '/tmp/evil',
  '..',
  '.wh.',
  '.wh..wh..opq',
  'lib/../../x',
  'a\0b',
  '\n',
  '',
  '7'.repeat(11),
  '\x80' + '\xff'.repeat(11),
  '-1',
  '99999999999999999999',
];
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [329, 8],
  [345, 155],
  [386, 24],
  [482, 1],
  [483, 12],
] as const;
const types = '01234567xgLKSVM\0';

const below = (random: Random, limit: number): number => random.integer(Math.max(1, limit));
const pick = <T>(random: Random, list: ArrayLike<T>): T => list[below(random, list.length)] as T;

function resum(bytes: Buffer, at: number): void {
  const header = bytes.subarray(at, at + 512);
  if (header.length < 512) return;
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** Offsets of what look like headers. */
function headers(bytes: Buffer): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) === 'ustar') found.push(at);
  }
  return found.length === 0 ? [0] : found;
}

const mutations: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    for (let count = 1 + below(random, 8); count > 0; count--) {
      const at = below(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    }
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => {
    const from = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + below(random, 2000))]);
  },
  (bytes, random) => {
    const [one, other] = [pick(random, headers(bytes)), pick(random, headers(bytes))];
    const kept = Buffer.from(bytes.subarray(one, one + 512));
    bytes.copy(bytes, one, other, other + 512);
    kept.copy(bytes, other);
    return bytes;
  },
  (bytes, random) => {
    const at = pick(random, headers(bytes));
    const [from, length] = pick(random, fields);
    if (from === 156) bytes.write(pick(random, types), at + 156, 'latin1');
    else {
      const end = Math.min(at + from + length, bytes.length);
      if (end <= at + from) return bytes;
      bytes.fill(0, at + from, end);
      bytes.write(pick(random, words), at + from, end - at - from, 'latin1');
    }
    resum(bytes, at);
    return bytes;
  },
  (bytes, random) => {
    const text = pick(random, ['path=', 'sparse', '1\n0\n', 'uid', 'map=', 'size=', 'xattr']);
    const at = bytes.indexOf(text);
    if (at >= 0)
      bytes.write(
        pick(random, ['9', '0', '-', '=', '/', '\0', '..']),
        at + below(random, text.length + 6),
        'latin1',
      );
    return bytes;
  },
  (bytes, random) => {
    const at = 512 * below(random, Math.floor(bytes.length / 512));
    return Buffer.concat([
      bytes.subarray(0, at),
      bytes.subarray(0, 512 * below(random, 20)),
      bytes.subarray(at),
    ]);
  },
];

/** The source with one to three damages; the same for the same generator. */
export function mutate(source: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(source);
  for (let count = 1 + below(random, 3); count > 0 && bytes.length > 0; count--) {
    bytes = Buffer.from(pick(random, mutations)(bytes, random));
  }
  return bytes;
}
