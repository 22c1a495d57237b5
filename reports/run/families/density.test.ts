/** Sweeps and waves in the report, and the claim that rests on them, from records written by hand. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import { density } from '../../../bench/workloads/density.ts';
import { scaleOut } from '../../../bench/workloads/scale-out.ts';
import type { DensityStep, Observation, Wave } from '../../../model/observation.ts';
import type { RunRecord } from '../../../model/record.ts';
import { buildRecord, builtRunners, type BuiltRunner } from '../../../bench/record/testing/builder.ts';
import { claimsOf } from '../claims/claims.ts';
import { densityBlocks } from './density.ts';
import { familySections } from '../families.ts';
import type { Block, Table } from '../../parts/parts.ts';
import { scaleOutBlocks } from './scale-out.ts';
import { subjectsOf } from '../../parts/subjects.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const [process, namespace, vm] = builtRunners as readonly [BuiltRunner, BuiltRunner, BuiltRunner];
const real: BuiltRunner = { ...vm, acceleration: 'kvm-hw' };

interface Fits {
  readonly fits: number;
  readonly each: number;
  /** The sweep stopped at its maximum. */
  readonly open?: boolean;
}

function steps({ fits, each, open = false }: Fits): Observation[] {
  const load = { cpuBusyShare: 0.5, cpuPressureShare: 0, memoryPressureShare: 0, ioPressureShare: 0 };
  const step = (instances: number, held: boolean): DensityStep => ({
    kind: 'density-step',
    instances,
    startSeconds: [0.1, 0.1 + instances / 100],
    failures: instances === 10 ? [{ reason: 'launch', message: 'no' }] : [],
    objectives: [
      { name: 'startWithin', value: instances / 100, limit: 1, held, load },
      { name: 'memoryReserve', value: 8 * GiB, limit: GiB, held: true, load },
    ],
    throughputs: [],
    room: {
      memoryTotalBytes: 16 * GiB,
      memoryAvailableBytes: 9 * GiB - instances * each,
      tasks: 100,
      tasksLimit: 1000,
      diskFreeBytes: GiB,
      diskTotalBytes: 2 * GiB,
      openFiles: 20,
      openFilesLimit: 1000,
    },
    hostBytes: GiB + instances * each,
    kernelPlusPssBytes: GiB + instances * each,
    groupBytes: instances * each * 0.9,
  });
  const counts = Array.from({ length: Math.floor(fits / 10) + 1 }, (_, index) => index * 10);
  return [
    ...counts.map((count) => step(count, true)),
    ...(open ? [] : [step(fits + 10, false)]),
    {
      kind: 'density-end',
      cause: open ? 'maximum' : 'objective',
      binding: open ? null : 'cpu',
      evidence: 'as the test has it',
    },
  ];
}

/** Twelve blocks of sweeps; counts vary by block so that there is something to rank. */
function swept(
  runners: readonly BuiltRunner[],
  fits: Readonly<Record<string, Fits>>,
  blocks = 12,
): RunRecord {
  return buildRecord({
    runners,
    control: null,
    baseline: 'namespace',
    workloads: ['sweep'],
    metrics: density.metrics,
    blocks,
    alter: (trial) => {
      const own = fits[trial.cell.split('/')[0] ?? ''];
      if (own === undefined) return trial;
      const each = own.each * (1 + trial.block / 500);
      return { ...trial, samples: [], observations: steps({ ...own, each }) };
    },
  });
}

const many: Fits = { fits: 100, each: 2 * MiB };
const few: Fits = { fits: 40, each: 60 * MiB };

function tableOf(blocks: readonly Block[], id: string): Table {
  const found = blocks
    .flatMap((block) => (block.kind === 'fold' ? block.blocks : [block]))
    .find((block) => block.kind === 'table' && block.table.id === id);
  if (found?.kind !== 'table') throw new Error(`no table ${id}`);
  return found.table;
}
const words = (table: Table, head: string) =>
  table.rows
    .find((row) => row.head.startsWith(head))
    ?.cells.map((cell) => (cell.kind === 'range' ? '' : cell.text));

test('the report names what binds, and tells a bound from a number', () => {
  const record = swept([process, namespace, real], { namespace: { ...many, open: true }, vm: few });
  const subjects = subjectsOf(record);
  const blocks = densityBlocks(record, analyse(record, { resamples: 200 }), subjects);
  const fit = tableOf(blocks, 'density-fit');
  expect(words(fit, 'namespace')).toEqual(['at least 100', 'nothing yet', 'as the test has it', '12', '12']);
  expect(words(fit, 'vm')?.slice(0, 2)).toEqual(['40', 'CPU']);
  const memory = tableOf(blocks, 'density-memory');
  // 8 GiB of room: 2 MiB each is followed to twice what ran, 60 MiB each to twice 50.
  expect(words(memory, 'namespace')?.[3]).toBe('more than 200, not followed further');
  expect(words(memory, 'vm')?.[3]).toBe('more than 100, not followed further');
  expect(words(memory, 'vm')?.[0]).toMatch(/^60\.\d MiB$/);
  expect(words(memory, 'vm')?.[2]).toMatch(/^54\.\d MiB$/);
  expect(
    blocks.flatMap((block) => (block.kind === 'charts' ? block.charts : [])).map(({ id }) => id),
  ).toEqual(['chart-density-start', 'chart-density-memory']);
  expect(tableOf(blocks, 'density-steps').rows.length).toBeGreaterThan(12);
});

