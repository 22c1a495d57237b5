/** What must not be taken: each is refused with a UserError that names where and what, and leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import { defaultLimits } from './budget.ts';
import {
  file,
  folder,
  hardlink,
  layoutFiles,
  link,
  pax,
  tar,
  tarMember,
  writeFiles,
  type LayoutImage,
  type TarMember,
} from './testing/archives.ts';
import { createWorkbench, type Workbench } from './testing/workbench.ts';

let bench: Workbench;
beforeEach(() => {
  bench = createWorkbench();
});
afterEach(() => {
  // Refused: no image, nothing temporary, nothing outside the cache.
  expect(bench.strays()).toEqual([]);
  expect(existsSync(join(bench.cache, 'images')) ? readdirSync(join(bench.cache, 'images')) : []).toEqual([]);
  bench.close();
});

/** The error's message without the workbench's own path. */
async function refusedFor(reference: string, options = {}): Promise<string> {
  const error: unknown = await bench.importImage(reference, options).then(
    () => new Error('was taken'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).hint).not.toBe('');
  return (error as UserError).message.replaceAll(`${bench.folder}/in/`, '');
}

const write = (image: LayoutImage): string =>
  writeFiles(join(bench.folder, 'in', 'image'), layoutFiles(image));

const layered = (...layers: readonly Buffer[]): string =>
  write({ layers: layers.map((plain) => ({ plain })) });

