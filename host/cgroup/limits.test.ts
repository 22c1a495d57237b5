/** What is written to which control file, what cannot be, and what the kernel's counters become. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFiles } from './files.ts';
import { createV1, createV2 } from './hierarchy.ts';
import type { Hierarchy } from './hierarchy.ts';
import { diskNumbered } from '../disk.ts';
import type { GroupLimits } from './group.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'tare-limits-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function record(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
const written = (path: string): string => readFileSync(join(root, path), 'utf8');

function v1(controllers: readonly string[], unified: string | null = null): Hierarchy {
  const mounts = Object.fromEntries(controllers.map((name) => [name, join(root, name)]));
  return createV1({ mode: 'v1', v1: mounts, others: [], unified, own: '/' });
}
const strainOf = (hierarchy: Hierarchy, path: string) => {
  const files = openFiles();
  const strain = hierarchy.place(path).strain(files);
  files.close();
  return strain;
};

const disk = { device: '254:0', scheduler: 'bfq' };
const everything: GroupLimits = {
  memoryBytes: 512,
  pids: 64,
  cpus: '0-1',
  cpuQuota: 1.5,
  cpuWeight: 50,
  ioWeight: { disk, weight: 200 },
  writeRate: { disk, bytesPerSecond: 1e6 },
};
const empty = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, '']));

test('v1: every limit goes to its own controller', () => {
  const files = {
    'memory/g/memory.limit_in_bytes': '512',
    'memory/g/memory.memsw.limit_in_bytes': '512',
    'pids/g/pids.max': '64',
    'cpuset/g/cpuset.cpus': '0-1',
    'cpu/g/cpu.cfs_period_us': '100000',
    'cpu/g/cpu.cfs_quota_us': '150000',
    'cpu/g/cpu.shares': '512',
    'blkio/g/blkio.bfq.weight': '200',
    'blkio/g/blkio.throttle.write_bps_device': '254:0 1000000',
  };
  record(empty(Object.keys(files)));
  expect(v1(['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio']).place('g').limit(everything)).toEqual(
    [],
  );
  for (const [path, text] of Object.entries(files)) expect(written(path)).toBe(text);
});

test('v2: every limit goes to the group’s one folder', () => {
  const files = {
    'g/memory.max': '512',
    'g/memory.swap.max': '0',
    'g/pids.max': '64',
    'g/cpuset.cpus': '0-1',
    'g/cpu.max': '150000 100000',
    'g/cpu.weight': '50',
    'g/io.bfq.weight': '200',
    'g/io.max': '254:0 wbps=1000000',
  };
  record(empty(Object.keys(files)));
  expect(createV2(root, ['cpu', 'memory', 'pids', 'io']).place('g').limit(everything)).toEqual([]);
  for (const [path, text] of Object.entries(files)) expect(written(path)).toBe(text);
});

test('limits without a controller are named; a weight the scheduler would ignore counts as unset', () => {
  record(empty(['cpu/g/cpu.shares', 'blkio/g/blkio.bfq.weight', 'g/cpu.weight', 'g/io.bfq.weight']));
  const idle = { ...everything, ioWeight: { disk: { ...disk, scheduler: 'mq-deadline' }, weight: 200 } };
  const left = ['memoryBytes', 'pids', 'cpus', 'cpuQuota', 'ioWeight', 'writeRate'];
  expect(v1(['cpu', 'blkio']).place('g').limit(idle)).toEqual(left);
  expect(createV2(root, ['cpu']).place('g').limit(idle)).toEqual(left);
  expect(written('cpu/g/cpu.shares')).toBe('512');
});

test('v1: counters of containment and pressure; refused forks of children are added up', () => {
  record({
    'cpu/g/cpu.stat': 'nr_periods 40\nnr_throttled 12\nthrottled_time 2500000000\n',
    'cpuacct/g/cpuacct.usage': '3000000000\n',
    'memory/g/memory.max_usage_in_bytes': '400\n',
    'memory/g/memory.failcnt': '3\n',
    'memory/g/memory.memsw.failcnt': '14\n',
    'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    'memory/g/memory.stat': 'pgmajfault 1\ntotal_pgmajfault 9\n',
    'pids/g/pids.peak': '64\n',
    'pids/g/pids.events': 'max 3\n',
    'pids/g/box/pids.events': 'max 5\n',
    'blkio/g/blkio.throttle.io_service_bytes_recursive':
      '7:0 Write 5000\n254:0 Read 10\n254:0 Write 4096\n254:0 Total 4106\nTotal 4106\n',
    'unified/g/cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull total=1\n',
  });
  const hierarchy = v1(['cpu', 'cpuacct', 'memory', 'pids', 'blkio'], join(root, 'unified'));
  expect(strainOf(hierarchy, 'g')).toEqual({
    cpuSeconds: 3,
    periods: 40,
    throttledPeriods: 12,
    throttledSeconds: 2.5,
    memoryPeakBytes: 400,
    memoryRefusals: 17,
    oomKills: 2,
    pidsPeak: 64,
    pidsRefusals: 8,
    majorFaults: 9,
    writtenBytes: 4096,
    cpuPressureSeconds: 1.5,
    memoryPressureSeconds: null,
    ioPressureSeconds: null,
  });
});

test('v2: the same counters; refused forks are counted once, wherever this kernel counts them', () => {
  record({
    'g/cpu.stat': 'usage_usec 3000000\nnr_periods 40\nnr_throttled 12\nthrottled_usec 2500000\nnr_bursts 0\n',
    'g/memory.peak': '400\n',
    'g/memory.events': 'low 0\nhigh 0\nmax 17\noom 2\noom_kill 2\n',
    'g/memory.stat': 'anon 1\npgmajfault 9\n',
    'g/pids.peak': '64\n',
    'g/pids.events': 'max 8\n',
    'g/main/pids.events': 'max 8\n',
    'g/io.stat': '7:0 rbytes=0 wbytes=5000 rios=0\n254:0 rbytes=10 wbytes=4096 rios=1 wios=1\n',
    'g/io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=250000\nfull total=0\n',
  });
  expect(strainOf(createV2(root, ['cpu', 'memory', 'pids', 'io']), 'g')).toMatchObject({
    cpuSeconds: 3,
    throttledPeriods: 12,
    memoryPeakBytes: 400,
    memoryRefusals: 17,
    oomKills: 2,
    pidsPeak: 64,
    pidsRefusals: 8,
    majorFaults: 9,
    writtenBytes: 4096,
    cpuPressureSeconds: null,
    ioPressureSeconds: 0.25,
  });
});

test('a group that is gone has no counters', () => {
  expect(new Set(Object.values(strainOf(v1(['cpu', 'memory']), 'gone')))).toEqual(new Set([null]));
  expect(new Set(Object.values(strainOf(createV2(root, []), 'gone')))).toEqual(new Set([null]));
});

test('CPU time shared above: v1 joins the group above in that controller alone, v2 hands it no further', () => {
  const options = { sharesCpuOf: 'run/pair' };
  const files = v1(['cpu', 'cpuacct', 'pids']).place('run/pair/a', options).procsFiles;
  expect(files).toEqual([
    join(root, 'cpu/run/pair/cgroup.procs'),
    join(root, 'cpuacct/run/pair/a/cgroup.procs'),
    join(root, 'pids/run/pair/a/cgroup.procs'),
  ]);
  // Mounted together, leaving cpu would take cpuacct's reading with it.
  const both = join(root, 'both');
  const together = createV1({
    mode: 'v1',
    v1: { cpu: both, cpuacct: both },
    others: [],
    unified: null,
    own: '/',
  });
  expect(together.place('run/pair/a', options).procsFiles).toEqual([join(both, 'run/pair/a/cgroup.procs')]);

  const folders = ['run', 'run/pair', 'run/pair/a'];
  record(empty(folders.map((folder) => `${folder}/cgroup.subtree_control`)));
  createV2(root, ['memory', 'cpu']).make('run/pair/a', options);
  expect(folders.map((folder) => written(`${folder}/cgroup.subtree_control`))).toEqual([
    '+memory +cpu',
    '+memory',
    '+memory',
  ]);
});

test('the disk below a device number is the whole disk, with its scheduler', () => {
  record({
    'devices/block/vda/dev': '254:0\n',
    'devices/block/vda/queue/scheduler': 'none [mq-deadline] bfq\n',
    'devices/block/vda/vda1/dev': '254:1\n',
    'devices/block/vda/vda1/partition': '1\n',
    'dev/block/.keep': '',
  });
  symlinkSync('../../devices/block/vda', join(root, 'dev/block/254:0'));
  symlinkSync('../../devices/block/vda/vda1', join(root, 'dev/block/254:1'));
  const vda = { device: '254:0', scheduler: 'mq-deadline' };
  expect(diskNumbered(254 * 256, root)).toEqual(vda);
  expect(diskNumbered(254 * 256 + 1, root)).toEqual(vda);
  // 259:300 as glibc encodes it: the minor's high bits lie above the major.
  expect(diskNumbered((300 & 0xff) + (259 << 8) + (300 & ~0xff) * 4096, root)).toBeNull();
  expect(diskNumbered(38, root)).toBeNull();
});
