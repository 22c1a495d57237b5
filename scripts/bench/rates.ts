/**
 * Containers made ready per second, one and eight in flight, through a runner and by a bare loop over the same
 * runtime with the same agent; batches in turn. Making groups and folders counts on both sides, stopping on none.
 */
import { namespace } from '../../runners/namespace/index.ts';
import { oci } from '../../runners/oci/index.ts';
import { byHand, byTare, type Bed, type Held, withBed } from './launches.ts';
import { namespaceCommand, runcCommand, type HandCommand } from './hand.ts';
import { interleave, rateRow, type Bench, type Row } from './row.ts';

const batch = 24;
const rounds = 10;

/** Seconds until a batch is ready; everything is ended after the time is taken. */
async function batchSeconds(inFlight: number, start: () => Promise<Held>): Promise<number> {
  const held: Held[] = [];
  let left = batch;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) held.push(await start());
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  await Promise.all(held.map((one) => one.end()));
  return seconds;
}

async function rowsOf(
  bed: Bed,
  name: string,
  tareStart: () => Promise<Held>,
  hand: HandCommand,
): Promise<Row[]> {
  const handStart = async () => {
    const group = await bed.openGroup();
    const request = await hand(group);
    const running = await byHand(group, request);
    return { end: () => running.end().then(() => bed.closeGroup(group)) };
  };
  const rows: Row[] = [];
  for (const inFlight of [1, 8]) {
    const values = await interleave(
      rounds,
      () => batchSeconds(inFlight, handStart),
      () => batchSeconds(inFlight, tareStart),
    );
    const what = `${name} containers per second through tare / by a bare loop, ${inFlight} in flight`;
    rows.push(rateRow(what, values, batch, 0.9));
  }
  return rows;
}

export const rates: Bench = (say) =>
  withBed(say, async (bed) => {
    say(`rates: ${rounds} batches of ${batch} containers on each side, at 1 and at 8 in flight`);
    const inNamespace = await byTare(bed, namespace, { user: 'root' });
    const inRunc = await byTare(bed, oci, { runtime: 'runc' });
    return [
      ...(await rowsOf(bed, 'namespace', inNamespace.hold, await namespaceCommand(bed))),
      ...(await rowsOf(bed, 'runc', inRunc.hold, await runcCommand(bed))),
    ];
  });
