/** Launches of victim and neighbour on scripted instances: order, proof of the stressor, victims that die, what is left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeSite } from '../instance/testing/site.ts';
import { fake } from '../../runners/fake.ts';
import { TrialFailure, type ExecResult, type Instance, type Prepared } from '../../runners/runner.ts';
import type { GroupOptions } from '../../host/cgroup/hierarchy.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { GroupLimits } from '../../host/cgroup/group.ts';
import { openVolumes } from '../../host/volume.ts';
import type { GroupStrain, HostRoom } from '../../model/instance.ts';
import type { NeighbourPhase } from '../../model/observation.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { cellsOf } from '../plan.ts';
import { parseScenario } from '../scenario/scenario.ts';
import type { Tools } from '../instance/tools.ts';
import { runTrial } from '../launch/trial.ts';

const gibibyte = 2 ** 30;
const digest = 'd'.repeat(64);
const nothing: GroupStrain = {
  cpuSeconds: 0,
  periods: 0,
  throttledPeriods: 0,
  throttledSeconds: 0,
  memoryPeakBytes: 0,
  memoryRefusals: 0,
  oomKills: 0,
  pidsPeak: 0,
  pidsRefusals: 0,
  majorFaults: 0,
  writtenBytes: 0,
  cpuPressureSeconds: 0,
  memoryPressureSeconds: 0,
  ioPressureSeconds: 0,
};

/** What the victim's program does beside a stressor (its stress-ng option), alone or idle: events per second. */
type Script = (beside: string, run: number) => number | 'killed' | 'hung' | 'rubbish';

let folder: string;
let script: Script;
let stressEnds: string | null;
let room: HostRoom;
let unset: readonly string[];
let live: Map<string, { options: GroupOptions | undefined; limits: GroupLimits[] }>;
let allLimits: Map<string, GroupLimits[]>;
let order: string[];
let interruption: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-neighbour-'));
  script = () => 1000;
  stressEnds = null;
  room = {
    memoryTotalBytes: 16 * gibibyte,
    memoryAvailableBytes: 12 * gibibyte,
    tasks: 200,
    tasksLimit: 32_768,
    diskFreeBytes: gibibyte,
    diskTotalBytes: gibibyte,
    openFiles: 20,
    openFilesLimit: 1000,
  };
  unset = [];
  live = new Map();
  allLimits = new Map();
  order = [];
  interruption = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

let clock = 0;
const answer = (stdout: string, exitCode = 0): ExecResult => ({
  exitCode,
  stdout,
  stderr: '',
  begin: clock,
  end: clock + 1.1,
  oomKills: 0,
});

/** Neighbours alive now, by what they do; the victim looks here. */
const neighbours = new Map<string, string>();

