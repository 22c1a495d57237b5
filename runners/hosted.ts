/**
 * An instance whose agent runs on the host's kernel: process, namespace and OCI differ in the argv that
 * gets the agent running and in what must be put away afterwards; everything between is here.
 */
import { lstat, readdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mark } from '../model/instance.ts';
import { runTool } from '../host/exec.ts';
import type { Group } from '../host/cgroup/group.ts';
import { killQuietly } from '../host/process-identity.ts';
import { processTree, stillRunning } from '../host/process-tree.ts';
import { launch, type Launched } from './launch.ts';
import type { Attachment } from './network.ts';
import {
  TrialFailure,
  type Context,
  type Instance,
  type Job,
  type Looking,
  type PrepareRequest,
  type StopReport,
  type TrialFailureFacts,
} from './runner.ts';
import { openSession } from './session.ts';
import { openWatch, type Watch, type WatchRequest } from './watch.ts';

/** How long the agent may take to leave by itself when asked. */
const killSeconds = 10;

export interface HostedLaunch {
  readonly job: Job;
  readonly context: Context;
  readonly limits: Pick<PrepareRequest<unknown>, 'shape' | 'pidsLimit'>;
  /** Runs the agent with its channel on stdin and stdout. */
  readonly argv: readonly string[];
  /** What the launching shell is put into beforehand, as LaunchRequest has it. */
  readonly within?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Host folder of this instance alone. */
  readonly folder: string;
  /** How clients reach it; absent: not at all. */
  readonly network?: Attachment;
  /**
   * How the host sees the service: file that it prints into, through a process of the instance, and the image's
   * busybox. null: not at all, as behind a kernel or a network stack of the runtime's own.
   */
  readonly seen: Pick<WatchRequest, 'output' | 'busybox'> | null;
  /** Called when every process is gone; returns what it could not put away. */
  readonly putAway: () => Promise<readonly string[]>;
}

/** Environment of the agent inside a container; the process runner has its own. */
export const insideEnvironment: Readonly<Record<string, string>> = {
  TARE_PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TARE_BUSYBOX: '/.tare/busybox',
  TARE_BESIDE: '/.tare',
  TARE_SCRATCH: '/.tare/scratch',
  TARE_MODE: 'container',
};

/** The service's output inside a container, as the host reaches it. */
export const outputInside = (pid: number): string => `/proc/${String(pid)}/root/.tare/scratch/service.out`;

