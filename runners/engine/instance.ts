/**
 * An instance that a container engine keeps: its client is launched in the instance's group, as any runner's
 * start is, and ends when the container runs; from then on the engine's monitor holds it. So the end of the
 * instance is the end of the agent's channel, and its processes are those of its group.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mark } from '../../model/instance.ts';
import { runTool } from '../../host/exec.ts';
import type { Group } from '../../host/cgroup/group.ts';
import { engineContainer } from '../../host/kept.ts';
import type { Resource } from '../../host/lease.ts';
import { killQuietly } from '../../host/process-identity.ts';
import { processTree } from '../../host/process-tree.ts';
import { orAborted } from '../abort.ts';
import { allocatedBytes, outputInside, sumOf } from '../hosted.ts';
import { launch, type Launched } from '../launch.ts';
import type { Attachment } from '../network.ts';
import {
  TrialFailure,
  type Context,
  type Instance,
  type Job,
  type Looking,
  type PrepareRequest,
  type StopReport,
  type TrialFailureFacts,
} from '../runner.ts';
import { openSession } from '../session.ts';
import { openWatch, type Watch } from '../watch.ts';
import { openChannel, type Channel } from './channel.ts';

const killSeconds = 10;
/** How long a monitor may take to put a dead container away before it is killed too. */
const monitorSeconds = 3;
const monitors: readonly string[] = ['conmon', 'containerd-shim'];
/** Times that an engine is asked to forget a container whose end it may not have noticed yet. */
const mostAsked = 20;

/** How an engine's client is called. */
export interface Client {
  /** Everything before the command. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface EngineLaunch {
  readonly job: Job;
  readonly context: Context;
  readonly limits: Pick<PrepareRequest<unknown>, 'shape' | 'pidsLimit'>;
  readonly client: Client;
  /** Unique name of the container. */
  readonly name: string;
  /** argv of the detached start. */
  readonly argv: readonly string[];
  /** Environment of the start, where it is more than the client's. */
  readonly channelFolder: string;
  /** Whom the container's root is outside; null: tare's own user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly network: Attachment;
  /** Called when the container's first process runs, before it is asked for anything. */
  readonly whenRunning?: (pids: readonly number[]) => Promise<void>;
  /** The image's busybox, by which the host looks at the service; null: behind a kernel of the runtime's own. */
  readonly busybox: string | null;
  /** Folders of the container's own writable layer, for its size on disk; asked when it runs. null: not known. */
  readonly layers: () => Promise<readonly string[] | null>;
}

