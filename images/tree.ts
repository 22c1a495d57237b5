/**
 * A tree's manifest and digest. The manifest names every entry with its content hash and mode, sorted by
 * path, and leaves out what differs from one build to the next (times, owners, inode numbers), so that
 * equal trees have equal digests on any machine. The format is documented in image.ts.
 */
import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../model/quantities.ts';

export interface TreeSummary {
  /** Text of the manifest, ending in a newline. */
  readonly manifest: string;
  /** sha256 (hex) of the manifest. */
  readonly digest: string;
  /** Sum of the sizes of regular files. */
  readonly bytes: Bytes;
}

interface Entry {
  readonly path: string;
  readonly line: string;
  readonly bytes: Bytes;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** sha256 (hex) of a file, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Reads a whole tree. Throws on anything a root filesystem of ours never holds: devices, sockets, newlines. */
export async function summarizeTree(root: string): Promise<TreeSummary> {
  const entries = await readEntries(root, '');
  const keyed = entries.map((entry) => ({ key: Buffer.from(entry.path), entry }));
  keyed.sort((left, right) => Buffer.compare(left.key, right.key));
  const manifest = keyed.map(({ entry }) => `${entry.line}\n`).join('');
  return {
    manifest,
    digest: sha256(manifest),
    bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
  };
}

async function readEntries(root: string, folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (path.includes('\n')) throw new Error(`a path with a newline cannot be in an image: ${path}`);
    entries.push(await readEntry(root, path, entry));
    if (entry.isDirectory()) entries.push(...(await readEntries(root, path)));
  }
  return entries;
}

async function readEntry(root: string, path: string, entry: Dirent): Promise<Entry> {
  const place = join(root, path);
  if (entry.isSymbolicLink()) {
    return { path, line: `l ${sha256(await readlink(place))} - ${path}`, bytes: 0 };
  }
  const facts = await lstat(place);
  const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
  if (entry.isDirectory()) return { path, line: `d - ${mode} ${path}`, bytes: 0 };
  if (!entry.isFile()) throw new Error(`neither file, folder nor link: ${place}`);
  return { path, line: `f ${await hashFile(place)} ${mode} ${path}`, bytes: facts.size };
}

export interface ManifestEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** Content hash of a file, hash of a link's target, null for a folder. */
  readonly hash: string | null;
  /** Permissions with set-id and sticky bits; null for a link. */
  readonly mode: number | null;
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** `hashAttributes` of its extended attributes; null where it has none. */
  readonly xattrs: string | null;
}

const kinds = { f: 'file', d: 'folder', l: 'link' } as const;
const letters = { file: 'f', folder: 'd', link: 'l' } as const;

/** sha256 (hex) of extended attributes: a line `NAME HEX` for each, sorted by name. */
export function hashAttributes(attributes: Readonly<Record<string, Uint8Array>>): string {
  const lines = Object.entries(attributes).map(
    ([name, value]) => `${name} ${Buffer.from(value).toString('hex')}\n`,
  );
  return sha256(lines.toSorted().join(''));
}

/** One line, without its newline. What is usual (owner 0:0, no attributes) is left out. */
export function formatManifestEntry(entry: ManifestEntry): string {
  const { kind, hash, mode, path, uid, gid, xattrs } = entry;
  const bits = mode === null ? '-' : mode.toString(8).padStart(4, '0');
  const owner = uid === 0 && gid === 0 && xattrs === null ? '' : `:${String(uid)}:${String(gid)}`;
  return `${letters[kind]} ${hash ?? '-'} ${bits}${owner}${xattrs === null ? '' : `:${xattrs}`} ${path}`;
}

const line =
  /^([fdl]) ([0-9a-f]{64}|-) ([0-7]{3,4}|-)(?::([0-9]{1,10}):([0-9]{1,10})(?::([0-9a-f]{64}))?)? (\/[^\n]*)$/;

export function parseManifest(manifest: string): ManifestEntry[] {
  return manifest
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      const match = line.exec(text);
      if (match === null) throw new Error(`not a manifest line: ${JSON.stringify(text)}`);
      const [, kind = 'f', hash = '-', mode = '-', uid = '0', gid = '0', xattrs = null, path = ''] = match;
      return {
        kind: kinds[kind as keyof typeof kinds],
        hash: hash === '-' ? null : hash,
        mode: mode === '-' ? null : Number.parseInt(mode, 8),
        path,
        uid: Number(uid),
        gid: Number(gid),
        xattrs,
      };
    });
}
