/**
 * Does the meter disturb what it measures? Its own CPU while it watches 50 groups ten times a second, and the
 * time of a fixed piece of work beside it, with and without it, in turn.
 */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { createRuler, type MeteredGroup } from '../../host/cgroup/cgroup.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { startSampler, type Sampler } from '../../host/meter/sampler.ts';
import { boundRow, interleave, ratioRow, type Bench, type Row } from './row.ts';

const groupCount = 50;
const watchSeconds = 15;

// Fixed work that times itself, so that starting the process is no part of it. It is started once and asked
// for each piece, because a new process each time would measure Node's start.
const victimSource = `
  let x = 1;
  process.stdin.on('data', () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 3e8; i++) x = (x * 1103515245 + 12345) | 0;
    process.stdout.write(String(Number(process.hrtime.bigint() - start) / 1e9));
  });`;

async function watchAll(sampler: Sampler, groups: readonly MeteredGroup[]): Promise<void> {
  for (const [i, group] of groups.entries()) await sampler.watch(`g${String(i)}`, group.meter);
}

async function unwatchAll(sampler: Sampler, groups: readonly MeteredGroup[]): Promise<void> {
  for (const i of groups.keys()) await sampler.unwatch(`g${String(i)}`);
}

async function ownCost(sampler: Sampler, groups: readonly MeteredGroup[]): Promise<Row> {
  await watchAll(sampler, groups);
  await delay(2000); // compiled by then, as in any run longer than that
  const before = { ...(await sampler.usage()), at: monotonicSeconds() };
  await delay(watchSeconds * 1000);
  const after = { ...(await sampler.usage()), at: monotonicSeconds() };
  await unwatchAll(sampler, groups);
  const cores = (after.cpuSeconds - before.cpuSeconds) / (after.at - before.at);
  return boundRow(`sampler, ${String(groupCount)} groups at 10 Hz: its CPU`, cores * 100, '% of a core', 1);
}

async function disturbance(sampler: Sampler, groups: readonly MeteredGroup[]): Promise<Row> {
  const victim = spawn(process.execPath, ['-e', victimSource], { stdio: ['pipe', 'pipe', 'inherit'] });
  const work = async () => {
    victim.stdin.write('x');
    const [text] = (await once(victim.stdout, 'data')) as [Buffer];
    return Number(text.toString());
  };
  try {
    const watched = async () => {
      await watchAll(sampler, groups);
      const seconds = await work();
      await unwatchAll(sampler, groups);
      return seconds;
    };
    return ratioRow('work beside the sampler / without it (time)', await interleave(30, watched, work), 1.02);
  } finally {
    victim.kill('SIGKILL');
  }
}

export const sampler: Bench = async (say) => {
  const ruler = createRuler();
  if (!ruler.usable) throw new Error(`The sampler needs groups: ${ruler.reason}; ${ruler.hint}`);
  const groups: MeteredGroup[] = [];
  const meters = await startSampler({ hertz: 10 });
  try {
    for (let i = 0; i < groupCount; i++) {
      groups.push(await ruler.createGroup(`tare/bench-${String(process.pid)}/g${String(i)}`));
    }
    say(`sampler: ${String(watchSeconds)} s alone, then 30 rounds beside work`);
    return [await ownCost(meters, groups), await disturbance(meters, groups)];
  } finally {
    await meters.close();
    for (const group of groups) await group.remove();
  }
};
