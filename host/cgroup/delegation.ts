/**
 * Which folder of a cgroup2 tree tare's groups go under: the root for root, else a subtree delegated to this
 * user. A group that holds processes cannot hand memory to children, so where tare sits in the delegated
 * group itself it moves to a leaf there, as systemd's rules of delegation ask of whoever divides a group.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFolder, setFile, textOf } from './files.ts';
import { createV2 } from './hierarchy.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { CgroupLayout } from './layout.ts';

/**
 * memory comes first: it is refused where processes sit, while cpu and pids are "threaded" controllers, whose
 * acceptance there would make the group a thread root, in which memory can never be handed out again.
 */
const essential = ['memory', 'pids'];
const useful = [...essential, 'cpu', 'cpuset', 'io'];
const ownLeaf = 'tare-self';

const wordsOf = (file: string): readonly string[] => (textOf(file) ?? '').split(/\s+/).filter(Boolean);

/**
 * The first folder, from the cgroup2 root and then from this process upwards, that hands memory and pids to
 * its children, or can be told to, and passes `probe` (which throws); null when there is none.
 */
export function findDelegatedV2(
  layout: CgroupLayout,
  probe: (hierarchy: Hierarchy) => void,
): Hierarchy | null {
  const mount = layout.unified ?? '';
  const candidates = [mount];
  for (let path = layout.own; path !== '/' && path !== '.'; path = dirname(path)) {
    candidates.push(join(mount, path));
  }
  for (const folder of candidates) {
    const hierarchy = dividedAt(folder, probe);
    if (hierarchy !== null) return hierarchy;
  }
  return leaveAndDivide(join(mount, layout.own), probe);
}

function dividedAt(folder: string, probe: (hierarchy: Hierarchy) => void): Hierarchy | null {
  const control = join(folder, 'cgroup.subtree_control');
  const offered = wordsOf(join(folder, 'cgroup.controllers')).filter((name) => useful.includes(name));
  const handedOut = (name: string): boolean =>
    offered.includes(name) &&
    (wordsOf(control).includes(name) || (setFile(control, `+${name}`) && wordsOf(control).includes(name)));
  if (!essential.every(handedOut)) return null;
  const hierarchy = createV2(folder, useful.filter(handedOut));
  try {
    probe(hierarchy);
    return hierarchy;
  } catch {
    return null;
  }
}

/**
 * Only where this process is alone in its group: moving others would be no business of ours. The leaf goes
 * with the group (a scope, a container), since a process cannot remove the group it is in.
 */
function leaveAndDivide(folder: string, probe: (hierarchy: Hierarchy) => void): Hierarchy | null {
  const procs = join(folder, 'cgroup.procs');
  if (wordsOf(procs).join() !== String(process.pid)) return null;
  const leaf = join(folder, ownLeaf);
  try {
    if (!existsSync(leaf)) mkdirSync(leaf);
  } catch {
    return null; // not delegated to this user
  }
  const hierarchy = setFile(join(leaf, 'cgroup.procs'), String(process.pid))
    ? dividedAt(folder, probe)
    : null;
  if (hierarchy === null) {
    setFile(procs, String(process.pid));
    removeFolder(leaf);
  }
  return hierarchy;
}
