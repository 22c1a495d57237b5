/** The isolation matrix from built phases: degradation, unfinished victims by rank, containment, refusals. */
import { expect, test } from 'vitest';
import type { AccelerationClass, GroupStrain } from '../../model/instance.ts';
import type { NeighbourEvidence, NeighbourPhase } from '../../model/observation.ts';
import type { RecordedTrial, RunRecord } from '../../model/record.ts';
import { buildRecord } from '../record/testing/builder.ts';
import { analyse } from '../analyse.ts';
import { neighbour, slowdownSamples } from '../workloads/neighbour/neighbour.ts';
import { isolationOf, type Interference } from './isolation.ts';
import { namespaceRunner, processRunner, quick, ruled, vmRunner } from './testing/lookup.ts';

const none = Object.fromEntries(
  [
    'cpuSeconds',
    'periods',
    'throttledPeriods',
    'throttledSeconds',
    'memoryPeakBytes',
    'memoryRefusals',
    'oomKills',
    'pidsPeak',
    'pidsRefusals',
    'majorFaults',
    'writtenBytes',
    'cpuPressureSeconds',
    'memoryPressureSeconds',
    'ioPressureSeconds',
  ].map((name) => [name, 0]),
) as unknown as GroupStrain;

type Said = number | 'did-not-finish' | 'void';

function phaseOf(beside: string, said: Said, evidence: Partial<NeighbourEvidence> = {}): NeighbourPhase {
  const result: NeighbourPhase['result'] =
    said === 'did-not-finish'
      ? { state: said, reason: 'oom', message: 'met the memory cap' }
      : said === 'void'
        ? { state: said, message: 'the stressor ended' }
        : {
            state: 'finished',
            values: [
              { name: 'throughput', unit: '1/s', better: 'higher', value: said },
              { name: 'p99', unit: 's', better: 'lower', value: 1 / said },
            ],
          };
  return {
    kind: 'neighbour',
    place: 0,
    beside,
    victim: 'cpu',
    limits: 'hard',
    result,
    wallSeconds: 2,
    neighbour:
      beside === 'alone'
        ? null
        : {
            held: { cpuQuota: 1, cpuWeight: 100, memoryBytes: 1000, pids: 64, writeBytesPerSecond: null },
            cage: { memoryBytes: 1e9, pids: 4096, cpus: '0-1' },
            unset: ['writeRate'],
            cpuApart: true,
            during: none,
            strain: none,
            ended: null,
            ...evidence,
          },
    suffered: { ...none, cpuPressureSeconds: 1, majorFaults: 3 },
    stealShare: 0.01,
  };
}

/** Per block: what the victim did beside each. */
type Blocks = readonly Readonly<Record<string, Said>>[];

function recordOf(
  blocks: Blocks,
  alter: (trial: RecordedTrial, phases: NeighbourPhase[]) => RecordedTrial = (trial) => trial,
  acceleration: AccelerationClass = 'kvm-hw',
): RunRecord {
  return buildRecord({
    blocks: blocks.length,
    control: null,
    runners: [processRunner, namespaceRunner, { ...vmRunner, acceleration }],
    workloads: ['main'],
    metrics:
      neighbour.metricsFor?.({
        ...neighbour.options.parse({ stressors: ['cpu', 'fork'], victim: 'redis' }),
      }) ?? [],
    alter: (trial) => {
      const phases = Object.entries(blocks[trial.block] ?? {}).map(([beside, said]) => phaseOf(beside, said));
      const made = { ...trial, ladder: [], observations: phases, samples: slowdownSamples(phases) };
      return alter(made, phases);
    },
  });
}

const vmCell = (record: RunRecord) =>
  record.header.cells.find(({ isolation }) => isolation === 'virtual machine')?.id ?? '';
const firstCell = (record: RunRecord) => record.header.cells[0]?.id ?? '';

