/**
 * Initramfs archives for a guest kernel. Small: busybox, the modules (with the table `modprobe` reads), the
 * manifest, and the files given by the runner (its init, the agent); whole: the image's tree as well, so
 * that no disk is needed. Kept beside the image under a name made from everything that went in.
 */
import { createWriteStream } from 'node:fs';
import { readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../model/errors.ts';
import { formatValue } from '../../model/units.ts';
import { besideOf, type Beside } from '../beside.ts';
import { ensureFile } from '../cache.ts';
import { writeCpio } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';
import type { Image } from '../image.ts';
import type { Kernel } from '../kernel.ts';
import { modulesInOrder } from '../modules.ts';
import { parseManifest, sha256 } from '../tree.ts';

export interface InitramfsRequest {
  readonly image: Image;
  readonly kernel: Kernel;
  /** Modules wanted; their dependencies are added, built-in ones left out. */
  readonly modules: readonly string[];
  /** Path inside (no leading slash) -> text of a file, e.g. `init`; their folders are made. */
  readonly files: Readonly<Record<string, string>>;
  /** Include the image's whole tree under `image/`. */
  readonly wholeTree: boolean;
}

const formVersion = 4;

/** Path of the archive, made on first use. */
export async function ensureInitramfs(request: InitramfsRequest): Promise<string> {
  const { image, kernel, files, wholeTree } = request;
  const key = sha256(
    JSON.stringify([
      formVersion,
      image.digest,
      kernel.digest,
      kernel.modulesFolder,
      request.modules,
      files,
      wholeTree,
      // Two images may have one tree and be run in different ways.
      image.config && [image.config.identity, image.config.workingFolder, image.config.volumes],
    ]),
  ).slice(0, 16);
  const kind = wholeTree ? 'initramfs-whole' : 'initramfs';
  return await ensureFile(join(image.folder, 'forms', `${kind}-${key}.cpio`), async (path) => {
    const own = await besideOf(image);
    const entries = [
      ...(await smallEntries(request, own)),
      ...(wholeTree ? [folder('image'), ...overTree(own), ...(await treeEntries(image))] : []),
    ];
    await pipeline(writeCpio(entries), createWriteStream(path));
  });
}

const folder = (path: string, mode = 0o755): CpioEntry => ({ path, what: { kind: 'folder', mode } });

async function smallEntries(request: InitramfsRequest, own: Beside | null): Promise<CpioEntry[]> {
  const { image, kernel, files } = request;
  const modules = await modulesInOrder(kernel, request.modules);
  const file = (path: string, mode: number, content: Buffer): CpioEntry => ({
    path,
    what: { kind: 'file', mode, content },
  });
  const home = `lib/modules/${kernel.release}`;
  const table = modules.map(
    ({ name, dependencies }) => `${name}.ko: ${dependencies.map((other) => `${other}.ko`).join(' ')}\n`,
  );
  const given = [
    file('bin/busybox', 0o755, await readFile(image.busybox)),
    ...(own === null ? [] : await ownEntries(own, image, file)),
    file('layer/tare/manifest', 0o644, await readFile(image.manifest)),
    ...modules.map(({ name, content }) => file(`${home}/${name}.ko`, 0o644, content)),
    file(`${home}/modules.dep`, 0o644, Buffer.from(table.join(''))),
    file('tables/modules', 0o644, Buffer.from(`${modules.map(({ name }) => name).join(' ')}\n`)),
    ...Object.entries(files).map(([path, text]) => file(path, 0o755, Buffer.from(text))),
  ];
  const empty = [
    'dev',
    'proc',
    'sys',
    'disk',
    'scratch',
    'root',
    'layer/upper',
    'layer/work',
    'layer/tare/scratch',
  ];
  const needed = own === null ? [] : own.folders.map((path) => `layer/upper/${path}`);
  const folders = new Set(
    [...empty, ...needed, ...given.map((entry) => dirname(entry.path))].flatMap(withParents),
  );
  return [...[...folders].toSorted().map((path) => folder(path)), ...given];
}

/** What an image from elsewhere needs beside it: where containers have it, and links that init.sh copies. */
async function ownEntries(
  { texts, devices, asUser, made }: Beside,
  image: Image,
  file: (path: string, mode: number, content: Buffer) => CpioEntry,
): Promise<CpioEntry[]> {
  return [
    file('layer/tare/busybox', 0o755, await readFile(image.busybox)),
    file('layer/tare/as-user', 0o755, Buffer.from(asUser)),
    ...(made === '' ? [] : [file('layer/tare/folders', 0o644, Buffer.from(made))]),
    ...Object.entries(texts).map(([path, text]) => file(`layer/upper/${path}`, 0o644, Buffer.from(text))),
    ...Object.entries(devices).map(([name, target]): CpioEntry => ({
      path: `tables/dev/${name}`,
      what: { kind: 'link', target },
    })),
  ];
}

/** Without a disk there is no layer over the tree: mount points and names go into it, where it has none. */
function overTree(own: Beside | null): CpioEntry[] {
  if (own === null) return [];
  const texts = Object.entries(own.texts);
  const places = [...own.folders, ...texts.map(([path]) => dirname(path))].flatMap(withParents);
  return [
    ...[...new Set(places)].toSorted().map((path) => folder(`image/${path}`)),
    ...texts.map(([path, text]): CpioEntry => ({
      path: `image/${path}`,
      what: { kind: 'file', mode: 0o644, content: Buffer.from(text) },
    })),
  ];
}

/** `a/b/c` -> `a`, `a/b`, `a/b/c`; nothing for the root. */
function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '.');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

async function treeEntries(image: Image): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const entry of parseManifest(await readFile(image.manifest, 'utf8'))) {
    const path = `image${entry.path}`;
    const from = join(image.rootfs, entry.path);
    const { uid, gid } = entry;
    if (entry.kind === 'folder') entries.push({ ...folder(path, entry.mode ?? 0o755), uid, gid });
    else if (entry.kind === 'link') {
      entries.push({ path, uid, gid, what: { kind: 'link', target: await readlink(from) } });
    } else {
      const { size, dev, ino, nlink } = await stat(from);
      if (size > 0xffff_ffff)
        throw new UserError(
          `${entry.path} of image ${image.name} has ${formatValue(size, 'B')}, which an initramfs cannot hold`,
          'give the machine a disk: root: disk',
        );
      const shared =
        nlink === 1 ? {} : { shared: { identity: `${String(dev)}:${String(ino)}`, names: nlink } };
      entries.push({
        path,
        uid,
        gid,
        what: { kind: 'copy', mode: entry.mode ?? 0o644, from, size },
        ...shared,
      });
    }
  }
  return entries;
}
