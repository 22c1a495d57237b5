/** Whole sweeps and waves on fake instances and a scripted host: what ends them, what is kept, what is left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeSite } from '../instance/testing/site.ts';
import { probeAndPrepare } from '../../runners/testing/prepared.ts';
import { fake } from '../../runners/fake.ts';
import type { Runner } from '../../runners/runner.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import { openVolumes } from '../../host/volume.ts';
import type { Image } from '../../images/image.ts';
import { densityResult, fitByReservation } from '../analysis/density-result.ts';
import type { HostLoad, HostRoom } from '../../model/instance.ts';
import type { DensityStep } from '../../model/observation.ts';
import type { Cell } from '../../model/plan.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { parseScenario } from '../scenario/scenario.ts';
import type { RunnerSchemas } from '../scenario/schema.ts';
import type { Tools } from '../instance/tools.ts';
import { runTrial } from '../launch/trial.ts';
import { cellsOf } from '../plan.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const quiet: HostLoad = {
  cpuBusyShare: 0,
  cpuPressureShare: null,
  memoryPressureShare: null,
  ioPressureShare: null,
};
const digest = 'd'.repeat(64);
const image: Image = {
  name: 'pretend',
  digest,
  folder: '/nowhere',
  rootfs: '/nowhere/rootfs',
  manifest: '/nowhere/manifest',
  packages: {},
  programs: { busybox: '/bin/busybox', sysbench: '/usr/bin/sysbench' },
  closure: { busybox: ['/bin/busybox'] },
  treeBytes: 0,
  config: null,
  busybox: '/nowhere/busybox',
};

/** A host on which each group takes so much; everything is read from the groups that live. */
interface ScriptedHost {
  each: number;
  tasksEach: number;
  tasksLimit: number;
  busy: number;
  /** Called at each launch with the number of groups made so far. */
  onLaunch: (made: number) => void;
}

let folder: string;
let host: ScriptedHost;
let live: Set<string>;
let made: number;
let peak: number;
let interruption: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-fleet-'));
  host = { each: 10 * MiB, tasksEach: 2, tasksLimit: 32_768, busy: 0.1, onLaunch: () => undefined };
  live = new Set();
  made = 0;
  peak = 0;
  interruption = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

function group(path: string): MeteredGroup {
  live.add(path);
  made += 1;
  peak = Math.max(peak, live.size);
  host.onLaunch(made);
  const reading = {
    cpuSeconds: 0.5,
    throttledSeconds: null,
    memoryBytes: host.each,
    memoryPeakBytes: null,
    workingBytes: host.each,
    cacheBytes: null,
    inactiveFileBytes: null,
    processes: 1,
    oomKills: 0,
  };
  return {
    path,
    name: `cgroup ${path}`,
    procsFiles: [],
    meter: [],
    limit: () => Promise.resolve({ unset: [] }),
    read: () => reading,
    strain: () => {
      throw new Error('a fleet asks no group for its strain');
    },
    pids: () => [],
    kill: () => Promise.resolve(true),
    remove: () => Promise.resolve(live.delete(path)),
    exists: () => live.has(path),
  };
}

function roomNow(): HostRoom {
  return {
    memoryTotalBytes: 4 * GiB,
    memoryAvailableBytes: 3 * GiB - live.size * host.each,
    tasks: 100 + live.size * host.tasksEach,
    tasksLimit: host.tasksLimit,
    diskFreeBytes: 10 * GiB,
    diskTotalBytes: 20 * GiB,
    openFiles: 20 + live.size,
    openFilesLimit: 20_000,
  };
}

