import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashFile, parseManifest, sha256, summarizeTree } from './tree.ts';

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

test('a manifest is read back entry by entry; names may hold spaces', () => {
  const hash = sha256('');
  expect(parseManifest(`d - 1777 /tmp\nf ${hash} 0755 /a b\nl ${hash} - /c\n`)).toEqual([
    { kind: 'folder', hash: null, mode: 0o1777, path: '/tmp' },
    { kind: 'file', hash, mode: 0o755, path: '/a b' },
    { kind: 'link', hash, mode: null, path: '/c' },
  ]);
  expect(() => parseManifest('x - - /a')).toThrow('not a manifest line');
});

test('a file is hashed whole', async () => {
  const content = Buffer.alloc(300_000, 'abc');
  await writeFile(join(folder, 'large'), content);
  expect(await hashFile(join(folder, 'large'))).toBe(sha256(content));
});
