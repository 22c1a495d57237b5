/**
 * What differs between cgroup versions: where a group's folders are, how one is made, limited and read.
 * v1: one folder per controller (and the cgroup2 tree beside them, when there: it has no controllers but
 * a kill switch). v2: one folder, whose limits sit on the group and whose processes in a leaf `main`
 * below it, because a v2 group cannot both hold processes and share its controllers with children.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GroupReading, GroupStrain } from '../../model/instance.ts';
import { childrenOf, codeOf, setFile, textOf, type OpenFiles } from './files.ts';
import type { CgroupLayout } from './layout.ts';
import { setV1, setV2 } from './limits.ts';
import { strainV1, strainV2 } from './strain.ts';
import type { GroupLimits } from './group.ts';
import type { MeterDescription } from '../meter/meter.ts';

/** One group's place in the hierarchies of a host. */
export interface Placement {
  /** The group's folders, one per hierarchy; removed and searched for pids. */
  readonly folders: readonly string[];
  readonly procsFiles: readonly string[];
  /** The folder with `cgroup.kill` and `cgroup.events`, if the host has a cgroup2 tree. */
  readonly unified: string | null;
  /** Folder of the v1 freezer. */
  readonly freezer: string | null;
  /** Folder of the v1 memory controller, whose leftover pages are dropped before removal. */
  readonly memory: string | null;
  readonly meter: MeterDescription;
  limit(limits: GroupLimits): readonly string[];
  read(files: OpenFiles): GroupReading;
  strain(files: OpenFiles): GroupStrain;
}

export interface Hierarchy {
  readonly controllers: readonly string[];
  /** Names the folders; makes nothing. */
  place(path: string, options?: GroupOptions): Placement;
  /** Makes the group and its parents. */
  make(path: string, options?: GroupOptions): void;
}

export interface GroupOptions {
  /**
   * A group above (its path) within which nobody has CPU time of his own: below it the scheduler sees
   * threads, not groups. Everything else stays apart. Not possible on v1 hosts that mount cpu and cpuacct
   * together, where it would cost the reading of CPU time: groups stay apart there.
   */
  readonly sharesCpuOf?: string;
}

/** mkdir -p that survives another run removing an emptied parent at the same moment. */
function makeFolders(folder: string): void {
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(folder, { recursive: true });
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === 20) throw error;
    }
  }
}

const nano = 1e9;
const micro = 1e6;

/** v1 and hybrid. `mounts`: controller -> folder under which groups are made. */
export function createV1(layout: CgroupLayout): Hierarchy {
  const mounts = layout.v1;
  const roots = [
    ...new Set([...Object.values(mounts), ...(layout.unified === null ? [] : [layout.unified])]),
  ];
  return {
    controllers: Object.keys(mounts),
    make(path) {
      for (const root of roots) makeFolders(join(root, path));
      if (mounts['cpuset'] !== undefined) fillCpusets(mounts['cpuset'], path);
    },
    place(path, { sharesCpuOf } = {}) {
      const at = (controller: string, file: string): string =>
        join(mounts[controller] ?? '/nonexistent', path, file);
      const folders = roots.map((root) => join(root, path));
      const cpuFile = at('cpuacct', 'cpuacct.usage');
      const memoryFile = at('memory', 'memory.usage_in_bytes');
      const unified = layout.unified === null ? null : join(layout.unified, path);
      const alone =
        sharesCpuOf !== undefined &&
        roots.includes(mounts['cpu'] ?? '') &&
        mounts['cpu'] !== mounts['cpuacct'];
      const joined = (root: string): string =>
        alone && root === mounts['cpu'] ? join(root, sharesCpuOf) : join(root, path);
      return {
        folders: [...folders, ...layout.others.map((root) => join(root, path))],
        procsFiles: roots.map((root) => join(joined(root), 'cgroup.procs')),
        unified,
        freezer: mounts['freezer'] === undefined ? null : join(mounts['freezer'], path),
        memory: mounts['memory'] === undefined ? null : join(mounts['memory'], path),
        meter: [
          { quantity: 'cpuSeconds' as const, file: cpuFile, key: null, divisor: nano },
          { quantity: 'memoryBytes' as const, file: memoryFile, key: null, divisor: 1 },
        ].filter(({ file }) => existsSync(file)),
        limit: (limits) => setV1(at, limits),
        read: (files) => readV1(files, at),
        strain: (files) => strainV1(readV1(files, at), at, unified),
      };
    },
  };
}

/** A fresh v1 cpuset is empty and joining it fails: each level takes its parent's CPUs and nodes. */
function fillCpusets(mount: string, path: string): void {
  let parent = mount;
  for (const name of path.split('/')) {
    const folder = join(parent, name);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if ((textOf(join(folder, file)) ?? 'absent').trim() === '') {
        setFile(join(folder, file), (textOf(join(parent, file)) ?? '').trim());
      }
    }
    parent = folder;
  }
}

