import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analyse } from '../analyse.ts';
import {
  failed,
  namespaceRunner,
  processRunner,
  quick,
  realVm,
  vmRunner,
} from '../analysis/testing/lookup.ts';
import { UserError } from '../../model/errors.ts';
import { mergeRecords } from './merge.ts';
import type { Comparison } from '../../model/analysis.ts';
import type { RecordHeader, RunRecord } from '../../model/record.ts';
import { buildRecord, type RecordRequest } from './testing/builder.ts';

/** A built run of its own name and time. */
function run(name: string, request: RecordRequest = {}): RunRecord {
  const record = buildRecord({ blocks: 12, ...request });
  const header: RecordHeader = {
    ...record.header,
    runId: `run-${name}`,
    scenario: { ...record.header.scenario, name, file: `${name}.yaml`, hash: `${name}-hash` },
  };
  return { ...record, header };
}

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
};

test('one record is itself', () => {
  const record = run('a');
  expect(mergeRecords([record])).toBe(record);
});

test('workloads of two scenarios stay apart, like runners keep one name', () => {
  const { header, trials, parts } = mergeRecords([
    run('a'),
    run('b', { workloads: ['idle', 'other'], seed: 2 }),
  ]);
  expect([...new Set(header.cells.map(({ workload }) => workload))]).toEqual(['a.idle', 'b.idle', 'other']);
  expect([...new Set(header.cells.map(({ runner }) => runner))]).toEqual(['process', 'namespace', 'vm']);
  expect(new Set(header.cells.map(({ id }) => id)).size).toBe(header.cells.length);
  expect(new Set(trials.map(({ index }) => index)).size).toBe(trials.length);
  expect(trials.every(({ cell }) => header.cells.some(({ id }) => id === cell))).toBe(true);
  expect(header.blocks).toBe(24);
  expect(parts?.map((part) => part.header.scenario.name)).toEqual(['a', 'b']);
});

test('a runner or shape of another meaning is called after its scenario', () => {
  const other = { ...vmRunner, kind: 'oci' as const };
  const big = { id: 'small', cpus: 2, memoryBytes: 2 ** 30 };
  const { header } = mergeRecords([
    run('a'),
    run('b', { runners: [processRunner, other], control: 'vm', baseline: 'process', shapes: [big] }),
  ]);
  expect([...new Set(header.cells.map(({ id }) => id))]).toContain('b.vm/b.idle/b.small');
  expect([...new Set(header.cells.map(({ id }) => id))]).toContain('b.vm/b.idle/b.small/control');
  expect([...new Set(header.cells.map(({ runner }) => runner))]).toEqual([
    'process',
    'namespace',
    'vm',
    'b.vm',
  ]);
});

test('options tell runners apart where records hold them, and otherwise equal ones keep their name', () => {
  const withOptions = (record: RunRecord, cache: string): RunRecord => ({
    ...record,
    header: {
      ...record.header,
      cells: record.header.cells.map((cell) =>
        cell.runnerKind === 'qemu' ? { ...cell, options: { cache, machine: 'q35' } } : cell,
      ),
    },
  });
  const { header } = mergeRecords([
    withOptions(run('a'), 'none'),
    withOptions(run('b'), 'writeback'),
    withOptions(run('c'), 'none'),
  ]);
  expect(header.cells.filter(({ runnerKind }) => runnerKind === 'qemu').map(({ id }) => id)).toEqual([
    'vm/a.idle/small',
    'b.vm/b.idle/small',
    'vm/c.idle/small',
  ]);
});

test('each scenario keeps its baseline and its A/A control', () => {
  const merged = mergeRecords([
    run('a'),
    run('b', { baseline: 'namespace', control: 'namespace', seed: 2 }),
    run('c', { control: null, seed: 3 }),
  ]);
  const pairs = analyse(merged, quick).comparisons.map(
    ({ kind, subject, reference }) => `${kind} ${subject} ${reference}`,
  );
  expect(pairs).toContain('runners process/b.idle/small namespace/b.idle/small');
  expect(pairs).toContain('control namespace/b.idle/small/control namespace/b.idle/small');
  expect(pairs).toContain('control process/a.idle/small/control process/a.idle/small');
  expect(pairs).not.toContain('runners process/a.idle/small namespace/a.idle/small');
  const control = analyse(merged, quick).warnings.filter(({ code }) => code === 'no-control');
  expect(control.map(({ message }) => message.split(':')[0])).toEqual(['c']);
});

test('a voided block is void in its own scenario only', () => {
  const voided = [{ kind: 'void', block: 0, rule: 'steal', detail: 'x' } as const];
  const merged = mergeRecords([run('a'), run('b', { voided })]);
  const { summaries, blocks } = analyse(merged, quick);
  const n = (cell: string) => summaries.find((item) => item.cell === cell)?.n;
  expect([n('process/a.idle/small'), n('process/b.idle/small')]).toEqual([12, 11]);
  expect(blocks).toEqual({ planned: 24, used: 23, voided: 1 });
});

