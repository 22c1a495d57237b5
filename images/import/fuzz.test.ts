/**
 * Real archives, damaged at random: bits flipped, pieces cut out, headers swapped, fields overwritten (with the
 * checksum made right again, so that the damage reaches what lies behind it). The result is an image or a
 * UserError, in bounded time and space, and nothing lies outside the cache's own folders.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import { createRandom } from '../../model/random.ts';
import {
  dockerFiles,
  file,
  folder,
  hardlink,
  layoutFiles,
  link,
  pax,
  tar,
  tarOf,
  writeFiles,
} from './testing/archives.ts';
import { mutate } from './testing/mutate.ts';
import { createWorkbench, type Workbench } from './testing/workbench.ts';

let bench: Workbench;
beforeAll(() => {
  bench = createWorkbench();
});
afterAll(() => bench.close());

const limitBytes = 16 * 2 ** 20;
const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** One archive with everything in it that the reader knows. */
const base = tar(
  folder('bin/'),
  file('bin/tool', Buffer.alloc(3000, 'tool'), { mode: 0o4755, uid: 3 }),
  link('lib', '../usr/lib'),
  file('lib/inside', 'x'),
  hardlink('again', 'bin/tool'),
  pax([
    ['path', 'long/'.repeat(40) + 'name'],
    ['SCHILY.xattr.user.a', 'b'],
    ['mtime', '12.5'],
  ]),
  file('x', 'pax'),
  { name: '././@LongLink', type: 'L', content: `${'gnu'.repeat(50)}\0`, magic: 'gnu' },
  file('x', 'gnu', { magic: 'gnu' }),
  file('s', Buffer.alloc(1024, 's'), {
    type: 'S',
    magic: 'gnu',
    patch: { 386: [512, 1024].map(octal).join(''), 483: octal(9000) },
  }),
  pax([
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.minor', '0'],
    ['GNU.sparse.realsize', '5000'],
    ['GNU.sparse.name', 'sparse'],
  ]),
  file('x', Buffer.concat([Buffer.from('1\n0\n600\n'.padEnd(512, '\0')), Buffer.alloc(600, 'y')])),
  pax([
    ['GNU.sparse.size', '7000'],
    ['GNU.sparse.map', '100,50,6000,10'],
  ]),
  file('old', Buffer.alloc(60, 'z')),
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n'),
);
const upper = tar(file('bin/.wh.tool'), folder('long/'), file('long/.wh..wh..opq'), file('new', 'n'));

const allowed = ['in', 'cache', 'busybox'];

/** Imports and judges; answers whether it was taken. */
async function survive(reference: string, what: string): Promise<boolean> {
  let taken = false;
  try {
    const image = await bench.importImage(reference, {
      limits: { bytes: limitBytes, entries: 500, steps: 100_000 },
    });
    taken = true;
    expect(statSync(image.manifest).isFile()).toBe(true);
  } catch (error) {
    if (!(error instanceof UserError)) throw new Error(`${what}: no UserError`, { cause: error });
  }
  expect([what, readdirSync(bench.folder).filter((name) => !allowed.includes(name))]).toEqual([what, []]);
  expect([what, existsSync('/tmp/evil')]).toEqual([what, false]);
  expect([what, readdirSync(join(bench.cache, 'tmp'))]).toEqual([what, []]);
  expect([
    what,
    readdirSync(bench.cache).filter((name) => !['tmp', 'images', 'index'].includes(name)),
  ]).toEqual([what, []]);
  rmSync(join(bench.cache, 'images'), { recursive: true, force: true });
  rmSync(join(bench.cache, 'index'), { recursive: true, force: true });
  return taken;
}

/** Takes the undamaged source, then `rounds` damaged ones, of which many must be refused, or the damage is none. */
async function fuzz(
  rounds: number,
  seed: number,
  make: (bytes: (source: Buffer) => Buffer) => string,
): Promise<void> {
  expect(
    await survive(
      make((source) => source),
      'undamaged',
    ),
  ).toBe(true);
  const outcomes = { taken: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const random = createRandom(seed + round);
    const taken = await survive(
      make((source) => mutate(source, random)),
      `seed ${String(seed + round)}`,
    );
    outcomes[taken ? 'taken' : 'refused'] += 1;
  }
  expect(outcomes.refused).toBeGreaterThan(rounds / 10);
}

const rounds = Number(process.env['TARE_FUZZ_ROUNDS'] ?? 90);

test('a damaged tarball', async () => {
  await fuzz(rounds, 1, (damage) => `rootfs:${bench.write('r.tar', damage(base))}`);
});

test('a damaged layer in a layout that fits it', async () => {
  await fuzz(rounds, 10_000, (damage) => {
    const place = join(bench.folder, 'in', 'layout');
    rmSync(place, { recursive: true, force: true });
    return writeFiles(
      place,
      layoutFiles({ layers: [{ plain: base }, { plain: damage(upper) }, { plain: damage(base) }] }),
    );
  });
});

test('a damaged archive of a layout, and of what docker saves', async () => {
  const layout = tarOf(layoutFiles({ layers: [{ plain: base }, { plain: upper }] }));
  await fuzz(rounds / 2, 20_000, (damage) => bench.write('layout.tar', damage(layout)));
  const saved = tarOf(dockerFiles([base, upper], {}, ['a:1']));
  await fuzz(rounds / 2, 30_000, (damage) => bench.write('saved.tar', damage(saved)));
});

test('damaged documents of a layout', async () => {
  await fuzz(rounds / 2, 40_000, (damage) => {
    const place = join(bench.folder, 'in', 'layout');
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
    const files = layoutFiles({ layers: [{ plain: base }] });
    const index = files.get('index.json') ?? Buffer.alloc(0);
    return writeFiles(place, files.set('index.json', damage(index)));
  });
});

test('damaged compressed tarballs', async () => {
  const compressed = [
    gzipSync(base),
    zstdCompressSync(base),
    Buffer.concat([zstdCompressSync(base.subarray(0, 5000)), zstdCompressSync(base.subarray(5000))]),
  ];
  for (const [index, bytes] of compressed.entries()) {
    await fuzz(
      rounds / 3,
      50_000 + 1000 * index,
      (damage) => `rootfs:${bench.write('r.tar.z', damage(bytes))}`,
    );
  }
});
