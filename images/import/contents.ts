/**
 * The contents of files while an image is unpacked, under numbers of our own in one folder: nothing an archive
 * says becomes a path on the host before the whole tree is known and judged. Holes stay holes, and every
 * file is hashed as it is written.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '../../model/quantities.ts';
import type { Budget } from './budget.ts';
import type { Meta } from './model.ts';
import type { Place } from './refusal.ts';
import type { SparseMap } from './tar/sparse.ts';

export interface Content {
  readonly number: number;
  /** sha256 (hex), holes as zeros. */
  readonly hash: string;
}

export interface ContentStore {
  /** Writes stored bytes to the places that `map` names (null: all from the start). */
  add(
    pieces: AsyncIterable<Buffer>,
    size: Bytes,
    map: SparseMap | null,
    meta: Meta,
    place: Place,
  ): Promise<Content>;
  remove(number: number): void;
  pathOf(number: number): string;
  read(number: number): Buffer;
}

/** What the tree on disk can have: all as root; else no owners and no set-id bits, and files stay readable. */
export interface Honours {
  readonly owners: boolean;
}

/** Mode on disk of a file or folder. */
export function modeOnDisk({ mode }: Meta, kind: 'file' | 'folder', honours: Honours): number {
  if (honours.owners) return mode;
  return kind === 'file' ? (mode & 0o777) | 0o400 : (mode & 0o1777) | 0o700;
}

const zeros = Buffer.alloc(1024 * 1024);
const filesPerFolder = 4096;

export function createContentStore(folder: string, budget: Budget, honours: Honours): ContentStore {
  let next = 0;
  const pathOf = (number: number): string =>
    join(folder, String(Math.floor(number / filesPerFolder)), String(number));
  return {
    add: async (pieces, size, map, meta, place) => {
      const number = next++;
      if (number % filesPerFolder === 0) mkdirSync(join(pathOf(number), '..'), { recursive: true });
      const file = openSync(pathOf(number), 'wx', 0o600);
      try {
        const hash = createHash('sha256');
        if (map === null) await writeWhole(file, pieces, hash, budget, place);
        else await writeParts(file, pieces, size, map, hash, budget, place);
        if (honours.owners && (meta.uid !== 0 || meta.gid !== 0)) fchownSync(file, meta.uid, meta.gid);
        fchmodSync(file, modeOnDisk(meta, 'file', honours));
        futimesSync(file, meta.mtime, meta.mtime);
        return { number, hash: hash.digest('hex') };
      } finally {
        closeSync(file);
      }
    },
    remove: (number) => unlinkSync(pathOf(number)),
    pathOf,
    read: (number) => readFileSync(pathOf(number)),
  };
}

function writeAll(file: number, piece: Buffer, at: number): void {
  for (let done = 0; done < piece.length;) {
    done += writeSync(file, piece, done, piece.length - done, at + done);
  }
}

async function writeWhole(
  file: number,
  pieces: AsyncIterable<Buffer>,
  hash: Hash,
  budget: Budget,
  place: Place,
): Promise<void> {
  let at = 0;
  for await (const piece of pieces) {
    budget.write(piece.length, place);
    writeAll(file, piece, at);
    hash.update(piece);
    at += piece.length;
  }
}

async function writeParts(
  file: number,
  pieces: AsyncIterable<Buffer>,
  size: Bytes,
  map: SparseMap,
  hash: Hash,
  budget: Budget,
  place: Place,
): Promise<void> {
  let at = 0;
  const hole = async (until: number): Promise<void> => {
    budget.expand(until - at, place);
    for (let count = 1; at < until; count++) {
      const now = zeros.subarray(0, Math.min(zeros.length, until - at));
      hash.update(now);
      at += now.length;
      // Hashing gigabytes of nothing must not keep an interruption from being heard.
      if (count % 64 === 0) await setImmediate();
    }
  };
  let part = 0;
  const startOf = (index: number): number => map[index] ?? size;
  const endOf = (index: number): number => startOf(index) + (map[index + 1] ?? 0);
  for await (let piece of pieces) {
    while (piece.length > 0) {
      while (at >= endOf(part)) part += 2;
      if (at < startOf(part)) await hole(startOf(part));
      const now = piece.subarray(0, endOf(part) - at);
      budget.write(now.length, place);
      writeAll(file, now, at);
      hash.update(now);
      at += now.length;
      piece = piece.subarray(now.length);
    }
  }
  await hole(size);
  ftruncateSync(file, size);
}
