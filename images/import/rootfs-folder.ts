/**
 * A plain folder as the only layer: its entries as if they came from an archive. Links are never followed, names
 * with several links become hard links, files with holes keep them. Extended attributes are not read: Node has
 * no call for it, and a folder that matters for them is better given as a tarball made with --xattrs.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../model/quantities.ts';
import type { LayerSource } from './layer.ts';
import { nameOf } from './tar/numbers.ts';
import { refusal, type Place } from './refusal.ts';
import type { Entry, EntryKind } from './tar/tar.ts';

interface Found {
  /** Path inside, without a leading slash. */
  readonly path: string;
  readonly facts: Stats;
}

const piece = 1024 * 1024;
const holeBlock = 4096;

export function folderLayer(root: string, place: Place, signal?: AbortSignal): LayerSource {
  return {
    place,
    whiteouts: false,
    // eslint-disable-next-line @typescript-eslint/require-await -- the same shape as layers that are waited for
    entries: async function* () {
      // First name of each file that has several.
      const first = new Map<string, string>();
      for (const { path, facts } of walk(root, '', place)) {
        signal?.throwIfAborted();
        const identity = `${String(facts.dev)}:${String(facts.ino)}`;
        const earlier = facts.isFile() && facts.nlink > 1 ? first.get(identity) : undefined;
        if (facts.isFile() && facts.nlink > 1 && earlier === undefined) first.set(identity, path);
        yield earlier === undefined
          ? entryOf(root, path, facts, { ...place, entry: path })
          : { ...bareEntry(path, facts, 'hardlink'), target: earlier };
      }
    },
  };
}

/**
 * What tells whether a folder is still as it was: every name, size, mode, owner, time and inode in it. Reads no
 * content; a file changed without changing its time of change is not a thing Linux allows.
 */
export function folderIdentity(root: string, place: Place): string {
  const hash = createHash('sha256');
  for (const { path, facts } of walk(root, '', place)) {
    const { dev, ino, mode, uid, gid, size, mtimeMs, ctimeMs } = facts;
    hash.update(JSON.stringify([path, dev, ino, mode, uid, gid, size, mtimeMs, ctimeMs]));
  }
  return hash.digest('hex');
}

function* walk(root: string, folder: string, place: Place): Generator<Found> {
  for (const bytes of readdirSync(join(root, folder), { encoding: 'buffer' })) {
    const name = nameOf(bytes, 'name', place);
    const path = folder === '' ? name : `${folder}/${name}`;
    const facts = lstatSync(join(root, path));
    yield { path, facts };
    if (facts.isDirectory()) yield* walk(root, path, place);
  }
}

function kindOf(facts: Stats): EntryKind {
  if (facts.isFile()) return 'file';
  if (facts.isDirectory()) return 'folder';
  if (facts.isSymbolicLink()) return 'link';
  if (facts.isCharacterDevice()) return 'character';
  return facts.isBlockDevice() ? 'block' : facts.isFIFO() ? 'fifo' : 'socket';
}

function bareEntry(path: string, facts: Stats, kind: EntryKind): Entry {
  return {
    kind,
    path,
    target: '',
    mode: facts.mode & 0o7777,
    uid: facts.uid,
    gid: facts.gid,
    size: 0,
    mtime: facts.mtimeMs / 1000,
    attributes: {},
    device: [facts.rdev >> 8, facts.rdev & 0xff],
    map: null,
    content: () => fileContent([], ''),
  };
}

function entryOf(root: string, path: string, facts: Stats, place: Place): Entry {
  const host = join(root, path);
  const kind = kindOf(facts);
  const bare = bareEntry(path, facts, kind);
  if (kind === 'link') return { ...bare, target: nameOf(readlinkSync(host, 'buffer'), 'target', place) };
  if (kind !== 'file') return bare;
  const hasHoles = facts.blocks * 512 < facts.size;
  const map = hasHoles ? findParts(host, facts.size, place) : null;
  return { ...bare, size: facts.size, map, content: () => fileContent(map ?? [0, facts.size], host, place) };
}

function openFile(path: string, size: Bytes, place: Place): number {
  // Not through a link, and not waiting for the other end of a pipe, should it have become one by now.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (fstatSync(file).size === size && fstatSync(file).isFile()) return file;
  closeSync(file);
  throw refusal(place, 'changed while it was read');
}

/** Parts that hold more than zeros, in whole blocks: what is a hole on disk reads as zeros. */
function findParts(path: string, size: Bytes, place: Place): readonly number[] {
  const file = openFile(path, size, place);
  const buffer = Buffer.alloc(piece);
  const zeros = Buffer.alloc(holeBlock);
  const map: number[] = [];
  try {
    for (let at = 0; at < size;) {
      const count = readSync(file, buffer, 0, piece, at);
      if (count === 0) throw refusal(place, 'changed while it was read');
      for (let from = 0; from < count; from += holeBlock) {
        const block = buffer.subarray(from, Math.min(from + holeBlock, count));
        if (block.equals(zeros.subarray(0, block.length))) continue;
        const last = map.length - 2;
        if (last >= 0 && (map[last] ?? 0) + (map[last + 1] ?? 0) === at + from)
          map[last + 1] = (map[last + 1] ?? 0) + block.length;
        else map.push(at + from, block.length);
      }
      at += count;
    }
  } finally {
    closeSync(file);
  }
  return map;
}

// eslint-disable-next-line @typescript-eslint/require-await -- the same shape as content that is waited for
async function* fileContent(map: readonly number[], path: string, place?: Place): AsyncGenerator<Buffer> {
  if (map.length === 0 || place === undefined) return;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let index = 0; index < map.length; index += 2) {
      const start = map[index] ?? 0;
      const end = start + (map[index + 1] ?? 0);
      for (let at = start; at < end;) {
        const buffer = Buffer.alloc(Math.min(piece, end - at));
        const count = readSync(file, buffer, 0, buffer.length, at);
        if (count === 0) throw refusal(place, 'changed while it was read');
        at += count;
        yield buffer.subarray(0, count);
      }
    }
  } finally {
    closeSync(file);
  }
}
