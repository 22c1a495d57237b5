/**
 * The image as a disk: one raw ext4 file, made without mounting anything and shared read-only by every VM.
 * ext4 because every kernel has it built in; no journal, because nothing is ever written to it.
 */
import { lstatSync, type Stats } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError, exitCode } from '../../model/errors.ts';
import { runTool } from '../../host/exec.ts';
import { ensureFile, readCached } from '../cache.ts';
import { metadataCommands } from './metadata.ts';
import type { Image } from '../image.ts';
import { isKept, type Attributes } from '../import/attributes.ts';
import { parseManifest, sha256, type ManifestEntry } from '../tree.ts';

const blockSize = 4096;
const formVersion = 1;

/** Path of the raw ext4 file, made on first use. */
export async function ensureDisk(image: Image): Promise<string> {
  return await ensureFile(join(image.folder, 'forms', `disk-${String(formVersion)}.ext4`), async (path) => {
    const entries = await measure(image);
    const attributes = await readAttributes(image);
    await makeFilesystem(image, entries, attributes, path);
    await setMetadata(image, entries, attributes, path);
  });
}

/** Answers what it said on its standard error. */
async function tool(argv: readonly string[], purpose: string): Promise<string> {
  const result = await runTool(argv, { timeoutSeconds: 3600 });
  if (result.exitCode === 0) return result.stderr;
  throw new UserError(
    `${purpose}: ${argv[0] ?? ''} ended with ${String(result.exitCode)}: ${result.stderr.trim().slice(-1000)}`,
    'install the file system tools: sudo apt-get install e2fsprogs',
    exitCode.hostCannot,
  );
}

/** What a disk must have room for. */
export interface DiskEntry {
  /** Bytes allocated on the host: holes do not count, and of a file with several names only the first does. */
  readonly bytes: number;
  /** Its own name in its folder. */
  readonly nameBytes?: number;
}

/** Blocks for the content plus what ext4 itself needs: inode tables, bitmaps, folders, maps of fragments. */
export function diskBlocks(entries: readonly DiskEntry[]): number {
  const content = entries.reduce((sum, entry) => sum + Math.max(1, Math.ceil(entry.bytes / blockSize)), 0);
  const inodes = Math.ceil((entries.length * 256) / blockSize);
  // Beyond the one block that each folder was given above; blocks of names are half full at worst.
  const names = entries.reduce((sum, { nameBytes = 0 }) => sum + Math.ceil((8 + nameBytes) / 4) * 4, 0);
  return Math.ceil((content + inodes) * 1.02) + Math.ceil((2 * names) / blockSize) + 512;
}

type Measured = ManifestEntry & { readonly onHost: Stats };

async function measure(image: Image): Promise<readonly Measured[]> {
  const manifest = parseManifest(await readFile(image.manifest, 'utf8'));
  return manifest.map((entry) => ({ ...entry, onHost: lstatSync(join(image.rootfs, entry.path)) }));
}

function roomFor(entries: readonly Measured[], attributes: Attributes): readonly DiskEntry[] {
  const seen = new Set<string>();
  return entries.map(({ path, onHost }) => {
    const identity = `${String(onHost.dev)}:${String(onHost.ino)}`;
    const isFirst = onHost.nlink === 1 || !onHost.isFile() || !seen.has(identity);
    seen.add(identity);
    // Attributes may need a block beside the inode.
    const extra = attributes[path] === undefined ? 0 : blockSize;
    const bytes = onHost.isFile() && isFirst ? Math.min(onHost.size, onHost.blocks * 512) : 0;
    return { bytes: bytes + extra, nameBytes: Buffer.byteLength(path) - path.lastIndexOf('/') };
  });
}

async function makeFilesystem(
  image: Image,
  entries: readonly Measured[],
  attributes: Attributes,
  path: string,
): Promise<void> {
  await writeFile(path, '');
  const uuid = digestUuid(image);
  await tool(
    [
      'mke2fs',
      ...['-q', '-F', '-t', 'ext4', '-b', String(blockSize), '-m', '0', '-L', 'tare', '-U', uuid],
      ...['-O', '^has_journal,^resize_inode,^metadata_csum', '-N', String(entries.length + 64)],
      ...['-E', `root_owner=0:0,lazy_itable_init=0,hash_seed=${uuid}`, '-d', image.rootfs],
      path,
      String(diskBlocks(roomFor(entries, attributes))),
    ],
    'the disk of the image could not be made',
  );
}

/** Fixed identity, so that the same tree gives nearly the same disk: the digest's first 16 bytes as UUID. */
export function digestUuid({ digest }: Image): string {
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Owners, modes and attributes as the manifest has them, where the tree on the host differs. */
async function setMetadata(
  image: Image,
  entries: readonly Measured[],
  attributes: Attributes,
  path: string,
): Promise<void> {
  const work = dirname(path);
  const files: Record<string, Record<string, string>> = {};
  for (const [entry, values] of Object.entries(attributes)) {
    for (const [name, value] of Object.entries(values).filter(([key]) => isKept(key))) {
      const file = join(work, `value-${sha256(value).slice(0, 32)}`);
      await writeFile(file, Buffer.from(value, 'base64'));
      files[entry] = { ...files[entry], [name]: file };
    }
  }
  const commands = metadataCommands(entries, files);
  if (commands.length === 0) return;
  const script = join(work, 'metadata');
  await writeFile(script, `${commands.join('\n')}\n`);
  // It repeats every command on its standard output, megabytes of them, and ends with 0 whatever happened.
  const argv = ['sh', '-c', 'exec debugfs -w -f "$1" "$2" >/dev/null', 'sh', script, path];
  const stderr = await tool(argv, 'the owners in the disk could not be set');
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('debugfs '));
  if (complaints.length > 0)
    throw new Error(
      `debugfs could not set all owners of ${image.digest}: ${complaints.slice(0, 5).join('; ')}`,
    );
}

/** As the import left them beside the tree; none for images of our own. */
async function readAttributes(image: Image): Promise<Attributes> {
  const parsed = z
    .record(z.string(), z.record(z.string(), z.string()))
    .safeParse(await readCached(join(image.folder, 'xattrs.json')));
  return parsed.success ? parsed.data : {};
}
