/**
 * The monitor that an engine with a daemon keeps for each container is the daemon's child, so it is born in the
 * daemon's group. It belongs to the instance: as soon as the container runs it is moved into the instance's
 * group, where its CPU time counts from then on. What it took before, some tens of milliseconds and its first
 * pages, stays with the daemon.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Group } from '../../host/cgroup/group.ts';

/** Moves the parent of the container's first process, where it is a shim; false: there is none. */
export async function adoptShim(group: Group, pids: readonly number[]): Promise<boolean> {
  const parents = new Set(pids.map(parentOf));
  for (const pid of parents) {
    if (pid === null || pids.includes(pid) || nameOf(pid) !== 'containerd-shim') continue;
    for (const file of group.procsFiles) await writeFile(file, String(pid));
    return true;
  }
  return false;
}

function parentOf(pid: number): number | null {
  const text = textOf(pid, 'stat');
  const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  return parent > 1 ? parent : null;
}

const nameOf = (pid: number): string => textOf(pid, 'comm').trim();

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
