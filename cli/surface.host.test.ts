/** What is reachable from inside real instances: relations between runners, not numbers of this host. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecord } from '../bench/record/record.ts';

const program = join(import.meta.dirname, 'main.ts');
const supported = process.arch === 'x64' && process.geteuid?.() === 0;
const reason = supported ? '' : ' [needs root on x86-64]';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-surface-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.runIf(supported)(
  `a filter takes calls away, a machine brings a kernel of its own${reason}`,
  async () => {
    const scenario = join(folder, 'surface.yaml');
    writeFileSync(
      scenario,
      `
name: surface
image: mini
runners:
  process: {}
  runc: { kind: oci, runtime: runc }
  filtered: { kind: oci, runtime: runc, seccomp: true }
  vm: { kind: qemu }
baseline: runc
control: null
workloads: { surface: [surface] }
blocks: 1
warmup: 0
limits: { trial: 5m }
`,
    );
    const out = join(folder, 'out');
    const environment = { ...process.env, CI: 'true', XDG_RUNTIME_DIR: folder };
    await promisify(execFile)(process.execPath, [program, 'run', scenario, '--out', out], {
      env: environment,
    });
    const seen = (runner: string) => {
      const trial = readRecord(out).trials.find(({ cell }) => cell.startsWith(`${runner}/`));
      expect([runner, trial?.outcome, trial?.leftovers]).toEqual([runner, { state: 'ok' }, []]);
      const facts = trial?.observations.find((one) => one.kind === 'surface');
      if (facts?.calls == null) throw new Error(`nothing was seen of ${runner}`);
      return { ...facts, calls: facts.calls };
    };
    const [host, runc, filtered, vm] = ['process', 'runc', 'filtered', 'vm'].map(seen);
    if (host === undefined || runc === undefined || filtered === undefined || vm === undefined)
      throw new Error();

    expect(runc.facts['kernel.release']).toBe(release());
    expect(vm.facts['kernel.release']).not.toBe(release());
    expect(vm.facts['kernel.boot-id']).not.toBe(vm.hostBefore['kernel.boot-id']);

    // What the filter refuses the same container reaches without it, and nothing becomes reachable by it.
    expect([runc.facts['process.Seccomp'], filtered.facts['process.Seccomp']]).toEqual(['0', '2']);
    expect(filtered.calls.reached.length).toBeLessThan(runc.calls.reached.length);
    expect(filtered.calls.reached.filter((call) => !runc.calls.reached.includes(call))).toEqual([]);
    expect(host.calls.reached.length).toBeGreaterThan(runc.calls.reached.length);

    // Root of a container may not, root of the host and of a machine of its own may.
    for (const attempt of ['mount', 'clock', 'reboot']) {
      const answers = [host, runc, filtered, vm].map(({ attempts }) => attempts[attempt]);
      expect([attempt, ...answers]).toEqual([attempt, 'EINVAL', 'EPERM', 'EPERM', 'EINVAL']);
    }
    expect(vm.attempts['module']).toBe('ENOEXEC');
    expect(filtered.attempts['userNamespace']).toBe('EPERM');

    // The other instance is seen where there is no wall.
    const neighbours = (of: typeof host) =>
      ['process', 'socket', 'file'].map((what) => of.facts[`neighbour.${what}`] === 'no');
    expect(neighbours(host)).toContain(false);
    for (const walled of [runc, filtered, vm]) expect(neighbours(walled)).toEqual([true, true, true]);
  },
);
