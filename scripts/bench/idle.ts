/**
 * What tare itself keeps per idle instance, and whether 500 of them go without a trace: memory of this process
 * (where the runners live) with 200 containers idle against none, then 500 up and down, twice.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as delay } from 'node:timers/promises';
import { namespace } from '../../runners/namespace/index.ts';
import { byTare, type Bed, type Held, withBed } from './launches.ts';
import { boundRow, type Bench } from './row.ts';

const weighed = 200;
const many = 500;
const inFlight = 4;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Memory once garbage is gone: resident, and what is still reachable (freed pages stay resident for a while). */
async function memoryNow(): Promise<{ readonly resident: number; readonly reachable: number }> {
  for (let round = 0; round < 4; round += 1) {
    collect();
    await delay(100);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, reachable: heapUsed + external };
}

async function up(start: () => Promise<Held>, held: Held[], count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (held.length + inFlight <= count) held.push(await start());
    }),
  );
  while (held.length < count) held.push(await start());
}

async function down(held: Held[]): Promise<void> {
  const all = held.splice(0);
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let one = all.pop(); one !== undefined; one = all.pop()) await one.end();
    }),
  );
}

/** Whatever of the launches could be left: groups, mounts, descriptors, processes. */
function traces(bed: Bed): Readonly<Record<'groups' | 'mounts' | 'descriptors' | 'processes', number>> {
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n');
  const own = `bench-${process.pid}/`;
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isIn(pid, own));
  return {
    groups: bed.groupsLeft(),
    mounts: lines('/proc/self/mountinfo').length,
    descriptors: readdirSync('/proc/self/fd').length,
    processes: processes.length,
  };
}

/** Runs in one of these groups; what has ended and waits to be reaped does not. */
function isIn(pid: string, group: string): boolean {
  try {
    const ended = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return !ended && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(group);
  } catch {
    return false;
  }
}

export const idle: Bench = (say) =>
  withBed(say, async (bed) => {
    const { hold } = await byTare(bed, namespace, { user: 'root' });
    const held: Held[] = [];
    // Code compiled, pools filled: what the first launches cost once is not an instance's.
    await up(hold, held, 40);
    await down(held);
    const before = traces(bed);
    const empty = await memoryNow();
    say(`idle: ${weighed} containers, then ${many} up and down, twice`);
    await up(hold, held, weighed);
    const full = await memoryNow();
    await up(hold, held, many);
    await down(held);
    const first = await memoryNow();
    await up(hold, held, many);
    await down(held);
    const second = await memoryNow();
    const after = traces(bed);
    const left = (Object.keys(before) as (keyof typeof before)[]).map((key) => ({
      key,
      count: Math.max(0, after[key] - before[key]),
    }));
    for (const { key, count } of left) if (count > 0) say(`idle: ${count} ${key} left`);
    const total = left.reduce((sum, { count }) => sum + count, 0);
    return [
      boundRow(
        `memory of tare per idle instance, at ${weighed}`,
        (full.resident - empty.resident) / weighed / 1000,
        'kB',
        200,
      ),
      boundRow(`groups, mounts, descriptors, processes left after ${many} up and down, twice`, total, '', 0),
      boundRow(
        `reachable memory of tare after the second ${many} over the first`,
        second.reachable / first.reachable,
        '',
        1.05,
      ),
    ];
  });
