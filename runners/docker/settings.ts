/** A private dockerd as values: its configuration and the command line that makes its death certain. */
import { join } from 'node:path';

export interface DaemonPlan {
  /** Folder of this daemon: socket, pid file, state of what runs. */
  readonly folder: string;
  /** Images and layers, kept. */
  readonly dataRoot: string;
  /** Name -> absolute path of runtimes besides runc. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** Mount point of the cgroup2 tree to hide, or null. */
  readonly unified: string | null;
}

export const socketOf = ({ folder }: Pick<DaemonPlan, 'folder'>): string => join(folder, 'docker.sock');

/** daemon.json. No bridge and no packet filter: nothing of the host's network is touched. */
export function daemonConfig(plan: DaemonPlan): Readonly<Record<string, unknown>> {
  const { folder, dataRoot, runtimes } = plan;
  const named = Object.entries(runtimes).map(([name, path]) => [name, { path }] as const);
  return {
    'data-root': dataRoot,
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'docker.pid'),
    hosts: [`unix://${socketOf(plan)}`],
    'storage-driver': 'overlay2',
    bridge: 'none',
    iptables: false,
    'ip-forward': false,
    'ip-masq': false,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    runtimes: Object.fromEntries(named),
    'log-level': 'warn',
  };
}

// Joins the groups named in the first argument and hides the tree named in the second.
const enter = `for file in $1; do echo 0 >"$file" || exit 125; done
if [ "$2" != - ]; then umount "$2" || exit 125; fi
shift 2
exec "$@"`;

/**
 * dockerd in namespaces of mounts and processes: its containers, shims and mounts die with it, and it dies with
 * tare. The lock is held while it lives, as two daemons would spoil each other's data.
 */
export function daemonArguments(
  plan: Pick<DaemonPlan, 'folder' | 'dataRoot' | 'unified'>,
  dockerd: string,
  procsFiles: readonly string[],
): readonly string[] {
  const namespaces = [
    '--mount',
    '--pid',
    '--propagation',
    'private',
    '--fork',
    '--kill-child=SIGKILL',
    '--mount-proc',
  ];
  return [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['flock', '--no-fork', '--timeout', '30', `${plan.dataRoot}.lock`],
    ...['unshare', ...namespaces],
    ...['sh', '-c', enter, 'sh', procsFiles.join('\n'), plan.unified ?? '-'],
    ...[dockerd, '--config-file', join(plan.folder, 'daemon.json')],
  ];
}
