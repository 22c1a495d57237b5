/** The ruler against the kernel: what is limited is limited, what is used is read, what is killed is gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { createRuler } from './cgroup.ts';
import type { MeteredGroup } from './cgroup.ts';

const ruler = createRuler();
const made: MeteredGroup[] = [];
let serial = 0;

async function newGroup(): Promise<MeteredGroup> {
  if (!ruler.usable) throw new Error(ruler.reason);
  const group = await ruler.createGroup(`tare/test-${process.pid}/g-${++serial}`);
  made.push(group);
  return group;
}

/** A shell in the group; resolves with its exit code and output. */
function inGroup(group: MeteredGroup, script: string) {
  const join = group.procsFiles.map((file) => `echo 0 > ${file}`).join('; ');
  const child = spawn('sh', ['-c', `${join}; ${script}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }));
  return { child, ended };
}

afterEach(async () => {
  for (const group of made.splice(0)) {
    await group.kill(5);
    await group.remove();
  }
});

const needsGroups = test.skipIf(!ruler.usable);
if (!ruler.usable) process.stderr.write(`cgroup tests skipped: ${ruler.reason}; ${ruler.hint}\n`);

needsGroups('CPU time and processes are read, children included', async () => {
  const group = await newGroup();
  await group.limit({ pids: 20 });
  const { ended } = inGroup(group, `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat /proc/self/stat`);
  const { output } = await ended;
  const stat = output.slice(output.lastIndexOf(')') + 2).split(' ');
  expect(stat.length).toBeGreaterThan(20);
  const { cpuSeconds, memoryPeakBytes, processes } = group.read();
  expect(cpuSeconds).toBeGreaterThan(0.02);
  expect(memoryPeakBytes).toBeGreaterThan(50_000);
  expect(processes).toBe(0);
});

needsGroups('a memory cap kills, and the kill is counted', async () => {
  const group = await newGroup();
  expect(await group.limit({ memoryBytes: 16 * 1024 * 1024 })).toEqual({ unset: [] });
  await inGroup(group, `head -c 200000000 /dev/zero | tail -c 100000000 | wc -c`).ended;
  const reading = group.read();
  expect(reading.oomKills).toBeGreaterThan(0);
  expect(reading.memoryPeakBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
});

needsGroups('a pids cap refuses further processes', async () => {
  const group = await newGroup();
  await group.limit({ pids: 3 });
  const { output } = await inGroup(group, `for i in 1 2 3 4 5 6; do sleep 5 & done 2>/dev/null; echo started`)
    .ended;
  expect(output).not.toContain('started');
});

needsGroups('a CPU list holds', async () => {
  const group = await newGroup();
  await group.limit({ cpus: '0' });
  const { output } = await inGroup(group, `grep Cpus_allowed_list /proc/self/status`).ended;
  expect(output.trim().split(/\s+/)[1]).toBe('0');
});

const burn = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done';

needsGroups('a CPU quota cuts periods short, and counts them', async () => {
  const group = await newGroup();
  expect(await group.limit({ cpuQuota: 0.2, cpuWeight: 50 })).toEqual({ unset: [] });
  await inGroup(group, burn).ended;
  const { periods, throttledPeriods, throttledSeconds, cpuSeconds } = group.strain();
  expect(throttledPeriods).toBeGreaterThan(0);
  expect(periods).toBeGreaterThanOrEqual(throttledPeriods ?? Infinity);
  expect(throttledSeconds).toBeGreaterThan(0);
  expect(cpuSeconds).toBeGreaterThan(0);
});

needsGroups('refused forks and kills are counted', async () => {
  const few = await newGroup();
  await few.limit({ pids: 3 });
  await inGroup(few, `for i in 1 2 3 4 5 6; do sleep 1 & done 2>/dev/null; echo started`).ended;
  const { pidsPeak, pidsRefusals } = few.strain();
  expect(pidsPeak ?? 3).toBe(3);
  expect(pidsRefusals).toBeGreaterThan(0);
  const small = await newGroup();
  await small.limit({ memoryBytes: 16 * 1024 * 1024 });
  await inGroup(small, `head -c 200000000 /dev/zero | tail -c 100000000 | wc -c`).ended;
  // v1's count of refusals stays at 0 on some kernels: peak and kills do not.
  const { memoryPeakBytes, oomKills } = small.strain();
  expect(memoryPeakBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  expect(oomKills).toBeGreaterThan(0);
});

needsGroups('groups that share the CPU time of one above are still read and limited apart', async () => {
  if (!ruler.usable) return;
  const pair = `tare/test-${process.pid}/pair-${++serial}`;
  const options = { sharesCpuOf: pair };
  const [first, second] = [
    await ruler.createGroup(`${pair}/a`, options),
    await ruler.createGroup(`${pair}/cage/b`, options),
  ];
  made.push(second, first);
  const places = await Promise.all(
    [first, second].map(async (group) => {
      const { output } = await inGroup(group, `cat /proc/self/cgroup; ${burn}`).ended;
      return output;
    }),
  );
  if (ruler.mode !== 'v2') {
    // Only where the controllers are not mounted together.
    const cpu = places.map((text) => /^\d+:cpu:(.*)$/m.exec(text)?.[1]);
    if (cpu[0] !== undefined) expect(cpu).toEqual([`/${pair}`, `/${pair}`]);
  }
  for (const group of [first, second]) {
    expect(await group.limit({ pids: 8 })).toEqual({ unset: [] });
    expect(group.read().cpuSeconds).toBeGreaterThan(0.02);
  }
});

needsGroups('kill empties a group of forkers that ignore SIGTERM, and remove leaves no folder', async () => {
  const group = await newGroup();
  await group.limit({ pids: 64 });
  const { ended } = inGroup(
    group,
    `trap '' TERM; for i in 1 2 3 4 5 6; do sh -c 'trap "" TERM; while :; do sleep 0.01; done' & done; wait`,
  );
  while (group.pids().length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await group.kill(10)).toBe(true);
  await ended;
  expect(group.pids()).toEqual([]);
  const folders = group.procsFiles.map((file) => file.replace('/cgroup.procs', ''));
  expect(folders.every((folder) => existsSync(folder))).toBe(true);
  expect(await group.remove()).toBe(true);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  expect(group.read().cpuSeconds).toBeNull();
});

needsGroups('a group with a process in it is not removed, and says so', async () => {
  const group = await newGroup();
  const { child, ended } = inGroup(group, 'exec sleep 30');
  while (group.pids().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await group.remove()).toBe(false);
  expect(readFileSync(`/proc/${child.pid}/stat`, 'utf8')).toContain('sleep');
  child.kill('SIGKILL');
  await ended;
});
