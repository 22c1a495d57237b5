/**
 * The built-in images: one with the programs of the built-in workloads, one with busybox alone for tests.
 * Assembled once per distribution from its packages and then found by a small index, without asking apt:
 * so the image, and with it every comparison, stays the same until someone asks for a new one.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleTree, baseRecipe } from './assemble.ts';
import type { Recipe } from './assemble.ts';
import { cacheFolder, publish, readCached, withTemporaryFolder, writeCached } from './cache.ts';
import { downloadPackages, readDistribution, unpackPackage } from './debian.ts';
import type { DownloadedPackage } from './debian.ts';
import type { Image } from './image.ts';
import { imageFolder, loadImage } from './store.ts';
import { summarizeTree } from './tree.ts';

/** Raise when a recipe below or in assemble.ts changes. */
const recipeVersion = 2;

interface BuiltinRecipe {
  readonly name: string;
  readonly packages: readonly string[];
  /** Whether the packages' dependencies are needed too. */
  readonly closure: boolean;
  readonly recipe: Recipe;
}

const benchRecipe: BuiltinRecipe = {
  name: 'builtin',
  packages: ['busybox-static', 'sysbench', 'stress-ng', 'fio', 'redis-server', 'redis-tools', 'nginx', 'wrk'],
  closure: true,
  recipe: {
    ...baseRecipe,
    programs: {
      ...baseRecipe.programs,
      sysbench: '/usr/bin/sysbench',
      'stress-ng': '/usr/bin/stress-ng',
      fio: '/usr/bin/fio',
      'redis-server': '/usr/bin/redis-server',
      'redis-cli': '/usr/bin/redis-cli',
      'redis-benchmark': '/usr/bin/redis-benchmark',
      nginx: '/usr/sbin/nginx',
      wrk: '/usr/bin/wrk',
    },
    // glibc loads it when a thread is cancelled.
    extraLibraries: ['libgcc_s.so.1'],
    folders: [
      ...baseRecipe.folders,
      '/var/lib/redis',
      '/var/lib/nginx',
      '/var/log/nginx',
      '/etc/nginx',
      '/var/www',
    ],
  },
};

const miniRecipe: BuiltinRecipe = {
  name: 'mini',
  packages: ['busybox-static'],
  closure: false,
  recipe: baseRecipe,
};

/** The image of the built-in workloads; assembled on first use (77 MB of packages), then found in milliseconds. */
export function ensureBuiltinImage(report: (line: string) => void): Promise<Image> {
  return ensure(benchRecipe, report);
}

/** Busybox alone, 2 MB: enough for the agent, starts, stops and failures. */
export function ensureMiniImage(report: (line: string) => void = () => undefined): Promise<Image> {
  return ensure(miniRecipe, report);
}

async function ensure(builtin: BuiltinRecipe, report: (line: string) => void): Promise<Image> {
  const { id, architecture } = await readDistribution();
  const key = `${builtin.name}-${id}-${architecture}-${String(recipeVersion)}.json`;
  const index = join(cacheFolder(), 'index', key);
  const known = await readCached(index);
  if (typeof known === 'object' && known !== null && 'digest' in known && typeof known.digest === 'string') {
    const image = await loadImage(known.digest);
    if (image !== null) return image;
  }
  const image = await build(builtin, report);
  await writeCached(index, { digest: image.digest, packages: image.packages });
  return image;
}

async function build(builtin: BuiltinRecipe, report: (line: string) => void): Promise<Image> {
  return await withTemporaryFolder(async (work) => {
    report(`image ${builtin.name}: downloading packages`);
    const downloaded = await downloadPackages(builtin.packages, join(work, 'apt'), {
      closure: builtin.closure,
    });
    const packages = join(work, 'packages');
    const useful = downloaded.filter((item) => mayHoldBinaries(item, builtin.packages));
    report(`image ${builtin.name}: unpacking ${String(useful.length)} packages`);
    for (const item of useful) await unpackPackage(item.file, packages);
    const folder = join(work, 'image');
    report(`image ${builtin.name}: assembling`);
    const closure = await assembleTree(packages, join(folder, 'rootfs'), builtin.recipe);
    const tree = await summarizeTree(join(folder, 'rootfs'));
    await writeFile(join(folder, 'manifest'), tree.manifest);
    const facts = {
      name: builtin.name,
      treeBytes: tree.bytes,
      packages: Object.fromEntries(useful.map((item) => [item.name, item.version])),
      programs: builtin.recipe.programs,
      closure,
    };
    await writeFile(join(folder, 'image.json'), `${JSON.stringify(facts, null, 2)}\n`);
    await publish(folder, imageFolder(tree.digest));
    report(
      `image ${builtin.name}: ${tree.digest.slice(0, 12)}, ${String(Math.round(tree.bytes / 2 ** 20))} MiB`,
    );
    const image = await loadImage(tree.digest);
    if (image === null) throw new Error(`image ${tree.digest} vanished while it was being made`);
    if (image.config === null) return image;
    // Someone imported the very same tree before; what is known of ours is more.
    await writeCached(join(image.folder, 'image.json'), facts);
    return (await loadImage(tree.digest)) ?? image;
  });
}

/** Scripts and documentation come in architecture-independent packages; interpreters are never needed. */
function mayHoldBinaries(item: DownloadedPackage, wanted: readonly string[]): boolean {
  if (wanted.includes(item.name)) return true;
  return item.architecture !== 'all' && !/^(lib)?(perl|python)/.test(item.name);
}
