/** Whole runs on fake instances: order, records, failures, interruption and resumption, in milliseconds. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { fake } from '../runners/fake.ts';
import type { Runner } from '../runners/runner.ts';
import { fakeSite } from './instance/testing/site.ts';
import { openVolumes } from '../host/volume.ts';
import type { Image } from '../images/image.ts';
import { judgeBlock, voidLimits } from './launch/execute.ts';
import type { HostFingerprint } from '../model/instance.ts';
import type { RecordedTrial } from '../model/record.ts';
import { readRecord, recordFile } from './record/record.ts';
import { runScenario, type RunRequest } from './run.ts';
import type { RunnerSchemas } from './scenario/schema.ts';
import { parseScenario } from './scenario/scenario.ts';
import type { ProgressEvent, Tools } from './instance/tools.ts';

const none = z.strictObject({});
const schemas: RunnerSchemas = {
  fake: fake.options,
  process: none,
  namespace: none,
  oci: none,
  podman: none,
  docker: none,
  qemu: none,
};
const image: Image = {
  name: 'pretend',
  digest: 'd'.repeat(64),
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
const host: HostFingerprint = { hostname: 'h', must: { cpu: 'x' }, note: {}, ignore: {}, hash: 'h' };

let folder: string;
let events: ProgressEvent[];
let interruption: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-run-'));
  events = [];
  interruption = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

function tools(onEvent: (event: ProgressEvent) => void = () => undefined): Tools {
  // Every kind is the fake: the test runs scenarios of fakes only.
  const runner = fake as Runner;
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
    workDir: join(folder, 'work'),
    now: () => performance.now() / 1000,
    sleep: () => Promise.resolve(),
    createGroup: null,
    meters: null,
    volumes: openVolumes({ lease: { runId: 'test', own: () => undefined, release: () => undefined } }),
    site: fakeSite({ facts: host }),
    startLoad: () => Promise.reject(new Error('no load here')),
    toolCpuSeconds: () => 0,
    progress: (event) => {
      events.push(event);
      onEvent(event);
    },
    signal: interruption.signal,
  };
}

const text = `
name: t
image: mini
runners:
  a: { kind: fake, start: 10ms }
  b: { kind: fake, start: 20ms }
control: a
blocks: 12
seed: 3
workloads: { empty: [], cpu: [cpu] }
`;

function request(of: string, out: string, overrides: readonly string[] = []): RunRequest {
  const scenario = parseScenario(of, 't.yaml', schemas, overrides);
  return {
    scenario,
    seed: scenario.seed ?? 0,
    folder: join(folder, out),
    earlier: null,
    facts: {
      tool: { name: 't', version: '0' },
      file: 't.yaml',
      text: of,
      overrides,
      onlyRunners: null,
    },
    hostAfter: () => Promise.resolve(host),
  };
}

const cellOf = (trials: readonly RecordedTrial[], cell: string) =>
  trials.filter((trial) => trial.cell === cell);

test('a run records every planned launch in order, with marks, samples and proof', async () => {
  const result = await runScenario(request(text, 'r'), tools());
  expect(result).toEqual({ state: 'complete', failed: 0, finished: 4 + 12 * 6 });
  const { header, trials, end } = readRecord(join(folder, 'r'));
  expect(trials.map(({ index }) => index)).toEqual(header.trials.map(({ index }) => index));
  expect(end?.state).toBe('complete');
  const trial = cellOf(trials, 'b/cpu/small')[3];
  expect(trial?.marks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['T0', 'T1', 'T2', 'T4', 'T5', 'T6', 'begin cpu', 'end cpu', 'stop', 'T7']),
  );
  expect(trial?.samples.find(({ metric }) => metric === 'cpu.events')?.value).toBeGreaterThan(900);
  expect(trial?.provenDigest).toBe(image.digest);
  expect(header.metrics.map(({ id }) => id)).toContain('cpu.events');
  expect(header.metrics.map(({ id }) => id)).not.toContain('tare.memory');
});

test('a surface examination launches two instances and keeps what was found', async () => {
  const set = ['workloads.empty=[surface]', 'blocks=1'];
  await runScenario(request(text, 'r', set), tools());
  const [examined] = cellOf(readRecord(join(folder, 'r')).trials, 'a/empty/small');
  expect(examined?.outcome).toEqual({ state: 'ok' });
  expect(examined?.outputs.map(({ program }) => program)).toEqual(['mark', 'surface']);
  const [found] = examined?.observations ?? [];
  expect(found).toMatchObject({ kind: 'surface', calls: null, facts: { 'kernel.release': '0-fake' } });
  const broken = [...set, 'runners.b.failure=bad-output'];
  expect((await runScenario(request(text, 's', broken), tools())).failed).toBe(2);
});

test('a requirement that is not met is an answer: told, not counted as a failure, and the run goes on', async () => {
  const set = ['workloads.cpu={ requires: { kernel: ">=6.5" }, programs: [cpu] }', 'blocks=4'];
  const result = await runScenario(request(text, 'r', set), tools());
  expect(result).toMatchObject({ state: 'complete', failed: 0 });
  const { header, trials } = readRecord(join(folder, 'r'));
  expect(header.cells.find(({ id }) => id === 'a/cpu/small')?.requires).toBe('kernel >=6.5');
  const asked = cellOf(trials, 'a/cpu/small');
  expect(asked).toHaveLength(3); // it will not change its mind
  expect(asked[0]?.outcome).toMatchObject({
    state: 'failed',
    reason: 'requirement',
    message: expect.stringContaining('inside is 5.10.0-fake') as string,
  });
  expect(cellOf(trials, 'a/empty/small').every(({ outcome }) => outcome.state === 'ok')).toBe(true);
  const older = ['workloads.cpu={ requires: { kernel: "<6" }, programs: [cpu] }', 'blocks=1'];
  await runScenario(request(text, 's', older), tools());
  const [met] = cellOf(readRecord(join(folder, 's')).trials, 'a/cpu/small');
  expect(met?.outcome.state).toBe('ok');
});

test('what no runner here can bring is refused before a launch', async () => {
  const set = ['workloads.cpu={ requires: { os: windows }, programs: [cpu] }', 'blocks=1'];
  await runScenario(request(text, 'r', set), tools());
  const { header, trials } = readRecord(join(folder, 'r'));
  expect(header.skipped.find(({ cell }) => cell === 'a/cpu/small')).toMatchObject({
    requires: 'system windows',
  });
  expect(cellOf(trials, 'a/cpu/small')).toEqual([]);
});

test.each([
  ['launch', 'launch'],
  ['panic', 'panic'],
  ['oom', 'oom'],
  ['crash', 'crash'],
  ['bad-output', 'bad-output'],
  ['digest-mismatch', 'digest-mismatch'],
])('a launch that fails by %s is counted as such and the run goes on', async (failure, reason) => {
  const set = [
    `runners.b.failure=${failure}`,
    'runners.b.failureEvery=3',
    'blocks=6',
    'workloads.empty=[cpu]',
  ];
  const result = await runScenario(request(text, 'r', set), tools());
  const { trials } = readRecord(join(folder, 'r'));
  const failed = trials.filter(({ outcome }) => outcome.state === 'failed');
  expect(failed.length).toBeGreaterThan(2);
  expect(new Set(failed.map(({ outcome }) => outcome.state === 'failed' && outcome.reason))).toEqual(
    new Set([reason]),
  );
  expect(new Set(failed.map(({ cell }) => cell.split('/')[0]))).toEqual(new Set(['b']));
  expect(result.failed).toBe(failed.filter(({ block }) => block >= 0).length);
  expect(result.state).toBe('complete');
});

test('an interrupted run keeps what it has, and resumes to the same plan', async () => {
  const stop = tools((event) => {
    if (event.kind === 'finished' && event.done === 20) interruption.abort();
  });
  const first = await runScenario(request(text, 'r'), stop);
  expect(first).toMatchObject({ state: 'interrupted', finished: 20 });
  const cut = readRecord(join(folder, 'r'));
  expect(cut.trials).toHaveLength(20);

  interruption = new AbortController();
  const resumed = await runScenario({ ...request(text, 'r'), earlier: cut }, tools());
  expect(resumed.state).toBe('complete');
  const whole = readRecord(join(folder, 'r'));
  expect(whole.trials.slice(0, 20)).toEqual(cut.trials);
  // The block that was cut in two does not count: its launches do not lie close together.
  expect(whole.voided.map(({ rule }) => rule)).toContain('resumed');
  await runScenario(request(text, 'other'), tools());
  const other = readRecord(join(folder, 'other'));
  expect(whole.trials.map(({ cell }) => cell)).toEqual(other.trials.map(({ cell }) => cell));
});

test('a record is not continued with another scenario or on another host', async () => {
  await runScenario(request(text, 'r'), tools());
  const earlier = readRecord(join(folder, 'r'));
  const again = (of: RunRequest, used = tools()) => runScenario({ ...of, earlier }, used);
  await expect(again(request(text, 'r', ['runners.a.start=11ms']))).rejects.toThrow(
    /scenario or its overrides/,
  );
  const elsewhere = fakeSite({ facts: { ...host, must: { cpu: 'y' } } });
  await expect(again(request(text, 'r'), { ...tools(), site: elsewhere })).rejects.toThrow(
    /host cpu \(was x, is y\)/,
  );
});

test('a runner that cannot run here is skipped with its reason; none at all is exit 3', async () => {
  await runScenario(request(text, 'r', ['runners.b.unusable=no such thing']), tools());
  const { header } = readRecord(join(folder, 'r'));
  expect(header.skipped.map(({ runner, reason }) => `${runner}: ${reason}`)).toContain('b: no such thing');
  expect(header.cells.map(({ runner }) => runner)).not.toContain('b');
  const set = ['runners.a.unusable=x', 'runners.b.unusable=y'];
  await expect(runScenario(request(text, 'q', set), tools())).rejects.toMatchObject({ code: 3 });
});

test('a program that the image lacks skips its cells only', async () => {
  const set = ['workloads={empty: [matrix]}', 'runners.c={kind: process}', 'runners.d={kind: process}'];
  const { state } = await runScenario(request(text, 'r', set), tools());
  expect(state).toBe('complete');
  const { skipped, cells } = readRecord(join(folder, 'r')).header;
  expect(skipped.map(({ cell }) => cell).filter((cell) => cell.startsWith('c/'))).toContain('c/empty/small');
  for (const { runner, reason } of skipped) {
    expect(['c', 'd']).toContain(runner);
    expect(reason).toContain('lacks stress-ng (for matrix)');
  }
  expect(cells.some(({ id }) => id === 'a/empty/small')).toBe(true);
});

test('a runner that cannot be made ready skips its cells only', async () => {
  const { state } = await runScenario(
    request(text, 'r', ['runners.b.unprepared=no room for its disk']),
    tools(),
  );
  expect(state).toBe('complete');
  const { skipped, cells } = readRecord(join(folder, 'r')).header;
  expect(new Set(skipped.map(({ runner, reason }) => `${runner}: ${reason}`))).toEqual(
    new Set(['b: no room for its disk']),
  );
  expect(cells.every(({ runner }) => runner !== 'b')).toBe(true);
});

test('blocks are voided by the declared rules only', () => {
  const trial = (drift: Partial<NonNullable<RecordedTrial['drift']>>, cleanupProven = true) =>
    ({
      index: 5,
      block: 2,
      wallSeconds: 2,
      cell: 'c',
      cleanupProven,
      leftovers: cleanupProven ? [] : ['pid 7'],
      drift: {
        stealShare: 0,
        foreignCores: 0,
        load1: 0,
        cpuPressureShare: null,
        frequencyMHz: null,
        ...drift,
      },
    }) as unknown as RecordedTrial;
  expect(judgeBlock(2, [trial({}), trial({ stealShare: voidLimits(2).stealShare })], 2)).toEqual([]);
  expect(judgeBlock(2, [trial({ stealShare: 0.2 })], 2)[0]?.rule).toBe('steal');
  expect(judgeBlock(2, [trial({ foreignCores: 0.9 })], 2)[0]?.rule).toBe('foreign-load');
  expect(judgeBlock(2, [trial({}, false)], 2)[0]).toMatchObject({ block: 2, rule: 'unclean' });
  expect(judgeBlock(1, [trial({ stealShare: 0.2 })], 2)).toEqual([]);
  // A launch of a few ticks cannot tell.
  expect(judgeBlock(2, [{ ...trial({ stealShare: 0.2, foreignCores: 1 }), wallSeconds: 0.02 }], 2)).toEqual(
    [],
  );
  // Work that nobody could count is no reason: it may be the instance's own.
  expect(judgeBlock(2, [trial({ foreignCores: null })], 2)).toEqual([]);
  // A core of somebody else's work is much of a small machine and little of a large one.
  expect(judgeBlock(2, [trial({ foreignCores: 0.9 })], 64)).toEqual([]);
});

test('the record on disk never holds a half-written line', async () => {
  await runScenario(request(text, 'r', ['blocks=2']), tools());
  const lines = readFileSync(join(folder, 'r', recordFile), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
});
