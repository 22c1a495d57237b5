/**
 * A tree and a configuration as an OCI image layout of one gzip layer, which any tool takes (OCI image
 * specification, "Image Layout"). Nothing in it tells when or by whom it was made.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { sha256 } from '../tree.ts';
import type { AppConfig } from './recipe.ts';
import { tarOf, type Owner } from './tar.ts';

export interface LayoutContent {
  readonly root: string;
  readonly ownerOf: (path: string) => Owner;
  readonly config: AppConfig;
  readonly labels: Readonly<Record<string, string>>;
  /** As images name them: "amd64". */
  readonly architecture: string;
  /** Name of the image within the layout. */
  readonly reference: string;
}

/** RFC 3339 of the time that stands for none. */
const noTime = '1970-01-01T00:00:00Z';
const mediaType = (name: string): string => `application/vnd.oci.image.${name}`;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes the layout into a folder, which it makes. */
export async function writeLayout(folder: string, content: LayoutContent): Promise<void> {
  const { architecture, config, labels, reference } = content;
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (type: string, value: unknown): Promise<Descriptor> => {
    const text = JSON.stringify(value);
    const hex = sha256(text);
    await writeFile(join(blobs, hex), text);
    return { mediaType: mediaType(type), digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const { layer, diffId } = await writeLayer(blobs, content);
  const configuration = await put('config.v1+json', {
    created: noTime,
    architecture,
    os: 'linux',
    config: { ...config, Labels: labels },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created: noTime, created_by: 'tare images build' }],
  });
  const manifest = await put('manifest.v1+json', {
    schemaVersion: 2,
    mediaType: mediaType('manifest.v1+json'),
    config: configuration,
    layers: [layer],
  });
  const index = {
    schemaVersion: 2,
    mediaType: mediaType('index.v1+json'),
    manifests: [
      {
        ...manifest,
        platform: { os: 'linux', architecture },
        annotations: { 'org.opencontainers.image.ref.name': reference },
      },
    ],
  };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

/** The one layer: a blob named by the digest of what is compressed, with the digest of what is not. */
async function writeLayer(
  blobs: string,
  { root, ownerOf }: Pick<LayoutContent, 'root' | 'ownerOf'>,
): Promise<{ readonly layer: Descriptor; readonly diffId: string }> {
  const plain = createHash('sha256');
  const compressed = createHash('sha256');
  const temporary = join(blobs, 'layer');
  await pipeline(
    async function* () {
      for await (const piece of tarOf(root, ownerOf)) {
        plain.update(piece);
        yield piece;
      }
    },
    createGzip(),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        compressed.update(piece);
        yield piece;
      }
    },
    createWriteStream(temporary),
  );
  const hex = compressed.digest('hex');
  const { size } = await stat(temporary);
  await rename(temporary, join(blobs, hex));
  return {
    layer: { mediaType: mediaType('layer.v1.tar+gzip'), digest: `sha256:${hex}`, size },
    diffId: `sha256:${plain.digest('hex')}`,
  };
}
