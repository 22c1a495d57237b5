/**
 * Which cgroup hierarchies this host has and where: v1, hybrid (v1 controllers beside a cgroup2 tree),
 * v2, or none. Pure: read from the kernel's own lists of mounts and memberships, never from folder names,
 * because a folder called "unified" or "memory" proves nothing.
 */

export type CgroupMode = 'v1' | 'hybrid' | 'v2' | 'none';

export interface CgroupLayout {
  readonly mode: CgroupMode;
  /** v1 controller -> mount point; two controllers mounted together share one. */
  readonly v1: Readonly<Record<string, string>>;
  /** Mount points of other v1 trees: not joined, but runtimes make folders there that must go too. */
  readonly others: readonly string[];
  /** Mount point of the cgroup2 tree, if any. */
  readonly unified: string | null;
  /** This process's own group below `unified` ("/" at its root). */
  readonly own: string;
}

/** Controllers that limit or measure what tare limits and measures. */
const wanted = ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio', 'freezer'];

/** Octal escapes of /proc/self/mountinfo, e.g. `\040` for a space. */
export const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/**
 * @param mountinfo text of /proc/self/mountinfo
 * @param membership text of /proc/self/cgroup
 */
export function parseLayout(mountinfo: string, membership: string): CgroupLayout {
  const v1: Record<string, string> = {};
  const all = new Set<string>();
  let unified: string | null = null;
  let root = '/';
  for (const line of mountinfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , mountRoot = '/', mountPoint = ''] = left.split(' ');
    const [kind, , options = ''] = right.split(' ');
    if (kind === 'cgroup2' && unified === null) {
      unified = unescapeMount(mountPoint);
      root = unescapeMount(mountRoot);
    }
    if (kind !== 'cgroup') continue;
    all.add(unescapeMount(mountPoint));
    const names = options.split(',');
    for (const name of wanted) if (names.includes(name)) v1[name] ??= unescapeMount(mountPoint);
  }
  const own = /^0::(.*)$/m.exec(membership)?.[1] ?? '/';
  const measures = 'cpuacct' in v1 || 'memory' in v1 || 'cpu' in v1;
  const mode = measures ? (unified === null ? 'v1' : 'hybrid') : unified === null ? 'none' : 'v2';
  const others = [...all].filter((place) => !Object.values(v1).includes(place));
  return { mode, v1, others, unified, own: belowRoot(own, root) };
}

/** A container may see only part of the tree: its mount's root is then a prefix of every membership. */
function belowRoot(path: string, root: string): string {
  if (root === '/' || root.startsWith('/..')) return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) || '/' : path;
}