describe('entries', () => {
  const cases: Readonly<Record<string, readonly [readonly TarMember[], string]>> = {
    'an absolute path out of the tree': [
      [file('/../etc/passwd')],
      'entry "/../etc/passwd": its path leads out',
    ],
    'a path out of the tree': [[file('../evil')], 'entry "../evil": its path leads out of the image'],
    'a path out of the tree, later': [[file('a/../../evil')], 'its path leads out of the image'],
    'a PAX path out of the tree': [[pax([['path', '../evil']]), file('x')], 'entry "../evil"'],
    'a device': [
      [{ name: 'srv/dev/sda', type: '4', patch: { 329: '0000010\0' } }],
      'entry "srv/dev/sda": is a device node',
    ],
    'a character device': [[{ name: 'null', type: '3', patch: { 337: '0000003\0' } }], 'is a device node'],
    'a device in place of /dev': [
      [{ name: 'dev', type: '3', patch: { 337: '0000003\0' } }],
      'is a device node',
    ],
    'a device by a link out of /dev': [
      [folder('srv/'), link('dev', 'srv'), { name: 'dev/sda', type: '4', patch: { 329: '0000010\0' } }],
      'entry "dev/sda": is a device node',
    ],
    'a hard link to a device that was left out': [
      [{ name: 'dev/sda', type: '4', patch: { 329: '0000010\0' } }, hardlink('sda', 'dev/sda')],
      'is a hard link to "dev/sda", which is not there',
    ],
    'a pipe': [[{ name: 'pipe', type: '6' }], 'entry "pipe": is a fifo'],
    'a kind of no image': [[{ name: 'volume', type: 'M' }], 'of a kind that no image holds (tar type "M")'],
    'a hard link out of the tree': [
      [hardlink('a', '../../etc/shadow')],
      'is a hard link out of the image, to "../../etc/shadow"',
    ],
    'a hard link to a file of the host': [
      [hardlink('a', '/etc/shadow')],
      'is a hard link to "/etc/shadow", which is not there',
    ],
    'a hard link to nothing': [[hardlink('a', 'b'), file('b')], 'is a hard link to "b", which is not there'],
    'a hard link to a folder': [[folder('b/'), hardlink('a', 'b')], 'is a hard link to a folder'],
    'a hard link through a link to the host': [
      [link('l', '/'), hardlink('a', 'l/etc/shadow')],
      'which is not there',
    ],
    'links in a circle': [[link('a', 'b'), link('b', 'a'), file('a/x')], 'leads through too many links'],
    'a link and then a folder of that name': [
      [link('a', '/tmp'), folder('a/')],
      'twice in the same layer, first as a link, then as a folder',
    ],
    'a file and then a link of that name': [[file('a'), link('a', 'b')], 'first as a file, then as a link'],
    'a link and then a file of that name': [[link('a', 'b'), file('a')], 'first as a link, then as a file'],
    'a file used as a folder': [
      [file('a'), file('a/b')],
      '"/a", a file in the same layer, is used as a folder',
    ],
    'an empty link': [[link('a', '')], 'is a link to an empty or too long name'],
    'a name with a line end': [[file('a\nb')], 'entry "a\\nb": its name holds a NUL or a line end'],
    'a name with a NUL': [[pax([['path', 'a\0b']]), file('x')], 'its name holds a NUL'],
    'a name that is not UTF-8': [
      [file(Buffer.from([0x61, 0xff]) as unknown as string)],
      'its name is not UTF-8',
    ],
    'a name of 256 bytes': [[pax([['path', 'n'.repeat(256)]]), file('x')], 'more than 255 bytes'],
    'a path of 3600 bytes': [[pax([['path', 'n/'.repeat(1800)]]), file('x')], 'more than 3500 bytes'],
    'a whiteout of nothing': [[file('.wh.')], 'is a whiteout of nothing'],
    'a whiteout of the folder above': [[file('a/.wh...')], 'is a whiteout of nothing'],
    'a path through a whiteout': [[file('.wh.a/b')], 'leads through a whiteout'],
    'a root that is no folder': [[link('./', '/etc')], 'the root of the image is no folder'],
    'an impossible owner': [
      [pax([['uid', '4294967295']]), file('x')],
      'its owner 4294967295:0 is impossible',
    ],
    'an owner that is no number': [[pax([['uid', '-1']]), file('x')], 'no number as owner'],
    'a damaged PAX header': [
      [{ name: 'x', type: 'x', content: '99 path=a\n' }, file('x')],
      'its PAX header is damaged',
    ],
    'a size that is no number': [[file('x', '', { patch: { 124: 'zzzzzzzzzzz' } })], 'no number as size'],
    'a negative size': [
      [file('x', '', { patch: { 124: Buffer.alloc(12, 0xff) } })],
      'entry "x": its header gives a negative size',
    ],
    'a sparse map that overlaps': [
      [
        pax([
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,2,1,2'],
        ]),
        file('x', 'abcd'),
      ],
      'its sparse map does not fit its size',
    ],
    'a sparse map over the end': [
      [
        pax([
          ['GNU.sparse.size', '3'],
          ['GNU.sparse.map', '0,4'],
        ]),
        file('x', 'abcd'),
      ],
      'its sparse map does not fit its size',
    ],
    'a sparse map of more than there is': [
      [
        pax([
          ['GNU.sparse.size', '99'],
          ['GNU.sparse.map', '0,9'],
        ]),
        file('x', 'abcd'),
      ],
      'does not fit what is stored',
    ],
    'a sparse file beyond every limit': [
      [
        pax([
          ['GNU.sparse.size', String(2 ** 50)],
          ['GNU.sparse.map', ''],
        ]),
        file('x'),
      ],
      'expands to more than',
    ],
    'an attribute with a name that is no text': [
      [pax([['SCHILY.xattr.user.a b', '1']]), file('x')],
      'the name of an extended attribute',
    ],
  };
  test.each(Object.keys(cases))('%s', async (name) => {
    const [members, problem] = cases[name] ?? [[], ''];
    const message = await refusedFor(layered(tar(file('before')), tar(...members)));
    expect(message).toContain(problem);
    expect(message).toMatch(/^image, layer 2 of 2 \(sha256:[0-9a-f]{12}\), /);
  });

  test('nothing is written where a link of the image points', async () => {
    const outside = join(bench.folder, 'in', 'outside');
    mkdirSync(outside);
    const image = await bench.importImage(
      bench.write('r.tar', tar(link('l', outside), file('l/x', 'x'), folder('l/y/'))),
    );
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(join(image.rootfs, outside, 'x'))).toBe(true);
    // The one test here that takes an image.
    const { rmSync } = await import('node:fs');
    rmSync(image.folder, { recursive: true });
  });
});

