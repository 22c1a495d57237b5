/** Layouts that must not be taken, whose layers are sound: each is refused with a UserError that names where and what, and leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import {
  dockerFiles,
  file,
  layoutFiles,
  sha,
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

describe('layouts', () => {
  const plain = tar(file('a', 'content'));
  const layer = { plain };

  test('blobs with another size, another digest, missing, or no file', async () => {
    const files = () => layoutFiles({ layers: [layer] });
    const blob = `blobs/sha256/${sha(gzipSync(plain))}`;
    const place = join(bench.folder, 'in', 'image');
    writeFiles(place, files());
    truncateSync(join(place, blob), 20);
    expect(await refusedFor(place)).toMatch(/layer 1 of 1 .*: has 20 bytes where its descriptor says/);
    const altered = gzipSync(tar(file('a', 'CONTENT')));
    writeFileSync(
      join(place, blob),
      altered.length === gzipSync(plain).length ? altered : Buffer.from(gzipSync(plain)).fill(1, 9, 10),
    );
    expect(await refusedFor(place)).toContain('does not have the digest it should');
    const without = files();
    without.delete(blob);
    const incomplete = writeFiles(join(bench.folder, 'in', 'incomplete'), without);
    expect(await refusedFor(incomplete)).toContain('is named but missing');
    mkdirSync(join(incomplete, blob));
    expect(await refusedFor(incomplete)).toContain('is no regular file');
  });

  test('a layer that is not the one the configuration speaks of', async () => {
    const other = write({ layers: [{ plain, stored: gzipSync(tar(file('a', 'other'))) }] });
    expect(await refusedFor(other)).toContain('its content is not what the configuration says');
  });

  const changes: Readonly<Record<string, readonly [Partial<LayoutImage>, string]>> = {
    'fewer diff ids than layers': [
      { changeConfig: (config) => ({ ...config, rootfs: { diff_ids: [] } }) },
      'has 1 layers, but its configuration speaks of 0',
    ],
    'a digest that is a path': [
      {
        changeManifest: (manifest) => ({
          ...manifest,
          layers: [{ digest: 'sha256:../../../etc/passwd', size: 1 }],
        }),
      },
      'is no digest of the forms',
    ],
    'a digest of an unknown kind': [
      {
        changeManifest: (manifest) => ({
          ...manifest,
          layers: [{ digest: `md5:${'0'.repeat(32)}`, size: 1 }],
        }),
      },
      'is no digest of the forms',
    ],
    'an encrypted layer': [
      { layers: [{ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }] },
      'is encrypted',
    ],
    "docker's schema 1": [
      { changeManifest: () => ({ schemaVersion: 1, fsLayers: [], history: [] }) },
      'schema 1',
    ],
    'an artifact': [{ changeConfig: () => ({}) }, 'is not that of an image'],
    'another architecture': [
      { architecture: 's390x' },
      'holds nothing for linux/amd64; it is for linux/s390x',
    ],
    'another system': [{ os: 'windows' }, 'it is for windows/amd64'],
    'an architecture that its index belies': [
      { architecture: 'amd64', changeConfig: (config) => ({ ...config, architecture: 's390x' }) },
      'holds nothing for linux/amd64; it is for linux/s390x',
    ],
    'a user whom it does not know': [
      { config: { User: 'nobody-here' } },
      'it runs as the user "nobody-here"',
    ],
    'a stop signal that is none': [{ config: { StopSignal: 'SIGNONE' } }, 'its stop signal "SIGNONE"'],
    'a port that is none': [
      { config: { ExposedPorts: { '99999/tcp': {} } } },
      'its exposed port "99999/tcp"',
    ],
    'an entry point that is no list': [{ config: { Entrypoint: '/bin/sh' } }, 'config.Entrypoint'],
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const [change, problem] = changes[name] ?? [{}, ''];
    expect(await refusedFor(write({ layers: [layer], ...change }), { platform: 'linux/amd64' })).toContain(
      problem,
    );
  });

  test('a layer that may not be distributed and is not there', async () => {
    const stored = gzipSync(plain);
    const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    const files = layoutFiles({ layers: [{ plain, mediaType }] });
    files.delete(`blobs/sha256/${sha(stored)}`);
    expect(await refusedFor(writeFiles(join(bench.folder, 'in', 'image'), files))).toContain(
      'may not be distributed',
    );
  });

  test('several images, several of one platform, none of the tag, none at all', async () => {
    const place = (name: string, ...images: readonly LayoutImage[]): string =>
      writeFiles(join(bench.folder, 'in', name), layoutFiles(...images));
    const two = place('two', { layers: [layer], tag: 'one' }, { layers: [layer], config: {}, tag: 'two' });
    expect(await refusedFor(two)).toContain('holds several images');
    expect(await refusedFor(`${two}:three`)).toContain('holds no image tagged "three"');
    const platform = { os: 'linux', architecture: 'amd64' };
    const alike = place(
      'alike',
      { ...platform, layers: [layer] },
      { ...platform, layers: [layer], config: {} },
    );
    expect(await refusedFor(alike, { platform: 'linux/amd64' })).toContain(
      'holds several images for linux/amd64',
    );
    const foreign = place(
      'foreign',
      { os: 'linux', architecture: 'arm64', variant: 'v8', layers: [layer] },
      { os: 'windows', architecture: 'amd64', layers: [layer] },
    );
    expect(await refusedFor(foreign, { platform: 'linux/amd64' })).toContain(
      'it is for linux/arm64/v8, windows/amd64',
    );
    expect(await refusedFor(place('none'))).toContain('its index is empty');
    const docker = bench.write('docker.tar', tarOf(dockerFiles([plain], {}, ['a:1'])));
    expect(await refusedFor(`docker-archive:${docker}:b:1`)).toContain('holds no image tagged "b:1"');
  });

  test('indexes without end', async () => {
    const files = layoutFiles({ layers: [layer] });
    for (let depth = 0; depth < 10; depth++) {
      const inner = files.get('index.json') ?? Buffer.alloc(0);
      files.set(`blobs/sha256/${sha(inner)}`, inner);
      const descriptor = {
        mediaType: 'application/vnd.oci.image.index.v1+json',
        digest: `sha256:${sha(inner)}`,
        size: inner.length,
      };
      files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] })));
    }
    expect(await refusedFor(writeFiles(join(bench.folder, 'in', 'image'), files))).toContain(
      'nested more than 8 deep',
    );
  });

  test('documents that are no JSON or too long', async () => {
    const files = layoutFiles({ layers: [layer] });
    const place = writeFiles(join(bench.folder, 'in', 'image'), files);
    writeFileSync(join(place, 'index.json'), '{');
    expect(await refusedFor(place)).toContain('entry "index.json": is no JSON');
    writeFileSync(join(place, 'index.json'), Buffer.alloc(9 * 2 ** 20, ' '));
    expect(await refusedFor(place)).toContain('too long for what it is');
  });
});
