/**
 * Small reads and writes in cgroup folders. A missing file or folder is an answer (null, false), because
 * groups vanish while they are read and hosts lack controllers; anything else throws.
 */
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { numberIn } from '../meter/meter.ts';

const absent = new Set(['ENOENT', 'ENODEV', 'ENOTDIR']);
/** What a write may answer on a host that lacks or refuses the setting. ENOTSUP: Node's name of EOPNOTSUPP. */
const refused = new Set([...absent, 'EACCES', 'EPERM', 'EINVAL', 'EROFS', 'ENOTSUP', 'EBUSY', 'ENOSPC']);

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Writes to an existing control file; false when it is not there or the kernel refuses the value. */
export function setFile(file: string, value: string): boolean {
  let fd: number;
  try {
    // Never O_CREAT: a missing control file must not become a plain file where the folder is no cgroup.
    fd = openSync(file, constants.O_WRONLY);
  } catch (error) {
    if (refused.has(codeOf(error))) return false;
    throw error;
  }
  try {
    writeSync(fd, value);
    return true;
  } catch (error) {
    if (refused.has(codeOf(error))) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Text of a file, or null where it is missing. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (absent.has(codeOf(error)) || codeOf(error) === 'ENOTSUP') return null;
    throw error;
  }
}

/** Folders of child groups, or none where the group is gone. */
export function childrenOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch (error) {
    if (absent.has(codeOf(error))) return [];
    throw error;
  }
}

/** A group and everything below it, deepest first. */
export function treeOf(folder: string): readonly string[] {
  return [...childrenOf(folder).flatMap(treeOf), folder];
}

/** Pids in a group and everything below it. */
export function pidsBelow(folder: string): readonly number[] {
  return treeOf(folder).flatMap((group) =>
    (textOf(join(group, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number),
  );
}

/** true: the folder is gone now. false: busy or not ours to remove. */
export function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return absent.has(codeOf(error));
  }
}

/** Files kept open and read again from their start: 2-12 us each instead of 30 by path. */
export interface OpenFiles {
  /** The number after `key`, or the first one of the file; null when the file or the number is missing. */
  number(file: string, key?: string): number | null;
  close(): void;
}

const buffer = Buffer.alloc(16_384);

export function openFiles(): OpenFiles {
  const held = new Map<string, number | null>();
  const keys = new Map<string, Buffer>();
  const descriptorOf = (file: string): number | null => {
    const known = held.get(file);
    if (known !== undefined) return known;
    let fd: number | null = null;
    try {
      fd = openSync(file, 'r');
    } catch (error) {
      if (!absent.has(codeOf(error)) && codeOf(error) !== 'EACCES') throw error;
    }
    held.set(file, fd);
    return fd;
  };
  return {
    number(file, key) {
      const fd = descriptorOf(file);
      if (fd === null) return null;
      let length: number;
      try {
        length = readSync(fd, buffer, 0, buffer.length, 0);
      } catch (error) {
        if (absent.has(codeOf(error)) || codeOf(error) === 'ENOTSUP') return null;
        throw error;
      }
      if (key === undefined) return numberIn(buffer, length, null);
      let word = keys.get(key);
      if (word === undefined) keys.set(key, (word = Buffer.from(key)));
      return numberIn(buffer, length, word);
    },
    close() {
      for (const fd of held.values()) if (fd !== null) closeSync(fd);
      held.clear();
    },
  };
}
