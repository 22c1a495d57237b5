/**
 * A writer of tar archives and image layouts for tests, in code of its own: it writes what it is told, right or
 * wrong, so that tests can make every archive the reader must refuse. Not shipped.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface TarMember {
  readonly name: string | Buffer;
  /** Tar's letter; '0' by default. */
  readonly type?: string;
  readonly content?: string | Buffer;
  /** What the header says; by default the content's own. */
  readonly size?: number;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  /** Bytes written over the header, before its checksum is made. */
  readonly patch?: Readonly<Record<number, string | Buffer>>;
  /** ustar by default; "gnu" has other things where ustar has a prefix. */
  readonly magic?: 'ustar' | 'gnu';
}

function octal(value: number, length: number): Buffer {
  if (value < 8 ** (length - 1)) return Buffer.from(`${value.toString(8).padStart(length - 1, '0')}\0`);
  const field = Buffer.alloc(length);
  for (let index = length - 1, rest = BigInt(value); index > 0; index--, rest >>= 8n) {
    field[index] = Number(rest & 0xffn);
  }
  field[0] = 0x80;
  return field;
}

export function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** One member: header and content. */
export function tarMember(member: TarMember): Buffer {
  const content = Buffer.from(member.content ?? '');
  const header = Buffer.alloc(512);
  Buffer.from(member.name).copy(header, 0, 0, 100);
  octal(member.mode ?? (member.type === '5' ? 0o755 : 0o644), 8).copy(header, 100);
  octal(member.uid ?? 0, 8).copy(header, 108);
  octal(member.gid ?? 0, 8).copy(header, 116);
  octal(member.size ?? content.length, 12).copy(header, 124);
  octal(member.mtime ?? 0, 12).copy(header, 136);
  header.write(member.type ?? '0', 156, 'latin1');
  header.write(member.link ?? '', 157, 100);
  header.write(member.magic === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1');
  for (const [at, bytes] of Object.entries(member.patch ?? {})) Buffer.from(bytes).copy(header, Number(at));
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, padded(content)]);
}

/** An archive of members, with its end. */
export function tar(...members: readonly (TarMember | Buffer)[]): Buffer {
  const parts = members.map((member) => (Buffer.isBuffer(member) ? member : tarMember(member)));
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A PAX header for the member that follows. */
export function pax(
  records: readonly (readonly [string, string | Buffer])[],
  type: 'x' | 'g' = 'x',
): TarMember {
  const lines = records.map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return Buffer.concat([Buffer.from(String(length)), rest]);
  });
  return { name: 'PaxHeaders/x', type, content: Buffer.concat(lines) };
}

export const folder = (name: string, more: Partial<TarMember> = {}): TarMember => ({
  name,
  type: '5',
  ...more,
});
export const file = (
  name: string,
  content: string | Buffer = '',
  more: Partial<TarMember> = {},
): TarMember => ({
  name,
  content,
  ...more,
});
export const link = (name: string, target: string): TarMember => ({ name, type: '2', link: target });
export const hardlink = (name: string, target: string): TarMember => ({ name, type: '1', link: target });

export const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface LayoutLayer {
  readonly plain: Buffer;
  /** How it is stored; gzip by default. */
  readonly stored?: Buffer;
  readonly mediaType?: string;
}

export interface LayoutImage {
  /** Of its descriptor in the index. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layers: readonly LayoutLayer[];
  readonly config?: object;
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly tag?: string;
  /** Changes to the finished documents. */
  readonly changeManifest?: (manifest: Record<string, unknown>) => object;
  readonly changeConfig?: (config: Record<string, unknown>) => object;
}

/** Name -> content of an OCI layout's files; images with a platform go into one index. */
export function layoutFiles(...images: readonly LayoutImage[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);
  const add = (bytes: Buffer, mediaType: string) => {
    files.set(`blobs/sha256/${sha(bytes)}`, bytes);
    return { mediaType, digest: `sha256:${sha(bytes)}`, size: bytes.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const manifests = images.map((image) => {
    const { os = 'linux', architecture = 'amd64', tag, layers } = image;
    const config = {
      os,
      architecture,
      ...(image.variant === undefined ? {} : { variant: image.variant }),
      config: image.config ?? { Cmd: ['/bin/true'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ plain }) => `sha256:${sha(plain)}`) },
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: add(json(image.changeConfig?.(config) ?? config), 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map(({ plain, stored, mediaType }) =>
        add(stored ?? gzipSync(plain), mediaType ?? 'application/vnd.oci.image.layer.v1.tar+gzip'),
      ),
    };
    return {
      ...add(
        json(image.changeManifest?.(manifest) ?? manifest),
        'application/vnd.oci.image.manifest.v1+json',
      ),
      ...(image.os === undefined && image.architecture === undefined
        ? {}
        : {
            platform: {
              os,
              architecture,
              ...(image.variant === undefined ? {} : { variant: image.variant }),
            },
          }),
      annotations: {
        ...(tag === undefined ? {} : { 'org.opencontainers.image.ref.name': tag }),
        ...image.annotations,
      },
    };
  });
  files.set('index.json', json({ schemaVersion: 2, manifests }));
  return files;
}

/** Writes files into a folder. */
export function writeFiles(place: string, files: ReadonlyMap<string, Buffer>): string {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), bytes);
  }
  return place;
}

/** Files as one archive, as `skopeo copy ... oci-archive:` makes it. */
export function tarOf(files: ReadonlyMap<string, Buffer>): Buffer {
  return tar(...[...files].map(([name, content]) => file(name, content)));
}

/** What `docker save` wrote for years: folders of layers. */
export function dockerFiles(
  layers: readonly Buffer[],
  config: object,
  tags: readonly string[],
): Map<string, Buffer> {
  const text = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config,
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha(layer)}`) },
    }),
  );
  const named = layers.map(
    (layer, index) => [`${sha(Buffer.from(String(index)))}/layer.tar`, layer] as const,
  );
  const manifest = [{ Config: `${sha(text)}.json`, RepoTags: tags, Layers: named.map(([name]) => name) }];
  return new Map([
    ...named,
    [`${sha(text)}.json`, text],
    ['manifest.json', Buffer.from(JSON.stringify(manifest))],
  ]);
}
