/**
 * The image as a disk: one raw ext4 file, made without mounting anything and shared read-only by every VM.
 * ext4 because every kernel has it built in; no journal, because nothing is ever written to it.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError, exitCode } from '../bench/errors.ts';
import { runTool } from '../host/exec.ts';
import { ensureFile } from './cache.ts';
import type { Image } from './image.ts';
import { parseManifest } from './tree.ts';

const blockSize = 4096;
const formVersion = 1;

/** Path of the raw ext4 file, made on first use. */
export async function ensureDisk(image: Image): Promise<string> {
  return await ensureFile(join(image.folder, 'forms', `disk-${String(formVersion)}.ext4`), async (path) => {
    await makeFilesystem(image, path);
    await setOwners(image, path);
  });
}

async function tool(argv: readonly string[], purpose: string): Promise<void> {
  const result = await runTool(argv, { timeoutSeconds: 300 });
  if (result.exitCode === 0) return;
  throw new UserError(
    `${purpose}: ${argv[0] ?? ''} ended with ${String(result.exitCode)}: ${result.stderr.trim().slice(-1000)}`,
    'install the file system tools: sudo apt-get install e2fsprogs',
    exitCode.hostCannot,
  );
}

/** Blocks for the content plus what ext4 itself needs: inode tables, bitmaps, folders. */
export function diskBlocks(entries: readonly { readonly bytes: number }[]): number {
  const content = entries.reduce((sum, entry) => sum + Math.max(1, Math.ceil(entry.bytes / blockSize)), 0);
  const inodes = Math.ceil((entries.length * 256) / blockSize);
  return Math.ceil((content + inodes) * 1.02) + 512;
}

async function makeFilesystem(image: Image, path: string): Promise<void> {
  const manifest = parseManifest(await readFile(image.manifest, 'utf8'));
  const entries = await Promise.all(
    manifest.map(async (entry) => ({
      bytes: entry.kind === 'file' ? (await stat(join(image.rootfs, entry.path))).size : 0,
    })),
  );
  await writeFile(path, '');
  // Fixed identity, so that the same tree gives nearly the same disk: the digest's first 16 bytes as UUID.
  const uuid = image.digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  await tool(
    [
      'mke2fs',
      ...['-q', '-F', '-t', 'ext4', '-b', String(blockSize), '-m', '0', '-L', 'tare', '-U', uuid],
      ...['-O', '^has_journal,^resize_inode,^metadata_csum', '-N', String(entries.length + 64)],
      ...['-E', `root_owner=0:0,lazy_itable_init=0,hash_seed=${uuid}`, '-d', image.rootfs],
      path,
      String(diskBlocks(entries)),
    ],
    'the disk of the image could not be made',
  );
}

/**
 * mke2fs copies owners from the tree, which belongs to whoever built it; inside, all is root's. debugfs
 * sets them in the finished file, so neither root nor a user namespace is needed.
 */
async function setOwners(image: Image, path: string): Promise<void> {
  const { uid, gid } = await stat(image.rootfs);
  if (uid === 0 && gid === 0) return;
  const manifest = parseManifest(await readFile(image.manifest, 'utf8'));
  const commands = manifest.flatMap((entry) => [`sif "${entry.path}" uid 0`, `sif "${entry.path}" gid 0`]);
  const script = join(dirname(path), 'owners');
  await writeFile(script, `${commands.join('\n')}\n`);
  await tool(['debugfs', '-w', '-f', script, path], 'the owners in the disk could not be set');
}