function instanceOf(id: string, group: MeteredGroup): Instance {
  let fail: (error: Error) => void = () => undefined;
  let runs = 0;
  const isVictim = group.path.endsWith('/v');
  if (!isVictim) neighbours.set(id, 'idle');
  return {
    marks: [],
    looking: null,
    volume: null,
    pids: () => [],
    async exec({ argv }) {
      if (argv[0] === 'stress-ng') {
        const what = argv.find((word) => word.startsWith('--'))?.slice(2) ?? '';
        neighbours.set(id, what);
        if (stressEnds === what) return answer('no such stressor', 2);
        return new Promise((_resolve, reject) => (fail = reject));
      }
      const beside = [...neighbours.values()][0] ?? 'alone';
      order.push(beside);
      const said = script(beside, (runs += 1));
      clock += 1.2;
      if (said === 'killed') return answer('', 137);
      if (said === 'rubbish') return answer('rubbish');
      if (said === 'hung') {
        throw new TrialFailure({ reason: 'hang', message: 'no answer', detail: '' });
      }
      return answer(`events per second: ${said}\ntotal time: 1.0000s\ntotal number of events: ${said}\n`);
    },
    halt: () => Promise.resolve({ how: 'ended', exitCode: 0, seconds: 0 }),
    prove: () => Promise.resolve({ digest, checkedFiles: 1, mismatches: [] }),
    endpoint: () => null,
    diskBytes: () => Promise.resolve(0),
    console: () => '',
    ended: () => null,
    stop() {
      neighbours.delete(id);
      fail(new TrialFailure({ reason: 'early-exit', message: 'stopped', detail: '' }));
      return Promise.resolve({ gone: null, leftovers: [] });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function groupAt(path: string, options: GroupOptions | undefined): MeteredGroup {
  const limits: GroupLimits[] = [];
  live.set(path, { options, limits });
  allLimits.set(path, limits);
  let cpuSeconds = 0;
  const reading = () => ({
    cpuSeconds: (cpuSeconds += 0.1),
    throttledSeconds: 0,
    memoryBytes: 0,
    memoryPeakBytes: 0,
    workingBytes: 0,
    cacheBytes: 0,
    inactiveFileBytes: 0,
    processes: 1,
    oomKills: 0,
  });
  return {
    path,
    name: `cgroup ${path}`,
    procsFiles: [],
    meter: [],
    limit(asked) {
      limits.push(asked);
      return Promise.resolve({ unset: unset.filter((name) => name in asked) });
    },
    read: reading,
    strain: () => ({ ...nothing, cpuSeconds: (cpuSeconds += 0.1) }),
    pids: () => [],
    kill: () => Promise.resolve(true),
    remove: () => Promise.resolve(live.delete(path)),
    exists: () => live.has(path),
  };
}

function tools(): Tools {
  // What a launch of neighbours uses; anything else is an error where it is called.
  const used: Partial<Tools> = {
    runners: { fake },
    image: {
      name: 'pretend',
      digest,
      folder: '/nowhere',
      rootfs: '/nowhere',
      manifest: '/nowhere',
      packages: {},
      programs: {},
      closure: {},
      treeBytes: 0,
      config: null,
      busybox: '/nowhere/busybox',
    },
    lease: { runId: 'test', own: () => undefined, release: () => undefined },
    workDir: folder,
    now: () => (clock += 0.001),
    sleep: (_seconds, signal) => (signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve()),
    createGroup: (path, options) => Promise.resolve(groupAt(path, options)),
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
      room: () => room,
    }),
    volumes: openVolumes({ lease: { runId: 'test', own: () => undefined, release: () => undefined } }),
    toolCpuSeconds: () => 0,
    progress: () => undefined,
    signal: interruption.signal,
  };
  return used as Tools;
}

const prepared: Prepared = {
  isolation: 'container',
  architecture: 'x86_64',
  kernel: '6.1.0',
  product: 'scripted 1',
  decisive: [],
  identity: {},
  acceleration: { class: 'none', reason: 'scripted' },
  traits: {},
  sharedDiskBytes: 0,
  async start(job) {
    if (job.group === null) throw new Error('no group');
    // As every runner on the host's kernel asks for its instances.
    await job.group.limit({ memoryBytes: 256, pids: 512 });
    return instanceOf(job.id, job.group as MeteredGroup);
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

function run(options: string, index = 7, padBytes = 100): Promise<RecordedTrial> {
  const text = `name: t\nimage: mini\nrunners: { a: { kind: fake } }\nworkloads: { w: [{ use: neighbour, ${options} }] }\n`;
  const scenario = parseScenario(text, 't.yaml', { fake: fake.options });
  const [cell] = cellsOf(scenario);
  if (cell === undefined) throw new Error('no cell');
  const planned = { index, block: 0, position: 0, cell: cell.id, padBytes };
  return runTrial({ planned, cell, prepared, scenario, tools: tools() });
}

const phases = ({ observations }: RecordedTrial): NeighbourPhase[] =>
  observations.filter((one) => one.kind === 'neighbour');
const besideOf = (trial: RecordedTrial) => phases(trial).map(({ beside }) => beside);
const phase = (trial: RecordedTrial, beside: string): NeighbourPhase => {
  const found = phases(trial).find((one) => one.beside === beside);
  if (found === undefined) throw new Error(`no phase ${beside}`);
  return found;
};

test('one phase each, in an order drawn from the plan; slowdowns are against the idle neighbour', async () => {
  const rates: Readonly<Record<string, number>> = { alone: 1200, idle: 1000, cpu: 500, fork: 800 };
  script = (beside) => rates[beside] ?? 0;
  const trial = await run('stressors: [cpu, fork]');
  expect(trial.outcome).toEqual({ state: 'ok' });
  expect(besideOf(trial).toSorted()).toEqual(['alone', 'cpu', 'fork', 'idle']);
  expect(phases(trial).map(({ place }) => place)).toEqual([0, 1, 2, 3]);
  expect(order).toEqual(besideOf(trial));
  const value = (metric: string) => trial.samples.find((sample) => sample.metric === metric)?.value;
  expect(value('isolation.cpu')).toBeCloseTo(2);
  expect(value('isolation.fork')).toBeCloseTo(1.25);
  expect(value('isolation.idle')).toBeCloseTo(1.2);
  expect(trial.provenDigest).toBe(digest);
  expect(live.size).toBe(0);

  const again = await run('stressors: [cpu, fork]');
  expect(besideOf(again)).toEqual(besideOf(trial));
  const orders = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (index) => besideOf(await run('stressors: [cpu, fork]', index)).join()),
  );
  expect(new Set(orders).size).toBeGreaterThan(1);
});

test('a neighbour is caged whatever its limits, and capped only under hard ones', async () => {
  for (const limits of ['off', 'weights', 'hard'] as const) {
    allLimits = new Map();
    const trial = await run(`stressors: [cpu], limits: '${limits}'`);
    const { neighbour } = phase(trial, 'cpu');
    expect(neighbour?.cage).toEqual({ memoryBytes: 8 * gibibyte, pids: 4096, cpus: '0,1' });
    const cages = [...allLimits].filter(([path]) => /\/c\d+$/.test(path));
    expect(cages.length).toBe(2); // idle and cpu: fresh in every phase
    for (const [, [cage]] of cages) expect(cage).toMatchObject({ memoryBytes: 8 * gibibyte, pids: 4096 });
    const [victim] = [...allLimits].filter(([path]) => path.endsWith('/v'));
    const own = [...allLimits].filter(([path]) => path.endsWith('/n')).flatMap(([, asked]) => asked);
    const merged = own.reduce((all, one) => ({ ...all, ...one }), {});
    if (limits === 'hard') {
      expect(merged).toMatchObject({ memoryBytes: 256, pids: 512, cpuQuota: 1 });
      expect(neighbour?.held).toMatchObject({ memoryBytes: 256, pids: 512, cpuQuota: 1, cpuWeight: 100 });
    } else {
      expect(merged).toEqual({});
      expect(neighbour?.held).toMatchObject({ memoryBytes: null, pids: null, cpuQuota: null });
    }
    // The victim keeps the caps of any instance.
    expect(victim?.[1].at(-1)).toMatchObject({ memoryBytes: 256, pids: 512 });
    expect(victim?.[1][0]?.cpuWeight).toBe(limits === 'off' ? undefined : 100);
  }
});

test('without limits victim and neighbour share CPU time thread by thread', async () => {
  const seen: (GroupOptions | undefined)[] = [];
  script = () => {
    seen.push(...[...live.values()].map(({ options }) => options));
    return 1000;
  };
  await run(`stressors: [cpu], limits: 'off'`);
  expect(seen.length).toBeGreaterThan(3);
  expect(new Set(seen.map((options) => options?.sharesCpuOf))).toEqual(new Set(['tare/test/i-7']));
  seen.length = 0;
  await run('stressors: [cpu], limits: weights');
  expect(new Set(seen.map((options) => options?.sharesCpuOf))).toEqual(new Set([undefined]));
});

test.each([
  ['killed', 'crash'],
  ['hung', 'hang'],
] as const)(
  'a victim that is %s did not finish: kept as such, and the launch continues with a new one',
  async (how, reason) => {
    script = (beside) => (beside === 'fork' ? how : 1000);
    const trial = await run('stressors: [cpu, fork, inodes]');
    expect(trial.outcome).toEqual({ state: 'ok' });
    expect(phase(trial, 'fork').result).toMatchObject({ state: 'did-not-finish', reason });
    expect(phases(trial)).toHaveLength(5);
    expect(phases(trial).filter(({ result }) => result.state === 'finished')).toHaveLength(4);
    const metrics = trial.samples.map(({ metric }) => metric);
    expect(metrics).toEqual(expect.arrayContaining(['isolation.cpu', 'isolation.inodes']));
    expect(metrics).not.toContain('isolation.fork');
    expect(live.size).toBe(0);
  },
);

test('a victim that does not finish even alone fails the launch, with the phases so far', async () => {
  script = (beside) => (beside === 'alone' ? 'killed' : 1000);
  const trial = await run('stressors: [cpu, fork, inodes, network]');
  expect(trial.outcome).toMatchObject({
    state: 'failed',
    reason: 'crash',
    message: expect.stringContaining('even alone'),
  });
  expect(phase(trial, 'alone').result.state).toBe('did-not-finish');
  expect(trial.samples).toEqual([]);
  expect(live.size).toBe(0);
});

test('a stressor that ends by itself voids its phase and no other', async () => {
  stressEnds = 'fork';
  const trial = await run('stressors: [cpu, fork]');
  expect(trial.outcome).toEqual({ state: 'ok' });
  const { result, neighbour } = phase(trial, 'fork');
  expect(result).toMatchObject({ state: 'void', message: expect.stringContaining('no such stressor') });
  expect(neighbour?.ended).toContain('status 2');
  expect(trial.samples.map(({ metric }) => metric)).toContain('isolation.cpu');
  expect(trial.samples.map(({ metric }) => metric)).not.toContain('isolation.fork');
});

test('unreadable output is void, not unfinished: the victim lives on', async () => {
  script = (beside, run) => (beside === 'cpu' ? 'rubbish' : 1000 + 0 * run);
  const trial = await run('stressors: [cpu]');
  expect(phase(trial, 'cpu').result).toMatchObject({ state: 'void' });
  expect(order).toHaveLength(3);
});

test('no stressor is started on a host that cannot spare for it, or cannot bound it', async () => {
  room = { ...room, memoryAvailableBytes: 1.5 * gibibyte };
  const poor = await run('stressors: [cpu]');
  expect(poor.outcome).toMatchObject({ reason: 'launch', message: expect.stringContaining('can spare') });
  room = { ...room, memoryAvailableBytes: 12 * gibibyte, tasksLimit: 300 };
  const crowded = await run('stressors: [cpu]');
  expect(crowded.outcome).toMatchObject({ message: expect.stringContaining('more processes') });
  room = { ...room, tasksLimit: 32_768 };
  unset = ['memoryBytes'];
  const open = await run('stressors: [cpu]');
  expect(open.outcome).toMatchObject({ message: expect.stringContaining('cannot bound memoryBytes') });
  for (const trial of [poor, crowded, open]) {
    expect(trial.outcome).toMatchObject({ state: 'failed', reason: 'launch' });
    expect(phases(trial).every(({ beside }) => beside === 'alone')).toBe(true);
  }
  expect(live.size).toBe(0);
});

test('limits that cannot be set are named and not believed', async () => {
  unset = ['cpuQuota', 'writeRate'];
  const { neighbour } = phase(await run('stressors: [cpu]'), 'cpu');
  expect(neighbour?.unset).toEqual(expect.arrayContaining(['cpuQuota', 'writeRate']));
  expect(neighbour?.held).toMatchObject({ cpuQuota: null, writeBytesPerSecond: null, memoryBytes: 256 });
});

test('an interruption keeps what was seen and leaves nothing', async () => {
  let runs = 0;
  script = () => {
    if ((runs += 1) === 2) interruption.abort();
    return 1000;
  };
  const trial = await run('stressors: [cpu, fork, inodes]');
  expect(trial.outcome).toMatchObject({ state: 'failed', reason: 'interrupted' });
  expect(phases(trial).length).toBeGreaterThan(0);
  expect(phases(trial).length).toBeLessThan(5);
  expect(live.size).toBe(0);
});