const scaled = (value: number | null, divisor: number): number | null =>
  value === null ? null : value / divisor;
const sum = (...values: readonly (number | null)[]): number | null =>
  values.some((value) => value === null)
    ? null
    : values.reduce<number>((total, value) => total + (value ?? 0), 0);

function readV1(files: OpenFiles, at: (controller: string, file: string) => string): GroupReading {
  const stat = (key: string): number | null => files.number(at('memory', 'memory.stat'), key);
  const shmem = stat('total_shmem');
  const cache = stat('total_cache');
  return {
    // Not usage_user + usage_sys: those disagreed with usage by 8 % against time(1).
    cpuSeconds: scaled(files.number(at('cpuacct', 'cpuacct.usage')), nano),
    throttledSeconds: scaled(files.number(at('cpu', 'cpu.stat'), 'throttled_time'), nano),
    memoryBytes: files.number(at('memory', 'memory.usage_in_bytes')),
    memoryPeakBytes: files.number(at('memory', 'memory.max_usage_in_bytes')),
    workingBytes: sum(stat('total_rss'), shmem, files.number(at('memory', 'memory.kmem.usage_in_bytes'))),
    // v1 counts shared memory as cache; here it is working memory.
    cacheBytes: cache === null || shmem === null ? null : cache - shmem,
    inactiveFileBytes: stat('total_inactive_file'),
    processes: files.number(at('pids', 'pids.current')),
    oomKills: oomKillsBelow(files, dirname(at('memory', 'x'))),
  };
}

/** v1's oom_kill does not add up to the parent: walk the children (an OCI runtime makes one). */
function oomKillsBelow(files: OpenFiles, folder: string): number | null {
  const own = files.number(join(folder, 'memory.oom_control'), 'oom_kill');
  if (own === null) return null;
  return childrenOf(folder).reduce((total, child) => total + (oomKillsBelow(files, child) ?? 0), own);
}

/** v2 below `base`, a folder of the cgroup2 tree whose controllers may be handed to children. */
export function createV2(base: string, controllers: readonly string[]): Hierarchy {
  const adding = (names: readonly string[]): string => names.map((name) => `+${name}`).join(' ');
  const enable = adding(controllers);
  const enableOthers = adding(controllers.filter((name) => name !== 'cpu'));
  return {
    controllers,
    make(path, { sharesCpuOf } = {}) {
      let folder = base;
      const undivided = sharesCpuOf === undefined ? null : join(base, sharesCpuOf);
      for (const name of path.split('/')) {
        folder = join(folder, name);
        makeFolders(folder);
        const joined = undivided !== null && (folder === undivided || folder.startsWith(`${undivided}/`));
        setFile(join(folder, 'cgroup.subtree_control'), joined ? enableOthers : enable);
      }
      makeFolders(join(folder, 'main'));
    },
    place(path) {
      const folder = join(base, path);
      const at = (file: string): string => join(folder, file);
      return {
        folders: [folder],
        procsFiles: [at('main/cgroup.procs')],
        unified: folder,
        freezer: null,
        memory: null,
        meter: [
          { quantity: 'cpuSeconds' as const, file: at('cpu.stat'), key: 'usage_usec', divisor: micro },
          { quantity: 'memoryBytes' as const, file: at('memory.current'), key: null, divisor: 1 },
        ].filter(({ file }) => existsSync(file)),
        limit: (limits) => setV2(at, limits),
        read: (files) => readV2(files, at),
        strain: (files) => strainV2(readV2(files, at), at),
      };
    },
  };
}

function readV2(files: OpenFiles, at: (file: string) => string): GroupReading {
  const stat = (key: string): number | null => files.number(at('memory.stat'), key);
  const shmem = stat('shmem');
  const file = stat('file');
  return {
    cpuSeconds: scaled(files.number(at('cpu.stat'), 'usage_usec'), micro),
    throttledSeconds: scaled(files.number(at('cpu.stat'), 'throttled_usec'), micro),
    memoryBytes: files.number(at('memory.current')),
    memoryPeakBytes: files.number(at('memory.peak')),
    // `kernel` exists since Linux 5.18; slab is most of it before.
    workingBytes: sum(stat('anon'), shmem, stat('kernel') ?? stat('slab')),
    cacheBytes: file === null || shmem === null ? null : file - shmem,
    inactiveFileBytes: stat('inactive_file'),
    processes: files.number(at('pids.current')),
    oomKills: files.number(at('memory.events'), 'oom_kill'),
  };
}
