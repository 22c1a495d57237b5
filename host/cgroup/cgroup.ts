/**
 * The ruler: one cgroup per instance, VMM and helpers included, on v1, hybrid and v2 hosts alike, so that
 * both sides of a comparison are read from the same files. Finds out by trying whether this user may make
 * groups; groups go under `tare/RUN/INSTANCE` and emptied parents go with the last of them.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../model/errors.ts';
import { openFiles, pidsBelow, removeFolder, setFile, textOf, treeOf } from './files.ts';
import { findDelegatedV2 } from './delegation.ts';
import { createV1 } from './hierarchy.ts';
import type { GroupOptions, Hierarchy, Placement } from './hierarchy.ts';
import { parseLayout } from './layout.ts';
import type { CgroupMode } from './layout.ts';
import type { Group } from './group.ts';
import type { MeterDescription } from '../meter/meter.ts';

/** A group that tells a meter (host/meter/meter.ts) what to read. */
export interface MeteredGroup extends Group {
  readonly meter: MeterDescription;
  /** Some folder of it is there. */
  exists(): boolean;
}

export type Ruler =
  | {
      readonly usable: true;
      readonly mode: CgroupMode;
      readonly controllers: readonly string[];
      /** A new, empty group; its parents too. */
      createGroup(path: string, options?: GroupOptions): Promise<MeteredGroup>;
      /** A group as it may have been left by a dead run; nothing is made. */
      existingGroup(path: string): MeteredGroup;
    }
  | { readonly usable: false; readonly mode: CgroupMode; readonly reason: string; readonly hint: string };

/** Where the kernel's lists come from; tests give recorded ones. */
export interface RulerSource {
  readonly mountinfo: string;
  readonly membership: string;
}

const removeSeconds = 10;

function thisProcess(): RulerSource {
  return {
    mountinfo: textOf('/proc/self/mountinfo') ?? '',
    membership: textOf('/proc/self/cgroup') ?? '',
  };
}

/** Finds the hierarchies and proves with a scratch group that this user may use them. Never throws. */
export function createRuler(source: RulerSource = thisProcess()): Ruler {
  const layout = parseLayout(source.mountinfo, source.membership);
  const { mode } = layout;
  if (mode === 'none') {
    return {
      usable: false,
      mode,
      reason: 'no cgroup hierarchy is mounted here',
      hint: 'run on the host itself, or mount cgroup2 on /sys/fs/cgroup',
    };
  }
  const hierarchy = mode === 'v2' ? findDelegatedV2(layout, probe) : createV1(layout);
  if (hierarchy === null) {
    return {
      usable: false,
      mode,
      reason: 'no cgroup above this process may be divided further by this user',
      hint: 'run as root, or: systemd-run --user --scope -p Delegate=yes tare ...',
    };
  }
  try {
    probe(hierarchy);
    return {
      usable: true,
      mode,
      controllers: hierarchy.controllers,
      createGroup(path, options) {
        hierarchy.make(path, options);
        return Promise.resolve(groupAt(hierarchy, path, options));
      },
      existingGroup: (path) => groupAt(hierarchy, path),
    };
  } catch (error) {
    return {
      usable: false,
      mode,
      reason: `cannot make a cgroup: ${messageOf(error)}`,
      hint:
        mode === 'v2'
          ? 'run as root, or: systemd-run --user --scope -p Delegate=yes tare ...'
          : 'run as root, or let root make and chown a folder `tare` in each of /sys/fs/cgroup/*',
    };
  }
}

/** Makes a scratch group and removes it; throws where this user may not. */
function probe(hierarchy: Hierarchy): void {
  const path = `tare/probe-${process.pid}`;
  try {
    hierarchy.make(path);
  } finally {
    removeNow(hierarchy.place(path), path);
  }
}

/** Removes a group that never held a process, and emptied parents; errors are the caller's next discovery. */
function removeNow(placement: Placement, path: string): void {
  for (const folder of placement.folders) {
    for (const child of treeOf(folder)) removeFolder(child);
    removeParents(folder, path);
  }
}

/** `tare/RUN` and `tare`, when this was the last group in them. */
function removeParents(folder: string, path: string): void {
  let parent = dirname(folder);
  for (let depth = path.split('/').length - 1; depth > 0; depth -= 1) {
    if (!removeFolder(parent)) return;
    parent = dirname(parent);
  }
}

function groupAt(hierarchy: Hierarchy, path: string, options?: GroupOptions): MeteredGroup {
  const placement = hierarchy.place(path, options);
  const files = openFiles();
  const pids = (): readonly number[] => [...new Set(placement.folders.flatMap(pidsBelow))];
  return {
    name: `cgroup ${path}`,
    path,
    procsFiles: placement.procsFiles,
    // Described when asked for: the files exist once the group does.
    get meter() {
      return hierarchy.place(path).meter;
    },
    limit: (limits) => Promise.resolve({ unset: placement.limit(limits) }),
    exists: () => placement.folders.some((folder) => existsSync(folder)),
    read: () => placement.read(files),
    strain: () => placement.strain(files),
    pids,
    kill: (timeoutSeconds) => killAll(placement, pids, timeoutSeconds),
    async remove() {
      files.close();
      const gone = await removeAll(placement);
      if (gone) for (const folder of placement.folders) removeParents(folder, path);
      return gone;
    },
  };
}

/**
 * cgroup.kill cannot be outrun by forks; a frozen v1 group cannot fork; without either, kill again and
 * again. Empty means empty in every hierarchy.
 */
async function killAll(
  placement: Placement,
  pids: () => readonly number[],
  timeoutSeconds: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (let round = 0; ; round += 1) {
    const left = pids();
    if (left.length === 0) return true;
    if (performance.now() > deadline) return false;
    const switched = placement.unified !== null && setFile(join(placement.unified, 'cgroup.kill'), '1');
    // A process may sit in the v1 groups only (a runtime that moved it): pids() sees those too.
    if (!switched || round > 10) killFrozen(placement, left);
    await delay(Math.min(2 ** round, 20));
  }
}

function killFrozen(placement: Placement, pids: readonly number[]): void {
  const state = placement.freezer === null ? null : join(placement.freezer, 'freezer.state');
  if (state !== null) setFile(state, 'FROZEN');
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue; // gone meanwhile, or not ours: the caller's deadline decides
    }
  }
  if (state !== null) setFile(state, 'THAWED');
}

/** rmdir answers EBUSY until the last exit has finished (28 ms for a large process), so it is repeated. */
async function removeAll(placement: Placement): Promise<boolean> {
  const deadline = performance.now() + removeSeconds * 1000;
  for (;;) {
    if (placement.memory !== null) {
      // Page cache left behind keeps a removed v1 memory group alive as a zombie in the kernel.
      for (const folder of treeOf(placement.memory)) setFile(join(folder, 'memory.force_empty'), '0');
    }
    for (const folder of placement.folders) for (const child of treeOf(folder)) removeFolder(child);
    if (!placement.folders.some((folder) => existsSync(folder))) return true;
    if (performance.now() > deadline || placement.folders.some((folder) => pidsBelow(folder).length > 0)) {
      return false;
    }
    await delay(2);
  }
}
