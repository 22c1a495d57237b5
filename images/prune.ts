/**
 * What of the image cache nobody needs: images that a newer one of their name has replaced, folders that this
 * version of tare cannot read, forms (disks, archives) that have long not been used, and indexes that lead nowhere.
 * All of it can be made again from where the image came from.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bytes, Seconds } from '../model/quantities.ts';
import { cacheFolder, readCached, removeTree, withTemporaryFolder } from './cache.ts';
import { listNames } from './named.ts';
import { isNamed } from './names.ts';
import { imagesFolder, listImages, loadImage, type StoredImage } from './store.ts';

/** A form that no run has asked for in so long is of another kernel, agent or option. */
const formSeconds: Seconds = 14 * 24 * 3600;

export interface Pruned {
  readonly images: readonly StoredImage[];
  /** Digests of images that only another version of tare could read. */
  readonly unreadable: readonly string[];
  readonly forms: readonly { readonly image: string; readonly form: string; readonly bytes: Bytes }[];
  /** Digests that are kept. */
  readonly kept: ReadonlySet<string>;
}

/** @param now seconds of the wall clock, which file times are in */
export async function pruneImages(now: Seconds): Promise<Pruned> {
  const stored = await listImages();
  const names = await listNames();
  const kept = new Set(names.map(({ digest }) => digest));
  // Without a name of their own: what tare assembles. Newest first: the last to be set of each is the one in use.
  const nameless = stored.filter(({ image }) => !kept.has(image.digest));
  const newest = new Map(nameless.toReversed().map(({ image }) => [image.name, image]));
  for (const { name, digest, config } of newest.values())
    if (config === null || !names.some((entry) => isNamed(entry.name, name))) kept.add(digest);
  const images = await removeUnusedImages(kept);
  const unreadable = await removeUnreadable();
  return { images, unreadable, forms: await removeOldForms(now - formSeconds), kept };
}

/**
 * Removes every image whose digest is not in `keep` and returns what was removed. The folder is renamed
 * away first, so that no run can find half an image.
 */
export async function removeUnusedImages(keep: ReadonlySet<string>): Promise<StoredImage[]> {
  const unused = (await listImages()).filter(({ image }) => !keep.has(image.digest));
  for (const { image } of unused) await removeAtOnce(image.folder);
  await removeDeadIndexes();
  return unused;
}

async function removeAtOnce(path: string): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const doomed = join(folder, 'doomed');
    await rename(path, doomed);
    await removeTree(doomed);
  });
}

async function removeUnreadable(): Promise<string[]> {
  const names = await readdir(imagesFolder()).catch((): string[] => []);
  const removed: string[] = [];
  for (const name of names.filter((each) => /^[0-9a-f]{64}$/.test(each))) {
    if ((await loadImage(name)) !== null) continue;
    await removeAtOnce(join(imagesFolder(), name));
    removed.push(name);
  }
  return removed;
}

async function removeOldForms(before: Seconds): Promise<Pruned['forms']> {
  const removed: Pruned['forms'][number][] = [];
  for (const { image, forms } of await listImages()) {
    for (const form of forms) {
      const path = join(image.folder, 'forms', form);
      const { mtimeMs, blocks } = await stat(path);
      if (mtimeMs / 1000 >= before) continue;
      await rm(path, { force: true });
      removed.push({ image: image.name, form, bytes: blocks * 512 });
    }
  }
  return removed;
}

/** An index leads from a source to its image; without the image it leads nowhere. */
async function removeDeadIndexes(): Promise<void> {
  const folder = join(cacheFolder(), 'index');
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const known = z.object({ digest: z.string() }).safeParse(await readCached(join(folder, name)));
    if (known.success && (await loadImage(known.data.digest)) === null)
      await rm(join(folder, name), { force: true });
  }
}