function at(record: RunRecord, beside: string, value: Interference['value'] = 'throughput', cell?: string) {
  const found = isolationOf(record, 500).interference.find(
    (one) => one.cell === (cell ?? firstCell(record)) && one.beside === beside && one.value === value,
  );
  if (found === undefined) throw new Error(`no row ${beside}`);
  return found;
}

const twelve = (cpu: (block: number) => Said): Blocks =>
  Array.from({ length: 12 }, (_, block) => ({ alone: 1100, idle: 1000, cpu: cpu(block) }));

test('throughput lost and latency gained, against the idle neighbour of the same launch', () => {
  const record = recordOf(twelve((block) => 500 + block));
  const row = at(record, 'cpu');
  expect(row.n).toBe(12);
  expect(row.degradation).toBeCloseTo(1 - 505.5 / 1000, 3);
  expect(row.interval?.low).toBeLessThanOrEqual(0.4945);
  expect(row.interval?.high).toBeGreaterThanOrEqual(0.4945);
  expect(at(record, 'cpu', 'p99').degradation).toBeCloseTo(1000 / 505.5 - 1, 2);
  expect(at(record, 'idle').degradation).toBeCloseTo(1 - 1000 / 1100);
  expect(() => at(record, 'alone')).toThrow();
});

test('one value per launch: a host that slows down as a whole moves no degradation', () => {
  const record = recordOf(
    Array.from({ length: 12 }, (_, block) => {
      const speed = 1000 / (1 + block);
      return { alone: speed, idle: speed, cpu: speed / 2 };
    }),
  );
  const row = at(record, 'cpu');
  expect(row.degradation).toBeCloseTo(0.5);
  expect(row.interval?.low).toBeCloseTo(0.5);
  expect(row.interval?.high).toBeCloseTo(0.5);
});

test('a victim that did not finish ranks below every number and is never turned into one', () => {
  const some = at(recordOf(twelve((block) => (block < 3 ? 'did-not-finish' : 500))), 'cpu');
  expect(some).toMatchObject({ n: 12, didNotFinish: 3, degradation: 0.5 });
  expect(some.interval).toEqual({ low: 0.5, high: 'did-not-finish' });
  expect(some.reasons).toEqual(['oom: met the memory cap']);

  const half = at(recordOf(twelve((block) => (block < 6 ? 'did-not-finish' : 500))), 'cpu');
  expect(half.degradation).toBe('did-not-finish');
  const all = at(recordOf(twelve(() => 'did-not-finish')), 'cpu');
  expect(all).toMatchObject({
    didNotFinish: 12,
    degradation: 'did-not-finish',
    interval: { low: 'did-not-finish', high: 'did-not-finish' },
  });
});

test('void phases are counted apart, and no interval is given below six launches', () => {
  const row = at(recordOf(twelve((block) => (block < 7 ? 'void' : 500))), 'cpu');
  expect(row).toMatchObject({ n: 5, voided: 7, didNotFinish: 0, degradation: 0.5, interval: null });
  expect(at(recordOf(twelve(() => 'void')), 'cpu')).toMatchObject({ n: 0, voided: 12, degradation: null });
});

test('phases of a failed launch count, those of a voided block or an interruption do not', () => {
  const failed = recordOf(
    twelve(() => 500),
    (trial) =>
      trial.block === 0
        ? { ...trial, outcome: { state: 'failed', reason: 'oom', message: '', detail: '' } }
        : trial,
  );
  expect(at(failed, 'cpu').n).toBe(12);
  const interrupted = recordOf(
    twelve(() => 500),
    (trial) =>
      trial.block === 0
        ? { ...trial, outcome: { state: 'failed', reason: 'interrupted', message: '', detail: '' } }
        : trial,
  );
  expect(at(interrupted, 'cpu').n).toBe(11);
  const unclean = recordOf(
    twelve(() => 500),
    (trial) => (trial.block === 0 ? { ...trial, cleanupProven: false } : trial),
  );
  expect(at(unclean, 'cpu').n).toBe(11);
});

