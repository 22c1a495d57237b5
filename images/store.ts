/**
 * The images in the cache: loaded by digest, listed with their sizes. `named.ts` finds them by name.
 * An image folder appears whole (it is renamed into place), so one that can be read is complete.
 */
import type { Dirent } from 'node:fs';
import { lstat, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bytes } from '../model/quantities.ts';
import { cacheFolder } from './cache.ts';
import type { Image } from './image.ts';

export const imageConfig = z.object({
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  user: z.string(),
  identity: z.object({ uid: z.number(), gid: z.number(), groups: z.array(z.number()), home: z.string() }),
  workingFolder: z.string(),
  stopSignal: z.string(),
  ports: z.array(z.object({ port: z.number(), protocol: z.enum(['tcp', 'udp']) })),
  volumes: z.array(z.string()),
  healthcheck: z
    .object({
      test: z.array(z.string()),
      intervalSeconds: z.number(),
      timeoutSeconds: z.number(),
      startPeriodSeconds: z.number(),
      retries: z.number(),
    })
    .nullable(),
  architecture: z.string(),
  os: z.string(),
});

const imageFacts = z.object({
  name: z.string(),
  treeBytes: z.number(),
  packages: z.record(z.string(), z.string()),
  programs: z.record(z.string(), z.string()),
  closure: z.record(z.string(), z.array(z.string())),
  config: imageConfig.nullable().default(null),
});

export interface StoredImage {
  readonly image: Image;
  /** Bytes allocated on disk by the tree and all forms derived from it. */
  readonly diskBytes: Bytes;
  /** Names of the forms made so far (disk, initramfs, ...). */
  readonly forms: readonly string[];
  /** When the image was assembled, ISO 8601. */
  readonly madeAt: string;
}

/** Where the folders of all images lie, each named by its digest. */
export function imagesFolder(): string {
  return join(cacheFolder(), 'images');
}

export function imageFolder(digest: string): string {
  return join(imagesFolder(), digest);
}

/** The image with this digest, or null when it is not (wholly) in the cache. */
export async function loadImage(digest: string): Promise<Image | null> {
  if (!/^[0-9a-f]{64}$/.test(digest)) return null;
  const folder = imageFolder(digest);
  const text = await readFile(join(folder, 'image.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const facts = imageFacts.safeParse(JSON.parse(text));
  if (!facts.success) return null;
  const rootfs = join(folder, 'rootfs');
  return {
    ...facts.data,
    digest,
    folder,
    rootfs,
    manifest: join(folder, 'manifest'),
    busybox:
      facts.data.config === null
        ? join(rootfs, facts.data.programs['busybox'] ?? '/usr/bin/busybox')
        : join(folder, 'busybox'),
  };
}

/** Bytes allocated below a folder, links not followed. */
async function allocatedBytes(folder: string): Promise<Bytes> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const facts = await lstat(path);
    sum += facts.blocks * 512;
    if (entry.isDirectory()) sum += await allocatedBytes(path);
  }
  return sum;
}

/** Every image in the cache, newest first. */
export async function listImages(): Promise<StoredImage[]> {
  const entries = await readdir(imagesFolder(), { withFileTypes: true }).catch((): Dirent[] => []);
  const stored: StoredImage[] = [];
  for (const entry of entries) {
    const image = await loadImage(entry.name);
    if (image === null) continue;
    stored.push({
      image,
      diskBytes: await allocatedBytes(image.folder),
      forms: (await readdir(join(image.folder, 'forms')).catch((): string[] => [])).toSorted(),
      madeAt: (await stat(join(image.folder, 'image.json'))).mtime.toISOString(),
    });
  }
  return stored.toSorted((left, right) => right.madeAt.localeCompare(left.madeAt));
}
