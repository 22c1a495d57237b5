/** What images are called, which one a name means, and what pruning leaves of them. */
import fc from 'fast-check';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserError } from '../../model/errors.ts';
import { listNamed, lookUpImage } from '../named.ts';
import { fullName, isNamed, meantBy, waysToName } from '../names.ts';
import { pruneImages } from '../prune.ts';
import {
  dockerFiles,
  file,
  layoutFiles,
  tar,
  tarOf,
  writeFiles,
  type LayoutImage,
} from './testing/archives.ts';
import { createWorkbench, type Workbench } from './testing/workbench.ts';

let bench: Workbench;
beforeEach(() => {
  bench = createWorkbench();
});
afterEach(() => {
  expect(bench.strays()).toEqual([]);
  bench.close();
});

const layer = (content: string) => ({ layers: [{ plain: tar(file('bin/app', content)) }] });
const whole = 'io.containerd.image.name';
const short = 'org.opencontainers.image.ref.name';
/** As docker 25 and later saves an image. */
const docker = (name: string, content: string, config?: object) => ({
  ...layer(content),
  annotations: { [whole]: `docker.io/${name}`, [short]: name.split(':')[1] ?? '' },
  ...(config === undefined ? {} : { config }),
});
const archive = (file: string, ...images: readonly LayoutImage[]): string =>
  bench.write(file, tarOf(layoutFiles(...images)));
const refusalOf = async (reference: string): Promise<UserError> =>
  await bench.importImage(reference).then(
    () => expect.unreachable('was taken'),
    (reason: unknown) => reason as UserError,
  );

describe('a name', () => {
  test('is the whole one, wherever the tag alone stands, and a tag names nothing', async () => {
    const shop = await bench.importImage(archive('shop.tar', docker('acme/shop:latest', '1')));
    const ledger = await bench.importImage(archive('ledger.tar', docker('acme/ledger:latest', '2')));
    expect([shop.name, ledger.name]).toEqual(['docker.io/acme/shop:latest', 'docker.io/acme/ledger:latest']);
    expect((await pruneImages(Date.now() / 1000)).images).toEqual([]);
    expect(await lookUpImage('latest')).toBeNull();
    for (const name of ['acme/shop', 'acme/shop:latest', 'docker.io/acme/shop:latest'])
      expect((await lookUpImage(name))?.digest).toBe(shop.digest);
  });

  test("of a tag alone is the file's with the tag, so that two in one folder stay two", async () => {
    const files = layoutFiles({ ...layer('1'), tag: '1.0' }, { ...layer('2'), tag: 'next' });
    const place = writeFiles(join(bench.folder, 'in', 'shop'), files);
    const first = await bench.importImage(`${place}:1.0`);
    const second = await bench.importImage(`oci:${place}:next`);
    expect([first.name, second.name]).toEqual(['shop:1.0', 'shop:next']);
    expect((await pruneImages(Date.now() / 1000)).images).toEqual([]);
    expect((await lookUpImage('shop:1.0'))?.digest).toBe(first.digest);
  });

  test('moves to what was imported last under it, and what it left is pruned', async () => {
    const old = await bench.importImage(archive('a.tar', docker('acme/shop:1', 'old')));
    const saved = tarOf(dockerFiles([tar(file('bin/app', 'new'))], {}, ['acme/shop:1']));
    const now = await bench.importImage(bench.write('b.tar', saved));
    expect((await lookUpImage('acme/shop:1'))?.digest).toBe(now.digest);
    const { images } = await pruneImages(Date.now() / 1000);
    expect(images.map(({ image }) => image.digest)).toEqual([old.digest]);
  });

  test("has the configuration it was imported with, though another's tree is the same", async () => {
    await bench.importImage(archive('a.tar', docker('acme/shop:1', 'same', { Cmd: ['/one'] })));
    await bench.importImage(archive('b.tar', docker('acme/shop:2', 'same', { Cmd: ['/two'] })));
    expect((await lookUpImage('acme/shop:1'))?.config?.command).toEqual(['/one']);
    expect((await lookUpImage('acme/shop:2'))?.config?.command).toEqual(['/two']);
    await bench.importImage(archive('c.tar', docker('acme/shop:1', 'same', { Cmd: ['/three'] })));
    expect((await lookUpImage('acme/shop:1'))?.config?.command).toEqual(['/three']);
    expect((await listNamed()).map(({ names }) => names)).toEqual([
      ['docker.io/acme/shop:1', 'docker.io/acme/shop:2'],
    ]);
  });

  test('that two files share means neither, and pruning leaves both', async () => {
    const places = ['x', 'y'].map((name) =>
      writeFiles(join(bench.folder, 'in', name, 'rootfs'), new Map([['bin/app', Buffer.from(name)]])),
    );
    for (const place of places) await bench.importImage(place);
    await expect(lookUpImage('rootfs')).rejects.toThrow(/could be one of 2: .*in\/x\/rootfs.*in\/y\/rootfs/);
    expect((await pruneImages(Date.now() / 1000)).images).toEqual([]);
  });
});

