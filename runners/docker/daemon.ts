/**
 * The docker engine that a cell talks to: one that answers, or a dockerd of tare's own, which the cells of a run
 * share and the last of them ends. Uses node:child_process directly: execa would wait for what is meant to stay.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool, toolPath } from '../../host/exec.ts';
import { killQuietly, processIdentity } from '../../host/process-identity.ts';
import { processTree } from '../../host/process-tree.ts';
import { cacheFolder } from '../../images/cache.ts';
import type { Client } from '../engine/instance.ts';
import { mountsBelow } from '../hosted.ts';
import { findRuntime, hybridTree } from '../oci/probe.ts';
import type { Context, SharedUsage } from '../runner.ts';
import type { DockerOptions } from './options.ts';
import { daemonArguments, daemonConfig, socketOf } from './settings.ts';

export interface Engine {
  readonly client: Client;
  readonly version: string;
  readonly owned: boolean;
  /** Name of the wanted runtime in this engine. */
  readonly runtime: string;
  /** Of dockerd and containerd; null: not tare's own, or no cgroup of its own. */
  readonly usage: () => SharedUsage | null;
  readonly close: () => Promise<void>;
}

export interface NoEngine {
  readonly usable: false;
  readonly reason: string;
  readonly hint: string;
}

const noEngine = (reason: string, hint: string): NoEngine => ({ usable: false, reason, hint });
const readySeconds = 60;
const stopSeconds = 15;

/** The engine these options mean. @throws never: what stands in the way is the answer */
export async function openEngine(options: DockerOptions, context: Context): Promise<Engine | NoEngine> {
  const binary = await findRuntime('docker');
  if (binary === null) return noEngine('no program docker', 'apt-get install docker.io');
  const runtime = basename(options.runtime);
  const environment = { DOCKER_HOST: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock' };
  if (options.engine !== 'private') {
    const client = { argv: [binary], environment };
    const version = await serverVersion(client);
    if (version !== null) {
      const nothing = { usage: () => null, close: () => Promise.resolve() };
      return { client, version, owned: false, runtime, ...nothing };
    }
  }
  const silent = `no engine answers at ${environment.DOCKER_HOST}`;
  const start = 'start the docker daemon, or set DOCKER_HOST';
  if (options.engine === 'running') return noEngine(silent, start);
  if (process.geteuid?.() !== 0) return noEngine(`${silent}, and only root may start one`, start);
  const dockerd = await findRuntime('dockerd');
  if (dockerd === null)
    return noEngine(`${silent}, and there is no program dockerd`, 'apt-get install docker.io');
  const path = await findRuntime(options.runtime);
  if (path === null) return noEngine(`no program ${options.runtime}`, `apt-get install ${options.runtime}`);
  return shared(runtime === 'crun' ? hybridTree() : null, { binary, dockerd, runtime, path }, context);
}

interface Programs {
  readonly binary: string;
  readonly dockerd: string;
  readonly runtime: string;
  readonly path: string;
}

/** Daemons of this process, by run and runtime: two cannot share their data. */
const running = new Map<string, { users: number; daemon: Promise<Engine | NoEngine> }>();

async function shared(
  unified: string | null,
  programs: Programs,
  context: Context,
): Promise<Engine | NoEngine> {
  const key = `${context.lease.runId} ${programs.path}`;
  const entry = running.get(key) ?? { users: 0, daemon: startDaemon(unified, programs, context) };
  running.set(key, entry);
  entry.users += 1;
  const leave = async (close: () => Promise<void>): Promise<void> => {
    entry.users -= 1;
    if (entry.users > 0) return;
    running.delete(key);
    await close();
  };
  const engine = await entry.daemon;
  if ('usable' in engine) {
    await leave(() => Promise.resolve());
    return engine;
  }
  let closed: Promise<void> | null = null;
  return { ...engine, close: () => (closed ??= leave(engine.close)) };
}

async function startDaemon(
  unified: string | null,
  { binary, dockerd, runtime, path }: Programs,
  { lease, signal }: Context,
): Promise<Engine | NoEngine> {
  const engines = join(cacheFolder(), 'engines');
  // A runtime that needs another view of the host gets a daemon of its own, and that its own data.
  const dataRoot = join(engines, runtime === 'runc' ? 'docker' : `docker-${runtime}`);
  await mkdir(dataRoot, { recursive: true, mode: 0o700 });
  // A socket's path is short, so not in the run's folder, which may lie anywhere.
  const folder = await mkdtemp(join(tmpdir(), 'tare-docker-'));
  lease.own({ kind: 'folder', path: folder });
  const plan = { folder, dataRoot, unified, runtimes: runtime === 'runc' ? {} : { [runtime]: path } };
  await writeFile(join(folder, 'daemon.json'), JSON.stringify(daemonConfig(plan)));
  const ruler = createRuler();
  const groupPath = `tare/${lease.runId}/${basename(folder)}`;
  if (ruler.usable) lease.own({ kind: 'group', path: groupPath });
  const group = ruler.usable ? await ruler.createGroup(groupPath) : null;
  const [program = '', ...rest] = daemonArguments(plan, dockerd, group?.procsFiles ?? []);
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: toolPath(), HOME: folder, TMPDIR: folder },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const identity = processIdentity(child.pid ?? 0);
  if (identity !== null) lease.own({ kind: 'process', ...identity });
  const client = {
    argv: [binary],
    environment: { DOCKER_HOST: `unix://${socketOf(plan)}`, DOCKER_CONFIG: folder },
  };
  const close = async (): Promise<void> => {
    const main = (group?.pids() ?? processTree(child.pid ?? 0)).find((each) => isDaemon(each, dockerd));
    // Asked first, so that its data is whole.
    if (main !== undefined) signalQuietly(main);
    await Promise.race([exited, delay(stopSeconds * 1000, undefined, { ref: false })]);
    killQuietly(child.pid ?? 0);
    await exited;
    if (group !== null && (await group.kill(stopSeconds)) && (await group.remove()))
      lease.release({ kind: 'group', path: groupPath });
    if (identity !== null) lease.release({ kind: 'process', ...identity });
    if (mountsBelow(folder).length > 0 || mountsBelow(dataRoot).length > 0) return;
    await rm(folder, { recursive: true, force: true });
    lease.release({ kind: 'folder', path: folder });
  };
  const usage = (): SharedUsage | null => {
    if (group === null) return null;
    const { cpuSeconds, workingBytes } = group.read();
    return { cpuSeconds, memoryBytes: workingBytes };
  };
  const deadline = performance.now() + readySeconds * 1000;
  while (
    child.exitCode === null &&
    child.signalCode === null &&
    performance.now() < deadline &&
    !signal.aborted
  ) {
    const version = await serverVersion(client);
    if (version !== null) return { client, version, owned: true, runtime, usage, close };
    await delay(50);
  }
  await close();
  const said = log.trim().split('\n').at(-1) ?? '';
  return noEngine(`dockerd did not come up: ${said}`, `try by hand: ${dockerd} --debug`);
}

function isDaemon(pid: number, dockerd: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${dockerd}\0`);
  } catch {
    return false; // gone meanwhile
  }
}

function signalQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    return; // gone meanwhile
  }
}

/** null: no engine answers. */
async function serverVersion({ argv, environment }: Client): Promise<string | null> {
  const asked = [...argv, 'version', '--format', '{{.Server.Version}}'];
  const { exitCode, stdout } = await runTool(asked, { timeoutSeconds: 10, environment });
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null;
}
