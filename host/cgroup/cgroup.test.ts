/** Layout and readings from recorded files of a hybrid and of a v2 host, and of hosts that lack things. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFiles } from './files.ts';
import { createV1, createV2 } from './hierarchy.ts';
import { parseLayout } from './layout.ts';
import { createRuler } from './cgroup.ts';
import { openMeter } from '../meter/meter.ts';

const hybridMounts = `23 1 254:0 / / rw,relatime - ext4 /dev/root rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const v2Mounts = `29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`;

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'tare-cgroup-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function record(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

test('the mode comes from mounts and memberships, not from folder names', () => {
  expect(parseLayout(hybridMounts, '5:memory:/x\n0::/\n')).toEqual({
    mode: 'hybrid',
    v1: {
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
      cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
      memory: '/sys/fs/cgroup/memory',
    },
    others: ['/sys/fs/cgroup/systemd'],
    unified: '/sys/fs/cgroup/unified',
    own: '/',
  });
  const session = '/user.slice/user-1000.slice/session-3.scope';
  expect(parseLayout(v2Mounts, `0::${session}\n`)).toMatchObject({ mode: 'v2', v1: {}, own: session });
  expect(parseLayout(hybridMounts.replace(/^41.*\n/m, ''), '')).toMatchObject({ mode: 'v1', unified: null });
  // systemd on v1 mounts a named tree and nothing of use: that measures nothing.
  expect(
    parseLayout('40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n', '').mode,
  ).toBe('none');
});

test('a mount that shows part of the tree shifts memberships, and escaped paths are undone', () => {
  const mounts = String.raw`29 23 0:26 /docker/ab /mnt/with\040space rw - cgroup2 cgroup2 rw`;
  expect(parseLayout(mounts, '0::/docker/ab/x\n')).toMatchObject({ unified: '/mnt/with space', own: '/x' });
});

test('without hierarchies the ruler says so and what helps', () => {
  expect(createRuler({ mountinfo: '', membership: '' })).toMatchObject({
    usable: false,
    mode: 'none',
    hint: expect.stringContaining('cgroup2'),
  });
});

test('a v2 tree that nobody may divide is not usable', () => {
  record({ 'cgroup.controllers': 'cpu memory pids\n', 'cgroup.subtree_control': '\n' });
  // A plain folder stands for a group whose controllers stay with its parent: nothing takes effect.
  record({ 'cgroup.controllers': '\n' });
  const mountinfo = `29 23 0:26 / ${root} rw - cgroup2 cgroup2 rw\n`;
  expect(createRuler({ mountinfo, membership: '0::/\n' })).toMatchObject({
    usable: false,
    mode: 'v2',
    hint: expect.stringContaining('Delegate=yes'),
  });
});

test('v1 files become base units, and OOM kills of children are added up', () => {
  record({
    'cpuacct/g/cpuacct.usage': '2041000000\n',
    'cpuacct/g/cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n',
    'memory/g/memory.usage_in_bytes': '300\n',
    'memory/g/memory.max_usage_in_bytes': '400\n',
    'memory/g/memory.stat':
      'cache 1\nrss 2\nshmem 3\ntotal_cache 110\ntotal_rss 50\ntotal_shmem 10\ntotal_inactive_file 60\n',
    'memory/g/memory.kmem.usage_in_bytes': '7\n',
    'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    'memory/g/box/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    'pids/g/pids.current': '5\n',
  });
  const cpu = join(root, 'cpuacct');
  const v1 = { cpu, cpuacct: cpu, memory: join(root, 'memory'), pids: join(root, 'pids') };
  const placement = createV1({ mode: 'v1', v1, others: [], unified: null, own: '/' }).place('g');
  const files = openFiles();
  expect(placement.read(files)).toEqual({
    cpuSeconds: 2.041,
    throttledSeconds: 1.5,
    memoryBytes: 300,
    memoryPeakBytes: 400,
    workingBytes: 67,
    cacheBytes: 100,
    inactiveFileBytes: 60,
    processes: 5,
    oomKills: 3,
  });
  files.close();
  const meter = openMeter(placement.meter);
  expect(meter.read()).toEqual({ cpuSeconds: 2.041, memoryBytes: 300 });
  meter.close();
});

test('v2 files become base units', () => {
  record({
    'tare/g/cpu.stat':
      'usage_usec 2031000\nuser_usec 2\nsystem_usec 1\nnr_throttled 1\nthrottled_usec 500000\n',
    'tare/g/memory.current': '300\n',
    'tare/g/memory.peak': '400\n',
    'tare/g/memory.stat': 'anon 50\nfile 110\nkernel 7\nshmem 10\nslab 6\ninactive_file 60\n',
    'tare/g/memory.events': 'low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 0\n',
    'tare/g/pids.current': '5\n',
  });
  const placement = createV2(root, ['cpu', 'memory', 'pids']).place('tare/g');
  expect(placement.procsFiles).toEqual([join(root, 'tare/g/main/cgroup.procs')]);
  const files = openFiles();
  expect(placement.read(files)).toEqual({
    cpuSeconds: 2.031,
    throttledSeconds: 0.5,
    memoryBytes: 300,
    memoryPeakBytes: 400,
    workingBytes: 67,
    cacheBytes: 100,
    inactiveFileBytes: 60,
    processes: 5,
    oomKills: 3,
  });
  files.close();
});

test('a host without a controller reads null there and names the limit it cannot set', () => {
  record({ 'tare/g/cpu.stat': 'usage_usec 1000000\n', 'tare/g/pids.max': 'max\n' });
  const placement = createV2(root, ['cpu']).place('tare/g');
  const files = openFiles();
  expect(placement.read(files)).toMatchObject({
    cpuSeconds: 1,
    memoryBytes: null,
    oomKills: null,
    processes: null,
  });
  files.close();
  expect(placement.limit({ memoryBytes: 1, pids: 64, cpus: '0' })).toEqual(['memoryBytes', 'cpus']);
  expect(readFileSync(join(root, 'tare/g/pids.max'), 'utf8')).toMatch(/^64/);
  expect(placement.meter.map(({ quantity }) => quantity)).toEqual(['cpuSeconds']);
});
