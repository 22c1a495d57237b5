/** The command line and the fstab as values. */
import { expect, test } from 'vitest';
import { fstab, namespaceArguments } from './args.ts';
import { namespaceOptions } from './options.ts';

const plan = { busybox: '/i/busybox', enterScript: '/t/enter.sh' };

test('six namespaces, certain death, and a bounding set without administration', () => {
  const argv = namespaceArguments({ ...plan, rootless: false });
  expect(argv.slice(0, 12)).toEqual([
    'unshare',
    ...['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'],
    ...['--fork', '--kill-child=SIGKILL', '--propagation', 'private', 'sh'],
  ]);
  expect(argv.at(-1)).toMatch(/^-all,\+chown,/);
  expect(argv.at(-1)).not.toMatch(/sys_admin|mknod|sys_ptrace|net_admin/);
});

test('rootless adds a user namespace', () => {
  const argv = namespaceArguments({ ...plan, rootless: true });
  expect(argv.slice(1, 3)).toEqual(['--user', '--map-root-user']);
});

test('the root is an overlay with relative layers; sysfs is read-only', () => {
  expect(fstab(false, null, () => 'absent').split('\n')).toEqual([
    'overlay layer/root overlay lowerdir=beside:image,upperdir=layer/upper,workdir=layer/work 0 0',
    'proc layer/root/proc proc nosuid,nodev,noexec 0 0',
    'sysfs layer/root/sys sysfs ro,nosuid,nodev,noexec 0 0',
    'devpts layer/root/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 0 0',
    'shm layer/root/dev/shm tmpfs nosuid,nodev,noexec,mode=1777 0 0',
    '',
  ]);
});

test('rootless binds the device nodes it may not make, and says so to overlayfs', () => {
  const table = fstab(true, null, () => 'absent');
  expect(table).toContain('overlay userxattr,lowerdir=');
  expect(table).toContain('/dev/null layer/root/dev/null none bind 0 0\n');
});

test('what the kernel has of its own is hidden or read-only, after the mounts that it lies on', () => {
  const kinds: Readonly<Record<string, 'file' | 'folder'>> = {
    '/proc/kcore': 'file',
    '/sys/firmware': 'folder',
    '/proc/sys': 'folder',
  };
  for (const rootless of [false, true]) {
    const table = fstab(rootless, null, (path) => kinds[path] ?? 'absent');
    expect(table.split('\n').slice(-5)).toEqual([
      '/dev/null layer/root/proc/kcore none bind 0 0',
      'tmpfs layer/root/sys/firmware tmpfs ro 0 0',
      'layer/root/proc/sys layer/root/proc/sys none bind 0 0',
      'none layer/root/proc/sys none remount,bind,ro,nosuid,nodev,noexec 0 0',
      '',
    ]);
  }
});

test('options are strict and have defaults', () => {
  expect(namespaceOptions.parse({})).toEqual({ network: 'none', user: 'auto', loopDirect: true });
  expect(namespaceOptions.safeParse({ user: 'nobody' }).success).toBe(false);
});

test.each([
  ['directory', '/volume', 'volume layer/root/volume none bind 0 0'],
  ['filesystem', '/volume', 'volume layer/root/volume ext4 nosuid,nodev 0 0'],
  ['block', '/dev/volume', 'volume layer/root/dev/volume none bind 0 0'],
] as const)(
  'a volume of kind %s is the last line, by a name that tells no host path',
  (kind, place, line) => {
    const table = fstab(false, { kind, path: '/var/tmp/secret', place }, () => 'absent');
    expect(table.trimEnd().split('\n').at(-1)).toBe(line);
    expect(table).not.toContain('secret');
  },
);
