import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importImage } from '../import/index.ts';
import { parseManifest, sha256 } from '../tree.ts';
import { writeLayout } from './layout.ts';
import { appRecipes } from './recipes.ts';
import { tarHeader } from './tar.ts';

let folder: string;
const cache = process.env['TARE_CACHE_DIR'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-layout-'));
  process.env['TARE_CACHE_DIR'] = join(folder, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env['TARE_CACHE_DIR'];
  else process.env['TARE_CACHE_DIR'] = cache;
  await rm(folder, { recursive: true, force: true });
});

const deep = `${'long-folder/'.repeat(9)}file`;

async function makeTree(root: string, order: readonly string[], time: number): Promise<void> {
  await mkdir(join(root, 'data/inner'), { recursive: true });
  await mkdir(join(root, deep, '..'), { recursive: true });
  await mkdir(join(root, 'etc'));
  for (const path of order) {
    await writeFile(join(root, path), `content of ${path}`.padEnd(700));
    await chmod(join(root, path), 0o644);
  }
  await writeFile(join(root, 'etc/passwd'), 'app:x:105:105::/data:/bin/sh\n');
  await symlink('/data', join(root, 'link'));
  await chmod(join(root, 'data'), 0o700);
  for (const path of [...order, 'data', 'etc']) await utimes(join(root, path), time, time);
}

const config = { ...appRecipes['redis']!.config, User: 'app' };
const write = (root: string, to: string) =>
  writeLayout(to, {
    root,
    config,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    labels: { 'org.opencontainers.image.version': '1' },
    reference: 'app',
    ownerOf: (path) => (path.startsWith('/data') ? { uid: 105, gid: 106 } : { uid: 0, gid: 0 }),
  });

test('equal trees give equal layouts whenever they were made, and each blob is what its name says', async () => {
  const files = ['data/inner/b', 'data/a', deep];
  await makeTree(join(folder, 'one'), files, 1e9);
  await makeTree(join(folder, 'two'), files.toReversed(), 1.5e9);
  await write(join(folder, 'one'), join(folder, 'layout1'));
  await write(join(folder, 'two'), join(folder, 'layout2'));
  const index = await readFile(join(folder, 'layout1/index.json'), 'utf8');
  expect(await readFile(join(folder, 'layout2/index.json'), 'utf8')).toBe(index);
  const blobs = await readdir(join(folder, 'layout1/blobs/sha256'));
  expect(blobs).toHaveLength(3);
  for (const blob of blobs) {
    expect(sha256(await readFile(join(folder, 'layout1/blobs/sha256', blob)))).toBe(blob);
  }
  await writeFile(join(folder, 'two/data/a'), 'other');
  await write(join(folder, 'two'), join(folder, 'layout3'));
  expect(await readFile(join(folder, 'layout3/index.json'), 'utf8')).not.toBe(index);
});

test('an importer finds the entries, their owners and the configuration', async () => {
  await makeTree(join(folder, 'root'), ['data/inner/b', deep], 1e9);
  await write(join(folder, 'root'), join(folder, 'layout'));
  const image = await importImage(`oci:${join(folder, 'layout')}`, {
    report: () => undefined,
    busybox: () => Promise.resolve(join(folder, 'root/etc/passwd')),
  });
  const entries = parseManifest(await readFile(image.manifest, 'utf8'));
  const facts = Object.fromEntries(
    entries.map(({ path, uid, gid, mode, kind }) => [path, [kind, uid, gid, mode]]),
  );
  expect(facts['/data']).toEqual(['folder', 105, 106, 0o700]);
  expect(facts['/data/inner/b']).toEqual(['file', 105, 106, 0o644]);
  expect(facts[`/${deep}`]).toEqual(['file', 0, 0, 0o644]);
  expect(facts['/link']).toEqual(['link', 0, 0, null]);
  expect(image.config).toMatchObject({
    entrypoint: config.Entrypoint,
    command: config.Cmd,
    identity: { uid: 105, gid: 105, home: '/data' },
    workingFolder: '/var/lib/redis',
    stopSignal: 'SIGTERM',
    ports: [{ port: 6379, protocol: 'tcp' }],
    healthcheck: { test: config.Healthcheck.Test, intervalSeconds: 5 },
  });
});

test('what no header can hold is refused, not cut', () => {
  const entry = { kind: 'file', mode: 0o644, size: 0, target: '', uid: 0, gid: 0 } as const;
  expect(() => tarHeader({ ...entry, path: 'x'.repeat(101) })).toThrow('too long');
  expect(() => tarHeader({ ...entry, path: 'a', kind: 'link', target: 'x'.repeat(101) })).toThrow('too long');
  expect(() => tarHeader({ ...entry, path: 'a', uid: 8 ** 7 })).toThrow('too long');
  expect(tarHeader({ ...entry, path: 'x'.repeat(100) })).toHaveLength(512);
});

test.each(Object.entries(appRecipes))('%s says all that a run needs', (name, recipe) => {
  const { account, config: said, programs, links, owned, packages } = recipe;
  expect(recipe.name).toBe(name);
  expect(packages).toContain('busybox-static');
  expect(said.User).toBe(account.name);
  expect(account.uid).toBeGreaterThan(0);
  // One port: it is the service's without being named.
  expect(Object.keys(said.ExposedPorts)).toHaveLength(1);
  const [program = ''] = said.Entrypoint;
  const places = [...Object.values(programs), ...Object.keys(links)];
  expect(places.some((path) => /^\/usr\/s?bin\//.test(path) && path.endsWith(`/${program}`))).toBe(true);
  for (const link of Object.values(links)) expect(programs).toHaveProperty(link);
  for (const path of owned) expect(path).toMatch(/^\/(run|var)\//);
});
