/**
 * The files a program needs to start, found among unpacked packages: its interpreter and libraries, theirs,
 * and so on. Packages may use the old layout (/lib) or the merged one (/usr/lib), and links that are
 * absolute as seen from inside; both are resolved here, and what comes out is in the merged layout.
 */
import { access, readFile, readdir, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readElfNeeds } from './elf.ts';

/** Folder names in the merged layout; the old top-level names are links to them. */
export const mergedFolders = ['bin', 'sbin', 'lib', 'lib64'];

/** `/lib/x` -> `/usr/lib/x`; other paths unchanged. */
export function mergedPath(path: string): string {
  const top = path.split('/')[1] ?? '';
  return mergedFolders.includes(top) ? `/usr${path}` : path;
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
