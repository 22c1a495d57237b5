/**
 * Images of ready applications, built offline of the distribution's packages, each as an OCI layout in the cache:
 * what `app:NAME` stands for. They are then imported like anyone's image; nothing downstream knows them.
 */
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, glob, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../model/errors.ts';
import { assembleTree, baseRecipe } from '../assemble.ts';
import { cacheFolder, publish, readCached, withTemporaryFolder, writeCached } from '../cache.ts';
import { downloadPackages, readDistribution, unpackPackage } from '../debian.ts';
import type { Image } from '../image.ts';
import { importImage } from '../import/index.ts';
import { writeLayout } from './layout.ts';
import type { AppRecipe } from './recipe.ts';
import { appRecipes } from './recipes.ts';
import { runSetup } from './setup.ts';

/** Raise when a recipe or the way it is made changes. */
const recipeVersion = 1;

export interface App {
  readonly name: string;
  /** The OCI layout. */
  readonly path: string;
  /** Package name -> version, of what its files came from. */
  readonly packages: Readonly<Record<string, string>>;
}

export const appNames = Object.keys(appRecipes);

const known = z.object({ path: z.string(), packages: z.record(z.string(), z.string()) });

/** NAME of `app:NAME`, or null where a reference to an image is of another kind. */
export function appNamed(reference: string): string | null {
  return reference.startsWith('app:') ? reference.slice('app:'.length) : null;
}

/**
 * The application's image, built on first use and then found.
 * @throws UserError for a name that is none, and where this host cannot build it
 */
export async function ensureApp(name: string, report: (line: string) => void): Promise<App> {
  const recipe = recipeOf(name);
  const { id, architecture } = await readDistribution();
  const key = `${name}-${id}-${architecture}-${String(recipeVersion)}`;
  const index = join(cacheFolder(), 'index', `app-${key}.json`);
  const path = join(cacheFolder(), 'apps', key);
  const found = known.safeParse(await readCached(index));
  if (found.success && existsSync(join(path, 'oci-layout'))) return { name, ...found.data };
  const packages = await build(recipe, architecture, path, report);
  await writeCached(index, { path, packages });
  return { name, path, packages };
}

/** @throws UserError for a name that is none, listing those that are */
export function recipeOf(name: string): AppRecipe {
  const recipe = Object.hasOwn(appRecipes, name) ? appRecipes[name] : undefined;
  if (recipe !== undefined) return recipe;
  throw new UserError(
    `there is no ready application ${JSON.stringify(name)}`,
    `ready ones: ${appNames.join(', ')}`,
  );
}

async function build(
  recipe: AppRecipe,
  architecture: string,
  target: string,
  report: (line: string) => void,
): Promise<App['packages']> {
  const { name, account, config, scripts, setup, versionOf } = recipe;
  return await withTemporaryFolder(async (work) => {
    report(`image app:${name}: downloading packages`);
    const downloaded = await downloadPackages(recipe.packages, join(work, 'apt'), { closure: true });
    const useful = downloaded.filter(
      (item) => item.architecture !== 'all' || scripts || recipe.packages.includes(item.name),
    );
    report(`image app:${name}: unpacking ${String(useful.length)} packages`);
    const unpacked = join(work, 'packages');
    for (const item of useful) await unpackPackage(item.file, unpacked);
    const root = join(work, 'root');
    await assemble(recipe, unpacked, root);
    if (setup !== null) {
      report(`image app:${name}: preparing its data`);
      await runSetup(root, setup, account, `app:${name}`);
    }
    report(`image app:${name}: packing`);
    const version = useful.find((item) => versionOf.test(item.name))?.version ?? '';
    const layout = join(work, 'layout');
    await writeLayout(layout, {
      root,
      config,
      architecture,
      labels: {
        'org.opencontainers.image.title': name,
        'org.opencontainers.image.version': version,
      },
      reference: name,
      ownerOf: (path) =>
        recipe.owned.some((folder) => path === folder || path.startsWith(`${folder}/`))
          ? { uid: account.uid, gid: account.uid }
          : { uid: 0, gid: 0 },
    });
    await publish(layout, target);
    report(`image app:${name}: version ${version}`);
    return Object.fromEntries(useful.map((item) => [item.name, item.version]));
  });
}

/** The application as an image that runners take, imported on first use. */
export async function openApp(
  name: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Image> {
  const { path, packages } = await ensureApp(name, report);
  const image = await importImage(`oci:${path}`, { report, signal, name: `app:${name}` });
  return { ...image, packages };
}

/** The root file system: the programs with what they need, and what the recipe adds. */
async function assemble(recipe: AppRecipe, packages: string, root: string): Promise<void> {
  const { account, copies, files, links, owned, texts } = recipe;
  const programs: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(recipe.programs)) {
    programs[name] = await resolvePattern(packages, pattern);
  }
  for (const pattern of copies) {
    for (const path of await matches(packages, pattern)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await cp(join(packages, path), join(root, path), { recursive: true, verbatimSymlinks: true });
    }
  }
  await assembleTree(packages, root, {
    programs: { ...baseRecipe.programs, ...programs },
    // Loaded by name: when a thread is cancelled, and where users are looked up by name.
    extraLibraries: ['libgcc_s.so.1', 'libnss_files.so.2'],
    texts: { ...baseRecipe.texts, ...accountFiles(recipe), ...texts },
    folders: [...baseRecipe.folders.filter((folder) => folder !== '/.tare'), account.home, ...owned],
  });
  for (const [link, program] of Object.entries(links)) {
    await symlink(join('/', programs[program] ?? ''), join(root, link));
  }
  for (const [path, file] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(join(import.meta.dirname, file), join(root, path));
    await chmod(join(root, path), 0o644);
    await chmod(dirname(join(root, path)), 0o755);
  }
}

function accountFiles({ account: { name, uid, home } }: AppRecipe): Record<string, string> {
  const id = String(uid);
  return {
    '/etc/passwd': `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}:${name}:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    '/etc/group': `root:x:0:\n${name}:x:${id}:\nnogroup:x:65534:\n`,
  };
}

async function matches(packages: string, pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern.slice(1), { cwd: packages })) found.push(`/${path}`);
  return found.toSorted();
}

/** The one path that a pattern stands for; where the packages have several versions, the last. */
async function resolvePattern(packages: string, pattern: string): Promise<string> {
  if (!pattern.includes('*')) return pattern;
  const path = (await matches(packages, pattern)).at(-1);
  if (path === undefined) throw new Error(`${pattern} is in none of the packages`);
  return path;
}
