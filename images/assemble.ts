/**
 * From unpacked packages to a root filesystem that holds what the listed programs need and nothing else:
 * the programs, their ELF closure (loader and libraries), busybox with its applets, a few accounts and
 * empty mount points. Everything lands in the merged layout (/bin -> usr/bin, ...), owned by whoever
 * builds, without set-user-id bits: owners are set to root when a form is made from the tree.
 */
import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  mkdir,
  readFile,
  readdir,
  readlink,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './tool.ts';
import { readElfNeeds } from './elf.ts';

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

/** Folder names in the merged layout; the old top-level names are links to them. */
const merged = ['bin', 'sbin', 'lib', 'lib64'];

/** `/lib/x` -> `/usr/lib/x`; other paths unchanged. */
export function mergedPath(path: string): string {
  const top = path.split('/')[1] ?? '';
  return merged.includes(top) ? `/usr${path}` : path;
}

/** Where a file of the merged layout lies among unpacked packages, which may still use the old names. */
async function findSource(packages: string, path: string): Promise<string | null> {
  const inside = mergedPath(path);
  for (const candidate of [inside, inside.replace(/^\/usr/, '')]) {
    const found = await resolveInside(packages, candidate);
    if (found !== null) return found;
  }
  return null;
}

/** Follows links as seen from inside the tree (absolute ones start at its root); null when nothing is there. */
async function resolveInside(root: string, path: string): Promise<string | null> {
  let left = path.split('/').filter((part) => part !== '');
  let place = '';
  for (let links = 0; links < 40;) {
    const [part, ...rest] = left;
    if (part === undefined) return join(root, place);
    const next = join(place, part);
    const target = await readlink(join(root, next)).catch(() => null);
    const exists =
      target !== null ||
      (await access(join(root, next)).then(
        () => true,
        () => false,
      ));
    if (!exists) return null;
    left = rest;
    if (target === null) place = next;
    else {
      links += 1;
      // `join` from "/" keeps `..` from climbing out of the tree.
      place = '';
      left = [
        ...join('/', target.startsWith('/') ? '' : dirname(next), target)
          .split('/')
          .filter(Boolean),
        ...rest,
      ];
    }
  }
  return null;
}

/** Every folder of libraries among the packages, the multiarch ones included. */
async function libraryFolders(packages: string): Promise<string[]> {
  const folders = [];
  for (const base of ['/usr/lib', '/lib']) {
    const entries = await readdir(join(packages, base), { withFileTypes: true }).catch(() => []);
    const triplets = entries.filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'));
    folders.push(...triplets.map((entry) => `/usr/lib/${entry.name}`), '/usr/lib', '/usr/lib64');
  }
  return [...new Set(folders)];
}

/**
 * The files a program needs to start, in the merged layout: path inside -> source. The program comes first.
 * Throws where a library is missing: an incomplete image would fail only inside an instance.
 */
export async function findClosure(
  packages: string,
  program: string,
  extraLibraries: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const defaults = await libraryFolders(packages);
  const closure = new Map<string, string>();
  const queue: { readonly path: string; readonly wantedBy: string }[] = [{ path: program, wantedBy: '' }];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    const path = mergedPath(item.path);
    if (closure.has(path)) continue;
    const source = await findSource(packages, path);
    if (source === null) throw new Error(`${path}${item.wantedBy} is in none of the packages`);
    closure.set(path, source);
    const needs = readElfNeeds(await readFile(source));
    if (needs === null) continue;
    const wantedBy = ` (needed by ${path})`;
    if (needs.interpreter !== null) queue.push({ path: needs.interpreter, wantedBy });
    const extra = needs.interpreter === null ? [] : extraLibraries;
    for (const name of [...needs.needed, ...extra]) {
      const folders = [
        ...needs.runPath.map((folder) => folder.replace(/\$\{?ORIGIN\}?/, dirname(path))),
        ...defaults,
      ];
      const found = await findLibrary(packages, name, folders);
      if (found === null) throw new Error(`library ${name}${wantedBy} is in none of the packages`);
      queue.push({ path: found, wantedBy });
    }
  }
  return closure;
}

async function findLibrary(
  packages: string,
  name: string,
  folders: readonly string[],
): Promise<string | null> {
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    if ((await findSource(packages, path)) !== null) return mergedPath(path);
  }
  return null;
}

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
  const { stdout } = await run([join(root, busyboxPath), '--list'], { timeoutSeconds: 20 });
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
  for (const folder of merged) {
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
