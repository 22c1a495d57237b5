/**
 * Initramfs archives for a guest kernel. Small: busybox, the modules to insert (in `modules/order`), and
 * the files given by the runner (its init, the agent); whole: the image's tree as well, so that no disk is
 * needed. Kept beside the image under a name made from everything that went in.
 */
import { createWriteStream } from 'node:fs';
import { readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ensureFile } from './cache.ts';
import { writeCpio } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';
import type { Image } from './image.ts';
import type { Kernel } from './kernel.ts';
import { modulesInOrder } from './modules.ts';
import type { KernelModule } from './modules.ts';
import { parseManifest, sha256 } from './tree.ts';

export interface InitramfsRequest {
  readonly image: Image;
  readonly kernel: Kernel;
  /** Modules wanted; their dependencies are added, built-in ones left out. */
  readonly modules: readonly string[];
  /** Path inside (no leading slash) -> text of an executable script, e.g. `init`. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Include the image's whole tree under `image/`. */
  readonly wholeTree: boolean;
}

const formVersion = 1;

/** Path of the archive, made on first use. */
export async function ensureInitramfs(request: InitramfsRequest): Promise<string> {
  const { image, kernel, scripts, wholeTree } = request;
  const key = sha256(
    JSON.stringify([
      formVersion,
      image.digest,
      kernel.digest,
      kernel.modulesFolder,
      request.modules,
      scripts,
      wholeTree,
    ]),
  ).slice(0, 16);
  const kind = wholeTree ? 'initramfs-whole' : 'initramfs';
  return await ensureFile(join(image.folder, 'forms', `${kind}-${key}.cpio`), async (path) => {
    const entries = [...(await smallEntries(request)), ...(wholeTree ? await treeEntries(image) : [])];
    await pipeline(writeCpio(entries), createWriteStream(path));
  });
}

const folder = (path: string, mode = 0o755): CpioEntry => ({ path, what: { kind: 'folder', mode } });

async function smallEntries(request: InitramfsRequest): Promise<CpioEntry[]> {
  const { image, kernel, scripts } = request;
  const modules = await modulesInOrder(kernel, request.modules);
  const busybox = join(image.rootfs, image.programs['busybox'] ?? '/usr/bin/busybox');
  const file = (path: string, mode: number, content: Buffer): CpioEntry => ({
    path,
    what: { kind: 'file', mode, content },
  });
  return [
    ...['bin', 'dev', 'proc', 'sys', 'modules', 'tare', 'disk', 'scratch', 'root'].map((path) =>
      folder(path),
    ),
    file('bin/busybox', 0o755, await readFile(busybox)),
    file('tare/manifest', 0o644, await readFile(image.manifest)),
    ...modules.map((module: KernelModule) => file(`modules/${module.name}.ko`, 0o644, module.content)),
    file('modules/order', 0o644, Buffer.from(modules.map((module) => `${module.name}\n`).join(''))),
    ...Object.entries(scripts).map(([path, text]) => file(path, 0o755, Buffer.from(text))),
  ];
}

async function treeEntries(image: Image): Promise<CpioEntry[]> {
  const entries = [folder('image')];
  for (const entry of parseManifest(await readFile(image.manifest, 'utf8'))) {
    const path = `image${entry.path}`;
    const from = join(image.rootfs, entry.path);
    if (entry.kind === 'folder') entries.push(folder(path, entry.mode ?? 0o755));
    else if (entry.kind === 'link') {
      entries.push({ path, what: { kind: 'link', target: await readlink(from) } });
    } else {
      const { size } = await stat(from);
      entries.push({ path, what: { kind: 'copy', mode: entry.mode ?? 0o644, from, size } });
    }
  }
  return entries;
}
