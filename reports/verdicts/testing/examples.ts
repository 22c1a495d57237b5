/**
 * Reports to draw in tests: one of every verdict and every state.
 */
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { Interval } from '../../../model/quantities.ts';
import type {
  ChangeReport,
  ChangeRow,
  FleetReport,
  GateCheck,
  GateReport,
  RowKey,
  RunRef,
  SideSummary,
} from '../../../verdicts/model.ts';

export const readyMetric: MetricDeclaration = {
  id: 'startup.ready',
  family: 'startup',
  title: 'Start to ready',
  unit: 's',
  better: 'lower',
  source: { kind: 'interval', from: 'T0', to: 'T6' },
  definition: 'Request to the first answer.',
  threshold: 0.1,
  needsRealCpu: true,
};
export const memoryMetric: MetricDeclaration = {
  ...readyMetric,
  id: 'tare.memory',
  family: 'tare',
  title: 'Memory of one idle instance',
  unit: 'B',
  source: { kind: 'sample' },
  threshold: 0.03,
  needsRealCpu: false,
};
export const throughputMetric: MetricDeclaration = {
  ...memoryMetric,
  id: 'cpu.rate',
  family: 'cpu',
  title: 'Operations',
  unit: '1/s',
  better: 'higher',
};

export function keyOf(over: Partial<RowKey> = {}): RowKey {
  return {
    metric: 'startup.ready',
    scenario: 'quick',
    workload: 'startup',
    shape: 'small',
    runner: 'vm',
    reference: null,
    ...over,
  };
}

export function runOf(over: Partial<RunRef> = {}): RunRef {
  return {
    runId: 'quick-1',
    path: 'results/quick-1',
    startedAt: '2026-11-02T10:20:30.400Z',
    scenario: 'quick',
    tool: 'tare-bench 0.1.0',
    host: { name: 'build-host', hash: '0123456789abcdef0123456789abcdef' },
    importedFrom: null,
    ...over,
  };
}

const interval = (low: number, high: number, level = 0.95): Interval => ({ low, high, level });

export function sideOf(median: number | null, over: Partial<SideSummary> = {}): SideSummary {
  const around = median === null ? null : interval(median * 0.98, median * 1.02);
  return { median, interval: around, n: 30, launches: 30, runs: 1, cov: 0.03, ...over };
}

export function rowOf(over: Partial<ChangeRow> = {}): ChangeRow {
  return {
    key: keyOf(),
    metric: readyMetric,
    acceleration: 'none',
    unit: 'launch',
    base: sideOf(0.412),
    head: sideOf(0.5),
    ratio: 1.2136,
    interval: interval(1.19, 1.24),
    ninety: interval(1.195, 1.235, 0.9),
    p: 0.0001,
    pAdjusted: 0.0007,
    familySize: 7,
    threshold: 0.1,
    verdict: 'regression',
    needed: null,
    detectable: 1.042,
    refusals: [],
    remarks: [],
    ...over,
  };
}

/** One row of every verdict, a ratio between runners, a row on one side only. */
export function changeExample(over: Partial<ChangeReport> = {}): ChangeReport {
  const memory = { metric: memoryMetric, base: sideOf(50_331_648), head: sideOf(48_234_496) };
  return {
    base: [runOf(), runOf({ runId: 'quick-2', path: 'results/quick-2' })],
    head: [runOf({ runId: 'quick-3', path: 'results/quick-3', startedAt: '2026-11-03T10:20:30.400Z' })],
    rows: [
      rowOf({ acceleration: 'tcg' }),
      rowOf({
        key: keyOf({ runner: 'container' }),
        base: sideOf(0.0201),
        head: sideOf(0.0203),
        ratio: 1.00995,
        interval: interval(0.99, 1.03),
        pAdjusted: 0.31,
        verdict: 'equivalent',
      }),
      rowOf({
        key: keyOf({ reference: 'container' }),
        base: sideOf(20.5),
        head: sideOf(24.6),
        ratio: 1.2,
        interval: interval(0.97, 1.43),
        pAdjusted: 0.09,
        verdict: 'inconclusive',
        needed: 48,
        remarks: [{ code: 'few', message: 'Fewer than 20 launches on one side.' }],
      }),
      rowOf({
        ...memory,
        key: keyOf({ metric: 'tare.memory', workload: 'idle' }),
        ratio: 0.9583,
        interval: interval(0.95, 0.966),
        verdict: 'improvement',
      }),
      rowOf({
        ...memory,
        key: keyOf({ metric: 'tare.memory', workload: 'idle', runner: 'container' }),
        ratio: 1.011,
        interval: interval(1.005, 1.017),
        verdict: 'different-but-small',
        remarks: [{ code: 'few', message: 'Fewer than 20 launches on one side.' }],
      }),
      rowOf({
        key: keyOf({ metric: 'cpu.rate', workload: 'cpu' }),
        metric: throughputMetric,
        base: sideOf(12_000),
        head: sideOf(11_000),
        ratio: null,
        interval: null,
        verdict: 'refused',
        refusals: [
          {
            rule: 'C26',
            message: 'the hosts differ in cpu.model',
            remedy: '--across-hosts tells what may be said',
          },
        ],
      }),
      rowOf({
        key: keyOf({ metric: 'cpu.rate', workload: 'cpu', runner: 'container' }),
        metric: throughputMetric,
        base: sideOf(12_000, { n: 3, launches: 3, interval: null }),
        head: sideOf(null, { n: 0, launches: 0, cov: null }),
        ratio: null,
        interval: null,
        pAdjusted: null,
        p: null,
        detectable: null,
        verdict: 'no-verdict',
      }),
    ],
    missing: [{ key: keyOf({ runner: 'process' }), side: 'base' }],
    remarks: [{ code: 'order', message: 'Head was measured after base; drift would look like a change.' }],
    geomeans: [{ family: 'startup', ratio: 1.1071, rows: 2 }],
    fleet: fleetExample(),
    ...over,
  };
}

