/** Who descends from a process, by parent pids in /proc: the fallback where there is no cgroup to ask. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process and all its living descendants; orphans given to another parent are lost to it. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const queue = parentOf(String(root)) === null ? [] : [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    found.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Those of the processes that have not ended yet; a zombie has. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => parentOf(String(pid)) !== null);
}

/** null: gone, or a zombie. */
function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : Number(parent);
  } catch {
    return null;
  }
}
