/**
 * The program as users run it: real processes, real instances, real interruptions. Each test works in a
 * folder of its own and checks that nothing of the run is left on this machine.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRecord } from '../../bench/record/record.ts';

const program = join(import.meta.dirname, '../main.ts');
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-host-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scenario = `
name: t
image: mini
runners:
  process: {}
  namespace: {}
control: null
shapes: { small: { cpus: 1, memory: 64MiB } }
blocks: 8
warmup: 0
cooldown: 0s
workloads: { main: [{ use: idle, settle: 100ms, duration: 200ms }] }
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function tare(words: readonly string[], through: readonly string[] = []): Promise<Ended> {
  const [command = '', ...rest] = [...through, process.execPath, program, ...words];
  return run(command, rest, { cwd: folder, env: { ...process.env, CI: 'true' } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

function write(text = scenario): string {
  const file = join(folder, 'scenario.yaml');
  writeFileSync(file, text);
  return file;
}

/** Starts a run and waits until it has finished so many launches. */
async function startedRun(file: string, out: string, launches: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, 'run', file, '--out', out], {
    cwd: folder,
    stdio: 'ignore',
  });
  const record = join(out, 'record.jsonl');
  const count = () =>
    existsSync(record) ? readFileSync(record, 'utf8').split('"kind":"trial"').length - 1 : -1;
  while (count() < launches) {
    if (child.exitCode !== null) throw new Error(`the run ended early with ${child.exitCode}`);
    await delay(20);
  }
  return child;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Everything of tare's that the kernel knows of: cgroups, processes that run the agent, overlay mounts. */
function traces(): string[] {
  const groups = ['memory', 'pids', 'unified', '.']
    .map((controller) => join('/sys/fs/cgroup', controller, 'tare'))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    .map(({ name }) => `cgroup ${name}`);
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes('/tare'))
    .map((line) => `mount ${line}`);
  const agents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent.sh');
      } catch {
        return false;
      }
    })
    .map((pid) => `agent ${pid}`);
  return [...groups, ...mounts, ...agents];
}

test('a run measures, writes record and report, prints the report’s path last, and leaves nothing', async () => {
  const before = traces();
  const out = join(folder, 'out');
  const { code, stdout } = await tare(['run', write(), '--out', out]);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(join(out, 'report.html'));
  const { trials, end } = readRecord(out);
  expect(end?.state).toBe('complete');
  expect(trials.map(({ outcome }) => outcome.state)).toEqual(trials.map(() => 'ok'));
  for (const trial of trials)
    expect(trial.samples.find(({ metric }) => metric === 'tare.pss')?.value).toBeGreaterThan(0);
  expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
});

test('Ctrl-C tears down, keeps what is finished, and --resume completes the same plan', async () => {
  const before = traces();
  const out = join(folder, 'out');
  const child = await startedRun(write(), out, 3);
  const exit = ended(child);
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
  const cut = readRecord(out);
  expect(cut.end?.state).toBe('interrupted');
  expect(existsSync(join(out, 'report.html'))).toBe(true);
  const resumed = await tare(['run', '--resume', out]);
  expect(resumed.code).toBe(0);
  const whole = readRecord(out);
  expect(whole.end?.state).toBe('complete');
  expect(whole.trials.filter(({ outcome }) => outcome.state === 'ok')).toHaveLength(16);
  expect((await tare(['run', '--resume', out])).stderr).toContain('is complete');
});

test('SIGKILL loses no finished launch, leaves no process, and gc removes exactly the rest', async () => {
  const before = traces();
  const out = join(folder, 'out');
  const child = await startedRun(write(), out, 3);
  const exit = ended(child);
  child.kill('SIGKILL');
  await exit;
  const { trials } = readRecord(out);
  expect(trials.length).toBeGreaterThanOrEqual(3);
  // Instances of other tests may still be on their way out: only what is new counts.
  const agents = () => traces().filter((trace) => trace.startsWith('agent') && !before.includes(trace));
  for (let tries = 0; tries < 100 && agents().length > 0; tries += 1) await delay(50);
  expect(agents()).toEqual([]);
  const { code, stdout } = await tare(['gc']);
  expect(code).toBe(0);
  expect(stdout).toContain('removed');
  expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
  expect((await tare(['gc'])).stdout).toContain('nothing to remove');
  expect((await tare(['run', '--resume', out])).code).toBe(0);
});

test('a second run at the same time is refused and the first goes on', async () => {
  const out = join(folder, 'out');
  const child = await startedRun(write(), out, 1);
  const exit = ended(child);
  const second = await tare(['run', write(), '--out', join(folder, 'second')]);
  expect(second.code).toBe(3);
  expect(second.stderr).toContain('another tare run is measuring');
  expect(existsSync(join(folder, 'second'))).toBe(false);
  expect(await exit).toBe(0);
});

test('a folder that cannot be written and a full disk are reported, with what is kept', async () => {
  const file = write();
  const blocked = await tare(['run', file, '--out', '/proc/tare-out']);
  expect(blocked.code).toBe(2);
  expect(blocked.stderr).toContain('cannot write /proc/tare-out');
  if (process.getuid?.() !== 0) return;
  // A real full disk: a tmpfs too small for the record, in a mount namespace of its own.
  const small = join(folder, 'small');
  const script =
    'mkdir -p "$1" && mount -t tmpfs -o size=24k tare-test "$1" && shift && "$@"; status=$?; cp "$SMALL/out/record.jsonl" "$SMALL.jsonl"; exit $status';
  const full = await run(
    'unshare',
    [
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      small,
      process.execPath,
      program,
      'run',
      file,
      '--out',
      join(small, 'out'),
    ],
    { env: { ...process.env, SMALL: small } },
  ).then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => error as Ended,
  );
  expect(full.code).toBe(2);
  expect(full.stderr).toContain('the disk is full');
  expect(full.stderr).not.toMatch(/\n\s+at /);
  const kept = readRecord(`${small}.jsonl`);
  expect(kept.trials.length).toBeGreaterThan(0);
  expect((await tare(['gc'])).code).toBe(0);
});
