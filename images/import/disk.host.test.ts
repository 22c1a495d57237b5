/**
 * A foreign image as a disk, made by mke2fs and debugfs for real: owners, modes, attributes, hard links, holes and
 * odd names arrive, whoever made it.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../host/exec.ts';
import { ensureDisk } from '../disks/disk.ts';
import { quoted } from '../disks/metadata.ts';
import { file, folder, hardlink, link, pax, tar } from './testing/archives.ts';
import { createWorkbench, type Workbench } from './testing/workbench.ts';

const isRoot = process.geteuid?.() === 0;
/** cap_net_bind_service+ep, as the kernel keeps it. */
const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
const odd = 'dir with "quotes"/.hidden \\name\' <12>';
const archive = tar(
  folder('bin/'),
  file('bin/su', 'set user id', { mode: 0o4755 }),
  file('bin/secret', 'nobody reads this', { mode: 0o000, uid: 7 }),
  pax([
    ['SCHILY.xattr.security.capability', capability],
    ['SCHILY.xattr.user.note', 'n'],
    ['SCHILY.xattr.trusted.x', 't'],
  ]),
  file('bin/bind', 'capable', { mode: 0o755 }),
  folder('home/', { uid: 70_000, gid: 2_097_153, mode: 0o2770 }),
  file('home/large', Buffer.alloc(5_000_000, 'large'), { uid: 70_000 }),
  ...Array.from({ length: 20 }, (_, index) => hardlink(`home/also${String(index)}`, 'home/large')),
  pax([
    ['GNU.sparse.size', '300000000'],
    ['GNU.sparse.map', '200000000,4096'],
  ]),
  file('hole', Buffer.alloc(4096, 'x')),
  pax([['path', odd]]),
  file('odd', 'odd', { uid: 5, gid: 6 }),
  { ...link('link', 'bin/su'), uid: 9 },
  ...Array.from({ length: 3000 }, (_, index) => file(`many/${'long name '.repeat(12)}${String(index)}`)),
);

let bench: Workbench;
beforeAll(() => {
  bench = createWorkbench();
});
afterAll(() => bench.close());

async function debugfs(disk: string, command: string): Promise<string> {
  return (await runTool(['debugfs', '-R', command, disk], { timeoutSeconds: 60 })).stdout;
}

async function expectRight(disk: string, cache: string): Promise<void> {
  const stat = (path: string) => debugfs(disk, `stat ${quoted(path)}`);
  const checked = await runTool(['e2fsck', '-fn', disk], { timeoutSeconds: 60 });
  expect([checked.exitCode, checked.stdout]).toEqual([0, expect.any(String)]);
  const expected: Readonly<Record<string, RegExp>> = {
    '/bin': /Mode: {2}0755[\s\S]*User:\s+0\s+Group:\s+0\b/,
    '/bin/su': /Mode: {2}04755[\s\S]*User:\s+0\s+Group:\s+0\b/,
    '/bin/secret': /Mode: {2}0000[\s\S]*User:\s+7\s+Group:\s+0\b/,
    '/home': /Mode: {2}02770[\s\S]*User:\s+70000\s+Group:\s+2097153\b/,
    '/home/also19': /User:\s+70000[\s\S]*Links: 21\b/,
    '/hole': /Size: 300000000[\s\S]*Blockcount: 16\b/,
    '/link': /Type: symlink[\s\S]*User:\s+9\b/,
    [`/${odd}`]: /User:\s+5\s+Group:\s+6\b/,
  };
  for (const [path, pattern] of Object.entries(expected))
    expect([path, await stat(path)]).toEqual([path, expect.stringMatching(pattern)]);
  const attributes = await debugfs(disk, 'ea_list /bin/bind');
  expect(attributes).toMatch(/security\.capability \(20\)/);
  expect(attributes).toMatch(/user\.note \(1\)/);
  expect(attributes).not.toContain('trusted');
  const value = join(cache, 'value');
  await debugfs(disk, `ea_get -f ${value} /bin/bind security.capability`);
  expect(readFileSync(value).toString('hex')).toBe(capability.toString('hex'));
  expect(await debugfs(disk, `cat ${quoted(`/${odd}`)}`)).toBe('odd');
  expect(await debugfs(disk, 'cat /bin/secret')).toBe('nobody reads this');
  // 5 MB once, two blocks beside the hole, and what ext4 itself needs.
  expect(statSync(disk).size).toBeLessThan(14_000_000);
}

test('made by this user, it holds what the manifest says', async () => {
  const image = await bench.importImage(bench.write('image.tar', archive));
  await expectRight(await ensureDisk(image), bench.folder);
});

test('as root, the tree on the host has the attributes too', async (context) => {
  if (!isRoot) context.skip('only root may give a file capabilities');
  const image = await bench.importImage(bench.write('image.tar', archive));
  const program = join(image.rootfs, 'bin/bind');
  const found = await runTool(['getfattr', '-n', 'security.capability', program], { timeoutSeconds: 10 });
  if (found.exitCode === 127) context.skip('getfattr and setfattr are not installed (package attr)');
  expect(found.stdout).toContain('security.capability=');
});

test('made by a user without rights, image and disk are the same', async (context) => {
  if (!isRoot) context.skip('only root can become another user');
  const reference = await bench.importImage(bench.write('image.tar', archive));
  const place = join(bench.folder, 'in', 'other');
  mkdirSync(place);
  chmodSync(bench.folder, 0o755);
  chmodSync(place, 0o777);
  writeFileSync(join(place, 'busybox'), 'no program');
  cpSync(join(bench.folder, 'in', 'image.tar'), join(place, 'image.tar'));
  const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));
  const script = `
    const { importImage } = await import(${module('index.ts')});
    const { ensureDisk } = await import(${module('../disks/disk.ts')});
    const busybox = () => Promise.resolve(${JSON.stringify(join(place, 'busybox'))});
    const image = await importImage(${JSON.stringify(join(place, 'image.tar'))}, { report: () => undefined, busybox });
    console.log(JSON.stringify({ digest: image.digest, disk: await ensureDisk(image) }));
  `;
  const result = await runTool(
    [
      'setpriv',
      '--reuid',
      '65534',
      '--regid',
      '65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ],
    { timeoutSeconds: 120, environment: { TARE_CACHE_DIR: join(place, 'cache'), HOME: place } },
  );
  expect([result.exitCode, result.stderr]).toEqual([0, '']);
  const made = JSON.parse(result.stdout) as { digest: string; disk: string };
  expect(made.digest).toBe(reference.digest);
  await expectRight(made.disk, bench.folder);
  const onHost = statSync(join(made.disk, '../../rootfs/bin/su'));
  expect([onHost.uid, onHost.mode & 0o7777]).toEqual([65_534, 0o755]);
  expect(existsSync(join(made.disk, '../../xattrs.json'))).toBe(true);
});