function fitRows(record: RunRecord) {
  const claim = claimsOf(record, analyse(record, { resamples: 400 })).find(({ id }) => id === 'S3');
  return (resource: string) => claim?.rows.find((row) => row.resource === resource);
}

test('claim S3 is answered where both sides were bound by something', () => {
  const row = fitRows(swept([process, namespace, real], { namespace: many, vm: few }));
  expect(row('how many fit')).toMatchObject({ state: 'holds', metric: 'density.instances' });
  expect(row('how many fit')?.evidence).toContain('vm (QEMU 1.0 microvm): 40');
  expect(row('how many fit, by memory alone')?.state).toBe('holds');
  const turned = fitRows(swept([process, namespace, real], { namespace: few, vm: many }));
  expect(turned('how many fit')?.state).toBe('does-not-hold');
});

test('a lower bound gives no verdict (C24), nor do emulated machines (C17); memory may be judged', () => {
  const open = fitRows(swept([process, namespace, real], { namespace: { ...many, open: true }, vm: few }));
  expect(open('how many fit')).toMatchObject({ state: 'refused', rule: 'C24' });
  expect(open('how many fit')?.evidence).toContain('at least 100');
  expect(open('how many fit, by memory alone')?.state).toBe('holds');
  const emulated = fitRows(swept([process, namespace, vm], { namespace: many, vm: few }));
  expect(emulated('how many fit')).toMatchObject({ state: 'refused', rule: 'C17' });
  expect(emulated('how many fit, by memory alone')?.state).toBe('holds');
  const brief = fitRows(swept([process, namespace, real], { namespace: many, vm: few }, 3));
  expect(brief('how many fit')).toMatchObject({ state: 'refused', rule: 'C3' });
  const alone = fitRows(swept([process, namespace], { namespace: many }));
  expect(alone('how many fit')).toMatchObject({ state: 'not-measured' });
});

test('the medians say "at least" of a lower bound, and a note says why', () => {
  const record = swept([process, namespace, real], { namespace: { ...many, open: true }, vm: few });
  const blocks = familySections(record, analyse(record, { resamples: 200 }), subjectsOf(record)).flatMap(
    (section) => section.blocks,
  );
  const medians = tableOf(blocks, 'medians-density');
  const fit = medians.rows.find(({ head }) => head === 'Instances that fit');
  expect(fit?.cells.map((cell) => (cell.kind === 'range' ? '' : cell.text))).toEqual([
    '–',
    'at least 100',
    '40',
  ]);
  expect(tableOf(blocks, 'summary-density').notes.join()).toContain('At least so many');
});

test('a wave is told by its stages; an incomplete one is counted and left out', () => {
  const wave = (count: number, each: number): Wave => ({
    kind: 'wave',
    idle: 2,
    asked: 4,
    ready: Array.from({ length: count }, (_, index) => ({ launched: 0.01, ready: each * (index + 1) })),
    failures: count === 4 ? [] : [{ reason: 'hang', message: 'never came' }],
  });
  const record = buildRecord({
    runners: [process, namespace],
    control: null,
    workloads: ['ten'],
    metrics: scaleOut.metrics,
    blocks: 3,
    alter: (trial) =>
      trial.cell.startsWith('namespace') && trial.block === 1
        ? {
            ...trial,
            samples: [],
            observations: [wave(3, 0.2)],
            outcome: { state: 'failed', reason: 'hang', message: 'one never came', detail: '' },
          }
        : { ...trial, samples: [], observations: [wave(4, trial.cell.startsWith('namespace') ? 0.2 : 0.1)] },
  });
  const blocks = scaleOutBlocks(record, analyse(record, { resamples: 200 }), subjectsOf(record));
  const waves = tableOf(blocks, 'waves');
  expect(words(waves, 'namespace')).toEqual([
    '4 beside 2',
    '200 ms',
    '400 ms',
    '800 ms',
    '800 ms',
    '10.0 ms',
    '5.00 /s',
    '1 of 12',
    '2',
  ]);
  const chart = blocks.find((block) => block.kind === 'charts')?.charts[0];
  expect(chart?.kind === 'lines' && chart.series[0]?.points).toHaveLength(4);
});

test('records without sweeps and waves show nothing of them', () => {
  const record = buildRecord();
  const analysis = analyse(record, { resamples: 200 });
  expect(densityBlocks(record, analysis, subjectsOf(record))).toEqual([]);
  expect(scaleOutBlocks(record, analysis, subjectsOf(record))).toEqual([]);
});