describe('archives', () => {
  const good = tar(file('a', 'content'), folder('b/'));

  test.each([
    ['in a header', 100],
    ['in content', 600],
    ['after an entry', 1024],
    ['in the end', good.length - 600],
  ])('cut short %s', async (_, length) => {
    expect(await refusedFor(bench.write('r.tar', good.subarray(0, length)))).toContain('cut short');
    for (const pack of [gzipSync, zstdCompressSync]) {
      const packed = pack(good);
      const cut = packed.subarray(0, Math.floor((packed.length * length) / good.length) - 1);
      expect(await refusedFor(`rootfs:${bench.write('r', cut)}`)).toMatch(/cut short|cannot be decompressed/);
    }
  });

  test('rubbish behind the end, plain and compressed', async () => {
    const rubbish = Buffer.from('rubbish');
    expect(await refusedFor(bench.write('r.tar', Buffer.concat([good, rubbish])))).toContain(
      'rubbish behind',
    );
    expect(await refusedFor(bench.write('r.tgz', Buffer.concat([gzipSync(good), rubbish])))).toContain(
      'cannot be decompressed',
    );
    expect(
      await refusedFor(bench.write('r.zst', Buffer.concat([zstdCompressSync(good), rubbish]))),
    ).toContain('rubbish behind its zstd data');
  });

  test('a wrong checksum, and what is no archive at all', async () => {
    const damaged = Buffer.from(good);
    damaged[0] = 0x62;
    expect(await refusedFor(bench.write('r.tar', damaged))).toContain('the checksum of a header is wrong');
    expect(await refusedFor(bench.write('r.txt', Buffer.alloc(2000, 'text')))).toMatch(
      /no tar archive|checksum/,
    );
    expect(await refusedFor(bench.write('empty.tar', Buffer.alloc(0)))).toContain('is empty');
    expect(await refusedFor(bench.write('r.bz2', Buffer.from('BZh91AY')))).toContain('bzip2');
    expect(await refusedFor(`oci-archive:${bench.write('o.tar', tar(file('x')))}`)).toContain(
      'has no index.json',
    );
    expect(await refusedFor(`docker-archive:${bench.write('d.tar', tar(file('x')))}`)).toContain(
      'has no manifest.json',
    );
  });

  test('a header before nothing', async () => {
    const dangling = Buffer.concat([tarMember(pax([['path', 'a']])), Buffer.alloc(1024)]);
    expect(await refusedFor(bench.write('r.tar', dangling))).toMatch(/cut short|is empty/);
  });

  test('what unpacks to more than the limits, before it is on disk', async () => {
    const zeros = tar(file('zeros', Buffer.alloc(8 * 2 ** 20)));
    const limits = { ...defaultLimits, bytes: 2 ** 20 };
    for (const bytes of [zeros, gzipSync(zeros), zstdCompressSync(zeros)]) {
      expect(await refusedFor(bench.write('bomb.tar', bytes), { limits })).toMatch(
        /(expands|unpacks) to more than 1\.00 MiB/,
      );
    }
    const many = tar(...Array.from({ length: 20 }, (_, index) => file(`f${String(index)}`)));
    expect(await refusedFor(bench.write('many.tar', many), { limits: { entries: 10 } })).toContain(
      'more than 10 entries',
    );
    expect(await refusedFor(bench.write('many.tar', many), { limits: { manifestBytes: 1000 } })).toContain(
      'paths of the image take',
    );
    const deep = tar(pax([['path', 'd/'.repeat(500)]]), file('x'));
    expect(await refusedFor(bench.write('deep.tar', deep), { limits: { entries: 10 } })).toContain(
      'more than 10 entries',
    );
    const hops = Array.from({ length: 30 }, (_, index) =>
      link(`l${String(index)}`, './'.repeat(40) + (index === 29 ? 'd' : `l${String(index + 1)}`)),
    );
    expect(
      await refusedFor(bench.write('hops.tar', tar(folder('d/'), ...hops, file('l0/x'))), {
        limits: { steps: 500 },
      }),
    ).toContain('in circles for too long');
  });

  test('an interruption, which leaves nothing behind', async () => {
    const reason = new UserError('interrupted', 'again', 130);
    const reference = bench.write('r.tar', good);
    expect(await refusedFor(reference, { signal: AbortSignal.abort(reason) })).toBe('interrupted');
  });
});

describe('folders and references', () => {
  test('sockets, pipes and links to themselves in a folder', async () => {
    const place = join(bench.folder, 'in', 'root');
    mkdirSync(place);
    symlinkSync('loop', join(place, 'loop'));
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(place, 'socket'), resolve));
    expect(await refusedFor(place)).toContain('entry "socket": is a socket');
    server.close();
  });

  test('a bare name, a missing file, no platform', async () => {
    const message = await refusedFor('redis');
    expect(message).toContain('is no path, and a name alone does not say where the image is');
    expect(await refusedFor('./missing.tar')).toContain('there is no file or folder');
    expect(await refusedFor('oci:missing')).toContain('there is no file or folder');
    expect(await refusedFor('docker-daemon:-v')).toContain('names no image');
    expect(await refusedFor(bench.write('a.tar', tar(file('a'))), { platform: 'linux' })).toContain(
      'is no platform',
    );
  });
});
