import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  formatManifestEntry,
  hashAttributes,
  hashFile,
  parseManifest,
  sha256,
  summarizeTree,
} from './tree.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-tree-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The same tree, made in the given order. */
async function makeTree(name: string, order: readonly string[]): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, 'b'), { recursive: true });
  for (const path of order) await writeFile(join(root, path), `content of ${path}`);
  await symlink('b/x', join(root, 'link'));
  await chmod(join(root, 'b/x'), 0o755);
  await chmod(join(root, 'a.z'), 0o644);
  await chmod(join(root, 'b'), 0o755);
  return root;
}

test('the manifest is exact and sorted bytewise by path', async () => {
  const root = await makeTree('one', ['b/x', 'a.z']);
  const { manifest, digest, bytes } = await summarizeTree(root);
  expect(manifest).toBe(
    [
      `f ${sha256('content of a.z')} 0644 /a.z`,
      'd - 0755 /b',
      `f ${sha256('content of b/x')} 0755 /b/x`,
      `l ${sha256('b/x')} - /link`,
      '',
    ].join('\n'),
  );
  expect(digest).toBe(sha256(manifest));
  expect(bytes).toBe('content of a.z'.length + 'content of b/x'.length);
});

test('order of making, times and places do not matter; content, mode and links do', async () => {
  const one = await makeTree('one', ['b/x', 'a.z']);
  const two = await makeTree('elsewhere', ['a.z', 'b/x']);
  await utimes(join(two, 'a.z'), 1, 1);
  const reference = (await summarizeTree(one)).digest;
  expect((await summarizeTree(two)).digest).toBe(reference);
  await chmod(join(two, 'a.z'), 0o600);
  expect((await summarizeTree(two)).digest).not.toBe(reference);
  await chmod(join(two, 'a.z'), 0o644);
  await writeFile(join(two, 'a.z'), 'other');
  expect((await summarizeTree(two)).digest).not.toBe(reference);
});

test('a name with a newline cannot be in an image', async () => {
  const root = await makeTree('one', ['b/x', 'a.z']);
  await writeFile(join(root, 'two\nlines'), '');
  await expect(summarizeTree(root)).rejects.toThrow('newline');
});

test('a manifest is read back entry by entry; names may hold spaces and any letter but a newline', () => {
  const hash = sha256('');
  const usual = { uid: 0, gid: 0, xattrs: null };
  expect(parseManifest(`d - 1777 /tmp\nf ${hash} 0755 /a b\nl ${hash} - /c\u2028\r"\\\n`)).toEqual([
    { kind: 'folder', hash: null, mode: 0o1777, path: '/tmp', ...usual },
    { kind: 'file', hash, mode: 0o755, path: '/a b', ...usual },
    { kind: 'link', hash, mode: null, path: '/c\u2028\r"\\', ...usual },
  ]);
  for (const bad of ['x - - /a', 'd - 0755:1 /a', 'd - 0755 a', 'd - 0755:1:2:3 /a']) {
    expect(() => parseManifest(bad)).toThrow('not a manifest line');
  }
});

test('owners and attributes are written only where they are not the usual, and read back', () => {
  const xattrs = hashAttributes({ 'user.b': Buffer.from([0, 255]), 'user.a': Buffer.from('x') });
  expect(xattrs).toBe(sha256('user.a 78\nuser.b 00ff\n'));
  const entry = { kind: 'folder', hash: null, mode: 0o2755, path: '/srv data', uid: 0, gid: 0 } as const;
  const owned = { ...entry, uid: 4_294_967_294, gid: 7, xattrs: null };
  expect(formatManifestEntry({ ...entry, xattrs: null })).toBe('d - 2755 /srv data');
  expect(formatManifestEntry(owned)).toBe('d - 2755:4294967294:7 /srv data');
  expect(formatManifestEntry({ ...entry, xattrs })).toBe(`d - 2755:0:0:${xattrs} /srv data`);
  const link = { kind: 'link', hash: sha256('t'), mode: null, path: '/l', uid: 5, gid: 0, xattrs } as const;
  const all = [{ ...entry, xattrs: null }, owned, { ...entry, xattrs }, link];
  expect(parseManifest(all.map(formatManifestEntry).join('\n'))).toEqual(all);
});

test('a file is hashed whole', async () => {
  const content = Buffer.alloc(300_000, 'abc');
  await writeFile(join(folder, 'large'), content);
  expect(await hashFile(join(folder, 'large'))).toBe(sha256(content));
});