/** Starts the instance and resolves when it is ready (T6). Rejects with TrialFailure, everything put away. */
export async function startEngine(request: EngineLaunch): Promise<Instance> {
  const { job, context, limits, client, name, network } = request;
  const { group } = job;
  const container: Resource = engineContainer(client, name);
  const folder: Resource = { kind: 'folder', path: request.channelFolder };
  if (group !== null) {
    const cpus = job.cpus === null ? {} : { cpus: job.cpus };
    await group.limit({ memoryBytes: limits.shape.memoryBytes, pids: limits.pidsLimit, ...cpus });
  }
  const marks: Mark[] = [];
  const onMark = (mark: Mark): void => {
    marks.push(mark);
    job.onMark(mark);
  };
  const killsBefore = group?.read().oomKills ?? 0;
  context.lease.own(folder);
  context.lease.own(container);
  const channel = await openChannel(request.channelFolder, request.owner);
  const away = (): Promise<readonly string[]> => putAway(request, channel, [folder, container]);
  let launched: Launched;
  try {
    const { argv } = request;
    const { cpus } = job;
    const { environment } = client;
    launched = await launch({ argv, environment, group, cpus, channels: 0, onMark, context });
  } catch (error) {
    await group?.kill(killSeconds);
    await network.gone();
    await away();
    throw error;
  }
  let ownPids: readonly number[] = [];
  let exitCode: number | null = null;
  let stopping: Promise<StopReport> | null = null;
  const tail = (): string => `${launched.tail()}${channel.complaints()}`.slice(-8192);
  const ended = (): TrialFailureFacts | null => {
    if (stopping !== null) return null;
    const client = launched.exited();
    if (client !== null && client.code !== 0) return refused(client.code, tail());
    if (!channel.ended()) return null;
    return endOf(group, killsBefore, limits.shape.memoryBytes, exitCode, tail());
  };
  const watch = watchOf(request);
  const session = openSession(channel.duplex, {
    now: context.now,
    onMark,
    watch,
    bind: network.bind,
    tail,
    explainEnd: async () => {
      exitCode = await askExitCode(client, name);
      return ended();
    },
  });
  const pids = (): readonly number[] => group?.pids() ?? ownPids.flatMap((pid) => [...processTree(pid)]);
  const stop = (): Promise<StopReport> => (stopping ??= stopEngine(request, launched, pids, away));
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
    endpoint: (port) => network.endpoint(port),
    async diskBytes() {
      const layers = await request.layers();
      if (layers === null) return null;
      const sizes = await Promise.all(layers.map(allocatedBytes));
      return sumOf(sizes);
    },
    console: tail,
    ended,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
  /** A client that fails is the end of the start, whatever was waited for. */
  const clientDone = launched.exit.then(({ code }) => {
    if (code !== 0) throw new TrialFailure(refused(code, tail()));
  });
  const orRefused = <T>(step: Promise<T>): Promise<T> =>
    Promise.race([step, clientDone.then(() => new Promise<never>(() => undefined))]);
  clientDone.catch(() => undefined);
  try {
    launched.go();
    if (request.whenRunning !== undefined || network.link !== null) {
      await orRefused(session.waitFor('T4', context.signal));
      await request.whenRunning?.(pids());
    }
    if (job.service === null) await orRefused(session.greet(context.signal));
    else looking = await orRefused(session.serve(job.service, context.signal));
    // Its client leaves a moment later; nothing of the start may be left in what is measured next.
    await orAborted(clientDone, context.signal, "waiting for the engine's client");
    if (group === null) ownPids = await askPids(client, name);
    await network.connect(instance);
    return instance;
  } catch (error) {
    const facts = ended() ?? (error instanceof TrialFailure ? error.facts : null);
    await stop();
    throw facts === null ? error : new TrialFailure(facts, error);
  } finally {
    watch?.close();
  }
}

/** Without a group it is not known in time which processes are the container's. */
function watchOf({ job, context, network, busybox }: EngineLaunch): Watch | null {
  const { service, group } = job;
  if (service === null || group === null || busybox === null) return null;
  const ownNetwork = network.mode !== 'host';
  return openWatch({ service, pids: () => group.pids(), ownNetwork, output: outputInside, busybox, context });
}

function refused(code: number | null, detail: string): TrialFailureFacts {
  const words = detail.trim().split('\n').at(-1) ?? '';
  return {
    reason: 'launch',
    message: `the engine's client ended with ${code === null ? 'a signal' : `exit code ${code}`}: ${words}`,
    detail,
  };
}

/**
 * Out of memory is what the group's counter says. Where the container's own group went with it, and v1's only
 * count of kills with that, a SIGKILL that nobody here sent, at the cap, is taken for one.
 */
function endOf(
  group: Group | null,
  killsBefore: number,
  cap: number,
  exitCode: number | null,
  detail: string,
): TrialFailureFacts {
  const reading = group?.read();
  const kills = (reading?.oomKills ?? 0) - killsBefore;
  if (kills > 0) return { reason: 'oom', message: `ended by its memory cap (${kills} OOM kills)`, detail };
  const page = 4096;
  if (exitCode === 137 && (reading?.memoryPeakBytes ?? 0) >= cap - page)
    return {
      reason: 'oom',
      message:
        'ended by its memory cap (inferred: killed at the cap; the count of kills went with its group)',
      detail,
    };
  const how = exitCode === null ? '' : `: exit code ${exitCode}`;
  return { reason: 'early-exit', message: `ended by itself${how}`, detail };
}

