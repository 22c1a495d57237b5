/**
 * Imports other people's images: whatever form they come in, they end as one unpacked tree with a manifest in the
 * cache, like the images tare makes itself. What was imported once is found again by what it is made of.
 * Everything happens in a temporary folder of the cache, which is renamed into place when all has been checked.
 */
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { lchownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { formatValue } from '../../model/units.ts';
import { ensureMiniImage } from '../builtin.ts';
import { cacheFolder, publish, readCached, withTemporaryFolder, writeCached } from '../cache.ts';
import type { Image, ImageConfig } from '../image.ts';
import { imageConfig, imageFolder, loadImage } from '../store.ts';
import { rememberName } from '../named.ts';
import { sha256 } from '../tree.ts';
import { setAttributes } from './attributes.ts';
import { createBudget, defaultLimits, freeBytes, type Limits } from './budget.ts';
import { readConfig } from './config.ts';
import { createContentStore, type ContentStore, type Honours } from './contents.ts';
import { hostArchitecture, type FoundImage, type Platform } from './found.ts';
import { resolveIdentity } from './identity.ts';
import { applyLayer } from './layer.ts';
import { createTree, findFile, type Tree } from './model.ts';
import type { Wanted } from './oci.ts';
import { plantTree } from './plant.ts';
import { parseReference } from './reference.ts';
import { printable, refusal } from './refusal.ts';
import { identityOf, readSource, type PathSource } from './source.ts';
import { copyImage, formatReference, identify } from './tools.ts';

export interface ImportOptions {
  /** Takes progress, a line at a time. */
  readonly report: (line: string) => void;
  /** OS/ARCHITECTURE[/VARIANT]; this host's by default. */
  readonly platform?: string;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<Limits>;
  /** What to call the image instead of what it or its file is called. */
  readonly name?: string;
  /** Host path of the static busybox to put beside the image; the one of the `mini` image by default. */
  readonly busybox?: () => Promise<string>;
}

/** Raise when the same source would give another tree or configuration. */
const importVersion = 2;

interface Imported {
  readonly image: Image;
  /** The path that the image's name was taken from; null: the name is its own. */
  readonly origin: string | null;
}

/**
 * @param reference a path or TRANSPORT:REFERENCE, see reference.ts
 * @throws UserError where the image cannot be taken, naming the archive, the layer and the entry
 */
export async function importImage(reference: string, options: ImportOptions): Promise<Image> {
  try {
    const { image, origin } = await find(reference, options);
    const { name, digest, config } = image;
    if (config !== null) await rememberName({ name, origin, digest, config });
    return image;
  } catch (error) {
    throw asUserError(error, reference);
  }
}

/**
 * Looks whether there is such an image, as far as can be said without unpacking or copying it: a path is read as far
 * as its manifest and configuration, whose digests are checked; images of engines and registries are not asked for.
 * @throws UserError as `importImage` does
 */
export async function inspectImage(reference: string, signal?: AbortSignal): Promise<void> {
  const parsed = parseReference(reference);
  if (!('path' in parsed)) return;
  const source = { kind: parsed.kind, path: parsed.path, shown: reference };
  try {
    await withTemporaryFolder(async (work) => {
      const budget = createBudget(defaultLimits, await freeBytes(work));
      await readSource(source, wantedOf(undefined, parsed.tag), work, budget, signal);
    });
  } catch (error) {
    throw asUserError(error, reference);
  }
}

async function find(reference: string, options: ImportOptions): Promise<Imported> {
  const parsed = parseReference(reference);
  const wanted = wantedOf(options.platform, 'tag' in parsed ? parsed.tag : null);
  if ('path' in parsed) {
    const source = { kind: parsed.kind, path: parsed.path, shown: reference };
    const imported = await byKey(identityOf(source), wanted, () =>
      importPath(source, wanted, options, options.name),
    );
    return options.name === undefined ? imported : called(imported, options.name, null);
  }
  const platform = wanted.named ? wanted.platform : null;
  const imported = await byKey(await identify(parsed, platform), wanted, () =>
    withTemporaryFolder(async (folder) => {
      options.report(`image ${parsed.name}: copying ${formatReference(parsed)}`);
      const { form, path } = await copyImage(parsed, platform, folder, options.signal);
      return await importPath({ kind: form, path, shown: reference }, wanted, options, parsed.name);
    }),
  );
  // An engine may have given the same image another name since.
  return called(imported, parsed.name, null);
}

const called = ({ image }: Imported, name: string, origin: string | null): Imported => ({
  image: { ...image, name },
  origin,
});

function wantedOf(platform: string | undefined, tag: string | null): Wanted {
  const host = { os: 'linux', architecture: hostArchitecture(), variant: null };
  if (platform === undefined) return { platform: host, named: false, tag };
  const [os = '', architecture = '', variant, more] = platform.split('/');
  if (os === '' || architecture === '' || more !== undefined)
    throw new UserError(
      `${JSON.stringify(platform)} is no platform`,
      'write OS/ARCHITECTURE, e.g. linux/arm64',
    );
  return { platform: { os, architecture, variant: variant ?? null } satisfies Platform, named: true, tag };
}

const entrySchema = z.object({
  digest: z.string(),
  name: z.string(),
  origin: z.string().nullable(),
  config: imageConfig,
});

/** The image once imported from what the key stands for, or the one that `make` makes. */
async function byKey(key: string | null, wanted: Wanted, make: () => Promise<Imported>): Promise<Imported> {
  if (key === null) return await make();
  const { platform, tag } = wanted;
  const index = join(
    cacheFolder(),
    'index',
    `import-${sha256(JSON.stringify([importVersion, key, platform, tag])).slice(0, 32)}.json`,
  );
  const known = entrySchema.safeParse(await readCached(index));
  const stored = known.success ? await loadImage(known.data.digest) : null;
  // Two images may have the same tree and differ in configuration: that of the source counts.
  if (known.success && stored !== null)
    return {
      image: { ...stored, name: known.data.name, config: known.data.config },
      origin: known.data.origin,
    };
  const { image, origin } = await make();
  await writeCached(index, { digest: image.digest, name: image.name, origin, config: image.config });
  return { image, origin };
}

async function importPath(
  source: PathSource,
  wanted: Wanted,
  options: ImportOptions,
  name?: string,
): Promise<Imported> {
  const { report, signal } = options;
  return await withTemporaryFolder(async (work) => {
    // Set-user-id programs of a stranger lie in it for a while, belonging to root.
    await chmod(work, 0o700);
    const limits = { ...defaultLimits, ...options.limits };
    const budget = createBudget(limits, await freeBytes(work));
    const read = await readSource(source, wanted, work, budget, signal);
    const found = name === undefined ? read : { ...read, name, origin: null };
    const imported = await byKey(found.key, wanted, async () => {
      const honours = { owners: canGiveAway(work) };
      const contents = createContentStore(join(work, 'contents'), budget, honours);
      const tree = createTree(budget, (content) => contents.remove(content));
      let leftOut = 0;
      for (const [index, layer] of found.layers.entries()) {
        report(`image ${found.name}: unpacking layer ${String(index + 1)} of ${String(found.layers.length)}`);
        leftOut += await applyLayer(tree, contents, layer, index, signal);
      }
      if (leftOut > 0)
        report(
          `image ${found.name}: left out ${String(leftOut)} device nodes, pipes or sockets below /dev and /run; every instance gets its own`,
        );
      const config = readConfig(found.config, identityIn(tree, contents, found), found.place);
      const image = await finish(work, tree, contents, honours, found, config, options);
      return { image, origin: found.origin ?? null };
    });
    // The same content may have been imported under another name.
    return called(imported, found.name, found.origin ?? null);
  });
}

/** Whether files may be given to other owners: root may, except in some containers. */
function canGiveAway(folder: string): boolean {
  if (process.geteuid?.() !== 0) return false;
  const probe = join(folder, 'owner');
  writeFileSync(probe, '');
  try {
    lchownSync(probe, 65_534, 65_534);
    return true;
  } catch {
    return false;
  }
}

const largestAccounts = 4 * 1024 * 1024;

function identityIn(
  tree: Tree,
  contents: ContentStore,
  { config, place }: FoundImage,
): ImageConfig['identity'] {
  const read = (path: string): string => {
    const file = findFile(tree, path, { ...place, entry: path });
    if (file === null) return '';
    if (file.size > largestAccounts)
      throw refusal({ ...place, entry: path }, 'is too long to be a list of accounts');
    return contents.read(file.content).toString('utf8');
  };
  const accounts = { passwd: read('/etc/passwd'), group: read('/etc/group') };
  return resolveIdentity(config.config?.User ?? '', accounts, place);
}

async function finish(
  work: string,
  tree: Tree,
  contents: ContentStore,
  honours: Honours,
  found: FoundImage,
  config: ImageConfig,
  options: ImportOptions,
): Promise<Image> {
  const { report } = options;
  const folder = join(work, 'image');
  await mkdir(folder);
  report(`image ${found.name}: assembling`);
  const planted = plantTree(tree.root, contents, join(folder, 'rootfs'), honours);
  await writeFile(join(folder, 'manifest'), planted.manifest);
  if (Object.keys(planted.attributes).length > 0) {
    await writeFile(join(folder, 'xattrs.json'), `${JSON.stringify(planted.attributes)}\n`);
    const lost = await setAttributes(join(folder, 'rootfs'), planted.attributes, work);
    if (lost !== null) report(`image ${found.name}: ${lost}`);
  }
  const busybox = await (options.busybox ?? miniBusybox)();
  await copyFile(busybox, join(folder, 'busybox'));
  await chmod(join(folder, 'busybox'), 0o755);
  const { name } = found;
  const facts = { name, treeBytes: planted.bytes, packages: {}, programs: {}, closure: {}, config };
  await writeFile(join(folder, 'image.json'), `${JSON.stringify(facts, null, 2)}\n`);
  // Another's set-user-id programs, belonging to root: no business of this host's other users.
  if (honours.owners) await chmod(folder, 0o700);
  await publish(folder, imageFolder(planted.digest));
  report(
    `image ${name}: ${planted.digest.slice(0, 12)}, ${formatValue(planted.bytes, 'B')}, ${String(planted.files)} files, ${describe(config)}`,
  );
  const image = await loadImage(planted.digest);
  if (image === null) throw new Error(`image ${planted.digest} vanished while it was being made`);
  return { ...image, name, config };
}

async function miniBusybox(): Promise<string> {
  return (await ensureMiniImage()).busybox;
}

function describe({ entrypoint, command, identity }: ImageConfig): string {
  const argv = [...entrypoint, ...command];
  return argv.length === 0
    ? 'says nothing about what to run (neither entrypoint nor command)'
    : `runs [${argv.map(printable).join(',')}] as ${String(identity.uid)}:${String(identity.gid)}`;
}

/** What the host refuses (space, permission, a name too long for its file system) is for the user to fix. */
function asUserError(error: unknown, reference: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof UserError || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new UserError(
    `${reference} could not be imported: ${messageOf(error)}`,
    'check that the source can be read and that the cache folder has room',
    exitCode.hostCannot,
    error,
  );
}