test('a run that was broken off marks the whole, and only its own comparisons', () => {
  const a = run('a');
  const end = a.end === null ? null : { ...a.end, state: 'interrupted' as const, hostHashAfter: 'other' };
  const merged = mergeRecords([a, run('b', { end, seed: 2 }), run('c', { seed: 3 })]);
  expect(merged.end?.state).toBe('interrupted');
  expect(merged.end?.wallSeconds).toBe(1800);
  const { comparisons, warnings } = analyse(merged, quick);
  const changed = comparisons.filter(({ refusals }) => refusals.some(({ rule }) => rule === 'C9'));
  expect(new Set(changed.map(({ subject }) => subject.split('/')[1]))).toEqual(new Set(['b.idle']));
  expect(warnings.map(({ message }) => message)).toContain('b: The run was interrupted.');
  expect(mergeRecords([a, run('b', { end: null })]).end).toBeNull();
});

test('the same scenario twice is told apart by a number, the same run twice is refused', () => {
  const again = run('a', { seed: 2 });
  const second = { ...again, header: { ...again.header, runId: 'run-later' } };
  const { header } = mergeRecords([run('a'), second]);
  expect([...new Set(header.cells.map(({ workload }) => workload))]).toEqual(['a.idle', 'a-2.idle']);
  expect(messageOf(() => mergeRecords([run('a'), run('a')]))).toMatch(/one and the same run \(run-a\)/);
});

test('what differs is named: host, image, tool, acceleration, metric', () => {
  const host = run('a').header.host;
  const warmer = { ...host, must: { ...host.must, 'cpu.model': 'Another CPU' }, hash: 'other' };
  const text = messageOf(() =>
    mergeRecords([
      run('a'),
      run('b', {
        header: { host: warmer, imageDigest: 'sha256:other', tool: { name: 't', version: '1.0.0' } },
      }),
    ]),
  );
  expect(text).toContain('C26');
  expect(text).toContain('host cpu.model: Example CPU in a, Another CPU in b');
  expect(text).toContain('image digest: sha256:5f3e');
  expect(text).toContain('tare major version: 0 in a, 1 in b');
  const runners = (vm: typeof vmRunner) => ({ runners: [processRunner, namespaceRunner, vm] });
  expect(
    messageOf(() =>
      mergeRecords([
        run('a', runners(vmRunner)),
        run('b', runners({ ...vmRunner, acceleration: 'kvm-hw', traits: { acceleration: 'tcg' } })),
      ]),
    ),
  ).toContain('acceleration of vm: tcg in a, kvm-hw in b');
  const changed = run('b').header.metrics.map((metric) =>
    metric.id === 'cpu.throughput' ? { ...metric, threshold: 0.2 } : metric,
  );
  expect(messageOf(() => mergeRecords([run('a'), run('b', { metrics: changed })]))).toMatch(
    /metric cpu\.throughput is declared as .*"threshold":0\.05.* in a and as .*"threshold":0\.2.* in b/,
  );
});

test('a merged record says in every place what its runs say, but for the number of tests', () => {
  const request = fc.record({
    seed: fc.integer({ min: 0, max: 1000 }),
    blocks: fc.integer({ min: 1, max: 14 }),
    warmup: fc.integer({ min: 0, max: 1 }),
    noise: fc.constantFrom(0.001, 0.05, 0.4),
    control: fc.constantFrom('process', 'namespace', null),
    runners: fc.constantFrom([processRunner, namespaceRunner], [processRunner, namespaceRunner, realVm]),
    workloads: fc.constantFrom(['idle'], ['idle', 'busy']),
    failing: fc.boolean(),
    voiding: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 2, maxLength: 3 }), (requests) => {
      const runs = requests.map(({ failing, voiding, ...rest }, at) =>
        run(`s${at}`, {
          ...rest,
          ...(voiding ? { voided: [{ kind: 'void', block: 0, rule: 'steal', detail: '' }] } : {}),
          alter: (trial) => (failing && trial.index % 9 === 8 ? failed(trial) : trial),
        }),
      );
      const merged = mergeRecords(runs);
      const whole = analyse(merged, quick);
      const alone = runs.map((each) => analyse(each, quick));
      expect(whole.comparisons.length).toBe(
        alone.reduce((sum, { comparisons }) => sum + comparisons.length, 0),
      );
      (merged.parts ?? []).forEach((part, at) => {
        const names = new Map(
          part.header.cells.map(({ id }, n) => [id, runs[at]?.header.cells[n]?.id ?? '']),
        );
        const own = whole.comparisons.filter(({ subject }) => names.has(subject));
        expect(own.map((item) => untested(item, names))).toEqual(
          alone[at]?.comparisons.map((item) => untested(item, new Map())),
        );
      });
      const families = alone.map(({ comparisons }) => sizeOf(comparisons));
      expect(sizeOf(whole.comparisons)).toBe(families.reduce((sum, size) => sum + size, 0));
    }),
    { numRuns: 25 },
  );
});

/** A comparison under its run's own names, without what the number of tests decides. */
function untested(item: Comparison, names: ReadonlyMap<string, string>): unknown {
  const { pAdjusted, familySize, verdict, blocksNeeded, ...rest } = item;
  const text = JSON.stringify({
    ...rest,
    tested: pAdjusted !== null,
    refused: verdict === 'refused',
    asked: verdict === 'no-verdict',
  });
  return [...names].reduce((told, [now, before]) => told.replaceAll(now, before), text);
}

function sizeOf(comparisons: readonly Comparison[]): number {
  return comparisons.find(({ kind }) => kind === 'runners')?.familySize ?? 0;
}
