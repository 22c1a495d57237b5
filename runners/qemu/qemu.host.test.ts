/**
 * Real VMs: both machines and restored starts keep the contract of a runner, and every way a guest can fail
 * to get ready is told apart. Emulated where KVM does not run guests, so patience is generous.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureMiniImage } from '../../images/builtin.ts';
import { ensureInitramfs } from '../../images/disks/initramfs.ts';
import { ensureKernel } from '../../images/kernel.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { describeRunner } from '../testing/conformance.ts';
import { probeAndPrepare } from '../testing/prepared.ts';
import type { Context, Job } from '../runner.ts';
import { guestModules, mountTables, type VmPlan } from './args.ts';
import { ensureGuestFiles } from './guest.ts';
import { qemu } from './index.ts';
import { stockMemory } from './memory.ts';
import { startInstance } from './instance.ts';
import { probeAcceleration } from './probe.ts';
import { qemuBinary } from './scout.ts';
import { coldChannels } from './vm.ts';

const shape = { id: 'test', cpus: 1, memoryBytes: 256 * 2 ** 20 };
const vm = { runner: qemu, image: () => ensureMiniImage(), shape, patience: 6, capped: false };

const job: Job = {
  id: 'i-1',
  group: null,
  cpus: null,
  service: null,
  volume: null,
  environment: {},
  onMark: () => undefined,
};
const contextIn =
  (workDir: string) =>
  (seconds: number): Context => ({
    signal: AbortSignal.timeout(seconds * 1000),
    now: monotonicSeconds,
    workDir,
    lease: { runId: 'test', own: () => undefined, release: () => undefined },
  });

// The whole contract once booted and once restored, each on one machine; the crossings below.
describeRunner('qemu q35', {
  ...vm,
  options: { machine: 'q35' },
  marks: ['T0', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6'],
});
describeRunner('qemu microvm, restored', {
  ...vm,
  options: { machine: 'microvm', start: 'restored' },
  marks: ['T0', 'T1', 'T2', 'T5', 'T6'],
});

describe('other combinations', () => {
  test.each([
    [{ machine: 'microvm', rootFormat: 'erofs' }, ['T0', 'T1', 'T2', 'T4', 'T5', 'T6']],
    [{ machine: 'q35', root: 'initramfs' }, ['T0', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6']],
    [{ machine: 'q35', start: 'restored' }, ['T0', 'T1', 'T2', 'T5', 'T6']],
  ])('%j starts, proves its image, keeps time and goes', async (given, marks) => {
    const folder = await mkdtemp(join(tmpdir(), 'tare-qemu-'));
    const context = contextIn(folder);
    const image = await ensureMiniImage();
    const prepared = await probeAndPrepare(
      qemu,
      { options: qemu.options.parse(given), shape, image, pidsLimit: 64 },
      context(200),
    );
    try {
      const instance = await prepared.start(job, context(100));
      try {
        const seen = instance.marks.map(({ name }) => name);
        expect(marks.filter((mark) => !seen.includes(mark))).toEqual([]);
        expect((await instance.prove([], context(60))).mismatches).toEqual([]);
        expect((await instance.prove([], context(60))).digest).toBe(image.digest);
        // Programs compute rates with the guest's clock: a wrong frequency would scale all of them, and a
        // kernel that distrusts its counter falls back to one of lost or early ticks.
        const clock = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
        const script = `read a b </proc/uptime; sleep 5; read c d </proc/uptime; read name <${clock}; echo $a $c $name`;
        const argv = ['busybox', 'sh', '-c', script];
        const slept = await instance.exec({ argv, environment: {}, timeoutSeconds: 60 }, context(90));
        const [from = '', to = '', name = ''] = slept.stdout.trim().split(' ');
        expect(name).toMatch(/^(tsc|tsc-early|kvm-clock|hpet|acpi_pm)$/);
        expect(Number(to) - Number(from)).toBeGreaterThanOrEqual(4.9);
        expect(Number(to) - Number(from)).toBeLessThanOrEqual(slept.end - slept.begin + 0.1);
      } finally {
        expect((await instance.stop()).leftovers).toEqual([]);
      }
    } finally {
      await prepared[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a guest that fails', () => {
  let folder: string;
  let plan: VmPlan;
  const context = (seconds: number): Context => contextIn(folder)(seconds);
  /** The same VM with another first program. */
  const withInit = async (script: string): Promise<VmPlan> => ({
    ...plan,
    initramfs: await ensureInitramfs({
      image: await ensureMiniImage(),
      kernel: await ensureKernel(() => undefined),
      modules: guestModules(plan),
      files: { init: `#!/bin/busybox sh\n${script}\n` },
      wholeTree: false,
    }),
  });
  const failure = async (broken: VmPlan, seconds = 100): Promise<unknown> => {
    try {
      const instance = await startInstance(broken, job, context(seconds));
      await instance.stop();
      return 'started';
    } catch (error) {
      return error;
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tare-qemu-'));
    const files = await ensureGuestFiles(await ensureMiniImage(), { machine: 'q35', root: 'disk' });
    plan = {
      binary: qemuBinary,
      machine: 'q35',
      accelerator: 'tcg',
      cpuModel: 'max',
      cpus: 1,
      memoryMiB: 256,
      memory: stockMemory,
      kernel: files.kernel.vmlinuz,
      initramfs: files.initramfs,
      root: 'disk',
      disk: files.disk,
      volume: null,
      network: null,
      tscKilohertz: null,
      channels: { ...coldChannels, firmware: null },
      restoreFrom: null,
      verbose: false,
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('its first program ends: a panic', async () => {
    const error = await failure(await withInit('echo "mark T4"; exit 1'));
    expect(error).toMatchObject({ facts: { reason: 'panic' } });
    expect(error).toMatchObject({ facts: { message: expect.stringContaining('Attempted to kill init') } });
  });

  test('it never gets ready: a hang, and how far it got', async () => {
    const quiet = await withInit('echo "mark T4"; while :; do /bin/busybox sleep 1000; done');
    expect(await failure(quiet, 25)).toMatchObject({
      facts: { reason: 'hang', message: expect.stringMatching(/as far as T\d/) },
    });
  });

  test('it switches itself off: an early exit', async () => {
    const error = await failure(await withInit('/bin/busybox poweroff -f'));
    expect(error).toMatchObject({ facts: { reason: 'early-exit' } });
  });

  test('its disk is missing: it says so', async () => {
    const error = await failure({ ...plan, disk: null });
    expect(error).toMatchObject({ facts: { reason: 'launch', message: expect.stringContaining('root') } });
  });

  test('QEMU refuses its arguments: its own words are kept', async () => {
    const error = await failure({ ...plan, cpuModel: 'no-such-cpu' });
    expect(error).toMatchObject({
      facts: { reason: 'early-exit', detail: expect.stringContaining('no-such-cpu') },
    });
  });

  test('it has too little memory for its programs: OOM kills are counted inside', async () => {
    const instance = await startInstance({ ...plan, memoryMiB: 160 }, job, context(100));
    try {
      const argv = ['busybox', 'awk', 'BEGIN { x = "0123456789abcdef"; while (1) x = x x }'];
      const result = await instance.exec({ argv, environment: {}, timeoutSeconds: 90 }, context(120));
      expect(result.exitCode).not.toBe(0);
      expect(result.oomKills).toBeGreaterThan(0);
    } finally {
      await instance.stop();
    }
  });

  test('it boots another tree than the manifest says: the proof names the files', async () => {
    // The whole tree in memory, with one file changed on the way in.
    const image = await ensureMiniImage();
    const options = { machine: 'q35', root: 'initramfs' } as const;
    const genuine = await ensureGuestFiles(image, options);
    const init = await readFile(join(import.meta.dirname, 'init.sh'), 'utf8');
    const changed = init.replace('echo "mark T4"', 'echo "mark T4"; echo changed >>/image/etc/passwd');
    const read = (path: string): Promise<string> => readFile(join(import.meta.dirname, path), 'utf8');
    const tables = Object.entries(mountTables('initramfs')).map(([name, text]) => [`tables/${name}`, text]);
    const initramfs = await ensureInitramfs({
      image,
      kernel: genuine.kernel,
      modules: guestModules(options),
      files: {
        init: changed,
        'layer/tare/agent.sh': await read('../agent.sh'),
        ...Object.fromEntries(tables),
      },
      wholeTree: true,
    });
    const instance = await startInstance(
      { ...plan, root: 'initramfs', disk: null, initramfs },
      job,
      context(100),
    );
    try {
      const proof = await instance.prove([], context(100));
      expect(proof.mismatches).toEqual(['/etc/passwd']);
      expect(proof.digest).toBe(image.digest);
    } finally {
      await instance.stop();
    }
  });
});

describe('acceleration found by use', () => {
  const context = (): Context => contextIn(tmpdir())(120);

  test('the verdict is what the boots showed, and is found only once per boot of the host', async () => {
    const first = await probeAcceleration({}, context());
    const outcomes = first.facts.boots.map((boot) => boot.outcome);
    expect(first.kvm).toBe(outcomes.includes('reached'));
    if (first.facts.device === 'opens') expect(outcomes.length).toBeGreaterThan(0);
    if (outcomes.includes('too-slow')) {
      expect(first.acceleration).toEqual({
        class: 'tcg',
        reason: 'KVM answers but cannot run a guest: emulating',
      });
    }
    const second = await probeAcceleration({}, context());
    expect(second.facts).toEqual(first.facts);
  });

  test('a forced accelerator is refused where it does not work, never renamed', async () => {
    const verdict = await probeAcceleration({}, context());
    const found = await qemu.probe(qemu.options.parse({ accel: 'kvm' }), context());
    expect(found.usable).toBe(verdict.kvm);
    const emulated = await qemu.probe(qemu.options.parse({ accel: 'tcg' }), context());
    expect(emulated).toMatchObject({ usable: true, acceleration: { class: 'tcg' } });
  });
});
