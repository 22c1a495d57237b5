/**
 * Which image of the cache a name stands for. Names are kept next to the images, not in them: one tree may have
 * several (two tags), a name moves to what was imported last under it, and each name has the configuration that
 * it was imported with. A name that was only a file's belongs to that file: others of the same name are others.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../model/errors.ts';
import { cacheFolder, readCached, writeCached } from './cache.ts';
import type { Image, ImageConfig } from './image.ts';
import { fullName, isNamed } from './names.ts';
import { imageConfig, listImages, loadImage } from './store.ts';
import { sha256 } from './tree.ts';

const entrySchema = z.object({
  name: z.string(),
  /** The path that the name was taken from; null: the image calls itself so. */
  origin: z.string().nullable(),
  digest: z.string(),
  config: imageConfig,
});

export interface NameEntry {
  readonly name: string;
  readonly origin: string | null;
  readonly digest: string;
  readonly config: ImageConfig;
}

const indexFolder = (): string => join(cacheFolder(), 'index');

/** From now on the name means this image. */
export async function rememberName(entry: NameEntry): Promise<void> {
  const { name, origin } = entry;
  const key = sha256(JSON.stringify([origin === null ? fullName(name) : name, origin])).slice(0, 32);
  const path = join(indexFolder(), `name-${key}.json`);
  if (JSON.stringify(await readCached(path)) !== JSON.stringify(entry)) await writeCached(path, entry);
}

/** Every name of an imported image, by name. */
export async function listNames(): Promise<readonly NameEntry[]> {
  const files = await readdir(indexFolder()).catch((): string[] => []);
  const entries: NameEntry[] = [];
  for (const file of files.filter((each) => each.startsWith('name-'))) {
    const entry = entrySchema.safeParse(await readCached(join(indexFolder(), file)));
    if (entry.success) entries.push(entry.data);
  }
  const order = ({ name, origin }: NameEntry) => `${name}\n${origin ?? ''}`;
  return entries.toSorted((left, right) => (order(left) < order(right) ? -1 : 1));
}

/**
 * An image of the cache by its name, in full or short, or by a digest prefix of at least 6 digits; null: none.
 * @throws UserError where it could be several
 */
export async function lookUpImage(reference: string): Promise<Image | null> {
  const meant = (await listNames()).filter(
    ({ name, origin }) => name === reference || (origin === null && isNamed(name, reference)),
  );
  const found = new Map<string, { readonly image: Image; readonly origin: string | null }>();
  for (const { name, origin, digest, config } of meant) {
    const image = await loadImage(digest);
    if (image !== null)
      found.set(JSON.stringify([digest, config]), { image: { ...image, name, config }, origin });
  }
  if (found.size > 1) {
    const each = [...found.values()].map(
      ({ image, origin }) => `${image.digest.slice(0, 12)} of ${origin ?? image.name}`,
    );
    throw new UserError(
      `image ${JSON.stringify(reference)} could be one of ${String(each.length)}: ${each.join(', ')}`,
      'name its file, or its digest',
    );
  }
  const [only] = found.values();
  if (only !== undefined) return only.image;
  const images = (await listImages()).map(({ image }) => image);
  const assembled = images.find(({ name, config }) => config === null && name === reference);
  if (assembled !== undefined) return assembled;
  const matching = /^[0-9a-f]{6,64}$/.test(reference)
    ? images.filter((image) => image.digest.startsWith(reference))
    : [];
  if (matching.length > 1)
    throw new UserError(
      `image ${JSON.stringify(reference)} is ambiguous: ${matching.map(({ digest }) => digest.slice(0, 16)).join(', ')}`,
      'give more digits',
    );
  return matching[0] ?? null;
}

/** Every image in the cache with the names that mean it now, newest first; without any, the one it was made as. */
export async function listNamed(): Promise<
  readonly (Awaited<ReturnType<typeof listImages>>[number] & { readonly names: readonly string[] })[]
> {
  const entries = await listNames();
  return (await listImages()).map((stored) => {
    const names = entries.filter(({ digest }) => digest === stored.image.digest).map(({ name }) => name);
    return { ...stored, names: names.length === 0 ? [stored.image.name] : [...new Set(names)] };
  });
}