/** Starts the instance and resolves when it is ready (T6). Rejects with TrialFailure, everything put away. */
export async function startHosted(request: HostedLaunch): Promise<Instance> {
  const { job, context, limits } = request;
  const { group } = job;
  if (group !== null) {
    const { memoryBytes } = limits.shape;
    const cpus = job.cpus === null ? {} : { cpus: job.cpus };
    await group.limit({ memoryBytes, pids: limits.pidsLimit, ...cpus });
  }
  const marks: Mark[] = [];
  const onMark = (mark: Mark): void => {
    marks.push(mark);
    job.onMark(mark);
  };
  const killsBefore = group?.read().oomKills ?? 0;
  let launched: Launched;
  try {
    const { argv, within = [], environment, cwd } = request;
    const { cpus } = job;
    const channel = { channels: 1, stdio: 'channel' } as const;
    launched = await launch({ argv, within, environment, cwd, group, cpus, ...channel, onMark, context });
  } catch (error) {
    // The launcher is gone; a tool that it had just started may not be.
    await group?.kill(killSeconds);
    await request.network?.gone();
    await request.putAway();
    throw error;
  }
  const channel = launched.channels[0];
  if (channel === undefined) throw new Error('the launcher gave no channel');
  let stopping: Promise<StopReport> | null = null;
  const ended = (): TrialFailureFacts | null =>
    stopping === null ? endOf(launched, group, killsBefore) : null;
  const pids = (): readonly number[] => group?.pids() ?? processTree(launched.pid);
  const watch = watchOf(request, pids);
  const session = openSession(channel, {
    now: context.now,
    onMark,
    watch,
    ...(request.network === undefined ? {} : { bind: request.network.bind }),
    tail: launched.tail,
    // The channel closes a moment before the exit is known.
    explainEnd: async () => {
      await Promise.race([launched.exit, delay(2000, undefined, { ref: false })]);
      return ended();
    },
  });
  const stop = (): Promise<StopReport> => (stopping ??= stopHosted(launched, request));
  let looking: Looking | null = null;
  const instance: Instance = {
    marks,
    get looking() {
      return looking;
    },
    volume: job.volume,
    pids,
    exec: (asked, { signal }) => session.exec(asked, signal),
    prove: (paths, { signal }) => session.prove(paths, signal),
    halt: (how, { signal }) => session.halt(how, signal),
    endpoint: (port) => request.network?.endpoint(port) ?? null,
    diskBytes: () => allocatedBytes(request.folder),
    console: launched.tail,
    ended,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
  try {
    launched.go();
    if (job.service === null) await session.greet(context.signal);
    else looking = await session.serve(job.service, context.signal);
    await request.network?.connect(instance);
    return instance;
  } catch (error) {
    const facts = ended() ?? (error instanceof TrialFailure ? error.facts : null);
    await stop();
    throw facts === null ? error : new TrialFailure(facts, error);
  } finally {
    watch?.close();
  }
}

/** Sees the instance's service, once there is one. */
function watchOf({ job, context, network, seen }: HostedLaunch, pids: () => readonly number[]): Watch | null {
  if (job.service === null || seen === null) return null;
  const ownNetwork = network !== undefined && network.mode !== 'host';
  return openWatch({ service: job.service, pids, ownNetwork, ...seen, context });
}

/** Out of memory is what the group's own counter says: exit codes of namespaces lie about it. */
function endOf(launched: Launched, group: Group | null, killsBefore: number): TrialFailureFacts | null {
  const exit = launched.exited();
  if (exit === null) return null;
  const kills = (group?.read().oomKills ?? 0) - killsBefore;
  const how = exit.signal === null ? `exit code ${String(exit.code)}` : exit.signal;
  return kills > 0
    ? { reason: 'oom', message: `ended by its memory cap (${kills} OOM kills)`, detail: launched.tail() }
    : { reason: 'early-exit', message: `ended by itself: ${how}`, detail: launched.tail() };
}

async function stopHosted(
  launched: Launched,
  { job, context, network, putAway }: HostedLaunch,
): Promise<StopReport> {
  // A forced stop, as for a VM: an agent asked to end takes its own time, and a busy one does not listen.
  const tree = job.group === null ? processTree(launched.pid) : [];
  if (launched.exited() === null) launched.kill();
  for (const pid of tree) killQuietly(pid);
  const emptied = job.group === null ? true : await job.group.kill(killSeconds);
  await Promise.race([launched.gone, delay(killSeconds * 1000, undefined, { ref: false })]);
  const outlived = await outliving(tree, killSeconds);
  const gone: Mark = { name: 'T7', at: context.now() };
  const alive = [...outlived, ...(emptied ? [] : (job.group?.pids() ?? []))];
  if (launched.exited() === null) alive.push(launched.pid);
  const processes = alive.map((pid) => `process ${pid} (${nameOf(pid)})`);
  const links = (await network?.gone()) ?? [];
  const leftovers = [...new Set(processes), ...links, ...(await putAway())];
  return { gone: leftovers.length === 0 ? gone : null, leftovers };
}

/** A killed process may take a moment to end, and its launcher does not wait for it. */
async function outliving(pids: readonly number[], seconds: number): Promise<readonly number[]> {
  const deadline = performance.now() + seconds * 1000;
  let left = stillRunning(pids);
  while (left.length > 0 && performance.now() < deadline) {
    await delay(1);
    left = stillRunning(left);
  }
  return left;
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'gone';
  }
}

/** Version of unshare, setpriv and the rest, for the record. */
export async function utilLinuxVersion(): Promise<string> {
  const { stdout } = await runTool(['unshare', '--version'], { timeoutSeconds: 10 });
  return stdout.trim().split(' ').at(-1) ?? 'unknown';
}

/** Bytes allocated on disk below a folder, links not followed; 0 where it is gone, null where it may not be read. */
export async function allocatedBytes(folder: string): Promise<number | null> {
  try {
    const facts = await lstat(folder);
    if (!facts.isDirectory()) return facts.blocks * 512;
    const inside = await Promise.all(
      (await readdir(folder)).map((name) => allocatedBytes(join(folder, name))),
    );
    return sumOf([facts.blocks * 512, ...inside]);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 0 : null;
  }
}

/** Their sum; null once one of them is not known. */
export function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    0,
  );
}

/** Host mounts below a folder: there must be none, whatever happened inside. */
export function mountsBelow(folder: string): readonly string[] {
  const encoded = folder.replaceAll(' ', '\\040');
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((place) => place === encoded || place.startsWith(`${encoded}/`));
}
