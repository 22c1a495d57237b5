/**
 * Where derived things live (images, kernels, probe results) and the one way they get there: built under
 * a temporary name, then renamed. Two runs building the same thing at once both succeed; one result is kept,
 * and a killed build leaves only a temporary folder that a later build sweeps.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError, exitCode, messageOf } from '../model/errors.ts';

/** $TARE_CACHE_DIR, else $XDG_CACHE_HOME/tare, else ~/.cache/tare. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['TARE_CACHE_DIR'];
  if (own !== undefined && own !== '') return own;
  const shared = environment['XDG_CACHE_HOME'];
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'tare');
}

/** Removes a tree even where a package shipped folders without write permission. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}

/**
 * Runs `build` in a fresh folder inside the cache, so that what it makes can be renamed into place, and
 * removes the folder afterwards.
 */
export async function withTemporaryFolder<T>(build: (folder: string) => Promise<T>): Promise<T> {
  const base = join(cacheFolder(), 'tmp');
  const folder = join(base, `${String(process.pid)}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UserError(
      `the cache folder ${cacheFolder()} cannot be written: ${messageOf(error)}`,
      'set TARE_CACHE_DIR to a folder you can write',
      exitCode.hostCannot,
      error,
    );
  }
  await sweep(base);
  try {
    return await build(folder);
  } finally {
    await removeTree(folder);
  }
}

/** Removes temporary folders whose maker is dead. */
async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const pid = Number(name.split('-')[0]);
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) await removeTree(join(base, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves a finished file or folder into place; if another run was first, its result stays. */
export async function publish(finished: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(finished, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/**
 * The target as made by `build` (which is given the path to write), made at most once. Its time is that of its
 * last use, by which what nobody uses is told.
 */
export async function ensureFile(target: string, build: (path: string) => Promise<void>): Promise<string> {
  if (existsSync(target)) {
    const now = new Date();
    // Somebody else's file cannot be touched, and need not be: it is there.
    await utimes(target, now, now).catch(() => undefined);
    return target;
  }
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'file');
    await build(path);
    await publish(path, target);
  });
  return target;
}

/** A JSON file of the cache, or null where it is missing or not JSON (a cut write by another tool). */
export async function readCached(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    return null;
  }
}

/** Replaces a JSON file of the cache atomically. */
export async function writeCached(path: string, value: unknown): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const temporary = join(folder, 'value.json');
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  });
}
