/** What an I/O number is a number of, and which comparisons follow from it. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../analyse.ts';
import type { CellRecord, RecordedTrial, RunRecord } from '../../model/record.ts';
import type { RunnerKind } from '../../model/scenario.ts';
import { buildRecord, builtRunners } from '../record/testing/builder.ts';
import { fio } from '../workloads/io/io.ts';
import { metricsOf } from '../workloads/io/metrics.ts';
import { fioRunOf, fioRunsOf, reachedBy } from './storage.ts';

const [first] = buildRecord({ blocks: 1 }).header.cells;
const MiB = 2 ** 20;

interface Below {
  readonly kind?: RunnerKind;
  readonly hostPageCache?: 'used' | 'bypassed';
  readonly volumeFlushes?: string;
  readonly volumeAttachment?: string;
  readonly writableLayer?: string;
}

function cellWith({
  kind = 'namespace',
  writableLayer = 'overlay on tmpfs',
  ...identity
}: Below): CellRecord {
  return {
    ...first!,
    runnerKind: kind,
    shape: { id: 's', cpus: 1, memoryBytes: 512 * MiB },
    identity: { hostPageCache: 'bypassed', volumeFlushes: 'reach', ...identity },
    traits: { ...first!.traits, writableLayer, volume: 'image file, loop device' },
  };
}

const argvOf = (given: unknown) =>
  fio.command(
    fio.options.parse(given),
    { id: 's', cpus: 1, memoryBytes: 512 * MiB },
    {
      kind: 'directory',
      place: '/volume',
    },
  );
const run = (given: unknown) => fioRunOf(argvOf(given))!;

test('a run is read back from its own command line', () => {
  expect(run({ pattern: 'randrw', depth: 4, jobs: 2, size: '32MiB', engine: 'io_uring' })).toEqual({
    pattern: 'randrw',
    direct: true,
    target: 'volume',
    blockSize: 4096,
    depth: 4,
    jobs: 2,
    sizeBytes: 32 * MiB,
    engine: 'io_uring',
  });
  expect(run({ target: 'root' })).toMatchObject({ target: 'root', direct: false });
  expect(fioRunOf(['sysbench', '--name=read'])).toBeNull();
  expect(fioRunOf(['fio', '--name=fill'])).toBeNull();
});

test.each([
  ['direct, nothing caches below', {}, {}, 'storage'],
  ['direct through the host’s page cache', {}, { hostPageCache: 'used' }, 'host page cache'],
  ['direct writes the same way', { pattern: 'write' }, { hostPageCache: 'used' }, 'host page cache'],
  [
    'each write flushed',
    { pattern: 'write' },
    { hostPageCache: 'used', volumeFlushes: 'each write' },
    'storage',
  ],
  [
    'reads are cached all the same',
    {},
    { hostPageCache: 'used', volumeFlushes: 'each write' },
    'host page cache',
  ],
  ['fsync reaches storage', { pattern: 'fsync' }, { hostPageCache: 'used' }, 'storage'],
  [
    'fsync is ignored',
    { pattern: 'fsync' },
    { hostPageCache: 'used', volumeFlushes: 'ignored' },
    'host page cache',
  ],
  ['buffered, fits into memory', { direct: false }, {}, 'page cache'],
  ['buffered, twice the memory', { direct: false, size: '1GiB' }, {}, 'storage'],
  ['a root in memory', { target: 'root' }, {}, 'memory'],
  ['even for fsync', { target: 'root', pattern: 'fsync' }, {}, 'memory'],
  [
    'a root on disk',
    { target: 'root', pattern: 'fsync' },
    { writableLayer: 'host folder on ext4' },
    'storage',
  ],
  ['a root on disk, buffered', { target: 'root' }, { writableLayer: 'host folder on ext4' }, 'page cache'],
  [
    'a process in a folder in memory',
    { target: 'root' },
    { writableLayer: 'host folder on tmpfs' },
    'memory',
  ],
] as const)('%s', (_name, given, below, reached) => {
  expect(reachedBy(cellWith(below), run(given))).toBe(reached);
});

/** A run of one fio pattern with its numbers, what lay below each runner being given. */
function ioRecord(
  given: unknown,
  below: Readonly<Record<string, Below>>,
  rates: Readonly<Record<string, number>>,
): RunRecord {
  const { pattern } = fio.options.parse(given);
  const kinds: Readonly<Record<string, RunnerKind>> = {
    process: 'process',
    namespace: 'namespace',
    vm: 'qemu',
  };
  const record = buildRecord({
    blocks: 12,
    metrics: metricsOf(pattern),
    runners: builtRunners.map((each) => ({
      ...each,
      acceleration: each.kind === 'qemu' ? ('kvm-hw' as const) : each.acceleration,
    })),
    alter: (trial): RecordedTrial => {
      const runner = trial.cell.split('/')[0] ?? '';
      const value = (rates[runner] ?? 1000) * (1 + 0.001 * (trial.block % 3));
      return {
        ...trial,
        samples: [
          { metric: `io.${pattern}-iops`, value },
          { metric: `io.${pattern}-cost`, value: 1 / value },
        ],
        outputs: [{ program: 'fio', argv: argvOf(given), exitCode: 0, stdout: '', stderr: '' }],
      };
    },
  });
  const cells = record.header.cells.map((cell): CellRecord => {
    const made = cellWith({ ...below[cell.runner], kind: kinds[cell.runner] ?? 'namespace' });
    return {
      ...cell,
      shape: made.shape,
      identity: made.identity,
      traits: { ...cell.traits, ...made.traits },
    };
  });
  return { ...record, header: { ...record.header, cells } };
}

