/**
 * What tare adds to a start: T0 to T6 through a runner, against the same thing started by hand, in turn. Both
 * sides start in a fresh group, wait for a line with everything prepared, and end at the agent's first reply,
 * read by this same process; so the ratio holds tare's own code and shell steps, and nothing else.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createRuler, type MeteredGroup } from '../../host/cgroup.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { ensureBuiltinImage } from '../../images/builtin.ts';
import type { Image } from '../../images/image.ts';
import { keptCapabilities, makeBeside, makeInstanceFolder } from '../../runners/container-root.ts';
import { insideEnvironment } from '../../runners/hosted.ts';
import { fstab } from '../../runners/namespace/args.ts';
import { namespace } from '../../runners/namespace/index.ts';
import { qemu } from '../../runners/qemu/index.ts';
import type { Context, Instance, Prepared, Runner } from '../../runners/runner.ts';
import { root } from '../process.ts';
import { interleave, ratioRow, type Bench, type Row } from './row.ts';

const rounds = { container: 40, machine: 10 };
const shape = { id: 'bench', cpus: 1, memoryBytes: 256 * 2 ** 20 };

interface Bed {
  readonly image: Image;
  readonly context: Context;
  /** Runs a launch in a group of its own, and removes it. */
  inGroup<T>(launch: (group: MeteredGroup) => Promise<T>): Promise<T>;
}

/** Launches by a runner, one after the other; gives T6 - T0. `look` sees the running instance. */
async function byTare<Options>(
  bed: Bed,
  runner: Runner<Options>,
  given: object,
): Promise<{
  prepared: Prepared;
  launch: (look?: (instance: Instance) => Promise<void>) => Promise<number>;
}> {
  const options = runner.options.parse(given);
  const prepared = await runner.prepare({ options, shape, image: bed.image, pidsLimit: 512 }, bed.context);
  let count = 0;
  const launch = (look?: (instance: Instance) => Promise<void>) =>
    bed.inGroup(async (group) => {
      const job = {
        id: `i${String(count++)}`,
        group,
        cpus: null,
        service: null,
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

interface ByHand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor of the agent's channel; further ones up to `last` are inherited and ignored. */
  readonly channel: number;
  readonly last: number;
  /** Sent ahead on the channel. */
  readonly greeting: string;
}

/** Starts a command that waits for a line, lets it go, and times until the agent answers a ping. */
async function handLaunch(
  bed: Bed,
  { argv, cwd, environment, channel, last, greeting }: ByHand,
): Promise<number> {
  return bed.inGroup(async (group) => {
    const joining = group.procsFiles.map((file) => `echo 0 >'${file}'`).join('; ');
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'sh', '-c', `${joining}; echo ready >&3; exec "$@"`, 'sh', ...argv],
      {
        cwd,
        env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, ...environment },
        stdio: ['pipe', 'pipe', 'inherit', ...Array.from({ length: last - 2 }, () => 'pipe' as const)],
      },
    );
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    // A console nobody reads would stop the machine behind it, once the socket is full.
    for (const stream of child.stdio.slice(3)) (stream as Duplex | null)?.resume();
    try {
      await waitFor(child.stdio[3] as Duplex, 'ready');
      const [from, to] =
        channel === 0
          ? [child.stdout as Duplex | null, child.stdin as Duplex | null]
          : [child.stdio[channel] as Duplex, child.stdio[channel] as Duplex];
      if (from === null || to === null) throw new Error('no channel');
      const listening = waitFor(from, 'mark T4');
      const start = monotonicSeconds();
      child.stdin?.write('go\n');
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
  });
}

/** Resolves with the first chunk that completes the line. */
function waitFor(stream: NodeJS.ReadableStream, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes(`${line}\n`)) return;
      stream.off('data', read);
      resolve();
    };
    stream.on('data', read);
    stream.once('end', () => reject(new Error(`ended before "${line}": ${text}`)));
    setTimeout(() => reject(new Error(`no "${line}" within a minute: ${text}`)), 60_000).unref();
  });
}

async function namespaceRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, namespace, { user: 'root' });
  const beside = join(bed.context.workDir, 'hand-beside');
  await mkdir(beside);
  await makeBeside(beside, bed.image, join(root, 'runners/agent.sh'), true);
  const busybox = join(beside, '.tare/busybox');
  const bounding = ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(',');
  const hand = async () => {
    const cwd = await mkdtemp(join(bed.context.workDir, 'hand-'));
    await makeInstanceFolder(cwd, beside, bed.image);
    await writeFile(join(cwd, 'fstab'), fstab(false));
    const argv = ['sh', join(root, 'scripts/bench/by-hand.sh'), busybox, bounding, 'outside'];
    return handLaunch(bed, { argv, cwd, environment: insideEnvironment, channel: 0, last: 3, greeting: '' });
  };
  const values = await interleave(rounds.container, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('namespace container start through tare / by hand', values, 1.05);
}

async function machineRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, qemu, { machine: 'q35', accel: 'auto' });
  let argv: readonly string[] = [];
  // The very command line that tare's QEMU has, as the kernel tells it.
  await launch(async (instance) => {
    for (const pid of instance.pids()) {
      const words = (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).split('\0').slice(0, -1);
      if (words[0]?.includes('qemu-system')) argv = words;
    }
  });
  const inherited = argv.flatMap((word) => /,fd=(\d+)$/.exec(word)?.[1] ?? []).map(Number);
  const agent = Number(/id=agent,fd=(\d+)/.exec(argv.join(' '))?.[1]);
  const hand = () =>
    handLaunch(bed, {
      argv: ['sh', '-c', 'read -r go; exec "$@" </dev/null', 'sh', ...argv],
      cwd: bed.context.workDir,
      environment: {},
      channel: agent,
      last: Math.max(...inherited),
      greeting: '0\n', // no environment of its own: init reads a count of lines first
    });
  const values = await interleave(rounds.machine, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('VM start through tare / the same QEMU command by hand', values, 1.03);
}

export const start: Bench = async (say) => {
  const ruler = createRuler();
  if (!ruler.usable) throw new Error(`Starts are compared in groups: ${ruler.reason}; ${ruler.hint}`);
  const workDir = await mkdtemp(join(tmpdir(), 'tare-bench-'));
  let count = 0;
  const bed: Bed = {
    image: await ensureBuiltinImage(say),
    context: {
      signal: AbortSignal.timeout(600_000),
      now: monotonicSeconds,
      workDir,
      lease: { runId: 'bench', own: () => undefined, release: () => undefined },
    },
    async inGroup(launch) {
      const group = await ruler.createGroup(`tare/bench-${String(process.pid)}/i${String(count++)}`);
      try {
        return await launch(group);
      } finally {
        await group.kill(10);
        await group.remove();
      }
    },
  };
  try {
    say(`start: ${String(rounds.container)} rounds of containers`);
    const container = await namespaceRow(bed);
    say(`start: ${String(rounds.machine)} rounds of virtual machines`);
    return [container, await machineRow(bed)];
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
};