describe('several images in one archive', () => {
  test('are offered by names that work when typed back', async () => {
    const saved = bench.write(
      'old.tar',
      tarOf(dockerFiles([tar(file('bin/app', '1'))], {}, ['library/a:1', 'library/a:2'])),
    );
    const path = archive('two.tar', docker('library/a:1', '1'), docker('library/b:1', '2'));
    const { message, hint } = await refusalOf(path);
    expect(message).toContain('holds several images');
    const offered = hint.split('images here: ')[1]?.split(', ') ?? [];
    expect(offered).toEqual(['docker.io/library/a:1', 'docker.io/library/b:1']);
    for (const name of offered) expect((await bench.importImage(`${path}:${name}`)).name).toBe(name);
    expect((await bench.importImage(`${path}:b:1`)).name).toBe('docker.io/library/b:1');
    expect((await refusalOf(`${path}:1`)).message).toContain('holds several images tagged "1"');
    // Two tags of one image need no choice.
    expect((await bench.importImage(saved)).name).toBe('library/a:1');
    expect((await bench.importImage(`${saved}:2`)).name).toBe('library/a:2');
  });

  test('are one where two tags are of one digest, in either form', async () => {
    const path = archive('tags.tar', docker('acme/shop:1', '1'), docker('acme/shop:2', '1'));
    const image = await bench.importImage(path);
    expect(image.name).toBe('docker.io/acme/shop:1');
    expect((await bench.importImage(`${path}:acme/shop:2`)).name).toBe('docker.io/acme/shop:2');
    expect((await lookUpImage('acme/shop:2'))?.digest).toBe(image.digest);
  });

  test('without any name are offered by digest', async () => {
    const path = archive('none.tar', layer('1'), layer('2'));
    const offered = (await refusalOf(path)).hint.split('images here: ')[1]?.split(', ') ?? [];
    expect(offered).toHaveLength(2);
    const digests = [];
    for (const name of offered) digests.push((await bench.importImage(`${path}:${name}`)).digest);
    expect(new Set(digests).size).toBe(2);
  });

  test('whatever they are called, each is offered by something that means it alone', () => {
    const name = fc.tuple(
      fc.constantFrom('', 'docker.io/', 'docker.io/library/', 'localhost/', 'r:5000/x/'),
      fc.constantFrom('a', 'b', 'latest'),
      fc.constantFrom('', ':1', ':latest', ':abcdef1'),
    );
    const one = fc.record({
      names: fc.array(
        name.map((parts) => parts.join('')),
        { maxLength: 2 },
      ),
      tag: fc.constantFrom(null, '1', 'latest', 'abcdef1'),
      digest: fc.nat({ max: 5 }).map((digit) => `sha256:${String(digit).repeat(64)}`),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (all) => {
        const ways = waysToName(all);
        const meant = ways.map((way) => new Set(meantBy(way, all).map(({ digest }) => digest)));
        expect(meant.every(({ size }) => size === 1)).toBe(true);
        expect(new Set(meant.flatMap((set) => [...set]))).toEqual(new Set(all.map(({ digest }) => digest)));
      }),
    );
  });
});

test.each([
  ['shop', 'docker.io/library/shop:latest'],
  ['acme/shop:1', 'docker.io/acme/shop:1'],
  ['localhost/shop', 'localhost/shop:latest'],
  ['localhost:5000/shop', 'localhost:5000/shop:latest'],
  ['quay.io/acme/shop:1', 'quay.io/acme/shop:1'],
  ['index.docker.io/library/shop', 'docker.io/library/shop:latest'],
  ['a/b@sha256:12', 'docker.io/a/b@sha256:12'],
])('%s in full is %s', (short, full) => {
  expect(fullName(short)).toBe(full);
  expect(isNamed(full, short)).toBe(true);
});