const verdictOn = (record: RunRecord, metric: string, subject: string, reference: string) =>
  analyse(record, { resamples: 500 }).comparisons.find(
    (each) =>
      each.metric === metric &&
      each.subject.startsWith(`${subject}/`) &&
      each.reference.startsWith(`${reference}/`) &&
      each.kind === 'runners',
  )!;

describe('in the analysis', () => {
  test('alike and direct on both sides: a verdict, without a label', () => {
    const found = verdictOn(ioRecord({}, {}, { namespace: 500 }), 'io.randread-iops', 'namespace', 'process');
    expect(found.verdict).toBe('regression');
    expect([...found.refusals, ...found.warnings.filter(({ code }) => code === 'page-cache')]).toEqual([]);
  });

  test('a guest that beats the host is suspect and gets no verdict (C23)', () => {
    const found = verdictOn(
      ioRecord({ pattern: 'randwrite' }, {}, { vm: 2200 }),
      'io.randwrite-iops',
      'vm',
      'process',
    );
    expect(found.verdict).toBe('refused');
    expect(found.refusals.map(({ rule }) => rule)).toContain('C23');
  });

  test('memory on one side only is not like for like (C4)', () => {
    const record = ioRecord({ target: 'root' }, { process: { writableLayer: 'host folder on ext4' } }, {});
    const found = verdictOn(record, 'io.randread-iops', 'namespace', 'process');
    expect(found.refusals.map(({ rule }) => rule)).toContain('C4');
    expect(found.refusals[0]?.message).toMatch(
      /"namespace" ended in memory, that of "process" in page cache/,
    );
    expect(verdictOn(record, 'io.randread-iops', 'vm', 'namespace').refusals).toEqual([]);
  });

  test('page cache on both sides keeps its verdict and its label, in summaries too', () => {
    const record = ioRecord({ direct: false }, {}, { namespace: 500 });
    const found = verdictOn(record, 'io.randread-iops', 'namespace', 'process');
    expect(found.verdict).toBe('regression');
    expect(found.warnings.filter(({ code }) => code === 'page-cache')).toHaveLength(2);
    const labelled = analyse(record, { resamples: 500 }).summaries.filter(({ warnings }) =>
      warnings.some(({ message }) =>
        /Page cache, not storage: without direct I\/O, its 64.0 MiB fit/.test(message),
      ),
    );
    expect(labelled.length).toBeGreaterThan(0);
  });

  test('CPU time per I/O is not compared where one side works in kernel threads nobody counts', () => {
    const loop = {
      process: { volumeAttachment: 'loop-direct' },
      namespace: { volumeAttachment: 'loop-direct' },
    };
    const record = ioRecord({}, { ...loop, vm: { volumeAttachment: 'none' } }, { vm: 500 });
    expect(verdictOn(record, 'io.randread-cost', 'vm', 'process').refusals[0]?.message).toMatch(
      /kernel threads/,
    );
    const alike = verdictOn(record, 'io.randread-cost', 'namespace', 'process');
    expect(alike.refusals).toEqual([]);
    expect(alike.warnings.map(({ code }) => code)).toContain('work-outside');
    expect(verdictOn(record, 'io.randread-iops', 'vm', 'process').refusals).toEqual([]);
  });
});

test('fio as the victim of a neighbour is no measurement of I/O', () => {
  const record = buildRecord({ blocks: 1 });
  const [cell] = record.header.cells;
  if (cell === undefined) throw new Error('no cell');
  const outputs = (program: string) =>
    record.trials.map((trial) => ({
      ...trial,
      outputs: [{ program, argv: argvOf({}), exitCode: 0, stdout: '', stderr: '' }],
    }));
  expect(fioRunsOf(cell, outputs('fio')).length).toBeGreaterThan(0);
  expect(fioRunsOf(cell, outputs('fsync beside idle'))).toEqual([]);
});
