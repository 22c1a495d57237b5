/** What a reader is told of neighbours: the matrix, limits that held, and the claim, each row by itself. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import { namespaceRunner, processRunner, quick, vmRunner } from '../../../bench/analysis/testing/lookup.ts';
import type { AccelerationClass, GroupStrain } from '../../../model/instance.ts';
import type { NeighbourPhase } from '../../../model/observation.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow } from '../../parts/claim.ts';
import { createRandom } from '../../../model/random.ts';
import { buildRecord } from '../../../bench/record/testing/builder.ts';
import { neighbour, slowdownSamples } from '../../../bench/workloads/neighbour/neighbour.ts';
import { claimsOf } from '../claims/claims.ts';
import { isolationBlocks } from './isolation.ts';
import type { Block, Table, TableCell } from '../../parts/parts.ts';
import { subjectsOf } from '../../parts/subjects.ts';

const strain = (given: Partial<GroupStrain> = {}): GroupStrain => ({
  cpuSeconds: 1,
  periods: 20,
  throttledPeriods: 4,
  throttledSeconds: 0.1,
  memoryPeakBytes: 1000,
  memoryRefusals: 0,
  oomKills: 2,
  pidsPeak: 5,
  pidsRefusals: 0,
  majorFaults: 0,
  writtenBytes: null,
  cpuPressureSeconds: 0.2,
  memoryPressureSeconds: null,
  ioPressureSeconds: 0,
  ...given,
});

/** Throughput beside the CPU stressor as a share of the idle one, by runner; null: did not finish. */
interface Made {
  readonly beside: Readonly<Record<string, number | null>>;
  readonly acceleration?: AccelerationClass;
  readonly blocks?: number;
}

function recordOf({ beside, acceleration = 'kvm-hw', blocks = 12 }: Made): RunRecord {
  const random = createRandom(5);
  const given = neighbour.options.parse({ stressors: ['cpu'] });
  return buildRecord({
    blocks,
    control: null,
    runners: [processRunner, namespaceRunner, { ...vmRunner, acceleration }],
    workloads: ['cpu-hard'],
    metrics: neighbour.metricsFor?.(given) ?? [],
    alter: (trial) => {
      const runner = trial.cell.split('/')[0] ?? '';
      const share = beside[runner] ?? null;
      const phases = (['alone', 'idle', 'cpu'] as const).map((name, place): NeighbourPhase => {
        const value = 1000 * Math.exp(0.01 * random.normal()) * (name === 'cpu' ? (share ?? 0) : 1);
        return {
          kind: 'neighbour',
          place,
          beside: name,
          victim: 'cpu',
          limits: 'hard',
          result:
            name === 'cpu' && share === null
              ? { state: 'did-not-finish', reason: 'timeout', message: 'too late' }
              : {
                  state: 'finished',
                  values: [{ name: 'throughput', unit: '1/s', better: 'higher', value }],
                },
          wallSeconds: 1,
          neighbour:
            name === 'alone'
              ? null
              : {
                  held: {
                    cpuQuota: 1,
                    cpuWeight: 100,
                    memoryBytes: 1000,
                    pids: 64,
                    writeBytesPerSecond: null,
                  },
                  cage: { memoryBytes: 1e9, pids: 4096, cpus: '0-1' },
                  unset: ['writeRate'],
                  cpuApart: true,
                  during: strain(),
                  strain: strain(),
                  ended: null,
                },
          suffered: strain(),
          stealShare: 0,
        };
      });
      return { ...trial, ladder: [], observations: phases, samples: slowdownSamples(phases) };
    },
  });
}

const blocksOf = (record: RunRecord): Block[] =>
  isolationBlocks(record, analyse(record, quick), subjectsOf(record));
function tableOf(record: RunRecord, id: string): Table {
  const tables = blocksOf(record).flatMap((block) => (block.kind === 'table' ? [block.table] : []));
  const found = tables.find((table) => table.id === id);
  if (found === undefined) throw new Error(`no table ${id}`);
  return found;
}
const words = (cell: TableCell | undefined): string => (cell === undefined ? '' : cell.text);

