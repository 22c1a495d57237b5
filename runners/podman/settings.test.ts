import { expect, test } from 'vitest';
import { parseAccounts } from './place.ts';
import { containersConf, podmanClient, podmanWays, privateMounts, storageConf } from './settings.ts';
import type { PodmanPlan } from './settings.ts';

const plan: PodmanPlan = {
  binary: '/usr/bin/podman',
  runtime: '/usr/sbin/runc',
  folder: '/cell',
  store: '/store',
  account: null,
  rootless: false,
};
const account = { name: 'joe', uid: 1000, gid: 100, home: '/home/joe' };

test('state belongs to the cell, images to a store that is read only', () => {
  expect(storageConf(plan, '/store')).toContain('graphroot = "/cell/root"');
  expect(storageConf(plan, '/store')).toContain('additionalimagestores = ["/store/root"]');
  expect(storageConf({ ...plan, folder: '/store' }, null)).not.toContain('additionalimagestores');
  expect(storageConf(plan, null)).not.toContain('ignore_chown_errors');
  expect(storageConf({ ...plan, rootless: true }, null)).toContain('ignore_chown_errors = "true"');
  expect(containersConf(plan)).toContain('runtime = "/usr/sbin/runc"');
  expect(containersConf(plan)).toContain('tmp_dir = "/cell/tmp"');
});

test('another user is taken on with his home and groups, and a place for what runs', () => {
  expect(podmanClient(plan, 'cell')).toEqual({
    argv: ['/usr/bin/podman'],
    environment: {
      CONTAINERS_CONF: '/cell/settings/cell/containers.conf',
      CONTAINERS_STORAGE_CONF: '/cell/settings/cell/storage.conf',
    },
  });
  const other = podmanClient({ ...plan, rootless: true, account }, 'store');
  const become = ['setpriv', '--reuid', '1000', '--regid', '100', '--init-groups', '--'];
  expect(other.argv.slice(0, 8)).toEqual([...become, '/usr/bin/podman']);
  expect(other.argv).toContain('overlay.ignore_chown_errors=true');
  expect(other.argv).toContain('/store/root');
  expect(podmanClient({ ...plan, rootless: true }, 'cell').argv).toContain('overlay.imagestore=/store/root');
  expect(other.environment).toMatchObject({ HOME: '/home/joe', XDG_RUNTIME_DIR: '/cell/user' });
});

test('a group of its own as root only; crun is told to stay where it is', () => {
  expect(podmanWays(false, 'crun')).toEqual({ ownGroup: true, run: [] });
  expect(podmanWays(true, 'runc')).toEqual({ ownGroup: false, run: [] });
  expect(podmanWays(true, 'crun')).toEqual({ ownGroup: false, run: ['--cgroups=disabled'] });
});

test('mounts are private, and the cgroup2 tree is hidden where it is named', () => {
  expect(privateMounts(null).slice(-3)).toEqual(['-', '', '']);
  const mounted = { device: '/dev/loop3', place: '/cell/volume' };
  expect(privateMounts('/sys/fs/cgroup/unified', mounted).slice(-3)).toEqual([
    '/sys/fs/cgroup/unified',
    '/dev/loop3',
    '/cell/volume',
  ]);
});

test('accounts are read as passwd has them', () => {
  expect(parseAccounts('joe:x:1000:100::/home/joe:/bin/sh\nbroken:x\n')).toEqual([account]);
});