function tools(): Tools {
  // Every kind is the fake: the test runs fakes only.
  const runner = fake as Runner;
  let clock = 0;
  return {
    runners: {
      fake: runner,
      process: runner,
      namespace: runner,
      oci: runner,
      podman: runner,
      docker: runner,
      qemu: runner,
    },
    image,
    lease: { runId: 'test', own: () => undefined, release: () => undefined },
    workDir: folder,
    now: () => (clock += 0.001),
    sleep: (_seconds, signal) => (signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve()),
    createGroup: (path) => Promise.resolve(group(path)),
    meters: null,
    site: fakeSite({
      counters: () => ({
        at: clock,
        totalSeconds: clock,
        busySeconds: 0,
        stolenSeconds: 0,
        load1: 0,
        pressureSeconds: null,
        frequencyMHz: null,
      }),
      memory: () => ({
        hostBytes: GiB + live.size * host.each,
        kernelBytes: GiB,
        pssBytes: live.size * host.each,
      }),
      room: roomNow,
      load: () => ({
        at: (clock += 1),
        totalSeconds: clock,
        busySeconds: clock * host.busy,
        cpuPressure: null,
        memoryPressure: null,
        ioPressure: null,
      }),
    }),
    volumes: openVolumes({ lease: { runId: 'test', own: () => undefined, release: () => undefined } }),
    startLoad: () => Promise.reject(new Error('no client is asked for here')),
    toolCpuSeconds: () => 0,
    progress: () => undefined,
    signal: interruption.signal,
  };
}

/** One trial of `use:` with these options on fakes with those. */
async function run(program: string, fakes = '', service = ''): Promise<RecordedTrial> {
  const text = `
name: t
image: mini
runners: { a: { kind: fake, noise: 0 ${fakes === '' ? '' : `, ${fakes}`} } }
shapes: { one: { cpus: 1, memory: 256MiB } }
blocks: 1
workloads: { fleet: { ${service === '' ? '' : `service: ${service}, `}programs: [{ ${program} }] } }
`;
  const schemas = Object.fromEntries(
    ['fake', 'process', 'namespace', 'oci', 'podman', 'docker', 'qemu'].map((kind) => [kind, fake.options]),
  ) as unknown as RunnerSchemas;
  const scenario = parseScenario(text, 't.yaml', schemas, []);
  const [cell] = cellsOf(scenario) as [Cell];
  const lent = tools();
  const context = { signal: lent.signal, now: lent.now, workDir: folder, lease: lent.lease };
  const request = { options: cell.runner.options, shape: cell.shape, image, pidsLimit: 64 };
  const prepared = await probeAndPrepare(fake as Runner, request, context);
  const planned = { index: 0, block: 0, position: 0, cell: cell.id, padBytes: 0 };
  return runTrial({ planned, cell, prepared, scenario, tools: lent });
}

async function sweep(program: string, fakes = '', service = '') {
  const trial = await run(program, fakes, service);
  const result = densityResult(trial);
  if (result === null) throw new Error(`no sweep: ${JSON.stringify(trial.outcome)}`);
  return { trial, result };
}

test('a sweep that reaches its maximum says "at least", and leaves nothing', async () => {
  const { trial, result } = await sweep('use: density, instances: 12, step: 5');
  expect(trial.outcome).toEqual({ state: 'ok' });
  expect(result).toMatchObject({ instances: 12, ran: 12, atLeast: true, failures: 0 });
  expect(result.end).toMatchObject({ cause: 'maximum', binding: null });
  expect(result.steps.map(({ instances }) => instances)).toEqual([0, 1, 5, 10, 12]);
  expect(result.memory?.slope).toBeCloseTo(10 * MiB, -1);
  // 2 GiB of room at 10 MiB each is 204, but only 12 ran: no more is said than twice that.
  expect(result.byUse).toEqual({ state: 'beyond', beyond: 24 });
  expect(fitByReservation(result, 256 * MiB)).toBe(8);
  expect(trial.provenDigest).toBe(digest);
  expect(live.size).toBe(0);
  expect(trial.cleanupProven).toBe(true);
  expect(trial.drift).not.toBeNull();
});

test('by real use, as many are said to fit as the room holds, with the interval', async () => {
  host.each = 100 * MiB;
  const { result } = await sweep('use: density, instances: 15, step: 1');
  expect(result.byUse).toMatchObject({ state: 'known', instances: 20 });
  expect(result.instances).toBe(15);
});

