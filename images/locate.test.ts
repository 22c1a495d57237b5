/** Links in a tree that would lead out of it, were they followed by the host. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followInside, locateProgram } from './locate.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tare-locate-'));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'app'));
  symlinkSync('usr/bin', join(root, 'bin'));
  writeFileSync(join(root, 'usr/bin/tool'), '#!/bin/sh\n');
  chmodSync(join(root, 'usr/bin/tool'), 0o755);
  writeFileSync(join(root, 'app/data'), '');
  symlinkSync('/usr/bin/tool', join(root, 'usr/bin/other'));
  symlinkSync('../../../../../../etc/passwd', join(root, 'app/out'));
  symlinkSync('/etc/shadow', join(root, 'app/absolute'));
  symlinkSync('round', join(root, 'app/round'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('links lead from the root of the image', async () => {
  expect(await followInside(root, '/bin/other')).toBe('/usr/bin/tool');
  expect(await followInside(root, '/../../bin/./tool')).toBe('/usr/bin/tool');
  expect(await followInside(root, '/')).toBe('/');
});

test('what would be there only on the host is not there', async () => {
  expect(await followInside(root, '/app/out')).toBeNull();
  expect(await followInside(root, '/app/absolute')).toBeNull();
  expect(await followInside(root, '/app/round')).toBeNull();
});

test('programs are found by PATH, by a relative name from the folder, and only where they may run', async () => {
  const find = (program: string, path = '/nowhere:/bin') => locateProgram(root, program, path, '/app');
  expect(await find('other')).toEqual({ path: '/bin/other', file: '/usr/bin/tool' });
  expect(await find('../bin/tool')).toEqual({ path: '/bin/tool', file: '/usr/bin/tool' });
  expect(await find('./data')).toBeNull();
  expect(await find('tool', '/app')).toBeNull();
  expect(await find('/app')).toBeNull();
});
