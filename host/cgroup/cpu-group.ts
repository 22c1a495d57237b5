/**
 * Where a process competes for CPU time: the group whose weight counts for it. Two processes in one such
 * group share thread by thread; in two, group by group, whatever tare asked for (a container runtime makes
 * groups of its own).
 */
import { dirname, join } from 'node:path';
import { textOf } from './files.ts';

/**
 * The CPU group of a process; null where it is gone or this host divides CPU time by no group.
 * @param roots of procfs and of the cgroup2 tree, for tests
 */
export function cpuGroupOf(pid: number, proc = '/proc', unified = '/sys/fs/cgroup'): string | null {
  const membership = textOf(join(proc, String(pid), 'cgroup')) ?? '';
  const v1 = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(membership)?.[1];
  if (v1 !== undefined) return v1;
  const v2 = /^0::(.*)$/m.exec(membership)?.[1];
  if (v2 === undefined) return null;
  // On v2 a group has CPU time of its own only where the one above hands the controller down.
  for (let path = v2; path !== '/' && path !== '.'; path = dirname(path)) {
    const above = textOf(join(unified, dirname(path), 'cgroup.subtree_control'));
    if (above?.split(/\s+/).includes('cpu') === true) return path;
  }
  return '/';
}