test('a slope too unsure to divide by still bounds how many fit from below', () => {
  const step = (instances: number, bytes: number): DensityStep => ({
    kind: 'density-step',
    instances,
    startSeconds: [],
    failures: [],
    objectives: [{ name: 'memoryReserve', value: 3 * GiB, limit: GiB, held: true, load: quiet }],
    throughputs: [],
    room: roomNow(),
    hostBytes: 0,
    kernelPlusPssBytes: GiB + bytes,
    groupBytes: null,
  });
  const fit = (...levels: readonly number[]) =>
    densityResult({ observations: levels.map((level, index) => step(index * 4, level * MiB)) })?.byUse;
  // 2 GiB of room. Noise around 0: its upper end allows more than twice the 20 that ran.
  expect(fit(0, 9, -8, 5, -9, 4)).toEqual({ state: 'beyond', beyond: 40 });
  // The same around 0 with a noise of gigabytes says nothing as far as that.
  expect(fit(0, 1900, -1700, 1500, -1900, 2000)).toMatchObject({ state: 'from' });
  // Two points have no interval; a fall says nothing at all.
  expect(fit(0, -100)).toBeNull();
  expect(fit(0, 2048)).toMatchObject({ state: 'known', instances: 4, interval: null });
});

test('the start objective ends a sweep at the last number that held it', async () => {
  const swept = await sweep(
    'use: density, instances: 60, step: 10, startWithin: 15ms',
    'start: 10ms, crowd: 20',
  );
  // 30 running: the slowest ten start at 1.5 times 10 ms; nine of ten of them are within that.
  expect(swept.result).toMatchObject({ instances: 30, ran: 40, atLeast: false });
  expect(swept.result.end).toMatchObject({ cause: 'objective', binding: 'unknown' });
  host.busy = 0.99;
  const busy = await sweep(
    'use: density, instances: 60, step: 10, startWithin: 15ms',
    'start: 10ms, crowd: 20',
  );
  expect(busy.result.end?.binding).toBe('cpu');
  expect(live.size).toBe(0);
});

test('the work objective compares with the first instance alone', async () => {
  const { result } = await sweep(
    'use: density, instances: 40, step: 4, workAtLeast: 0.75, sampled: 3',
    'crowd: 12',
  );
  expect(result).toMatchObject({ instances: 16, ran: 20 });
  const shares = result.steps.flatMap(({ objectives }) =>
    objectives.filter(({ name }) => name === 'workAtLeast').map(({ value }) => value),
  );
  expect(shares[0]).toBe(1);
  expect(shares.at(-1)).toBeCloseTo(12 / 20, 2);
  expect(result.steps.at(-1)?.throughputs).toHaveLength(3);
});

test('a service that does not answer fails its objective at once; without a service there is nothing to ask', async () => {
  const { result, trial } = await sweep('use: density, instances: 5, requestWithin: 1s', '', 'redis');
  expect(result).toMatchObject({ instances: 0, ran: 1 });
  expect(result.end?.evidence).toContain('requestWithin');
  expect(trial.outcome.state).toBe('ok');
  await expect(sweep('use: density, instances: 5, requestWithin: 1s')).rejects.toThrow(/asks a service/);
});

test('the memory reserve is never reached: the step that would is foreseen', async () => {
  host.each = 200 * MiB;
  const { result, trial } = await sweep('use: density, instances: 100, step: 4, parallel: 2');
  expect(trial.outcome).toEqual({ state: 'ok' });
  expect(result.end).toMatchObject({ cause: 'forecast', binding: 'memory' });
  expect(result.atLeast).toBe(false);
  // 3 GiB available, 1 GiB kept: ten at 200 MiB would fit, steps of four allow eight.
  expect(result.instances).toBe(8);
  expect(peak).toBeLessThanOrEqual(10);
});

test('memory that vanishes during a step stops the starts of that step', async () => {
  host.onLaunch = (count) => {
    if (count === 7) host.each = 280 * MiB;
  };
  const { result } = await sweep('use: density, instances: 40, step: 20, parallel: 1');
  expect(result.end).toMatchObject({ binding: 'memory' });
  expect(peak).toBe(7);
  expect(live.size).toBe(0);
});

test('process slots bind before the kernel refuses', async () => {
  host.tasksEach = 10;
  host.tasksLimit = 300;
  const { result } = await sweep('use: density, instances: 100, step: 5');
  expect(result.end).toMatchObject({ cause: 'forecast', binding: 'pids' });
  expect(100 + result.ran * 10).toBeLessThanOrEqual(270);
});

