import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findClosure, mergedPath } from './closure.ts';
import { makeElf } from './testing/elf.ts';
import type { ElfParts } from './testing/elf.ts';

const loader = '/lib64/ld.so.2';
let packages: string;
beforeEach(async () => {
  packages = await mkdtemp(join(tmpdir(), 'tare-packages-'));
});
afterEach(() => rm(packages, { recursive: true, force: true }));

async function put(path: string, parts: ElfParts): Promise<void> {
  await mkdir(dirname(join(packages, path)), { recursive: true });
  await writeFile(join(packages, path), makeElf(parts));
}
const library = (needed: readonly string[] = [], runPath?: string): ElfParts => ({
  interpreter: null,
  needed,
  ...(runPath === undefined ? {} : { runPath }),
});

test('follows libraries of libraries, old and merged layouts, absolute links and run paths', async () => {
  await put('/usr/bin/tool', { interpreter: loader, needed: ['liba.so.1'] });
  await put('/usr/lib/x86_64-linux-gnu/liba.so.1.2', library(['libc.so.6', 'libp.so'], '$ORIGIN/private'));
  await symlink('liba.so.1.2', join(packages, 'usr/lib/x86_64-linux-gnu/liba.so.1'));
  await put('/usr/lib/x86_64-linux-gnu/private/libp.so', library(['liba.so.1']));
  await put('/lib/x86_64-linux-gnu/libc.so.6', library());
  await put('/lib/x86_64-linux-gnu/ld.so.2', library());
  await mkdir(join(packages, 'lib64'));
  // Absolute as seen from inside; on the host it leads elsewhere.
  await symlink('/lib/x86_64-linux-gnu/ld.so.2', join(packages, 'lib64/ld.so.2'));
  const closure = await findClosure(packages, '/usr/bin/tool', []);
  expect([...closure.keys()]).toEqual([
    '/usr/bin/tool',
    '/usr/lib64/ld.so.2',
    '/usr/lib/x86_64-linux-gnu/liba.so.1',
    '/usr/lib/x86_64-linux-gnu/libc.so.6',
    '/usr/lib/x86_64-linux-gnu/private/libp.so',
  ]);
  expect(closure.get('/usr/lib64/ld.so.2')).toBe(join(packages, 'lib/x86_64-linux-gnu/ld.so.2'));
  expect(closure.get('/usr/lib/x86_64-linux-gnu/liba.so.1')).toBe(
    join(packages, 'usr/lib/x86_64-linux-gnu/liba.so.1.2'),
  );
});

test('extra libraries join dynamic programs only', async () => {
  await put('/usr/bin/dynamic', { interpreter: loader, needed: [] });
  await put('/usr/bin/static', { interpreter: null, needed: null });
  await put('/usr/lib64/ld.so.2', library());
  await put('/usr/lib/extra.so', library());
  expect([...(await findClosure(packages, '/usr/bin/dynamic', ['extra.so'])).keys()]).toContain(
    '/usr/lib/extra.so',
  );
  expect([...(await findClosure(packages, '/bin/static', ['extra.so'])).keys()]).toEqual(['/usr/bin/static']);
});

test('what is missing is named with who needs it, and no link leads out of the packages', async () => {
  await put('/usr/bin/tool', { interpreter: null, needed: ['libgone.so'] });
  await expect(findClosure(packages, '/usr/bin/tool', [])).rejects.toThrow(
    'library libgone.so (needed by /usr/bin/tool) is in none of the packages',
  );
  await mkdir(join(packages, 'usr/lib'), { recursive: true });
  await symlink('../../../../../../../../etc/passwd', join(packages, 'usr/lib/libgone.so'));
  await expect(findClosure(packages, '/usr/bin/tool', [])).rejects.toThrow('in none of the packages');
  await symlink('loop', join(packages, 'usr/bin/loop'));
  await expect(findClosure(packages, '/usr/bin/loop', [])).rejects.toThrow('in none of the packages');
});

test('merged paths', () => {
  expect(mergedPath('/lib64/ld.so')).toBe('/usr/lib64/ld.so');
  expect(mergedPath('/usr/lib/x')).toBe('/usr/lib/x');
  expect(mergedPath('/library/x')).toBe('/library/x');
});