/** `label`: what stands for words from outside. */
export function fleetExample(label?: string): FleetReport {
  return {
    file: label ?? 'fleet.yaml',
    costs: [
      {
        key: keyOf({ metric: label ?? 'tare.memory' }),
        form: 'container',
        instances: 10_000,
        bytes: { change: 12 * 2 ** 20, interval: interval(10 * 2 ** 20, 14 * 2 ** 20) },
        hosts: { before: 98, after: 100, more: 2, interval: interval(1, 3) },
        isProven: true,
        line: label ?? '+12 MiB per instance = +2 hosts (+1 to +3) at 10,000 containers: 98 -> 100',
      },
    ],
    remarks: label === undefined ? [] : [label],
  };
}

export function checkOf(over: Partial<GateCheck> = {}): GateCheck {
  return {
    kind: 'change',
    key: keyOf(),
    metric: readyMetric,
    level: 'error',
    state: 'fail',
    line: '412 ms -> 500 ms, +21.4 % (+19 % to +24 %), limit +10 %, n 30+30',
    source: 'gate.yaml:12',
    limit: 0.1,
    old: 0.412,
    value: 0.5,
    change: 1.2136,
    interval: interval(1.19, 1.24),
    n: 30,
    pAdjusted: 0.0007,
    implausible: null,
    refusal: null,
    remarks: [],
    ...over,
  };
}

/** One check of every state, kind and level. */
export function gateExample(over: Partial<GateReport> = {}): GateReport {
  const passed = {
    state: 'pass',
    line: '20.1 ms -> 20.3 ms, +1 %, limit +10 %, n 30+30',
  } as const;
  return {
    policy: { file: 'gate.yaml', name: 'ci' },
    base: [runOf()],
    head: [runOf({ runId: 'quick-3', path: 'results/quick-3', startedAt: '2026-11-03T10:20:30.400Z' })],
    state: 'fail',
    checks: [
      checkOf({
        ...passed,
        key: keyOf({ runner: 'container' }),
        old: 0.0201,
        value: 0.0203,
        change: 1.01,
        interval: interval(0.99, 1.03),
        pAdjusted: 0.3,
      }),
      checkOf({
        kind: 'budget',
        key: keyOf({ metric: 'tare.memory', workload: 'idle' }),
        metric: memoryMetric,
        level: 'warn',
        line: '50 MiB, limit 48 MiB, n 30',
        source: 'gate.yaml:20',
        limit: 48 * 2 ** 20,
        old: null,
        value: 50 * 2 ** 20,
        change: 50 * 2 ** 20,
        interval: interval(49 * 2 ** 20, 51 * 2 ** 20),
        pAdjusted: null,
      }),
      checkOf(),
      checkOf({
        kind: 'ratio',
        key: keyOf({ reference: 'container' }),
        state: 'inconclusive',
        line: '20.5, limit 21, interval 19.8 to 21.4, n 30',
        source: 'gate.yaml:31',
        limit: 21,
        old: null,
        value: 20.5,
        change: 20.5,
        interval: interval(19.8, 21.4),
        remarks: [{ code: 'few', message: 'needs 60 launches' }],
      }),
      checkOf({
        kind: 'presence',
        key: keyOf({ metric: 'cpu.rate', workload: 'cpu' }),
        metric: null,
        line: 'no value at head',
        source: 'gate.yaml:8',
        limit: 1,
        old: null,
        value: null,
        change: null,
        interval: null,
        n: 0,
        pAdjusted: null,
      }),
      checkOf({
        ...passed,
        key: keyOf({ metric: 'tare.disk', workload: 'idle' }),
        metric: { ...memoryMetric, id: 'tare.disk' },
        line: '20 MiB -> 0 B, n 30+30',
        old: 20 * 2 ** 20,
        value: 0,
        change: 0,
        interval: null,
        implausible: 'became zero',
      }),
    ],
    power: ['At n = 30 and 3.1 % noise, startup.ready is seen to change from 4.2 % on.'],
    remarks: [{ code: 'age', message: 'The baseline is 40 days old.' }],
    fleet: fleetExample(),
    ...over,
  };
}
