/**
 * Where volumes lie: a folder on a real file system, because one in memory would be measured as storage.
 * What that file system is goes into the record, since every volume figure is a figure of it too.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { exitCode, messageOf, UserError } from '../model/errors.ts';
import type { Bytes } from '../model/quantities.ts';
import { unescapeMount } from './cgroup/layout.ts';

/** File system types whose files are memory. */
const inMemory = ['tmpfs', 'ramfs', 'rootfs', 'devtmpfs'];

export interface FileSystem {
  /** e.g. `ext4`. */
  readonly type: string;
  /** What it lies on, e.g. `/dev/vda`. */
  readonly source: string;
}

/**
 * The file system that holds a path: the mount whose place is its longest beginning, the last one where
 * several are stacked there.
 * @param mountinfo text of /proc/self/mountinfo
 */
export function fileSystemOf(path: string, mountinfo: string): FileSystem | null {
  let best: { readonly place: string; readonly system: FileSystem } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const place = unescapeMount(before.split(' ')[4] ?? '');
    const [type, source] = after.split(' ');
    if (place === '' || type === undefined || source === undefined) continue;
    const inside = path === place || path.startsWith(place === '/' ? '/' : `${place}/`);
    if (inside && place.length >= (best?.place.length ?? 0)) {
      best = { place, system: { type, source: unescapeMount(source) } };
    }
  }
  return best?.system ?? null;
}

/** Type of the file system below a folder, e.g. `ext4` or `tmpfs`; "unknown" where the host does not tell. */
export function fileSystemBelow(folder: string): string {
  try {
    const found = fileSystemOf(realpathSync(folder), readFileSync('/proc/self/mountinfo', 'utf8'));
    return found?.type ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The folder that volumes are made in: $TMPDIR where set, else /var/tmp, which is on disk by convention. */
export function volumesParent(environment: NodeJS.ProcessEnv = process.env): string {
  const { TMPDIR: set } = environment;
  return set === undefined || set === '' ? '/var/tmp' : set;
}

/**
 * The file system below a folder, if volumes may lie there.
 * @throws UserError where the folder is missing or in memory
 */
export function fileSystemForVolumes(parent: string): FileSystem {
  const remedy = 'set TMPDIR to a folder on a disk file system';
  let real: string;
  try {
    real = realpathSync(parent);
  } catch (error) {
    throw new UserError(
      `no folder ${parent} for volumes: ${messageOf(error)}`,
      `make ${parent}, or ${remedy}`,
      exitCode.hostCannot,
      error,
    );
  }
  const found = fileSystemOf(real, readFileSync('/proc/self/mountinfo', 'utf8'));
  const system = found ?? { type: 'unknown', source: 'unknown' };
  if (!inMemory.includes(system.type)) return system;
  throw new UserError(
    `volumes would lie in memory: ${parent} is ${system.type}, and its speed is no storage's`,
    remedy,
    exitCode.hostCannot,
  );
}

/** Bytes a user may still write below a folder. */
export async function freeBytes(folder: string): Promise<Bytes> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
