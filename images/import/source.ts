/**
 * From a path to what is in it: which kind of image it holds, found by looking, and the image read as far as its
 * manifest. Compressed archives of blobs are decompressed to a temporary file first, because blobs come in any order.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { archiveFiles, folderFiles, type FileSet } from './blobs.ts';
import { createBudget, type Budget } from './budget.ts';
import { bareConfig } from './config.ts';
import { compressionOf, decompressed, type Compression } from './decompress.ts';
import { readDockerArchive } from './docker-archive.ts';
import { hostArchitecture, type FoundImage } from './found.ts';
import { readLayout, readSingle, type Wanted } from './oci.ts';
import { streamReader } from './tar/reader.ts';
import type { PathKind } from './reference.ts';
import { refusal, type Place } from './refusal.ts';
import { folderIdentity, folderLayer } from './rootfs-folder.ts';
import { readTar } from './tar/tar.ts';
import { tarLayer } from './tar-layer.ts';

export interface PathSource {
  readonly kind: PathKind;
  readonly path: string;
  /** As the user wrote it, for messages. */
  readonly shown: string;
}

/** Whether an index entry under this key spares reading the source at all; null: reading it is as quick. */
export function identityOf({ kind, path, shown }: PathSource): string | null {
  const facts = statSync(path, { bigint: true });
  const place = { archive: shown };
  if (facts.isDirectory()) {
    const isLayout = kind === 'oci' || kind === 'dir' || (kind === 'path' && holds(path, 'oci-layout'));
    return isLayout ? null : `folder ${kind} ${path} ${folderIdentity(path, place)}`;
  }
  if (!facts.isFile()) throw refusal(place, 'is neither a file nor a folder');
  const { dev, ino, size, mtimeNs, ctimeNs } = facts;
  return `file ${kind} ${path} ${[dev, ino, size, mtimeNs, ctimeNs].join(' ')}`;
}

function holds(folder: string, name: string): boolean {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;
}

/** @param work an existing folder in which a decompressed copy may be made */
export async function readSource(
  source: PathSource,
  wanted: Wanted,
  work: string,
  budget: Budget,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const { kind, path, shown } = source;
  const place: Place = { archive: shown };
  if (statSync(path).isDirectory()) return await readFolder(source, wanted, budget, signal);
  if (kind === 'oci' || kind === 'dir')
    throw refusal(place, 'is a file, not a folder', 'an archive is named oci-archive:PATH');
  const compression = compressionOf(firstBytes(path));
  const looksLike = kind === 'path' ? await looksInto(path, compression, place) : kind;
  if (looksLike === 'rootfs') {
    refuseTag(wanted, place);
    const file = folderFiles(join(path, '..'), shown, () => basename(path));
    const found = await file.find(basename(path));
    if (found === null) throw refusal(place, 'vanished');
    const layer = { place, file: found, blob: null, diffId: null, whiteouts: false };
    return bare(source, identityOf(source) ?? '', [tarLayer(layer, budget, signal)]);
  }
  const plain = compression === 'none' ? path : join(work, 'plain.tar');
  if (compression !== 'none') await decompressTo(path, plain, place, budget, signal);
  // Looking has limits of its own: the entries of the archive are not those of the image.
  const files = await archiveFiles(plain, shown, createBudget(budget.limits, Infinity));
  return named(await readArchive(files, looksLike, wanted, budget, signal), source);
}

