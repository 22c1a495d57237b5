/**
 * Timed launches for the start bench: through a runner (T0 to T6) and by hand (a line lets the command go, the
 * agent's first reply ends it). Both in a fresh group, both read by this same process.
 */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { MeteredGroup } from '../../host/cgroup.ts';
import { toolPath } from '../../host/exec.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import type { Image } from '../../images/image.ts';
import type { Context, Instance, Prepared, Runner } from '../../runners/runner.ts';

const shape = { id: 'bench', cpus: 1, memoryBytes: 256 * 2 ** 20 };

/** What every launch needs. */
export interface Bed {
  readonly image: Image;
  readonly context: Context;
  /** Runs a launch in a group of its own, and removes it. */
  inGroup<T>(launch: (group: MeteredGroup) => Promise<T>): Promise<T>;
}

export interface Launcher {
  readonly prepared: Prepared;
  /** T6 - T0 in seconds; `look` sees the running instance. */
  readonly launch: (look?: (instance: Instance) => Promise<void>) => Promise<number>;
}

/** Launches through a runner. */
export async function byTare<Options>(bed: Bed, runner: Runner<Options>, given: object): Promise<Launcher> {
  const options = runner.options.parse(given);
  const prepared = await runner.prepare({ options, shape, image: bed.image, pidsLimit: 512 }, bed.context);
  let count = 0;
  const launch: Launcher['launch'] = (look) =>
    bed.inGroup(async (group) => {
      const id = `i${String(count++)}`;
      const job = {
        id,
        group,
        cpus: null,
        service: null,
        volume: null,
        environment: {},
        onMark: () => undefined,
      };
      const instance = await prepared.start(job, bed.context);
      const at = (name: string) => instance.marks.find((mark) => mark.name === name)?.at ?? Number.NaN;
      const seconds = at('T6') - at('T0');
      await look?.(instance);
      await instance.stop();
      return seconds;
    });
  return { prepared, launch };
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

/** Starts a command in the group, lets it go, and times until the agent answers a ping. */
export async function byHand(group: MeteredGroup, request: ByHand): Promise<number> {
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
    return monotonicSeconds() - start;
  } finally {
    child.kill('SIGKILL');
    await group.kill(10);
    await closed;
  }
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
