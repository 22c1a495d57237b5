/**
 * Paths inside an image, followed as a process in it would: links lead from the image's own root, never to
 * the host's files. Programs are looked up as execvp(3) does.
 */
import { lstat, readlink, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

/** Where a path of the image ends with every link followed, absolute inside; null: nowhere. */
export async function followInside(rootfs: string, path: string): Promise<string | null> {
  let links = 0;
  let left = path.split('/');
  let at: string[] = [];
  while (left.length > 0) {
    const [part = '', ...rest] = left;
    left = rest;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const place = join(rootfs, ...at, part);
    const facts = await lstat(place).catch(() => null);
    if (facts === null) return null;
    if (!facts.isSymbolicLink()) {
      at = [...at, part];
      continue;
    }
    if ((links += 1) > mostLinks) return null;
    const target = await readlink(place);
    if (target.startsWith('/')) at = [];
    left = [...target.split('/'), ...left];
  }
  return `/${at.join('/')}`;
}

/** A program of an image. */
export interface Located {
  /** By the name it is called by, absolute inside: its links decide what many programs are. */
  readonly path: string;
  /** The file that this is in the end. */
  readonly file: string;
}

/**
 * Looks a program up.
 * @param searchPath the PATH of its environment
 * @param folder absolute inside, for names with a slash that are not absolute
 */
export async function locateProgram(
  rootfs: string,
  program: string,
  searchPath: string,
  folder: string,
): Promise<Located | null> {
  const places = program.includes('/')
    ? [posix.resolve(folder, program)]
    : searchPath.split(':').map((place) => posix.resolve(folder, place, program));
  for (const path of places) {
    const file = await followInside(rootfs, path);
    const facts = file === null ? null : await stat(join(rootfs, file)).catch(() => null);
    if (file !== null && facts?.isFile() === true && (facts.mode & 0o111) !== 0) return { path, file };
  }
  return null;
}
