/**
 * Sweeps and waves of real instances, fifty containers and a few machines: what they say, and that nothing
 * of the run is left, however it ended. What belongs to a run is recognised by its id, which every group carries.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { densityResult } from '../bench/analysis/density-result.ts';
import { readRecord } from '../bench/record/record.ts';

const program = join(import.meta.dirname, 'main.ts');
const run = promisify(execFile);

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-fleets-'));
  environment = { ...process.env, CI: 'true', XDG_RUNTIME_DIR: folder };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function tare(words: readonly string[]): Promise<Ended> {
  return run(process.execPath, [program, ...words], { cwd: folder, env: environment }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

function write(runners: string, workloads: string): string {
  const file = join(folder, 'scenario.yaml');
  const text = `
name: fleets
image: mini
runners: { ${runners} }
control: null
shapes: { small: { cpus: 1, memory: 128MiB } }
blocks: 1
warmup: 0
cooldown: 0s
workloads: { ${workloads} }
limits: { trial: 180s }
`;
  writeFileSync(file, text);
  return file;
}

const hierarchies = ['.', 'memory', 'pids', 'cpuacct', 'cpuset', 'freezer', 'unified', 'systemd', 'devices'];

/** Groups, processes and mounts of one run. */
function tracesOf(runId: string): string[] {
  const groups = hierarchies
    .map((name) => join('/sys/fs/cgroup', name, 'tare', runId))
    .filter((path) => existsSync(path));
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(runId) || line.includes(folder));
  return [...groups, ...mounts, ...processesOf(runId)];
}

function processesOf(runId: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        // An orphan that has ended may wait for the machine's first process to reap it: it runs no more.
        const ended = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return !ended && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(runId);
      } catch {
        return false;
      }
    });
}

/** Starts a sweep and resolves once at least so many processes run in its groups. */
async function underway(file: string, out: string, processes: number) {
  const child = spawn(process.execPath, [program, 'run', file, '--out', out], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const record = join(out, 'record.jsonl');
  let runId = '';
  for (let tries = 0; tries < 2000; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the run ended early with ${child.exitCode}`);
    if (runId === '' && existsSync(record)) runId = readRecord(out).header.runId;
    if (runId !== '' && processesOf(runId).length >= processes) return { child, exit, runId };
    await delay(25);
  }
  child.kill('SIGKILL');
  throw new Error('the sweep did not get under way in 50 s');
}

test('fifty containers are swept and a wave of ten is timed; nothing of them is left', async () => {
  const file = write(
    'namespace: {}, runc: { kind: oci, runtime: runc }',
    `sweep: { runners: [namespace], programs: [{ use: density, instances: 50, step: 10, startWithin: 60s, memoryReserve: 512MiB }] },
     wave: [{ use: scale-out, idle: 3, more: 10 }]`,
  );
  const out = join(folder, 'out');
  const { code, stderr } = await tare(['run', file, '--out', out]);
  expect(stderr).toContain('instances fit');
  expect(code).toBe(0);
  const { header, trials } = readRecord(out);
  expect(trials.map(({ outcome }) => outcome)).toEqual(trials.map(() => ({ state: 'ok' })));
  expect(trials.flatMap(({ leftovers }) => leftovers)).toEqual([]);
  const swept = trials.map(densityResult).find((result) => result !== null);
  expect(swept).toMatchObject({ instances: 50, ran: 50, atLeast: true, failures: 0 });
  expect(swept?.steps.map(({ instances }) => instances)).toEqual([0, 1, 10, 20, 30, 40, 50]);
  expect(swept?.steps.slice(1).every(({ startSeconds }) => startSeconds.length > 0)).toBe(true);
  const [empty, full] = [swept?.steps[0], swept?.steps.at(-1)];
  expect(full?.room.tasks).toBeGreaterThan((empty?.room.tasks ?? 0) + 50);
  expect(full?.groupBytes).toBeGreaterThan(50 * 100_000);
  const waves = trials.flatMap(({ observations }) => observations.filter((one) => one.kind === 'wave'));
  expect(waves.map(({ ready }) => ready.length)).toEqual([10, 10]);
  expect(tracesOf(header.runId)).toEqual([]);
});

test('machines, cold and restored, are swept and requested at once; nothing of them is left', async () => {
  const file = write(
    'cold: { kind: qemu, machine: q35 }, restored: { kind: qemu, machine: microvm, start: restored }',
    `sweep: { runners: [cold], programs: [{ use: density, instances: 3, step: 1, parallel: 2 }] },
     wave: { runners: [restored], programs: [{ use: scale-out, idle: 1, more: 2 }] }`,
  );
  const out = join(folder, 'out');
  const { code, stderr } = await tare(['run', file, '--out', out]);
  expect(stderr).not.toContain('FAILED');
  expect(code).toBe(0);
  const { header, trials } = readRecord(out);
  const swept = trials.map(densityResult).find((result) => result !== null);
  expect(swept).toMatchObject({ instances: 3, atLeast: true });
  // A guest has touched at least its kernel and user space.
  expect(swept?.memory?.slope).toBeGreaterThan(16 * 2 ** 20);
  expect(trials.flatMap(({ observations }) => observations).some((one) => one.kind === 'wave')).toBe(true);
  expect(tracesOf(header.runId)).toEqual([]);
});

const endless = `sweep: [{ use: density, instances: 400, step: 5, settle: 200ms }]`;

test('a sweep cut short by Ctrl-C keeps the steps it has read and puts every instance away', async () => {
  const out = join(folder, 'out');
  const { child, exit, runId } = await underway(write('namespace: {}', endless), out, 25);
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  const { trials, end } = readRecord(out);
  expect(end?.state).toBe('interrupted');
  expect(trials[0]?.outcome).toMatchObject({ state: 'failed', reason: 'interrupted' });
  expect(trials[0]?.observations.length).toBeGreaterThan(2);
  expect(trials[0]?.leftovers).toEqual([]);
  expect(tracesOf(runId)).toEqual([]);
});

test('a sweep that is killed midway leaves nothing that gc does not remove', async () => {
  const out = join(folder, 'out');
  const runc = write('runc: { kind: oci, runtime: runc }', endless);
  const { child, exit, runId } = await underway(runc, out, 25);
  child.kill('SIGKILL');
  await exit;
  const { code, stdout } = await tare(['gc']);
  expect(stdout).toContain('removed');
  expect(code).toBe(0);
  expect(tracesOf(runId)).toEqual([]);
  expect((await tare(['gc'])).stdout).toContain('nothing to remove');
});
