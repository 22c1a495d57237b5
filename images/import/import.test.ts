import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Image } from '../image.ts';
import { hashFile } from '../tree.ts';
import {
  dockerFiles,
  file,
  folder,
  hardlink,
  layoutFiles,
  link,
  sha,
  tar,
  tarOf,
  writeFiles,
} from './testing/archives.ts';
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
const textOf = (image: Image, path: string): string => readFileSync(inside(image, path), 'utf8');

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

test('a name that would command a terminal is shown as what it is', async () => {
  const files = layoutFiles({ layers: [{ plain: tar(file('a', '')) }], tag: 'app\u001b[31m\u202e' });
  const { name } = await bench.importImage(writeFiles(join(bench.folder, 'in', 'named'), files));
  expect(name).toBe('app?[31m?');
});

describe('an image in any form', () => {
  const base = tar(folder('bin/'), file('bin/run', '#!/bin/sh\n', { mode: 0o755 }), link('sh', 'bin/run'));
  const upper = tar(file('etc/motd', 'hello\n'));
  const config = { Cmd: ['/bin/run'] };
  const expected = [
    'folder 0755 /bin',
    'file 0755 /bin/run',
    'folder 0755 /etc',
    'file 0644 /etc/motd',
    'link /sh',
  ];
  const files = () => layoutFiles({ layers: [{ plain: base }, { plain: upper }], config, tag: 'app:1' });

  const forms: Readonly<Record<string, () => string>> = {
    'a layout': () => writeFiles(join(bench.folder, 'in', 'layout'), files()),
    'a layout with the tag named': () => `oci:${writeFiles(join(bench.folder, 'in', 'layout'), files())}:1`,
    'an archive of a layout': () => bench.write('layout.tar', tarOf(files())),
    'a compressed archive of a layout': () => bench.write('layout.tar.gz', gzipSync(tarOf(files()))),
    'what docker saves': () => bench.write('saved.tar', tarOf(dockerFiles([base, upper], config, ['app:1']))),
    'what docker saves, compressed': () =>
      bench.write('saved.tgz', gzipSync(tarOf(dockerFiles([base, upper], config, ['app:1'])))),
    'what docker saves, named so': () =>
      `docker-archive:${bench.write('saved', tarOf(dockerFiles([base, upper], config, ['app:1'])))}:app:1`,
  };
  const digests = new Set<string>();
  test.each(Object.keys(forms))('%s', async (form) => {
    const image = await bench.importImage(forms[form]?.() ?? '');
    expect(outline(image)).toEqual(expected);
    expect(image.config).toMatchObject({ command: ['/bin/run'], entrypoint: [] });
    expect(image.name).toBe('app:1');
    expect(textOf(image, 'etc/motd')).toBe('hello\n');
    expect(readlinkSync(inside(image, 'sh'))).toBe('bin/run');
    expect(await hashFile(image.manifest)).toBe(image.digest);
    expect(readFileSync(image.busybox, 'utf8')).toBe('no program');
    expect(image.busybox.startsWith(image.rootfs)).toBe(false);
    digests.add(image.digest);
    expect(digests.size).toBe(1);
  });

  const whole = tar(
    folder('bin/'),
    file('bin/run', '#!/bin/sh\n', { mode: 0o755 }),
    link('sh', 'bin/run'),
    file('etc/motd', 'hello\n'),
  );
  const tarballs: Readonly<Record<string, () => Buffer>> = {
    'rootfs.tar': () => whole,
    'rootfs.tar.gz': () => gzipSync(whole),
    'rootfs.tar.zst': () => zstdCompressSync(whole),
  };
  test.each(Object.keys(tarballs))('a root file system as %s', async (name) => {
    const image = await bench.importImage(bench.write(name, tarballs[name]?.() ?? whole));
    expect(outline(image)).toEqual(expected);
    expect(image).toMatchObject({ name: 'rootfs', config: { command: [], entrypoint: [], os: 'linux' } });
    expect(bench.lines.at(-1)).toContain('says nothing about what to run');
    digests.add(image.digest);
    expect(digests.size).toBe(1);
  });

  test('a root file system as a folder, which an import leaves as it was', async () => {
    const first = await bench.importImage(bench.write('rootfs.tar', whole));
    const before = lstatSync(inside(first, 'bin/run')).ctimeMs;
    const again = await bench.importImage(`rootfs:${first.rootfs}`);
    expect(again.digest).toBe(first.digest);
    expect(lstatSync(inside(first, 'bin/run')).ctimeMs).toBe(before);
  });

  test('is found again without being unpacked, and by its own configuration', async () => {
    const first = await bench.importImage(layout(base));
    const unpacked = bench.lines.length;
    expect(await bench.importImage(layout(base))).toEqual(first);
    expect(bench.lines).toHaveLength(unpacked);
    const other = writeFiles(
      join(bench.folder, 'in', 'other'),
      layoutFiles({ layers: [{ plain: base }], config: { Cmd: ['/other'] } }),
    );
    const second = await bench.importImage(other);
    expect(second.digest).toBe(first.digest);
    expect(second.config?.command).toEqual(['/other']);
    expect((await bench.importImage(layout(base))).config?.command).toEqual(['/bin/true']);
  });

  test('a changed archive of the same name is another image', async () => {
    const first = await bench.importImage(bench.write('a.tar', tar(file('x', '1'))));
    expect((await bench.importImage(bench.write('a.tar', tar(file('x', '2'))))).digest).not.toBe(
      first.digest,
    );
  });
});

