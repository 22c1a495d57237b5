/**
 * From unpacked packages to a root filesystem that holds what the listed programs need and nothing else:
 * the programs, their ELF closure (loader and libraries), busybox with its applets, a few accounts and
 * empty mount points. Everything lands in the merged layout (/bin -> usr/bin, ...), owned by whoever
 * builds, without set-user-id bits: owners are set to root when a form is made from the tree.
 */
import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from '../host/exec.ts';
import { findClosure, mergedFolders } from './closure.ts';

export interface Recipe {
  /** Program name -> absolute path inside, in the merged layout. */
  readonly programs: Readonly<Record<string, string>>;
  /** Libraries loaded by name at run time, which no header names. */
  readonly extraLibraries: readonly string[];
  /** Text files written as they are. */
  readonly texts: Readonly<Record<string, string>>;
  readonly folders: readonly string[];
}

const busyboxPath = '/usr/bin/busybox';
const accounts = {
  '/etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'www-data:x:33:33:www-data:/var/www:/bin/false',
    'redis:x:101:101:redis:/var/lib/redis:/bin/false',
    'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
  ],
  '/etc/group': ['root:x:0:', 'www-data:x:33:', 'redis:x:101:', 'nogroup:x:65534:', 'nobody:x:65533:'],
  '/etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns'],
  '/etc/hosts': ['127.0.0.1 localhost', '::1 localhost'],
  '/etc/hostname': ['tare'],
};

/** The part every image of ours has. */
export const baseRecipe: Recipe = {
  programs: { busybox: busyboxPath },
  extraLibraries: [],
  texts: Object.fromEntries(Object.entries(accounts).map(([path, lines]) => [path, `${lines.join('\n')}\n`])),
  folders: [
    '/proc',
    '/sys',
    '/dev',
    '/run',
    '/tmp',
    '/var/tmp',
    '/var/lib',
    '/var/log',
    '/root',
    '/mnt',
    '/.tare',
  ],
};

async function place(root: string, path: string, source: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  const runnable = await access(source, constants.X_OK).then(
    () => true,
    () => false,
  );
  await chmod(target, runnable ? 0o755 : 0o644);
}

/** Applets of busybox, as links where the name is still free. */
async function linkApplets(root: string): Promise<void> {
  const { stdout } = await runTool([join(root, busyboxPath), '--list'], { timeoutSeconds: 20 });
  const taken = new Set<string>();
  for (const folder of ['bin', 'sbin']) {
    for (const name of await readdir(join(root, 'usr', folder))) taken.add(name);
  }
  for (const name of stdout.split('\n')) {
    if (name !== '' && !taken.has(name)) await symlink('busybox', join(root, 'usr/bin', name));
  }
}

/** Folder modes that do not depend on the builder's umask. */
async function setFolderModes(root: string, folder: string): Promise<void> {
  await chmod(join(root, folder), folder.endsWith('/tmp') ? 0o1777 : 0o755);
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (entry.isDirectory()) await setFolderModes(root, `${folder}/${entry.name}`);
  }
}

/** Builds the tree in `root` from packages unpacked in `packages`; returns each program's closure. */
export async function assembleTree(
  packages: string,
  root: string,
  recipe: Recipe,
): Promise<Record<string, readonly string[]>> {
  for (const folder of mergedFolders) {
    await mkdir(join(root, 'usr', folder), { recursive: true });
    await symlink(`usr/${folder}`, join(root, folder));
  }
  const closures: Record<string, readonly string[]> = {};
  for (const [name, path] of Object.entries(recipe.programs)) {
    const closure = await findClosure(packages, path, recipe.extraLibraries);
    for (const [inside, source] of closure) await place(root, inside, source);
    closures[name] = [...closure.keys()];
  }
  await linkApplets(root);
  for (const folder of recipe.folders) await mkdir(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(recipe.texts)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o644);
  }
  await setFolderModes(root, '');
  return closures;
}
