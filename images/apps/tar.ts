/**
 * A tree as a tar archive (POSIX ustar) that is the same bytes whoever makes it and whenever: entries sorted by
 * path, times zero, owners by rule and not as on disk, so that owners need no root. Format: pax(1), "ustar
 * Interchange Format".
 */
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../model/quantities.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface TarEntry extends Owner {
  /** Without a leading slash; a folder's ends in one. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits. */
  readonly mode: number;
  readonly size: Bytes;
  /** Of a link, else empty. */
  readonly target: string;
}

const block = 512;
const types = { file: '0', link: '2', folder: '5' } as const;

/** The archive of everything below `root`, in pieces. @param ownerOf by path with a leading slash */
export async function* tarOf(root: string, ownerOf: (path: string) => Owner): AsyncGenerator<Buffer> {
  for (const entry of await readEntries(root, '', ownerOf)) {
    yield tarHeader(entry);
    if (entry.kind !== 'file') continue;
    let written = 0;
    for await (const piece of createReadStream(join(root, entry.path)) as AsyncIterable<Buffer>) {
      written += piece.length;
      yield piece;
    }
    if (written !== entry.size) throw new Error(`${entry.path} changed while it was being packed`);
    yield Buffer.alloc((block - (entry.size % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

async function readEntries(
  root: string,
  folder: string,
  ownerOf: (path: string) => Owner,
): Promise<TarEntry[]> {
  const names = (await readdir(join(root, folder))).map((name) => Buffer.from(name));
  const entries: TarEntry[] = [];
  for (const name of names.toSorted((left, right) => Buffer.compare(left, right))) {
    const path = folder === '' ? name.toString() : `${folder}/${name.toString()}`;
    const facts = await lstat(join(root, path));
    const shared = { mode: facts.mode & 0o7777, size: 0, target: '', ...ownerOf(`/${path}`) };
    if (facts.isDirectory()) {
      entries.push({ ...shared, path: `${path}/`, kind: 'folder' });
      entries.push(...(await readEntries(root, path, ownerOf)));
    } else if (facts.isSymbolicLink()) {
      const target = await readlink(join(root, path));
      entries.push({ ...shared, path, kind: 'link', mode: 0o777, target });
    } else if (facts.isFile()) entries.push({ ...shared, path, kind: 'file', size: facts.size });
    else throw new Error(`neither file, folder nor link: ${join(root, path)}`);
  }
  return entries;
}

/** The header of one entry. Throws where a name does not fit into it: ours are short. */
export function tarHeader({ path, kind, mode, size, target, uid, gid }: TarEntry): Buffer {
  const header = Buffer.alloc(block);
  const put = (text: string, from: number, length: number): void => {
    if (Buffer.byteLength(text) > length) throw new Error(`too long for a tar header: ${text}`);
    header.write(text, from, 'utf8');
  };
  const octal = (value: number, from: number, length: number): void => {
    put(`${value.toString(8).padStart(length - 1, '0')}\0`, from, length);
  };
  const { name, prefix } = splitPath(path);
  put(name, 0, 100);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  put(types[kind], 156, 1);
  put(target, 157, 100);
  put('ustar\0' + '00', 257, 8);
  put(prefix, 345, 155);
  // The sum is formed with spaces in its own place.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return header;
}

/** A long path is cut at a slash, which then belongs to neither part. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    const prefix = path.slice(0, slash);
    if (name !== '' && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155)
      return { name, prefix };
  }
  throw new Error(`too long for a tar header: ${path}`);
}
