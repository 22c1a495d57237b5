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
  expect(fstab(false).split('\n')).toEqual([
    'overlay layer/root overlay lowerdir=beside:image,upperdir=layer/upper,workdir=layer/work 0 0',
    'proc layer/root/proc proc nosuid,nodev,noexec 0 0',
    'sysfs layer/root/sys sysfs ro,nosuid,nodev,noexec 0 0',
    'devpts layer/root/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 0 0',
    'shm layer/root/dev/shm tmpfs nosuid,nodev,noexec,mode=1777 0 0',
    '',
  ]);
});

test('rootless binds the device nodes it may not make, and says so to overlayfs', () => {
  const table = fstab(true);
  expect(table).toContain('overlay userxattr,lowerdir=');
  expect(table).toContain('/dev/null layer/root/dev/null none bind 0 0\n');
});

test('options are strict and have defaults', () => {
  expect(namespaceOptions.parse({})).toEqual({ user: 'auto' });
  expect(namespaceOptions.safeParse({ user: 'nobody' }).success).toBe(false);
});