async function readFolder(
  source: PathSource,
  wanted: Wanted,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<FoundImage> {
  const { kind, path, shown } = source;
  const place: Place = { archive: shown };
  if (kind === 'oci-archive' || kind === 'docker-archive')
    throw refusal(place, 'is a folder, not an archive');
  if (kind === 'dir') return named(await readDir(path, shown, wanted, budget, signal), source);
  if (kind === 'oci' || (kind === 'path' && holds(path, 'oci-layout')))
    return named(await readLayout(folderFiles(path, shown), wanted, budget, signal), source);
  refuseTag(wanted, place);
  return bare(source, identityOf(source) ?? '', [folderLayer(path, place, signal)]);
}

/** skopeo's `dir:`: a manifest, and blobs named by their digest's hexadecimal part alone. */
async function readDir(
  path: string,
  shown: string,
  wanted: Wanted,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<FoundImage> {
  const top = await folderFiles(path, shown).find('manifest.json');
  if (top === null) throw refusal({ archive: shown }, 'has no manifest.json');
  const hash = createHash('sha256');
  for await (const piece of top.open()) hash.update(piece);
  const hex = hash.digest('hex');
  const files = folderFiles(path, shown, (name) =>
    name === `blobs/sha256/${hex}` ? 'manifest.json' : basename(name),
  );
  return await readSingle(files, { digest: `sha256:${hex}`, size: top.size }, wanted, budget, signal);
}

async function readArchive(
  files: FileSet & { readonly names: readonly string[] },
  kind: PathKind,
  wanted: Wanted,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<FoundImage> {
  const isLayout = files.names.includes('oci-layout') && files.names.includes('index.json');
  if (kind === 'oci-archive' || (kind !== 'docker-archive' && isLayout))
    return await readLayout(files, wanted, budget, signal);
  if (kind === 'docker-archive' || files.names.includes('manifest.json'))
    return await readDockerArchive(files, wanted, budget, signal);
  throw refusal(
    { archive: files.archive },
    'holds neither an OCI layout nor what `docker save` writes',
    'name a root file system as rootfs:PATH',
  );
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(6);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** At the top of an archive of blobs there is nothing but these. */
const blobArchive =
  /^(blobs|oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}(\.json|\.tar)?|[0-9a-f]{64}\/.*|blobs\/.*)$/;

/** Whether an archive holds an image or is a root file system, by its first entry. */
async function looksInto(path: string, compression: Compression, place: Place): Promise<PathKind> {
  const stream = createReadStream(path, { highWaterMark: 64 * 1024 });
  const reader = streamReader(compression === 'none' ? stream : decompressed(stream, place));
  try {
    for await (const entry of readTar(reader, place, { trailer: 'optional' })) {
      const name = entry.path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
      if (name === '' || name === '.') continue;
      return blobArchive.test(name) ? 'path' : 'rootfs';
    }
    throw refusal(place, 'is empty');
  } finally {
    await reader.close();
    stream.destroy();
  }
}

async function decompressTo(
  path: string,
  target: string,
  place: Place,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = openSync(target, 'wx', 0o600);
  try {
    for await (const piece of decompressed(createReadStream(path, { highWaterMark: 512 * 1024 }), place)) {
      signal?.throwIfAborted();
      budget.write(piece.length, place);
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
    }
  } finally {
    closeSync(file);
  }
}

function refuseTag({ tag }: Wanted, place: Place): void {
  if (tag !== null)
    throw refusal(place, `is a root file system, which has no tags; got ${JSON.stringify(tag)}`);
}

function bare(source: PathSource, key: string, layers: FoundImage['layers']): FoundImage {
  const config = bareConfig(hostArchitecture());
  return named({ name: '', tag: null, key, place: { archive: source.shown }, config, layers }, source);
}

/**
 * An image without a name of its own is called what its file is called, with the tag that it has in there; names
 * are shown, and typed by users.
 */
function named(found: FoundImage, { path }: PathSource): FoundImage {
  const file = basename(path).replace(/(\.(tar|tgz|gz|zst|xz|oci))+$/, '');
  const ofFile = found.tag === null ? file : `${file}:${found.tag}`;
  const own = (found.name === '' ? ofFile : found.name).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
  // These two are tare's.
  const name = own === 'builtin' || own === 'mini' ? `imported-${own}` : own;
  return { ...found, name, origin: found.name === '' ? path : null };
}