test('emulated VMs are shown and never judged (C17); containers are', () => {
  const record = recordOf(
    twelve(() => 500),
    undefined,
    'tcg',
  );
  expect(ruled(at(record, 'cpu', 'throughput', vmCell(record)).refusals)).toEqual(['C17']);
  expect(at(record, 'cpu').refusals).toEqual([]);
  const compared = analyse(record, quick).comparisons.filter(({ metric }) => metric === 'isolation.cpu');
  const ofVm = compared.filter(({ subject }) => subject === vmCell(record));
  expect(ofVm.length).toBeGreaterThan(0);
  for (const one of ofVm) expect(ruled(one.refusals)).toContain('C17');
});

test('slowdowns of runners are not compared where one side did not finish: survivors stand for nobody', () => {
  const record = recordOf(
    twelve(() => 500),
    (trial) => {
      if (!trial.cell.startsWith('namespace') || trial.block > 0) return trial;
      const phases = [phaseOf('alone', 1100), phaseOf('idle', 1000), phaseOf('cpu', 'did-not-finish')];
      return { ...trial, observations: phases, samples: slowdownSamples(phases) };
    },
  );
  const compared = analyse(record, quick).comparisons.filter(({ subject, reference }) =>
    [subject, reference].some((cell) => cell.startsWith('namespace')),
  );
  const cpu = compared.filter(({ metric }) => metric === 'isolation.cpu');
  expect(cpu.length).toBeGreaterThan(0);
  for (const one of cpu) {
    expect(one.verdict).toBe('refused');
    expect(one.refusals.map(({ message }) => message).join()).toContain('did not finish');
  }
  for (const one of compared.filter(({ metric }) => metric === 'isolation.idle')) {
    expect(one.refusals.map(({ message }) => message).join()).not.toContain('did not finish');
  }
});

test('containment is told by the neighbour’s own counters, apart from what it did to anyone', () => {
  const evidence: Partial<NeighbourEvidence>[] = [
    {
      during: { ...none, cpuSeconds: 1.9 },
      strain: { ...none, throttledPeriods: 12, memoryPeakBytes: 1000 },
    },
    { during: { ...none, cpuSeconds: 2.6 }, strain: { ...none, oomKills: 2, memoryPeakBytes: 990 } },
  ];
  const record = recordOf(
    evidence.map(() => ({ alone: 1, idle: 1 })),
    (trial) => ({
      ...trial,
      observations: [
        phaseOf('alone', 1),
        phaseOf('idle', 1),
        phaseOf('cpu', 1, evidence[trial.block]),
        phaseOf('fork', 1, { strain: { ...none, pidsPeak: 64, pidsRefusals: 5 } }),
      ],
    }),
  );
  const row = (beside: string, kind: string) =>
    isolationOf(record, 500).containment.find(
      (one) => one.cell === firstCell(record) && one.beside === beside && one.kind === kind,
    );
  // 2.6 CPU seconds in a window of 2 s, under a quota of one CPU.
  expect(row('cpu', 'cpu')).toMatchObject({ state: 'passed', limit: 1, most: 1.3, bites: 12 });
  expect(row('cpu', 'memory')).toMatchObject({ state: 'held', most: 1000, bites: 2 });
  expect(row('cpu', 'processes')).toMatchObject({ state: 'below', most: 0 });
  expect(row('cpu', 'writes')).toMatchObject({ state: 'unset', limit: null });
  expect(row('fork', 'processes')).toMatchObject({ state: 'held', most: 64, bites: 10 });
  expect(row('idle', 'cpu')).toBeUndefined();
  const mechanism = isolationOf(record, 500).mechanisms.find(
    (one) => one.cell === firstCell(record) && one.beside === 'cpu',
  );
  expect(mechanism).toMatchObject({
    n: 2,
    cpuPressureShare: 0.5,
    majorFaults: 3,
    stealShare: 0.01,
    neighbourCores: 1.125,
  });
});

test('a record without neighbours says nothing', () => {
  expect(isolationOf(buildRecord({ blocks: 2 }), 500)).toEqual({
    interference: [],
    containment: [],
    mechanisms: [],
  });
});