test('single failures are counted and made up for; some in a row end the sweep and say why', async () => {
  const some = await sweep('use: density, instances: 20, step: 5', 'failure: launch, failureEvery: 4');
  expect(some.trial.outcome).toEqual({ state: 'ok' });
  expect(some.result.failures).toBeGreaterThan(3);
  expect(some.result.end?.cause).toBe('maximum');
  expect(some.result.end?.evidence).toContain('did not start or fell');
  const ending = await sweep(
    'use: density, instances: 20, step: 5, failuresInARow: 3, parallel: 1',
    'failure: oom, failureFrom: 8',
  );
  expect(ending.trial.outcome).toEqual({ state: 'ok' });
  expect(ending.result).toMatchObject({ instances: 7, ran: 7, atLeast: false });
  expect(ending.result.end).toMatchObject({ cause: 'failures', binding: 'memory' });
  expect(live.size).toBe(0);
});

test('where nothing starts at all the trial has failed, with the reason', async () => {
  const trial = await run('use: density, instances: 20', 'failure: panic');
  expect(trial.outcome).toMatchObject({ state: 'failed', reason: 'panic' });
  expect(densityResult(trial)?.instances).toBe(0);
  expect(live.size).toBe(0);
});

test('an instance that ends by itself is counted, put away and replaced', async () => {
  const { result } = await sweep('use: density, instances: 6, step: 3', 'falls: 2');
  expect(result.failures).toBe(1);
  expect(result.end?.cause).toBe('maximum');
  expect(made).toBeGreaterThan(6);
  expect(live.size).toBe(0);
});

test('enough known ends a sweep early and is a lower bound', async () => {
  const { result } = await sweep('use: density, instances: 100, step: 3, enough: 0.05');
  expect(result.end?.cause).toBe('fit');
  expect(result.atLeast).toBe(true);
  expect(result.ran).toBeLessThan(30);
});

test('an interruption midway keeps the steps that were read and puts everything away', async () => {
  host.onLaunch = (count) => {
    if (count === 13) interruption.abort(new Error('asked to stop'));
  };
  const { trial, result } = await sweep('use: density, instances: 40, step: 5');
  expect(trial.outcome).toMatchObject({ state: 'failed', reason: 'interrupted' });
  expect(result.steps.map(({ instances }) => instances)).toEqual([0, 1, 5, 10]);
  expect(result.end).toBeNull();
  expect(live.size).toBe(0);
  expect(trial.leftovers).toEqual([]);
});

test('a wave counts every instance from one request', async () => {
  const trial = await run('use: scale-out, idle: 3, more: 10, parallel: 2', 'start: 1s');
  expect(trial.outcome).toEqual({ state: 'ok' });
  const wave = trial.observations.find((one) => one.kind === 'wave');
  expect(wave).toMatchObject({ idle: 3, asked: 10, failures: [] });
  expect(wave?.ready).toHaveLength(10);
  expect(wave?.ready.every(({ launched, ready }) => launched > 0 && ready >= launched + 1)).toBe(true);
  const at = (name: string) => trial.marks.find((mark) => mark.name === name)?.at ?? Number.NaN;
  expect(at('wave ready') - at('wave requested')).toBeCloseTo(wave?.ready.at(-1)?.ready ?? 0, 9);
  expect(trial.samples.map(({ metric }) => metric)).toEqual([
    'scale-out.half-ready',
    'scale-out.most-ready',
    'scale-out.rate',
  ]);
  expect(live.size).toBe(0);
});

test('a wave with a failure has no time until all are ready, and its trial has failed', async () => {
  const trial = await run('use: scale-out, idle: 2, more: 4', 'failure: hang, failureEvery: 5');
  expect(trial.outcome).toMatchObject({ state: 'failed', reason: 'hang' });
  expect(trial.outcome.state === 'failed' && trial.outcome.message).toContain('1 of 4 instances requested');
  const wave = trial.observations.find((one) => one.kind === 'wave');
  expect(wave?.ready).toHaveLength(3);
  expect(wave?.failures).toHaveLength(1);
  expect(trial.marks.some(({ name }) => name === 'wave ready')).toBe(false);
  expect(trial.samples).toEqual([]);
  const base = await run('use: scale-out, idle: 3, more: 4', 'failure: hang, failureEvery: 2');
  expect(base.observations).toEqual([]);
  expect(base.outcome).toMatchObject({ state: 'failed', reason: 'hang' });
  expect(live.size).toBe(0);
});
