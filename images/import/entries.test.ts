import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Image } from '../image.ts';
import { hashAttributes, hashFile, parseManifest } from '../tree.ts';
import { file, folder, layoutFiles, link, pax, sha, tar, writeFiles } from './testing/archives.ts';
import { createWorkbench, outline, type Workbench } from './testing/workbench.ts';

let bench: Workbench;
beforeEach(() => {
  bench = createWorkbench();
});
afterEach(() => {
  expect(bench.strays()).toEqual([]);
  bench.close();
});

const inside = (image: Image, path: string): string => join(image.rootfs, path);

/** A layout of layers, as a folder. */
function layout(...layers: readonly Buffer[]): string {
  return writeFiles(
    join(bench.folder, 'in', `layout-${sha(Buffer.concat(layers)).slice(0, 8)}`),
    layoutFiles({ layers: layers.map((plain) => ({ plain })) }),
  );
}

async function importLayers(...layers: readonly Buffer[]): Promise<Image> {
  return await bench.importImage(layout(...layers));
}

describe('entries', () => {
  test('long names of both kinds, blanks, quotes, leading dots and letters beyond ASCII', async () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}`;
    const image = await importLayers(
      tar(
        pax([
          ['path', `${long}/pax`],
          ['size', '1'],
          ['uid', '70000'],
          ['mtime', '1234567890.5'],
        ]),
        file('x', 'p'),
        { name: '././@LongLink', type: 'L', content: `${long}/gnu\0`, magic: 'gnu' },
        file('x', 'g', { magic: 'gnu' }),
        { name: '././@LongLink', type: 'K', content: `${'t'.repeat(300)}\0` },
        link('..link', 'x'),
        file(' a "b" \\c\'.', '1'),
        file('Főtanúsítvány 😀', '2'),
        // A prefix of POSIX ustar, and the same bytes where GNU keeps times.
        { name: 'name', content: '3', patch: { 345: 'prefix' } },
        { name: 'gnu', content: '4', patch: { 345: 'prefix' }, magic: 'gnu' },
      ),
    );
    expect(outline(image)).toEqual([
      'file 0644 / a "b" \\c\'.',
      'link /..link',
      'file 0644 /Főtanúsítvány 😀',
      `folder 0755 /${'d'.repeat(200)}`,
      `folder 0755 /${long}`,
      `file 0644 /${long}/gnu`,
      `file 0644 /${long}/pax (70000:0)`,
      'file 0644 /gnu',
      'folder 0755 /prefix',
      'file 0644 /prefix/name',
    ]);
    expect(readlinkSync(inside(image, '..link'))).toBe('t'.repeat(300));
    expect(statSync(inside(image, `${long}/pax`)).mtimeMs).toBe(1_234_567_890_500);
  });

  test('owners, modes and attributes stand in the manifest', async () => {
    const image = await importLayers(
      tar(
        folder('home/', { uid: 1000, gid: 100, mode: 0o2770 }),
        file('su', 's', { mode: 0o4755 }),
        pax([['SCHILY.xattr.user.note', Buffer.from([1, 0, 10])]]),
        file('noted', 'n', { uid: 2_097_152 }),
      ),
    );
    expect(outline(image)).toEqual([
      'folder 2770 /home (1000:100)',
      'file 0644 /noted (2097152:0)',
      'file 4755 /su',
    ]);
    const noted = parseManifest(readFileSync(image.manifest, 'utf8')).find(({ path }) => path === '/noted');
    expect(noted?.xattrs).toBe(hashAttributes({ 'user.note': Buffer.from([1, 0, 10]) }));
    if (process.geteuid?.() === 0) {
      expect(statSync(inside(image, 'home'))).toMatchObject({ uid: 1000, gid: 100 });
      expect(statSync(image.folder).mode & 0o777).toBe(0o700);
    }
    expect(statSync(inside(image, 'su')).mode & 0o4000).toBe(process.geteuid?.() === 0 ? 0o4000 : 0);
  });

  test('no other user of the host reaches its set-user-id programs while it is unpacked', async () => {
    const source = bench.write('su.tar', tar(file('su', 's', { mode: 0o4755 })));
    const modes: number[] = [];
    const report = () => {
      const temporary = join(bench.cache, 'tmp');
      for (const name of readdirSync(temporary)) modes.push(statSync(join(temporary, name)).mode & 0o777);
    };
    await bench.importImage(source, { report });
    expect(new Set(modes)).toEqual(new Set([0o700]));
  });

  test('holes stay holes, in all four notations', async () => {
    const size = 3_000_000;
    const part = (text: string): Buffer => Buffer.alloc(4096, text);
    const map = [8192, 4096, 2_000_000, 4096];
    const content = Buffer.concat([part('a'), part('b')]);
    const whole = Buffer.alloc(size);
    part('a').copy(whole, 8192);
    part('b').copy(whole, 2_000_000);
    const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;
    const lines = Buffer.from(`2\n${map.join('\n')}\n`);
    const image = await importLayers(
      tar(
        file('gnu', content, {
          type: 'S',
          magic: 'gnu',
          patch: { 386: map.map(octal).join(''), 483: octal(size) },
        }),
        pax([
          ['GNU.sparse.size', String(size)],
          ['GNU.sparse.numblocks', '2'],
          ...map.map(
            (value, index) =>
              [index % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes', String(value)] as const,
          ),
        ]),
        file('0.0', content),
        pax([
          ['GNU.sparse.size', String(size)],
          ['GNU.sparse.map', map.join(',')],
          ['GNU.sparse.name', '0.1'],
        ]),
        file('x', content),
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', String(size)],
          ['GNU.sparse.name', '1.0'],
        ]),
        file('x', Buffer.concat([lines, Buffer.alloc(512 - lines.length), content])),
      ),
    );
    for (const name of ['gnu', '0.0', '0.1', '1.0']) {
      expect(await hashFile(inside(image, name))).toBe(sha(whole));
      expect(statSync(inside(image, name)).blocks * 512).toBeLessThan(100_000);
    }
  });

  test('a sparse file of more parts than its header has room for', async () => {
    const parts = Array.from({ length: 30 }, (_, index) => [index * 8192, 512]);
    const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;
    const fields = parts.map((part) => part.map(octal).join(''));
    const extension = (list: readonly string[], more: boolean): Buffer => {
      const block = Buffer.alloc(512);
      block.write(list.join(''), 0, 'latin1');
      if (more) block[504] = 1;
      return block;
    };
    const header = { 386: fields.slice(0, 4).join(''), 482: '\x01', 483: octal(300_000) };
    const member = tar(file('many', Buffer.alloc(30 * 512, 'x'), { type: 'S', patch: header })).subarray(
      0,
      -1024,
    );
    const blocks = [extension(fields.slice(4, 25), true), extension(fields.slice(25), false)];
    const image = await importLayers(
      Buffer.concat([member.subarray(0, 512), ...blocks, member.subarray(512), Buffer.alloc(1024)]),
    );
    const expected = Buffer.alloc(300_000);
    for (const [offset = 0] of parts) expected.fill('x', offset, offset + 512);
    expect(await hashFile(inside(image, 'many'))).toBe(sha(expected));
  });

  test('a size beyond 8 GiB is understood, in base-256 and in PAX', async () => {
    // Holes alone, so that nothing that large is written: what is left over of the limit is read as zeros.
    const size = 9 * 2 ** 30;
    const base256 = Buffer.alloc(12);
    base256[0] = 0x80;
    base256.writeBigUInt64BE(BigInt(size), 4);
    const layers = [
      tar(file('s', '', { type: 'S', magic: 'gnu', patch: { 483: base256 } })),
      tar(
        pax([
          ['GNU.sparse.size', String(size)],
          ['GNU.sparse.map', ''],
        ]),
        file('s', ''),
      ),
      tar(file('s', 'x', { size })),
      tar(pax([['size', String(size)]]), file('s', 'x')),
    ];
    const problems = [
      'expands to more than',
      'expands to more than',
      'cut short in its content',
      'cut short in its content',
    ];
    for (const [index, layer] of layers.entries()) {
      await expect(bench.importImage(layout(layer), { limits: { bytes: 2 ** 30 } })).rejects.toThrow(
        problems[index],
      );
    }
  });
});