async function inspect({ argv, environment }: Client, name: string, format: string): Promise<string[]> {
  const asked = [...argv, 'container', 'inspect', '--format', format, name];
  const { exitCode, stdout } = await runTool(asked, { timeoutSeconds: 10, environment });
  return exitCode === 0 ? stdout.trim().split(/\s+/) : [];
}

/** Asked until the engine has noticed the end, which takes a moment; null: it does not say. */
async function askExitCode(client: Client, name: string): Promise<number | null> {
  for (let asked = 0; asked < 5; asked += 1) {
    const [running, code] = await inspect(client, name, '{{.State.Running}} {{.State.ExitCode}}');
    if (running === 'false') return Number(code);
    if (running === undefined) return null;
    await delay(100);
  }
  return null;
}

/** Its first process, where no group tells; its monitor has no name that all engines know. */
async function askPids(client: Client, name: string): Promise<readonly number[]> {
  return (await inspect(client, name, '{{.State.Pid}}')).map(Number).filter((pid) => pid > 0);
}

async function stopEngine(
  request: EngineLaunch,
  launched: Launched,
  pids: () => readonly number[],
  away: () => Promise<readonly string[]>,
): Promise<StopReport> {
  const { job, context, network } = request;
  const tree = job.group === null ? pids() : [];
  if (launched.exited() === null) launched.kill();
  // A forced stop, as for a VM. The monitor is let see it: an engine waits 5 s for the word of a dead one.
  for (const pid of tree) killQuietly(pid);
  if (job.group !== null) await killGuarded(job.group);
  const emptied = job.group === null ? true : await job.group.kill(killSeconds);
  await Promise.race([launched.gone, delay(killSeconds * 1000, undefined, { ref: false })]);
  const gone: Mark = { name: 'T7', at: context.now() };
  const alive = emptied ? [] : (job.group?.pids() ?? []).map((pid) => `process ${pid}`);
  const leftovers = [...alive, ...(await network.gone()), ...(await away())];
  return { gone: leftovers.length === 0 ? gone : null, leftovers };
}

/** Kills what a monitor watches over, of which the container's first process takes all others with it. */
async function killGuarded(group: Group): Promise<void> {
  const pids = group.pids();
  if (!pids.some(isMonitor)) return;
  for (const pid of pids) if (!isMonitor(pid)) killQuietly(pid);
  const deadline = performance.now() + monitorSeconds * 1000;
  while (group.pids().length > 0 && performance.now() < deadline) await delay(2);
}

/** By name, which the kernel cuts at 15 characters. */
function isMonitor(pid: number): boolean {
  try {
    return monitors.includes(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false; // gone meanwhile
  }
}

/** Removes the container, its layer and its channel. */
async function putAway(
  { client: { argv, environment }, name, context, channelFolder }: EngineLaunch,
  channel: Channel,
  owned: readonly Resource[],
): Promise<readonly string[]> {
  channel.close();
  let complaint = '';
  for (let asked = 0; asked < mostAsked; asked += 1) {
    const removed = await runTool([...argv, 'rm', '--force', '--volumes', name], {
      timeoutSeconds: 60,
      environment,
    });
    complaint =
      removed.exitCode === 0 || /no such container/i.test(removed.stderr) ? '' : removed.stderr.trim();
    if (complaint === '') break;
    await delay(50);
  }
  await rm(channelFolder, { recursive: true, force: true });
  if (complaint !== '') return [`container ${name}: ${complaint}`];
  if (existsSync(channelFolder)) return [channelFolder];
  for (const resource of owned) context.lease.release(resource);
  return [];
}
