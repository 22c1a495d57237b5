/** Where volumes may lie, and what is said when they cannot be made. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Resource } from './lease.ts';
import { openVolumes } from './volume.ts';
import { fileSystemForVolumes, fileSystemOf, volumesParent } from './volume-place.ts';

const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:25 / /run rw,nosuid - tmpfs tmpfs rw,size=1g
31 22 8:1 / /srv rw - xfs /dev/sda1 rw
32 31 0:40 / /srv/my\\040data rw - btrfs /dev/my\\040disk rw
33 22 8:2 / /srv rw - ext4 /dev/sdb1 rw
`;

test.each([
  ['/var/tmp', 'ext4', '/dev/vda'],
  ['/run/user/0', 'tmpfs', 'tmpfs'],
  ['/runner', 'ext4', '/dev/vda'],
  ['/srv/a', 'ext4', '/dev/sdb1'],
  ['/srv/my data/x', 'btrfs', '/dev/my disk'],
])('%s lies on %s', (path, type, source) => {
  expect(fileSystemOf(path, mountinfo)).toEqual({ type, source });
});

test('no mount table, no file system', () => expect(fileSystemOf('/x', '')).toBeNull());

test('TMPDIR decides, and an empty one does not', () => {
  expect(volumesParent({ TMPDIR: '/data' })).toBe('/data');
  expect(volumesParent({ TMPDIR: '' })).toBe('/var/tmp');
  expect(volumesParent({})).toBe('/var/tmp');
});

test('a folder in memory and a missing folder are refused by name', () => {
  expect(() => fileSystemForVolumes('/dev/shm')).toThrow(/in memory: \/dev\/shm is tmpfs/);
  expect(() => fileSystemForVolumes('/nowhere/at all')).toThrow(/no folder \/nowhere\/at all for volumes/);
});

let parent: string;
let owned: Set<string>;
const lease = {
  runId: 'test',
  own: (resource: Resource) => void owned.add(JSON.stringify(resource)),
  release: (resource: Resource) => void owned.delete(JSON.stringify(resource)),
};
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tare-volumes-'));
  owned = new Set();
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const gibibyte = 2 ** 30;
const open = (free: number) => openVolumes({ lease, parent, free: () => Promise.resolve(free) });

test('too little space names what is wanted, what is free, where, and the remedy; nothing is made', async () => {
  const volumes = open(300 * 2 ** 20);
  const problem = await volumes.check({ kind: 'block', sizeBytes: gibibyte }, 'none');
  expect(problem?.reason).toContain(`no space for a volume of 1.00 GiB in ${parent}: 300 MiB free`);
  expect(problem?.hint).toContain('TMPDIR');
  await expect(volumes.make('i-1', { kind: 'directory', sizeBytes: gibibyte }, 'none')).rejects.toThrow(
    /no space/,
  );
  await volumes.close();
  expect(readdirSync(parent)).toEqual([]);
  expect(owned.size).toBe(0);
});

test('a volume is listed before it is made, sparse, of its size, and gone after removal', async () => {
  const volumes = open(10 * gibibyte);
  const { path } = await volumes.make('i-1', { kind: 'block', sizeBytes: gibibyte }, 'none');
  expect(statSync(path).size).toBe(gibibyte);
  expect(statSync(path).blocks * 512).toBeLessThan(2 ** 20);
  expect([...owned].filter((each) => each.includes('i-1'))).toHaveLength(1);
  expect(await volumes.remove('i-1')).toEqual([]);
  expect(existsSync(path)).toBe(false);
  expect(await volumes.remove('i-1')).toEqual([]);
  await volumes.close();
  expect(readdirSync(parent)).toEqual([]);
  expect(owned.size).toBe(0);
});

test('too small for ext4 says so, with the tool’s own words, and leaves nothing', async () => {
  const volumes = open(10 * gibibyte);
  const spec = { kind: 'filesystem', sizeBytes: 16_384 } as const;
  await expect(volumes.make('i-1', spec, 'none')).rejects.toThrow(/no ext4 could be made: \S/);
  // A second try makes the template again instead of remembering the failure.
  const { path } = await volumes.make('i-1', { kind: 'filesystem', sizeBytes: 16 * 2 ** 20 }, 'none');
  expect(statSync(path).size).toBe(16 * 2 ** 20);
  await volumes.close();
  expect(readdirSync(parent)).toEqual([]);
  expect(owned.size).toBe(0);
});
