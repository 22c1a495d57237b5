/**
 * Decompression by what the bytes are, not by what they are called: gzip and zstd by Node's zlib, xz by `xz`.
 * Node's zstd decoder stops after the first frame, while images (zstd:chunked, pzstd) hold thousands:
 * frames are told apart here by their block headers (RFC 8878), which also finds cuts and rubbish behind.
 */
import { spawn } from 'node:child_process';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { messageOf, UserError } from '../../model/errors.ts';
import { toolPath } from '../../host/exec.ts';
import { streamReader, type ByteReader } from './tar/reader.ts';
import { refusal, type Place } from './refusal.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

const outputPiece = 1024 * 1024;
/** Frames up to this many bytes are decoded in one go: setting up a stream for each would cost more than they do. */
const smallFrame = 256 * 1024;

export function compressionOf(head: Buffer): Compression {
  const starts = (...bytes: number[]): boolean => head.subarray(0, bytes.length).equals(Buffer.from(bytes));
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd) || isSkippable(head)) return 'zstd';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)) return 'xz';
  return starts(0x42, 0x5a, 0x68) ? 'bzip2' : 'none';
}

const isSkippable = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50;

/** The plain bytes. @throws UserError at the first byte that cannot be decoded, or at a cut */
export async function* decompressed(source: AsyncIterable<Buffer>, place: Place): AsyncGenerator<Buffer> {
  const reader = streamReader(source);
  try {
    const head = await reader.take(6);
    const whole = joined(head, reader);
    const kind = compressionOf(head);
    if (kind === 'bzip2')
      throw refusal(place, 'is compressed with bzip2', 'compress it with gzip, zstd or xz');
    if (kind === 'none') yield* whole;
    else yield* decoded(kind, whole, place);
  } finally {
    await reader.close();
  }
}

async function* decoded(
  kind: 'gzip' | 'zstd' | 'xz',
  whole: AsyncGenerator<Buffer>,
  place: Place,
): AsyncGenerator<Buffer> {
  try {
    yield* kind === 'gzip'
      ? through(whole, createGunzip({ chunkSize: outputPiece }))
      : kind === 'xz'
        ? throughXz(whole, place)
        : zstdFrames(streamReader(whole), place);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    // Others come from the source, which explains itself, or are bugs.
    if (error instanceof UserError || typeof code !== 'string' || !/^(Z|ZSTD)_|^ERR_ZLIB/.test(code))
      throw error;
    throw refusal(place, `its ${kind} data cannot be decompressed: ${messageOf(error)}`);
  }
}

async function* joined(head: Buffer, rest: ByteReader): AsyncGenerator<Buffer> {
  yield head;
  for (let piece = await rest.some(outputPiece); piece.length > 0; piece = await rest.some(outputPiece)) {
    yield piece;
  }
}

async function* through(
  source: AsyncIterable<Buffer>,
  decoder: NodeJS.ReadWriteStream & Readable,
): AsyncGenerator<Buffer> {
  // The pipeline destroys the decoder with the source's error, which the loop below then throws.
  pipeline(Readable.from(source, { objectMode: true, highWaterMark: 2 }), decoder, () => undefined);
  for await (const piece of decoder) yield piece as Buffer;
}

async function* zstdFrames(reader: ByteReader, place: Place): AsyncGenerator<Buffer> {
  for (;;) {
    const magic = await reader.take(4);
    if (magic.length === 0) return;
    if (isSkippable(magic)) {
      const size = await reader.take(4);
      const length = size.length === 4 ? size.readUInt32LE(0) : Number.NaN;
      if ((await reader.skip(length)) !== length) throw refusal(place, 'its zstd data is cut short');
      continue;
    }
    if (compressionOf(magic) !== 'zstd') throw refusal(place, 'there is rubbish behind its zstd data');
    yield* zstdFrame(frameBytes(magic, reader, place));
  }
}

/** One frame: small ones at once, larger ones as a stream. */
async function* zstdFrame(frame: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const held: Buffer[] = [];
  let size = 0;
  let ended = false;
  while (size <= smallFrame && !ended) {
    const next = await frame.next();
    if (next.done === true) ended = true;
    else {
      held.push(next.value);
      size += next.value.length;
    }
  }
  if (ended) {
    try {
      yield zstdDecompressSync(Buffer.concat(held), { maxOutputLength: 16 * outputPiece });
      return;
    } catch (error) {
      // It is small and becomes large: in pieces, then.
      if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    }
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield Buffer.concat(held);
    if (!ended) yield* frame;
  }
  yield* through(all(), createZstdDecompress({ chunkSize: outputPiece }));
}

/** The bytes of one frame whose magic was read: header, blocks, checksum. */
async function* frameBytes(magic: Buffer, reader: ByteReader, place: Place): AsyncGenerator<Buffer> {
  const exactly = async (count: number): Promise<Buffer> => {
    const piece = await reader.take(count);
    if (piece.length < count) throw refusal(place, 'its zstd data is cut short');
    return piece;
  };
  const start = await exactly(1);
  const descriptor = start.readUInt8(0);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  yield Buffer.concat([magic, start, await exactly((single ? 0 : 1) + dictionary + content)]);
  for (let last = false; !last;) {
    const header = await exactly(3);
    const value = header.readUIntLE(0, 3);
    last = (value & 1) === 1;
    const kind = (value >> 1) & 3;
    if (kind === 3) throw refusal(place, 'its zstd data has a block of no known kind');
    yield Buffer.concat([header, await exactly(kind === 1 ? 1 : value >> 3)]);
  }
  if ((descriptor & 4) !== 0) yield await exactly(4);
}

async function* throughXz(source: AsyncIterable<Buffer>, place: Place): AsyncGenerator<Buffer> {
  const child = spawn('xz', ['-dc', '--memlimit-decompress=1GiB'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: toolPath(), LC_ALL: 'C' },
  });
  let complaint = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(0, 500)));
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code));
  });
  const sourceErrors: UserError[] = [];
  pipeline(Readable.from(source, { objectMode: true, highWaterMark: 2 }), child.stdin, (error) => {
    // Not EPIPE: xz went away first then, and says why itself.
    if (error instanceof UserError) sourceErrors.push(error);
  });
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    const code = await ended;
    if (sourceErrors[0] !== undefined) throw sourceErrors[0];
    if (code === 127)
      throw refusal(place, 'is compressed with xz, which is not installed', 'sudo apt-get install xz-utils');
    if (code !== 0) throw refusal(place, `its xz data cannot be decompressed: ${complaint.trim()}`);
  } finally {
    child.kill('SIGKILL');
  }
}
