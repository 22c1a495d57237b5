/**
 * What tare adds to a start: T0 to T6 through a runner, against the same thing started by hand by the leanest
 * script, in turn. Everything else is equal on both sides, so the ratio holds tare's own code and shell steps.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuler } from '../../host/cgroup.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { ensureBuiltinImage } from '../../images/builtin.ts';
import { keptCapabilities, makeBeside, makeInstanceFolder } from '../../runners/container-root.ts';
import { insideEnvironment } from '../../runners/hosted.ts';
import { fstab } from '../../runners/namespace/args.ts';
import { namespace } from '../../runners/namespace/index.ts';
import { containerGroup, oci } from '../../runners/oci/index.ts';
import { ociSpec } from '../../runners/oci/spec.ts';
import { qemu } from '../../runners/qemu/index.ts';
import { root } from '../process.ts';
import { byHand, byTare, type Bed } from './launches.ts';
import { interleave, ratioRow, type Bench, type Row } from './row.ts';

const rounds = { container: 40, machine: 10 };
const channels = { channel: 0, last: 3, greeting: '' } as const;

/** An instance's folder as the runners make it, for a container by hand. */
async function handFolder(bed: Bed, beside: string): Promise<string> {
  const folder = await mkdtemp(join(bed.context.workDir, 'hand-'));
  await makeInstanceFolder(folder, beside, bed.image);
  return folder;
}

async function handBeside(bed: Bed): Promise<{ readonly beside: string; readonly busybox: string }> {
  const beside = join(bed.context.workDir, 'hand-beside');
  await mkdir(beside);
  await makeBeside(beside, bed.image, join(root, 'runners/agent.sh'), true);
  return { beside, busybox: join(beside, '.tare/busybox') };
}

async function namespaceRow(bed: Bed, beside: string, busybox: string): Promise<Row> {
  const { prepared, launch } = await byTare(bed, namespace, { user: 'root' });
  const bounding = ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(',');
  const script = join(root, 'scripts/bench/namespace-by-hand.sh');
  const hand = async () => {
    const cwd = await handFolder(bed, beside);
    await writeFile(join(cwd, 'fstab'), fstab(false));
    const argv = ['sh', script, busybox, bounding, 'outside'];
    return bed.inGroup((group) => byHand(group, { argv, cwd, environment: insideEnvironment, ...channels }));
  };
  const values = await interleave(rounds.container, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('namespace container start through tare / by hand', values, 1.05);
}

async function runcRow(bed: Bed, beside: string, busybox: string): Promise<Row> {
  const { prepared, launch } = await byTare(bed, oci, { runtime: 'runc' });
  const script = join(root, 'scripts/bench/runc-by-hand.sh');
  let count = 0;
  const hand = async () => {
    const cwd = await handFolder(bed, beside);
    await mkdir(join(cwd, 'state'));
    const id = `tare-bench-${String(process.pid)}-${String(count++)}`;
    const argv = ['sh', script, busybox, id, 'outside'];
    return bed.inGroup(async (group) => {
      const cgroupsPath = containerGroup(group);
      const spec = ociSpec({ environment: insideEnvironment, cgroupsPath, seccomp: false });
      await writeFile(join(cwd, 'config.json'), JSON.stringify(spec));
      return byHand(group, { argv, cwd, environment: {}, ...channels });
    });
  };
  const values = await interleave(rounds.container, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('runc container start through tare / by hand', values, 1.05);
}

async function machineRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, qemu, { machine: 'q35', accel: 'auto' });
  let command: readonly string[] = [];
  // The very command line that tare's QEMU has, as the kernel tells it.
  await launch(async (instance) => {
    for (const pid of instance.pids()) {
      const words = (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).split('\0').slice(0, -1);
      if (words[0]?.includes('qemu-system')) command = words;
    }
  });
  const inherited = command.flatMap((word) => /,fd=(\d+)$/.exec(word)?.[1] ?? []).map(Number);
  const request = {
    argv: ['sh', '-c', 'echo ready >&3; read -r go; exec "$@" </dev/null', 'sh', ...command],
    cwd: bed.context.workDir,
    environment: {},
    channel: Number(/id=agent,fd=(\d+)/.exec(command.join(' '))?.[1]),
    last: Math.max(...inherited),
    greeting: '0\n', // no environment of its own: init reads a count of lines first
  };
  const hand = () => bed.inGroup((group) => byHand(group, request));
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
      signal: AbortSignal.timeout(900_000),
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
    const { beside, busybox } = await handBeside(bed);
    say(`start: ${String(rounds.container)} rounds of containers, twice`);
    const rows = [await namespaceRow(bed, beside, busybox), await runcRow(bed, beside, busybox)];
    say(`start: ${String(rounds.machine)} rounds of virtual machines`);
    return [...rows, await machineRow(bed)];
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
};
