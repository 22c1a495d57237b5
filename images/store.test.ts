import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder, ensureFile, publish, readCached, withTemporaryFolder, writeCached } from './cache.ts';
import { aptError } from './debian.ts';
import { diskBlocks } from './disks/disk.ts';
import { pruneImages, removeUnusedImages } from './prune.ts';
import { lookUpImage } from './named.ts';
import { imageFolder, listImages, loadImage } from './store.ts';

let folder: string;
const before = process.env['TARE_CACHE_DIR'];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-cache-'));
  process.env['TARE_CACHE_DIR'] = folder;
});
afterEach(async () => {
  if (before === undefined) delete process.env['TARE_CACHE_DIR'];
  else process.env['TARE_CACHE_DIR'] = before;
  await rm(folder, { recursive: true, force: true });
});

async function addImage(name: string, digit: string): Promise<string> {
  const digest = digit.repeat(64);
  const home = imageFolder(digest);
  await mkdir(join(home, 'rootfs'), { recursive: true });
  await mkdir(join(home, 'forms'), { recursive: true });
  await writeFile(join(home, 'forms', 'disk-1.ext4'), 'x'.repeat(10_000));
  const facts = { name, treeBytes: 5, packages: { a: '1' }, programs: {}, closure: {} };
  await writeFile(join(home, 'image.json'), JSON.stringify(facts));
  return digest;
}

describe('cache', () => {
  test('lies where the environment says', () => {
    expect(cacheFolder({ TARE_CACHE_DIR: '/x', XDG_CACHE_HOME: '/y' })).toBe('/x');
    expect(cacheFolder({ XDG_CACHE_HOME: '/y' })).toBe('/y/tare');
    expect(cacheFolder({})).toMatch(/\/\.cache\/tare$/);
  });

  test('two builds at once: both succeed, one result stays, nothing temporary is left', async () => {
    const target = join(folder, 'forms', 'file');
    const build = (text: string): Promise<string> => ensureFile(target, (path) => writeFile(path, text));
    expect(await Promise.all([build('one'), build('two')])).toEqual([target, target]);
    expect(await readdir(join(folder, 'forms'))).toEqual(['file']);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    await ensureFile(target, () => Promise.reject(new Error('must not be built again')));
  });

  test('two folders published at once: the first stays whole', async () => {
    const target = join(folder, 'kernels', 'k');
    const make = (text: string): Promise<void> =>
      withTemporaryFolder(async (work) => {
        await mkdir(join(work, 'new'));
        await writeFile(join(work, 'new', 'file'), text);
        await publish(join(work, 'new'), target);
      });
    await Promise.all([make('one'), make('two')]);
    expect(await readdir(target)).toEqual(['file']);
  });

  test('a failed build leaves nothing, and what a dead one left is swept', async () => {
    const dead = join(folder, 'tmp', '999999999-abc');
    await mkdir(dead, { recursive: true });
    await expect(ensureFile(join(folder, 'f'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(join(folder, 'f'))).toBe(false);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('values come back; rubbish is null', async () => {
    await writeCached(join(folder, 'index', 'a.json'), { b: 1 });
    expect(await readCached(join(folder, 'index', 'a.json'))).toEqual({ b: 1 });
    await writeFile(join(folder, 'index', 'a.json'), '{"b": ');
    expect(await readCached(join(folder, 'index', 'a.json'))).toBeNull();
    expect(await readCached(join(folder, 'none'))).toBeNull();
  });
});

describe('store', () => {
  test('lists images with forms and sizes, and ignores what is not one', async () => {
    const digest = await addImage('first', 'a');
    await mkdir(imageFolder('b'.repeat(64)), { recursive: true });
    const [stored, ...others] = await listImages();
    expect(others).toEqual([]);
    expect(stored?.image).toMatchObject({ name: 'first', digest, packages: { a: '1' } });
    expect(stored?.forms).toEqual(['disk-1.ext4']);
    expect(stored?.diskBytes).toBeGreaterThan(10_000);
    expect(await loadImage('../../etc')).toBeNull();
  });

  test('finds by name and by digest prefix', async () => {
    await addImage('first', 'a');
    const second = await addImage('second', 'c');
    expect((await lookUpImage('second'))?.digest).toBe(second);
    expect((await lookUpImage('cccccc'))?.name).toBe('second');
    expect(await lookUpImage('ccc')).toBeNull();
    expect(await lookUpImage('third')).toBeNull();
  });

  test('removes what is not kept', async () => {
    await addImage('first', 'a');
    const kept = await addImage('second', 'c');
    const removed = await removeUnusedImages(new Set([kept]));
    expect(removed.map(({ image }) => image.name)).toEqual(['first']);
    expect((await listImages()).map(({ image }) => image.name)).toEqual(['second']);
    expect(await readdir(join(folder, 'images'))).toEqual([kept]);
  });

  test('prunes what nobody needs, and only that', async () => {
    const day = 24 * 3600;
    const older = await addImage('app', 'a');
    const newer = await addImage('app', 'b');
    await utimes(join(imageFolder(older), 'image.json'), 1000, 1000);
    await mkdir(imageFolder('c'.repeat(64)));
    await mkdir(join(folder, 'images', 'notes'));
    for (const digest of [older, newer])
      await writeCached(join(folder, 'index', `of-${digest.slice(0, 1)}.json`), { digest });
    const forms = join(imageFolder(newer), 'forms');
    await writeFile(join(forms, 'used'), '');
    for (const form of ['used', 'disk-1.ext4']) await utimes(join(forms, form), 1000, 1000);
    // Asking for a form is using it.
    await ensureFile(join(forms, 'used'), () => Promise.reject(new Error('it is there')));
    const pruned = await pruneImages(Date.now() / 1000 + 13 * day);
    expect(pruned.images.map(({ image }) => image.digest)).toEqual([older]);
    expect(pruned.unreadable).toEqual(['c'.repeat(64)]);
    expect(pruned.forms.map(({ form }) => form)).toEqual(['disk-1.ext4']);
    expect([...pruned.kept]).toEqual([newer]);
    expect((await readdir(join(folder, 'images'))).toSorted()).toEqual([newer, 'notes'].toSorted());
    expect(await readdir(join(folder, 'index'))).toEqual(['of-b.json']);
    expect(await readdir(forms)).toEqual(['used']);
  });
});

test("apt's failures carry the command that fixes them", () => {
  expect(aptError('x', 'E: Unable to locate package fio').hint).toContain('sudo apt-get update');
  expect(aptError('x', 'Temporary failure resolving deb.example').hint).toContain('network');
  expect(aptError('x', 'E: something else').message).toBe('x: E: something else');
});

test('a disk has room for the content and not much more', () => {
  const files = Array.from({ length: 100 }, () => ({ bytes: 1_000_000 }));
  const bytes = diskBlocks(files) * 4096;
  expect(bytes).toBeGreaterThan(100_000_000);
  expect(bytes).toBeLessThan(108_000_000);
});
