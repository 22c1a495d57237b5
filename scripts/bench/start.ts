/**
 * What tare adds to a start: T0 to T6 through a runner, against the same thing started by hand by the leanest
 * script, in turn. Everything else is equal on both sides, so the ratio holds tare's own code and shell steps.
 */
import { readFile } from 'node:fs/promises';
import { namespace } from '../../runners/namespace/index.ts';
import { oci } from '../../runners/oci/index.ts';
import { qemu } from '../../runners/qemu/index.ts';
import { namespaceCommand, runcCommand } from './hand.ts';
import { byTare, timedByHand, withBed, type Bed } from './launches.ts';
import { interleave, ratioRow, type Bench, type Row } from './row.ts';

const rounds = { container: 40, machine: 10 };

async function namespaceRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, namespace, { user: 'root' });
  const command = await namespaceCommand(bed);
  const hand = () => bed.inGroup(async (group) => timedByHand(group, await command(group)));
  const values = await interleave(rounds.container, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('namespace container start through tare / by hand', values, 1.05);
}

async function runcRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, oci, { runtime: 'runc' });
  const command = await runcCommand(bed);
  const hand = () => bed.inGroup(async (group) => timedByHand(group, await command(group)));
  const values = await interleave(rounds.container, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('runc container start through tare / by hand', values, 1.05);
}

async function machineRow(bed: Bed): Promise<Row> {
  const { prepared, launch } = await byTare(bed, qemu, { machine: 'q35', accel: 'auto' });
  let command: readonly string[] = [];
  // The very command line that tare's QEMU has, as the kernel tells it.
  await launch(async (instance) => {
    for (const pid of instance.pids() ?? []) {
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
  const hand = () => bed.inGroup((group) => timedByHand(group, request));
  const values = await interleave(rounds.machine, () => launch(), hand);
  await prepared[Symbol.asyncDispose]();
  return ratioRow('VM start through tare / the same QEMU command by hand', values, 1.03);
}

export const start: Bench = (say) =>
  withBed(say, async (bed) => {
    say(`start: ${String(rounds.container)} rounds of containers, twice`);
    const rows = [await namespaceRow(bed), await runcRow(bed)];
    say(`start: ${String(rounds.machine)} rounds of virtual machines`);
    return [...rows, await machineRow(bed)];
  });
