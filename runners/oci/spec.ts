/**
 * The bundle's config.json as a value: the same root, mounts, capabilities and environment as the namespace
 * runner, written in the OCI runtime specification's terms. Limits are on the instance's own group, above
 * the container's: one place for all runners, and it outlives the container, so its counters can be read.
 */
import { basename } from 'node:path';
import { keptCapabilities, maskedPaths, readOnlyPaths, rootMounts } from '../container-root.ts';
import type { Mount } from '../container-root.ts';
import type { OciOptions } from './options.ts';

export interface SpecRequest {
  readonly environment: Readonly<Record<string, string>>;
  /** Cgroup of the container, below the instance's; null: the container stays where the runtime is. */
  readonly cgroupsPath: string | null;
  readonly seccomp: boolean;
  readonly volume?: OciVolume | null;
  /** In the network namespace that the runtime is started in, instead of one that it makes. */
  readonly givenNetwork?: boolean;
}

/** A volume as config.json has it: a mount, or a device node with its numbers. */
export type OciVolume =
  | { readonly kind: 'directory' | 'filesystem'; readonly path: string; readonly place: string }
  | { readonly kind: 'block'; readonly place: string; readonly major: number; readonly minor: number };

/** The calls that the default profiles of container engines refuse even to root inside. */
const refusedCalls: readonly string[] = [
  ...['acct', 'add_key', 'bpf', 'clock_adjtime', 'clock_settime', 'create_module', 'delete_module'],
  ...['fanotify_init', 'finit_module', 'fsconfig', 'fsmount', 'fsopen', 'fspick', 'get_mempolicy'],
  ...['init_module', 'ioperm', 'iopl', 'kcmp', 'kexec_file_load', 'kexec_load', 'keyctl'],
  ...['lookup_dcookie', 'mbind', 'mount', 'mount_setattr', 'move_mount', 'move_pages'],
  ...['name_to_handle_at', 'nfsservctl', 'open_by_handle_at', 'open_tree', 'perf_event_open'],
  ...['pivot_root', 'process_vm_readv', 'process_vm_writev', 'quotactl', 'reboot', 'request_key'],
  ...['set_mempolicy', 'setns', 'settimeofday', 'swapoff', 'swapon', 'syslog', 'umount2'],
  ...['unshare', 'userfaultfd', 'vhangup'],
];

/** config.json; paths in it are relative to the bundle, so that no host path shows inside. */
export function ociSpec(request: SpecRequest) {
  const { environment, cgroupsPath, seccomp, volume = null, givenNetwork = false } = request;
  const network = givenNetwork ? [] : ['network'];
  const capabilities = keptCapabilities.map((name) => `CAP_${name.toUpperCase()}`);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ['/.tare/busybox', 'sh', '/.tare/agent.sh'],
      env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: true,
    },
    root: { path: 'layer/root', readonly: false },
    hostname: 'tare',
    mounts: [...rootMounts(true), ...volumeMounts(volume)].map(({ source, place, type, options }) => ({
      destination: place,
      type,
      source,
      options,
    })),
    linux: {
      namespaces: ['pid', ...network, 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      maskedPaths,
      readonlyPaths: readOnlyPaths,
      ...(volume?.kind === 'block' ? { devices: [deviceOf(volume)] } : {}),
      ...(cgroupsPath === null
        ? {}
        : { cgroupsPath, resources: { devices: [{ allow: false, access: 'rwm' }, ...allowed(volume)] } }),
      ...(seccomp
        ? {
            seccomp: {
              defaultAction: 'SCMP_ACT_ALLOW',
              syscalls: [{ names: refusedCalls, action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
            },
          }
        : {}),
    },
  };
}

function volumeMounts(volume: OciVolume | null): readonly Mount[] {
  if (volume === null || volume.kind === 'block') return [];
  const { kind, path, place } = volume;
  return kind === 'directory'
    ? [{ source: path, place, type: 'bind', options: ['bind', 'rw'] }]
    : [{ source: path, place, type: 'ext4', options: ['nosuid', 'nodev'] }];
}

function deviceOf({ place, major, minor }: OciVolume & { readonly kind: 'block' }) {
  return { path: place, type: 'b', major, minor, fileMode: 0o600, uid: 0, gid: 0 };
}

function allowed(volume: OciVolume | null) {
  if (volume?.kind !== 'block') return [];
  const { major, minor } = volume;
  return [{ allow: true, type: 'b', major, minor, access: 'rw' }];
}

/** How one runtime's command line differs. */
export interface RuntimeWays {
  readonly global: readonly string[];
  readonly run: readonly string[];
  /** The container gets a cgroup of its own below the instance's. */
  readonly ownGroup: boolean;
  /** Refuses a host whose cgroup2 tree lies beside v1: that tree is unmounted in its mount namespace. */
  readonly hidesUnified: boolean;
}

/**
 * runc removes the container's cgroup at exit, and with it v1's only count of OOM kills: `--keep` leaves it
 * to us. crun can leave the container in the instance's group, which is simpler still.
 */
export function waysOf({ runtime }: Pick<OciOptions, 'runtime'>): RuntimeWays {
  switch (basename(runtime)) {
    case 'runc':
      return { global: [], run: ['--keep'], ownGroup: true, hidesUnified: false };
    case 'crun':
      return { global: ['--cgroup-manager=disabled'], run: [], ownGroup: false, hidesUnified: true };
    default:
      return { global: [], run: [], ownGroup: true, hidesUnified: false };
  }
}

export interface OciPlan {
  readonly enterScript: string;
  readonly busybox: string;
  /** Absolute path. */
  readonly binary: string;
  readonly ways: RuntimeWays;
  /** Mount point of the cgroup2 tree to hide, or null. */
  readonly unified: string | null;
  readonly id: string;
  /** How it joins tare's bridge, in a network namespace made here; null: it makes its own. */
  readonly bridge?: { readonly argv: readonly string[]; readonly namespace: string } | null;
}

export interface OciCommand {
  /** Around the launching shell, before the start. */
  readonly within: readonly string[];
  readonly argv: readonly string[];
}

/**
 * A runtime's container survives its parent, so the runtime is put into a pid namespace whose death is
 * certain: the launcher's death signal kills unshare, `--kill-child` its first process, the kernel the rest.
 * That is tare's own safety and nothing a platform does, so it is there before the start; a network namespace
 * for a bridge is part of any start, and made within it.
 */
export function ociArguments(plan: OciPlan): OciCommand {
  const { enterScript, busybox, binary, ways, unified, id, bridge = null } = plan;
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'];
  const command = [binary, '--root', 'state', ...ways.global, 'run', ...ways.run, '--bundle', '.', id];
  // Opened first: in the new pid namespace, whose /proc knows no process of the host's, it has no name.
  const opened = bridge === null ? [] : ['sh', '-c', 'exec 9<"$0" && exec "$@"', bridge.namespace];
  const shell = bridge === null ? ['.'] : ['unshare', '--net', 'sh'];
  const enter = [...shell, enterScript, busybox, unified ?? '-', ...(bridge?.argv ?? []), '--'];
  return { within: [...opened, 'unshare', ...namespaces], argv: [...enter, ...command] };
}
