/**
 * Timed launches for the start bench: through a runner (T0 to T6) and by hand (a line lets the command go, the
 * agent's first reply ends it). Both in a fresh group, both read by this same process.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createRuler, type MeteredGroup } from '../../host/cgroup/cgroup.ts';
import { toolPath } from '../../host/exec.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { ensureBuiltinImage } from '../../images/builtin.ts';
import type { Image } from '../../images/image.ts';
import type { Mark } from '../../model/instance.ts';
import type { ServiceSpec } from '../../model/scenario.ts';
import type { Context, Instance, Prepared, Runner } from '../../runners/runner.ts';
import type { Row } from './row.ts';

const shape = { id: 'bench', cpus: 1, memoryBytes: 256 * 2 ** 20 };

/** What every launch needs. */
export interface Bed {
  readonly image: Image;
  readonly context: Context;
  openGroup(): Promise<MeteredGroup>;
  /** Kills what is in it and removes it. */
  closeGroup(group: MeteredGroup): Promise<void>;
  /** Groups that could not be removed so far. */
  groupsLeft(): number;
  /** Runs a launch in a group of its own, and removes it. */
  inGroup<T>(launch: (group: MeteredGroup) => Promise<T>): Promise<T>;
}

/** Makes everything that launches need, and takes it away again. */
export async function withBed(
  say: (line: string) => void,
  use: (bed: Bed) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const ruler = createRuler();
  if (!ruler.usable) throw new Error(`Launches are compared in groups: ${ruler.reason}; ${ruler.hint}`);
  const workDir = await mkdtemp(join(tmpdir(), 'tare-bench-'));
  let count = 0;
  let left = 0;
  const openGroup = () => ruler.createGroup(`tare/bench-${String(process.pid)}/i${String(count++)}`);
  const closeGroup = async (group: MeteredGroup) => {
    await group.kill(10);
    if (!(await group.remove()) || group.exists()) left += 1;
  };
  const bed: Bed = {
    image: await ensureBuiltinImage(say),
    context: {
      signal: AbortSignal.timeout(1_800_000),
      now: monotonicSeconds,
      workDir,
      lease: { runId: 'bench', own: () => undefined, release: () => undefined },
    },
    openGroup,
    closeGroup,
    groupsLeft: () => left,
    async inGroup(launch) {
      const group = await openGroup();
      try {
        return await launch(group);
      } finally {
        await closeGroup(group);
      }
    },
  };
  try {
    return await use(bed);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** A running container, whoever started it. */
export interface Held {
  end(): Promise<void>;
}

export interface Launcher {
  readonly prepared: Prepared;
  /** T6 - T0 in seconds; `look` sees the running instance. */
  readonly launch: (look?: (instance: Instance) => Promise<void>) => Promise<number>;
  /** CPU seconds of its group from T0 to T6, started with a service. */
  readonly charged: (service: ServiceSpec) => Promise<number>;
  /** Starts one in a group of its own and leaves it running. */
  readonly hold: () => Promise<Held>;
}

/** Launches through a runner. */
export async function byTare<Options>(bed: Bed, runner: Runner<Options>, given: object): Promise<Launcher> {
  const options = runner.options.parse(given);
  const found = await runner.probe(options, bed.context);
  if (!found.usable) throw new Error(`${runner.kind} cannot run here: ${found.reason}`);
  const request = { options, found, shape, image: bed.image, pidsLimit: 512 };
  const prepared = await runner.prepare(request, bed.context);
  let count = 0;
  const start = (
    group: MeteredGroup,
    service: ServiceSpec | null = null,
    onMark: (mark: Mark) => void = () => undefined,
  ) => {
    const id = `i${String(count++)}`;
    const job = {
      id,
      group,
      cpus: null,
      service,
      volume: null,
      environment: {},
      onMark,
    };
    return prepared.start(job, bed.context);
  };
  return {
    prepared,
    launch: (look) =>
      bed.inGroup(async (group) => {
        const instance = await start(group);
        const at = (name: string) => instance.marks.find((mark) => mark.name === name)?.at ?? Number.NaN;
        const seconds = at('T6') - at('T0');
        await look?.(instance);
        await instance.stop();
        return seconds;
      }),
    charged: (service) =>
      bed.inGroup(async (group) => {
        const at = new Map<string, number>();
        const onMark = ({ name }: Mark) => void at.set(name, group.read().cpuSeconds ?? Number.NaN);
        const instance = await start(group, service, onMark);
        await instance.stop();
        return (at.get('T6') ?? Number.NaN) - (at.get('T0') ?? Number.NaN);
      }),
    async hold() {
      const group = await bed.openGroup();
      const instance = await start(group);
      return {
        async end() {
          await instance.stop();
          await bed.closeGroup(group);
        },
      };
    },
  };
}

export interface ByHand {
  /** Says `ready` on descriptor 3, then waits for a line on stdin. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor of the agent's channel (0: stdin and stdout); further ones up to `last` are read and ignored. */
  readonly channel: number;
  readonly last: number;
  /** Sent ahead on the channel. */
  readonly greeting: string;
}

/** A command that has answered, with the time it took from being let go. */
export interface RunningByHand extends Held {
  readonly seconds: number;
}

/** Starts a command in the group, lets it go, and times until the agent answers a ping. */
export async function byHand(group: MeteredGroup, request: ByHand): Promise<RunningByHand> {
  const { argv, cwd, environment, channel, last, greeting } = request;
  const joining = group.procsFiles.map((file) => `echo 0 >'${file}'`).join('; ');
  const shell = ['sh', '-c', `${joining}; exec "$@"`, 'sh'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...shell, ...argv], {
    cwd,
    env: { PATH: toolPath(), ...environment },
    stdio: ['pipe', 'pipe', 'inherit', ...Array.from({ length: last - 2 }, () => 'pipe' as const)],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const streams = child.stdio as unknown as readonly Duplex[];
  // A console nobody reads would stop the machine behind it, once the socket is full.
  for (const stream of streams.slice(3)) stream.resume();
  const [from, to] = channel === 0 ? [streams[1], streams[0]] : [streams[channel], streams[channel]];
  if (from === undefined || to === undefined) throw new Error(`no descriptor ${String(channel)}`);
  const end = async () => {
    child.kill('SIGKILL');
    await group.kill(10);
    await closed;
  };
  try {
    await waitFor(streams[3] ?? from, 'ready');
    const listening = waitFor(from, 'mark T4');
    const start = monotonicSeconds();
    streams[0]?.write('go\n');
    if (greeting !== '') to.write(greeting);
    await listening;
    const answered = waitFor(from, 'pong 1');
    to.write('ping 1\n');
    await answered;
    return { seconds: monotonicSeconds() - start, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** One start by hand from beginning to end; its seconds. */
export async function timedByHand(group: MeteredGroup, request: ByHand): Promise<number> {
  const running = await byHand(group, request);
  await running.end();
  return running.seconds;
}

const patience = 60_000;

/** Resolves with the chunk that completes the line. */
function waitFor(stream: Duplex, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`no "${line}" within a minute: ${text}`)), patience);
    const end = () => reject(new Error(`ended before "${line}": ${text}`));
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes(`${line}\n`)) return;
      clearTimeout(timer);
      stream.off('data', read).off('end', end);
      resolve();
    };
    stream.on('data', read).once('end', end);
  });
}
