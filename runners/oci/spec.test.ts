/** The bundle and the command lines as values. */
import { expect, test } from 'vitest';
import type { Group } from '../../host/cgroup/group.ts';
import { ociOptions } from './options.ts';
import { containerGroup } from './probe.ts';
import { ociArguments, ociSpec, waysOf } from './spec.ts';

const plan = { enterScript: '/t/enter.sh', busybox: '/i/busybox', unified: null, id: 'r-1' };

test('config.json names no host path and keeps what a container keeps', () => {
  const spec = ociSpec({ environment: { A: '1' }, cgroupsPath: '/tare/r/i-1/box', seccomp: false });
  expect(spec.root).toEqual({ path: 'layer/root', readonly: false });
  expect(spec.process.env).toEqual(['A=1']);
  expect(spec.process.noNewPrivileges).toBe(true);
  expect(spec.process.capabilities.bounding).not.toContain('CAP_SYS_ADMIN');
  expect(spec.process.capabilities.bounding).toContain('CAP_NET_BIND_SERVICE');
  expect(spec.linux.namespaces.map(({ type }) => type)).toEqual([
    'pid',
    'network',
    'ipc',
    'uts',
    'mount',
    'cgroup',
  ]);
  expect(spec.linux).toMatchObject({ cgroupsPath: '/tare/r/i-1/box' });
  expect(spec.linux).not.toHaveProperty('seccomp');
  expect(spec.linux.maskedPaths).toContain('/proc/kcore');
  expect(spec.linux.readonlyPaths).toContain('/proc/sys');
  expect(spec.mounts.find(({ destination }) => destination === '/sys')?.options).toContain('ro');
});

test('seccomp and a container without a group of its own are expressed', () => {
  const spec = ociSpec({ environment: {}, cgroupsPath: null, seccomp: true });
  expect(spec.linux).not.toHaveProperty('cgroupsPath');
  expect(spec.linux).not.toHaveProperty('resources');
  expect(spec.linux).toMatchObject({ seccomp: { syscalls: [{ action: 'SCMP_ACT_ERRNO' }] } });
});

test('the runtime runs in a pid namespace that dies with its parent', () => {
  const runc = ociArguments({ ...plan, binary: '/sbin/runc', ways: waysOf({ runtime: 'runc' }) });
  expect(runc.within.join(' ')).toBe('unshare --mount --pid --fork --kill-child=SIGKILL --mount-proc');
  expect(runc.argv.join(' ')).toMatch(
    /^\. \/t\/enter.sh \/i\/busybox - -- \/sbin\/runc --root state run --keep --bundle . r-1$/,
  );
  const ways = waysOf({ runtime: '/opt/crun' });
  const crun = ociArguments({ ...plan, binary: '/opt/crun', ways, unified: '/sys/fs/cgroup/unified' });
  expect(crun.argv.join(' ')).toMatch(
    /busybox \/sys\/fs\/cgroup\/unified -- \/opt\/crun --root state --cgroup-manager=disabled run --bundle . r-1$/,
  );
  expect(waysOf({ runtime: '/usr/local/bin/runsc' })).toMatchObject({ global: [], ownGroup: true });
});

test('the container is put below the instance: beside the leaf that holds its processes on v2', () => {
  const group = (path: string, procsFile: string): Group =>
    ({ path, procsFiles: [procsFile] }) as unknown as Group;
  expect(containerGroup(group('tare/r/i-1', '/sys/fs/cgroup/cpu/tare/r/i-1/cgroup.procs'))).toBe(
    '/tare/r/i-1/box',
  );
  const delegated = '/sys/fs/cgroup/user.slice/x.scope/tare/r/i-1/main/cgroup.procs';
  expect(containerGroup(group('tare/r/i-1', delegated))).toBe('/user.slice/x.scope/tare/r/i-1/box');
});

test('options are strict and have defaults', () => {
  expect(ociOptions.parse({})).toEqual({
    network: 'none',
    runtime: 'runc',
    seccomp: false,
    loopDirect: true,
  });
  expect(ociOptions.safeParse({ runtme: 'crun' }).success).toBe(false);
});

test('a volume is a mount, or a device of its own that the group lets through; without one neither is there', () => {
  const request = { environment: {}, cgroupsPath: '/g', seccomp: false };
  const plain = ociSpec(request);
  const volumes = {
    directory: ociSpec({ ...request, volume: { kind: 'directory', path: '/v/shared', place: '/volume' } }),
    filesystem: ociSpec({ ...request, volume: { kind: 'filesystem', path: '/dev/loop3', place: '/volume' } }),
    block: ociSpec({ ...request, volume: { kind: 'block', place: '/dev/volume', major: 7, minor: 300 } }),
  };
  const mount = (spec: typeof plain) => spec.mounts.find(({ destination }) => destination === '/volume');
  expect(mount(plain)).toBeUndefined();
  expect(plain.linux).not.toHaveProperty('devices');
  expect(mount(volumes.directory)).toMatchObject({ type: 'bind', source: '/v/shared' });
  expect(mount(volumes.filesystem)).toMatchObject({ type: 'ext4', source: '/dev/loop3' });
  expect(mount(volumes.block)).toBeUndefined();
  const device = { type: 'b', major: 7, minor: 300 };
  expect(volumes.block.linux).toMatchObject({
    devices: [{ path: '/dev/volume', ...device }],
    resources: {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, ...device, access: 'rw' },
      ],
    },
  });
});
