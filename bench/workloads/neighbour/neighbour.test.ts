/** What victims print and what stressors are told, on recorded output of the real programs. */
import { expect, test } from 'vitest';
import { besideOf, neighbour, slowdown } from './neighbour.ts';
import { stressCommand, stressorNames } from './stressors.ts';
import { victimNames, victims } from './victims.ts';
import type { Measured } from '../output.ts';

const shape = { id: 'one', cpus: 1, memoryBytes: 512 * 2 ** 20 };
const measured = (stdout: string, stderr = '', seconds = 10): Measured => ({
  result: { exitCode: 0, stdout, stderr, begin: 0, end: seconds, oomKills: 0 },
  cpuSeconds: null,
});

/** As redis-benchmark 7.0.15 and fio 3.33 print it, the latter cut to what is read. */
const recorded = {
  cpu: `events per second:  1218.98\n total time:                          1.0008s\n total number of events:              1221\n`,
  redis: `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"\n"SET","38986.36","0.162","0.040","0.143","0.271","0.335","5.903"\n`,
  fsync: `fio: a warning\n{"jobs":[{"write":{"iops":1912.5,"runtime":3000},"sync":{"lat_ns":{"percentile":{"50.000000":477184,"99.000000":1236992}}}}]}`,
  fork: `stress-ng: metrc: [28955] fork                1064      1.04      0.47      0.47      1018.90        1133.45        44.95          2932\n`,
} as const;

test('every victim’s output becomes values in base units', () => {
  const values = (name: (typeof victimNames)[number]) =>
    Object.fromEntries(
      victims[name]
        .parse(measured(recorded[name]), 3)
        .map(({ name, value }) => [name, Number(value.toPrecision(8))]),
    );
  expect(values('cpu')).toEqual({ throughput: 1218.98 });
  expect(values('redis')).toEqual({ throughput: 38986.36, p50: 0.000143, p99: 0.000335 });
  expect(values('fsync')).toEqual({ throughput: 1912.5, p50: 0.000477184, p99: 0.001236992 });
  expect(values('fork')).toEqual({ throughput: 1018.9 });
  for (const name of victimNames) {
    expect(victims[name].parse(measured(recorded[name]), 3).map((value) => value.name)).toEqual(
      victims[name].values,
    );
  }
});

test.each(victimNames)('rubbish from %s is unreadable, and so is a clock that runs too fast', (name) => {
  for (const rubbish of ['', 'rubbish', '{}', '"SET","x"\n', '{"jobs":[]}']) {
    expect(() => victims[name].parse(measured(rubbish), 3)).toThrow(/printed no/);
  }
  if (name !== 'redis') {
    expect(() => victims[name].parse(measured(recorded[name], '', 0.5), 3)).toThrow(/clock/);
  }
});

test('stressors end by themselves and write where they are told, whatever they do', () => {
  const size = { workers: 4, memoryBytes: 2 ** 30, pids: 512, folder: '/volume', seconds: 71.5 };
  for (const name of stressorNames) {
    const argv = stressCommand(name, size);
    expect(argv[0]).toBe('stress-ng');
    expect(argv.join(' ')).toContain('--timeout 72s --temp-path /volume');
    expect(argv.some((word) => /undefined|NaN/.test(word))).toBe(false);
  }
  expect(stressCommand('fork', size)).toEqual(expect.arrayContaining(['--fork', '4', '--fork-max', '256']));
  expect(stressCommand('memory-allocation', size)).toContain(String(2 ** 30));
});

test('a stressor outlives the longest victim, and asks for more than its instance may have', () => {
  const given = neighbour.options.parse({ duration: '3s', settle: '1s', stressors: ['memory-allocation'] });
  const design = neighbour.design(given, { cpus: 2, shape, pidsLimit: 512 });
  const [stressor] = design.stressors;
  const argv = stressor?.command('.') ?? [];
  const seconds = Number.parseInt(argv[argv.indexOf('--timeout') + 1] ?? '', 10);
  expect(seconds).toBeGreaterThan(design.settleSeconds + design.limitSeconds);
  expect(argv).toContain(String(2 * shape.memoryBytes));
});

test('a metric per stressor and reported value; the stressor is found again in its name', () => {
  const given = neighbour.options.parse({ victim: 'redis', stressors: ['cpu', 'memory-bandwidth'] });
  const metrics = neighbour.metricsFor?.(given) ?? [];
  expect(metrics.map(({ id }) => id)).toEqual([
    'isolation.idle',
    'isolation.cpu',
    'isolation.memory-bandwidth',
    'isolation.idle-p99',
    'isolation.cpu-p99',
    'isolation.memory-bandwidth-p99',
  ]);
  expect(metrics.map(({ id }) => besideOf(id))).toEqual([
    'idle',
    'cpu',
    'memory-bandwidth',
    'idle',
    'cpu',
    'memory-bandwidth',
  ]);
  expect(metrics.every(({ family, needsRealCpu }) => family === 'isolation' && needsRealCpu)).toBe(true);
  const known = new Set(neighbour.metrics.map(({ id }) => id));
  expect(metrics.filter(({ id }) => !known.has(id))).toEqual([]);
});

test('a slowdown is above 1 when worse, whichever way the value points; of nothing there is none', () => {
  const rate = (value: number) => ({ name: 'throughput', unit: '1/s', better: 'higher', value }) as const;
  const latency = (value: number) => ({ name: 'p99', unit: 's', better: 'lower', value }) as const;
  expect(slowdown(rate(500), rate(1000))).toBe(2);
  expect(slowdown(latency(0.3), latency(0.1))).toBeCloseTo(3);
  expect(slowdown(rate(0), rate(1000))).toBeNull();
});

test.each([
  [{ stressors: [] }, 'stressors'],
  [{ stressors: ['cpu', 'cpu'] }, 'names a stressor twice'],
  [{ stressors: ['nuke'] }, 'stressors'],
  [{ limits: false }, 'limits'],
  [{ victim: 'nobody' }, 'victim'],
  [{ duration: 3 }, 'duration'],
  [{ unknown: 1 }, 'unknown'],
])('bad options are refused: %j', (given, said) => {
  const { success, error } = neighbour.options.safeParse(given);
  expect(success).toBe(false);
  expect(JSON.stringify(error?.issues)).toContain(said);
});

test('what disturbs disks needs one: without a volume it would disturb memory', () => {
  const problem = (given: object, kind: 'block' | 'filesystem' | null) =>
    neighbour.problem?.(neighbour.options.parse(given), kind === null ? null : { kind, sizeBytes: 2 ** 28 });
  expect(problem({}, 'filesystem')).toBeNull();
  expect(problem({ stressors: ['cpu', 'fork'] }, null)).toBeNull();
  expect(problem({}, null)).toContain('page-cache, disk, fsync');
  expect(problem({ victim: 'fsync', stressors: ['cpu'] }, null)).toContain('the victim fsync');
  expect(problem({ stressors: ['cpu'] }, 'block')).toContain('not block');
});
