/**
 * podman as tare calls it, as values: a configuration of its own instead of the user's, state that lives as
 * long as a cell, and images in a store that cells share for reading. So no container of anybody else is ever
 * seen, and nothing of tare's is left in the user's podman.
 */
import { join } from 'node:path';
import type { Client } from '../engine/instance.ts';

export interface PodmanPlan {
  /** Absolute path of podman. */
  readonly binary: string;
  /** Name or path of the OCI runtime. */
  readonly runtime: string;
  /** State of this cell. */
  readonly folder: string;
  /** Images of all cells of this user. */
  readonly store: string;
  /** Another user who runs it; null: tare's own. */
  readonly account: Account | null;
  /** In a user namespace. */
  readonly rootless: boolean;
}

/** An account of the host. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** containers.conf: what engine defaults there are that depend on the host (systemd, journald) are said here. */
export function containersConf({ folder, runtime }: Pick<PodmanPlan, 'folder' | 'runtime'>): string {
  return [
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    // Shared memory would outlive the cell.
    'lock_type = "file"',
    `runtime = ${JSON.stringify(runtime)}`,
    `tmp_dir = ${JSON.stringify(join(folder, 'tmp'))}`,
    '',
  ].join('\n');
}

/** storage.conf. @param images a further store, read-only; null: none */
export function storageConf(
  { folder, rootless }: Pick<PodmanPlan, 'folder' | 'rootless'>,
  images: string | null,
): string {
  return [
    '[storage]',
    'driver = "overlay"',
    `graphroot = ${JSON.stringify(join(folder, 'root'))}`,
    `runroot = ${JSON.stringify(join(folder, 'run'))}`,
    '[storage.options]',
    ...(images === null ? [] : [`additionalimagestores = [${JSON.stringify(join(images, 'root'))}]`]),
    '[storage.options.overlay]',
    // No mount of its own on the host for the store itself.
    'skip_mount_home = "true"',
    // A user without subordinate ids can own files in his own name only.
    ...(rootless ? ['ignore_chown_errors = "true"'] : []),
    '',
  ].join('\n');
}

/** Folder with the configuration for containers of a cell, or for its user's images. */
export const settingsFolder = ({ folder }: Pick<PodmanPlan, 'folder'>, what: 'cell' | 'store'): string =>
  join(folder, 'settings', what);

/** The client for containers of a cell, or for its user's images. */
export function podmanClient(plan: PodmanPlan, what: 'cell' | 'store'): Client {
  const { binary, account, rootless } = plan;
  const settings = settingsFolder(plan, what);
  const own = account === null ? {} : { HOME: account.home, USER: account.name };
  const become =
    account === null
      ? []
      : ['setpriv', '--reuid', String(account.uid), '--regid', String(account.gid), '--init-groups', '--'];
  return {
    argv: [...become, binary, ...(rootless ? rootlessFlags(plan, what) : [])],
    environment: {
      CONTAINERS_CONF: join(settings, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(settings, 'storage.conf'),
      ...own,
      ...(rootless ? userFolders(plan) : {}),
    },
  };
}

/**
 * Without root it takes no root from the file, and with one on the command line nothing else of it. Such a
 * `--runroot` may have 50 characters at most, so that of the store lies with the cell too.
 */
function rootlessFlags({ folder, store }: PodmanPlan, what: 'cell' | 'store'): readonly string[] {
  const [root, run] = what === 'cell' ? [folder, 'run'] : [store, 's'];
  const images = what === 'cell' ? [`overlay.imagestore=${join(store, 'root')}`] : [];
  const options = ['overlay.skip_mount_home=true', 'overlay.ignore_chown_errors=true', ...images];
  return [
    ...['--root', join(root, 'root'), '--runroot', join(folder, run), '--storage-driver', 'overlay'],
    ...options.flatMap((option) => ['--storage-opt', option]),
  ];
}

/** Nothing of a run is left in the account's own folders but the images. */
function userFolders({ folder }: PodmanPlan): Readonly<Record<string, string>> {
  const user = join(folder, 'user');
  const names = ['RUNTIME_DIR', 'CONFIG_HOME', 'DATA_HOME', 'CACHE_HOME'];
  return Object.fromEntries(names.map((name) => [`XDG_${name}`, user]));
}

/** What differs by runtime and rights. */
export interface PodmanWays {
  /** The container gets a cgroup below the instance's; else it stays in it. */
  readonly ownGroup: boolean;
  /** Flags of `podman run`. */
  readonly run: readonly string[];
}

/**
 * Without root, podman makes no group on v1 and may not on v2: the container stays where its client was
 * started, which is the instance's group. runc stays by itself, crun has to be told.
 */
export function podmanWays(rootless: boolean, runtimeName: string): PodmanWays {
  if (!rootless) return { ownGroup: true, run: [] };
  return { ownGroup: false, run: runtimeName === 'crun' ? ['--cgroups=disabled'] : [] };
}

// In a mount namespace of the container's own, that nothing it mounts outlives it. crun refuses a host whose
// cgroup2 tree lies beside v1: that is hidden there. A volume's file system is mounted there too: podman itself
// would mount it by a named volume alone.
const enter = `unified=$1 device=$2 place=$3
shift 3
if [ "$unified" != - ]; then umount "$unified" || exit 125; fi
if [ -n "$device" ]; then mkdir -p "$place" && mount -t ext4 -o nosuid,nodev "$device" "$place" || exit 125; fi
exec "$@"`;

/**
 * argv before `podman run`, as root.
 * @param unified mount point of the cgroup2 tree to hide
 * @param filesystem of a volume: the device that has it, and a folder to mount it on
 */
export function privateMounts(
  unified: string | null,
  filesystem: { readonly device: string; readonly place: string } | null = null,
): readonly string[] {
  const { device, place } = filesystem ?? { device: '', place: '' };
  const namespace = ['unshare', '--mount', '--propagation', 'private'];
  return [...namespace, 'sh', '-c', enter, 'sh', unified ?? '-', device, place];
}
