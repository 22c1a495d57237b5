/**
 * The files an image consists of, by name: in a folder, or inside a tar archive, where they are found by one
 * pass over its headers and then read in place. A blob named by a digest is checked against its descriptor
 * while it streams, so nothing is read twice and nothing unchecked is used.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import type { Bytes } from '../../model/quantities.ts';
import type { Budget } from './budget.ts';
import { fileReader } from './tar/reader.ts';
import { refusal, type Place } from './refusal.ts';
import { readTar } from './tar/tar.ts';

export interface StoredFile {
  readonly size: Bytes;
  open(): AsyncIterable<Buffer>;
}

/** A named set of files. */
export interface FileSet {
  /** For messages. */
  readonly archive: string;
  /** Null where there is no such file. */
  find(name: string): Promise<StoredFile | null>;
}

const piece = 512 * 1024;

/** @param rename maps the names of an OCI layout to those in the folder, where they differ */
export function folderFiles(
  folder: string,
  archive: string,
  rename: (name: string) => string = (name) => name,
): FileSet {
  return {
    archive,
    find: async (name) => {
      const path = join(folder, rename(name));
      const facts = await stat(path).catch(() => null);
      if (facts === null) return null;
      if (!facts.isFile()) throw refusal({ archive, entry: name }, 'is no regular file');
      return { size: facts.size, open: () => createReadStream(path, { highWaterMark: piece }) };
    },
  };
}

/** The files in an uncompressed tar archive; links between them are followed inside it. */
export async function archiveFiles(
  path: string,
  archive: string,
  budget: Budget,
): Promise<FileSet & { names: readonly string[] }> {
  const files = new Map<string, { readonly offset: Bytes; readonly size: Bytes }>();
  const links = new Map<string, string>();
  const descriptor = openSync(path, 'r');
  try {
    const reader = fileReader(descriptor, fstatSync(descriptor).size);
    for await (const entry of readTar(reader, { archive }, { trailer: 'required' })) {
      const name = posix.normalize(entry.path);
      budget.enter(Buffer.byteLength(name), { archive, entry: entry.path });
      if (entry.kind === 'file' && entry.map === null)
        files.set(name, { offset: reader.position(), size: entry.size });
      else if (entry.kind === 'link') links.set(name, posix.join(posix.dirname(name), entry.target));
      else if (entry.kind === 'hardlink') links.set(name, posix.normalize(entry.target));
    }
  } finally {
    closeSync(descriptor);
  }
  return {
    archive,
    names: [...files.keys(), ...links.keys()],
    find: (name) => {
      let at = name;
      for (let steps = 0; steps < 8 && links.has(at); steps++) at = links.get(at) ?? at;
      const found = files.get(at);
      if (found === undefined) return Promise.resolve(null);
      const { offset, size } = found;
      return Promise.resolve({
        size,
        open: () =>
          size === 0
            ? nothing()
            : createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: piece }),
      });
    },
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- an empty stream
async function* nothing(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(0);
}

export const descriptorSchema = z.object({
  mediaType: z.string().nullish(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.object({ architecture: z.string(), os: z.string(), variant: z.string().nullish() }).nullish(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

const digestForm = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Where a layout keeps a blob. @throws UserError where the digest is of no form we can check */
export function blobName(digest: string, place: Place): string {
  if (!digestForm.test(digest))
    throw refusal(
      place,
      `${JSON.stringify(digest.slice(0, 100))} is no digest of the forms sha256:HEX and sha512:HEX`,
    );
  return `blobs/${digest.replace(':', '/')}`;
}

/** A file's bytes, which must be as many and have the digest that the descriptor says. */
export async function* checkedBytes(
  file: StoredFile,
  expected: { readonly digest: string; readonly size: Bytes | null },
  place: Place,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const [algorithm = '', hex = ''] = expected.digest.split(':');
  const hash = createHash(algorithm);
  if (expected.size !== null && file.size !== expected.size)
    throw refusal(place, `has ${String(file.size)} bytes where its descriptor says ${String(expected.size)}`);
  let size = 0;
  for await (const chunk of file.open()) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  if (size !== file.size) throw refusal(place, 'is cut short');
  const found = hash.digest('hex');
  if (found !== hex)
    throw refusal(
      place,
      `does not have the digest it should: ${algorithm}:${hex}, but ${algorithm}:${found}`,
    );
}

const largestDocument = 8 * 1024 * 1024;

/** A small file, whole. */
export async function readWhole(bytes: AsyncIterable<Buffer>, size: Bytes, place: Place): Promise<Buffer> {
  if (size > largestDocument) throw refusal(place, `is too long for what it is: ${String(size)} bytes`);
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

/** JSON by a schema. @throws UserError naming the place of the first problem */
export function parseDocument<T>(text: Buffer, schema: z.ZodType<T>, place: Place): T {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw refusal(place, 'is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refusal(place, `is not what it should be: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
