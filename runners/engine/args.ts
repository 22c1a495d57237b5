/**
 * `podman run` and `docker run` as values: the two share their command line but for a few flags. Nothing is
 * added to the image: agent, manifest and static busybox are mounted read-only below /.tare, the agent's
 * channel and scratch space over that.
 */
import { readFileSync } from 'node:fs';
import type { Volume } from '../runner.ts';

export interface RunPlan {
  /** Client with everything before `run`. */
  readonly client: readonly string[];
  readonly name: string;
  /** The run that owns it: a label, for people who look at the engine's own list. */
  readonly runId: string;
  /** Reference of the image in the engine's store. */
  readonly image: string;
  /** Host folder that becomes /.tare. */
  readonly beside: string;
  /** Host folder that becomes /.tare/channel. */
  readonly channel: string;
  /** Cgroup path below which the container's own is made; null: left to `cgroups`. */
  readonly cgroupParent: string | null;
  readonly network: 'none' | 'host';
  readonly runtime: string;
  readonly seccomp: 'default' | 'unconfined';
  readonly limits: Ulimits;
  readonly environment: Readonly<Record<string, string>>;
  /** Files shown over the container's, host path by path inside. */
  readonly files: Readonly<Record<string, string>>;
  readonly volume: Volume | null;
  /** What only one of the engines has. */
  readonly more: readonly string[];
}

/** Pairs of soft and hard limit, as `--ulimit` has them. */
export interface Ulimits {
  readonly nofile: string;
  readonly nproc: string;
}

/** argv of a detached start. */
export function runArguments(plan: RunPlan): readonly string[] {
  const { client, name, runId, image, beside, channel, cgroupParent, environment } = plan;
  const mounts = { '/.tare': beside, ...plan.files };
  return [
    ...client,
    'run',
    '--detach',
    ...['--name', name],
    ...['--label', `tare.run=${runId}`],
    ...['--hostname', 'tare'],
    // Roots and images are local: an engine must not go and look for them elsewhere.
    ...['--pull', 'never'],
    ...['--network', plan.network],
    ...['--runtime', plan.runtime],
    ...(plan.seccomp === 'default' ? [] : ['--security-opt', 'seccomp=unconfined']),
    ...(cgroupParent === null ? [] : ['--cgroup-parent', cgroupParent]),
    ...['--ulimit', `nofile=${plan.limits.nofile}`],
    ...['--ulimit', `nproc=${plan.limits.nproc}`],
    // What programs print goes to the agent: there is nothing to log.
    ...['--log-driver', 'none'],
    ...Object.entries(mounts).flatMap(([place, source]) => [
      '--mount',
      `type=bind,${quoted('src', source)},${quoted('dst', place)},readonly`,
    ]),
    ...['--mount', `type=bind,${quoted('src', channel)},dst=/.tare/channel`],
    ...['--tmpfs', '/.tare/scratch:mode=755'],
    ...volumeArguments(plan.volume),
    ...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...['--user', '0:0', '--workdir', '/', '--entrypoint', '/.tare/busybox'],
    ...plan.more,
    image,
    ...['sh', '/.tare/init.sh'],
  ];
}

/** One field of `--mount`, which is a line of CSV. */
function quoted(key: string, value: string): string {
  return /[",\n]/.test(value) ? `"${key}=${value.replaceAll('"', '""')}"` : `${key}=${value}`;
}

/** A folder is bound, a filesystem mounted by the engine from its loop device, a device handed in. */
function volumeArguments(volume: Volume | null): readonly string[] {
  if (volume === null) return [];
  const { kind, path, place } = volume;
  switch (kind) {
    case 'directory':
      return ['--mount', `type=bind,${quoted('src', path)},dst=${place}`];
    case 'filesystem': {
      const options = ['type=ext4', `device=${path}`].map((text) => `volume-opt=${text}`).join(',');
      return ['--mount', `type=volume,dst=${place},volume-driver=local,${options}`];
    }
    case 'block':
      return ['--device', `${path}:${place}:rw`];
  }
}

/**
 * The limits that tare's own process has, which is what instances of other runners inherit. An engine's own
 * defaults are higher than a user without CAP_SYS_RESOURCE may set. podman caps processes at pid_max for
 * itself, so no container of it can have more.
 */
export function ownUlimits(
  limits = readFileSync('/proc/self/limits', 'utf8'),
  pidMax = readFileSync('/proc/sys/kernel/pid_max', 'utf8'),
): Ulimits {
  const pair = (title: string, most: number): string => {
    const line = new RegExp(`^${title} +(\\S+) +(\\S+)`, 'm').exec(limits);
    return [line?.[1], line?.[2]]
      .map((text) => (text === undefined || text === 'unlimited' ? most : Math.min(Number(text), most)))
      .join(':');
  };
  return { nofile: pair('Max open files', 1_048_576), nproc: pair('Max processes', Number(pidMax)) };
}
