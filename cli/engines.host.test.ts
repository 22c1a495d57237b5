/** A run of engine containers that is killed: what survives it goes with `tare gc`, and nothing else does. */
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { isRunning } from '../host/process-identity.ts';

const program = join(import.meta.dirname, 'main.ts');
const isRoot = process.geteuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'tare-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = { ...process.env, CI: 'true', XDG_RUNTIME_DIR: folder };

const scenario = (runner: string, seconds: number): string => `
name: killed
runners: { engine: ${runner} }
control: null
shapes: { small: { cpus: 1, memory: 128MiB } }
blocks: 1
warmup: 0
cooldown: 0s
limits: { trial: 300s }
workloads:
  hold:
    programs:
      - { use: program, run: [busybox, sleep, '${seconds}'], metrics: { n: { regex: 'n=(.)', unit: count, better: higher } } }
`;

/** Pids of this host with such a text in their command line or environment. */
function withText(text: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map(Number)
    .filter((pid) => isRunning(pid) && [`cmdline`, `environ`].some((file) => holds(pid, file, text)));
}

function holds(pid: number, file: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

const kinds: readonly (readonly [string, string])[] = [
  ['podman', '{ kind: podman, user: root }'],
  ['podman, rootless', '{ kind: podman, user: rootless }'],
  ['docker', '{ kind: docker, engine: private }'],
];

test.skipIf(!isRoot).each(kinds)(
  '%s: a killed run and its engine leave nothing once gc was there',
  async (name, runner) => {
    const seconds = 4000 + kinds.findIndex(([each]) => each === name);
    const file = join(folder, `${seconds}.yaml`);
    writeFileSync(file, scenario(runner, seconds));
    const mounts = (): string => readFileSync('/proc/self/mounts', 'utf8');
    const mountsBefore = mounts();
    const out = join(folder, String(seconds));
    const child = spawn(process.execPath, [program, 'run', file, '--out', out], {
      env: environment,
      stdio: 'ignore',
    });
    const work = `sleep\0${seconds}\0`;
    for (let tries = 0; withText(work).length === 0; tries += 1) {
      expect(child.exitCode).toBeNull();
      expect(tries).toBeLessThan(600);
      await delay(200);
    }
    child.kill('SIGKILL');
    await delay(500);
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [program, 'gc'], { env: environment });
    const runId = /^(run-\S+): removed$/m.exec(stdout)?.[1];
    expect(stdout).not.toContain('failed');
    expect(runId).toBeDefined();
    const places = [...stdout.matchAll(/folder (\S+): removed/g)].map(([, place = '']) => place);
    expect(places.length).toBeGreaterThan(0);
    expect(withText(work)).toEqual([]);
    for (const place of places) expect(withText(place)).toEqual([]);
    expect(mounts()).toBe(mountsBefore);
    expect(
      readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' }).filter((each) =>
        each.includes(runId!),
      ),
    ).toEqual([]);
  },
);