function claimRow(made: Made): ClaimRow {
  const record = recordOf(made);
  const claims = claimsOf(record, analyse(record, quick));
  const rows = claims.find(({ id }) => id === 'S5-neighbours')?.rows ?? [];
  expect(rows).toHaveLength(1);
  return rows[0] as ClaimRow;
}

test('the matrix has a row per neighbour and a column per runner, with intervals and unfinished victims', () => {
  const record = recordOf({ beside: { process: 0.5, namespace: null, vm: 0.9 } });
  const matrix = tableOf(record, 'isolation');
  expect(matrix.rows.map(({ head }) => head)).toEqual(['Idle', 'CPU']);
  expect(matrix.columns).toHaveLength(1 + record.header.cells.length);
  const [, cpu] = matrix.rows;
  const said = Object.fromEntries(
    record.header.cells.map(({ runner }, index) => [runner, words(cpu?.cells[index])]),
  );
  expect(said['process']).toMatch(/^(49|50|51)(\.\d)? % \([\d.]+ % to [\d.]+ %\)$/);
  expect(said['namespace']).toBe('did not finish, 12 of 12');
  expect(matrix.notes.join()).toContain('timeout: too late');
  expect(matrix.notes.join()).not.toContain('C17');
});

test('limits that held are told with how often they bit, those that cannot be set as such', () => {
  const containment = tableOf(recordOf({ beside: { process: 0.5, namespace: 0.5, vm: 0.5 } }), 'containment');
  const cells = containment.rows[0]?.cells.map(words) ?? [];
  expect(cells).toEqual([
    'CPU',
    'held, 48 periods cut short',
    'held, 24 OOM kills',
    'not reached',
    'cannot be set here',
  ]);
});

test('emulated VMs are marked in the matrix and refused in the claim', () => {
  const made: Made = { beside: { process: 0.5, namespace: 0.5, vm: 0.9 }, acceleration: 'tcg' };
  const matrix = tableOf(recordOf(made), 'isolation');
  expect(
    matrix.rows.flatMap(({ cells }) => cells.map(words)).filter((text) => text.endsWith('†')),
  ).toHaveLength(2);
  expect(matrix.notes.join()).toContain('C17');
  expect(claimRow(made)).toMatchObject({ state: 'refused', rule: 'C17' });
});

test.each([
  ['holds', { namespace: 0.5, vm: 0.9 }, null],
  ['does-not-hold', { namespace: 0.9, vm: 0.5 }, null],
  ['does-not-hold', { namespace: 0.8, vm: 0.8 }, null],
  ['holds', { namespace: null, vm: 0.9 }, null],
  ['does-not-hold', { namespace: 0.9, vm: null }, null],
  ['refused', { namespace: null, vm: null }, 'C6'],
] as const)('the claim about neighbours: %s with %j', (state, beside, rule) => {
  const row = claimRow({ beside: { process: 0.9, ...beside } });
  expect(row).toMatchObject({ state, rule, resource: 'interference: cpu' });
  expect(row.evidence).toContain('n = 12');
});

test('too few blocks judge nothing, and without neighbours the claim says what to run', () => {
  const few = claimRow({ beside: { process: 0.5, namespace: 0.5, vm: 0.9 }, blocks: 7 });
  expect(few).toMatchObject({ state: 'refused', rule: 'C3' });
  const none = buildRecord({ blocks: 2 });
  const claims = claimsOf(none, analyse(none, quick));
  expect(claims.find(({ id }) => id === 'S5-neighbours')).toMatchObject({
    state: 'not-measured',
    rows: [{ evidence: expect.stringContaining('"neighbour"') }],
  });
  expect(isolationBlocks(none, analyse(none, quick), subjectsOf(none))).toEqual([]);
});

test('where every block was voided, a sentence stands in place of empty tables', () => {
  const record = recordOf({ beside: { process: 0.5, namespace: 0.5, vm: 0.9 }, blocks: 1 });
  const voided = { kind: 'void' as const, block: 0, rule: 'foreign-load', trial: 0, message: 'too busy' };
  const blocks = blocksOf({ ...record, voided: [voided as unknown as RunRecord['voided'][number]] });
  expect(blocks).toMatchObject([{ kind: 'prose', lines: [expect.stringContaining('voided')] }]);
  expect(blocksOf(record).some(({ kind }) => kind === 'table')).toBe(true);
});