describe('layers', () => {
  test('a whiteout hides what lies below, and only that, wherever it stands in its layer', async () => {
    const below = tar(file('a/one', '1'), file('a/two', '2'), file('b/one', '1'), file('c', 'below'));
    const above = tar(
      file('c', 'above'),
      file('.wh.c'),
      file('a/.wh.one'),
      file('a/new', 'n'),
      file('.wh.b'),
      file('.wh.none'),
    );
    const image = await importLayers(below, above);
    expect(outline(image)).toEqual([
      'folder 0755 /a',
      'file 0644 /a/new',
      'file 0644 /a/two',
      'file 0644 /c',
    ]);
    expect(textOf(image, 'c')).toBe('above');
  });

  test('a whiteout of a folder spares what its own layer puts into it, before or after', async () => {
    const below = tar(folder('d/'), file('d/old'), file('d/sub/old'));
    const image = await importLayers(below, tar(file('d/sub/first'), file('.wh.d'), file('d/second')));
    expect(outline(image).filter((line) => line.startsWith('file'))).toEqual([
      'file 0644 /d/second',
      'file 0644 /d/sub/first',
    ]);
  });

  test('an opaque folder hides all below it, however deep, wherever it stands in its layer', async () => {
    const below = tar(folder('d/', { mode: 0o700 }), file('d/old'), file('d/sub/deep/old'), file('e/stays'));
    const above = tar(
      file('d/early'),
      file('d/sub/early'),
      file('d/.wh..wh..opq'),
      file('d/late'),
      file('d/.wh..wh..opq'),
    );
    const image = await importLayers(below, above);
    expect(outline(image)).toEqual([
      'folder 0700 /d',
      'file 0644 /d/early',
      'file 0644 /d/late',
      'folder 0755 /d/sub',
      'file 0644 /d/sub/early',
      'folder 0755 /e',
      'file 0644 /e/stays',
    ]);
  });

  test('a layer after an opaque one can hide again', async () => {
    const image = await importLayers(
      tar(file('d/1')),
      tar(file('d/.wh..wh..opq'), file('d/2')),
      tar(file('d/.wh..wh..opq'), file('d/3')),
    );
    expect(outline(image)).toEqual(['folder 0755 /d', 'file 0644 /d/3']);
  });

  test('kinds replace each other across layers', async () => {
    const below = tar(file('a'), file('b/x'), link('c', 'b'), file('d/x'));
    const above = tar(
      folder('a/'),
      file('a/in'),
      file('b', 'now a file'),
      file('c', 'now a file'),
      link('d', 'a'),
    );
    const image = await importLayers(below, above);
    expect(outline(image)).toEqual([
      'folder 0755 /a',
      'file 0644 /a/in',
      'file 0644 /b',
      'file 0644 /c',
      'link /d',
    ]);
  });

  test('a folder named again keeps what is in it and takes the new mode', async () => {
    const image = await importLayers(tar(folder('d/'), file('d/x')), tar(folder('d/', { mode: 0o711 })));
    expect(outline(image)).toEqual(['folder 0711 /d', 'file 0644 /d/x']);
  });

  test('hard links hold within a layer and across, and to what is replaced later', async () => {
    const below = tar(file('one', 'same'), hardlink('two', 'one'));
    const above = tar(hardlink('three', './one'), file('one', 'other'));
    const image = await importLayers(below, above);
    expect(['one', 'two', 'three'].map((name) => textOf(image, name))).toEqual(['other', 'same', 'same']);
    expect(statSync(inside(image, 'two')).ino).toBe(statSync(inside(image, 'three')).ino);
    expect(statSync(inside(image, 'two')).nlink).toBe(2);
    expect(image.treeBytes).toBe('same'.length + 'other'.length);
  });

  test('the last of two files of one name in one layer counts', async () => {
    const image = await importLayers(tar(file('a', 'first'), file('a', 'last')));
    expect(textOf(image, 'a')).toBe('last');
  });

  test('paths through links stay inside the image, as they would in it', async () => {
    const below = tar(
      folder('usr/bin/'),
      link('bin', 'usr/bin'),
      link('up', '../../../../../../etc'),
      link('abs', '/etc'),
    );
    const above = tar(file('bin/tool', 't'), file('up/one', '1'), file('abs/two', '2'));
    const image = await importLayers(below, above);
    expect(outline(image)).toContain('file 0644 /usr/bin/tool');
    expect(textOf(image, 'etc/one') + textOf(image, 'etc/two')).toBe('12');
    expect(readlinkSync(inside(image, 'up'))).toBe('../../../../../../etc');
  });

  test('a layer may lack the end of its archive, as its digest proves it whole', async () => {
    const layer = tar(file('a', 'content'));
    for (const missing of [512, 1024, 1024 + 512 - 'content'.length]) {
      const image = await importLayers(layer.subarray(0, layer.length - missing));
      expect(textOf(image, 'a')).toBe('content');
    }
    const short = layer.subarray(0, 512 + 'conten'.length);
    await expect(importLayers(short)).rejects.toThrow('cut short in its content');
  });

  test('names with a leading slash are meant from the root of the image', async () => {
    const image = await importLayers(tar(folder('/'), file('/srv/a', 'a'), hardlink('/srv/b', '/srv/a')));
    expect(outline(image)).toEqual(['folder 0755 /srv', 'file 0644 /srv/a', 'file 0644 /srv/b']);
  });

  test('gzip, zstd of many frames, and plain layers give the same tree', async () => {
    const plain = tar(file('a', Buffer.alloc(700_000, 'abc')), file('b', 'b'));
    const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from('meta')]);
    const frames = [plain.subarray(0, 1000), plain.subarray(1000, 400_000), plain.subarray(400_000)];
    const stored = [
      gzipSync(plain),
      Buffer.concat([gzipSync(plain.subarray(0, 99)), gzipSync(plain.subarray(99))]),
      Buffer.concat(frames.flatMap((frame) => [zstdCompressSync(frame), skippable])),
      plain,
    ];
    const digests = new Set<string>();
    for (const [index, bytes] of stored.entries()) {
      const files = layoutFiles({ layers: [{ plain, stored: bytes }] });
      const image = await bench.importImage(writeFiles(join(bench.folder, 'in', String(index)), files));
      digests.add(image.digest);
      expect(await hashFile(inside(image, 'a'))).toBe(sha(Buffer.alloc(700_000, 'abc')));
    }
    expect(digests.size).toBe(1);
  });

  test("what aufs kept for itself is left out, and overlayfs's own whiteout is one", async () => {
    const above = tar(file('.wh..wh.aufs'), folder('.wh..wh.plnk/'), file('.wh..wh.plnk/1'), {
      name: 'gone',
      type: '3',
    });
    expect(outline(await importLayers(tar(file('gone'), file('kept')), above))).toEqual(['file 0644 /kept']);
  });

  test('a plain root file system may hold names that would be whiteouts in a layer', async () => {
    const image = await bench.importImage(bench.write('r.tar', tar(file('.wh.name', 'x'))));
    expect(outline(image)).toEqual(['file 0644 /.wh.name']);
  });
});
