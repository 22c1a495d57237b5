import { gzipSync } from 'node:zlib';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../model/errors.ts';
import type { Kernel } from './kernel.ts';
import { releaseIn } from './kernel.ts';
import { dependenciesOf, modulesInOrder } from './modules.ts';

let folder: string;
let kernel: Kernel;
const moduleText = (depends: string): Buffer =>
  Buffer.from(`\x7fELF..\0license=GPL\0depends=${depends}\0name=x\0`, 'latin1');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-modules-'));
  const drivers = join(folder, 'kernel/drivers');
  await mkdir(drivers, { recursive: true });
  await writeFile(join(drivers, 'ring.ko'), moduleText(''));
  await writeFile(join(drivers, 'base.ko'), moduleText('ring'));
  await writeFile(join(drivers, 'bus-pci.ko'), moduleText('base,ring,builtin_thing'));
  await writeFile(join(drivers, 'disk.ko.gz'), gzipSync(moduleText('bus_pci')));
  await writeFile(join(folder, 'modules.builtin'), 'kernel/fs/ext4/ext4.ko\nkernel/lib/builtin-thing.ko\n');
  kernel = { vmlinuz: '/k', release: '6.1', modulesFolder: folder, digest: '', source: 'package' };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('each module comes after what it needs; built-in ones are left out; compressed ones are unpacked', async () => {
  const modules = await modulesInOrder(kernel, ['disk', 'ext4', 'bus-pci']);
  expect(modules.map(({ name }) => name)).toEqual(['ring', 'base', 'bus_pci', 'disk']);
  expect(modules.at(-1)?.content).toEqual(moduleText('bus_pci'));
});

test("a module's own dependencies are listed the nearest first", async () => {
  const modules = await modulesInOrder(kernel, ['disk']);
  expect(Object.fromEntries(modules.map(({ name, dependencies }) => [name, dependencies]))).toEqual({
    ring: [],
    base: ['ring'],
    bus_pci: ['base', 'ring'],
    disk: ['bus_pci', 'base', 'ring'],
  });
});

test('a module that is nowhere is a UserError, and without a modules folder all count as built in', async () => {
  await expect(modulesInOrder(kernel, ['gone'])).rejects.toThrow(UserError);
  expect(await modulesInOrder({ ...kernel, modulesFolder: null }, ['gone'])).toEqual([]);
});

test('dependencies of a module', () => {
  expect(dependenciesOf(moduleText('a,b'))).toEqual(['a', 'b']);
  expect(dependenciesOf(moduleText(''))).toEqual([]);
  expect(dependenciesOf(Buffer.from('no such line'))).toEqual([]);
});

test('the release is read from a bzImage header and from an uncompressed kernel', () => {
  const compressed = Buffer.alloc(0x1000);
  compressed.write('HdrS', 0x202, 'latin1');
  compressed.writeUInt16LE(0x300, 0x20e);
  compressed.write('6.1.0-56-cloud-amd64 (builder) #1 SMP\0', 0x500, 'latin1');
  expect(releaseIn(compressed)).toBe('6.1.0-56-cloud-amd64');
  expect(releaseIn(Buffer.from('....Linux version 6.9.1-mine (gcc) #1\n'))).toBe('6.9.1-mine');
  expect(releaseIn(Buffer.from('not a kernel'))).toBeNull();
});
