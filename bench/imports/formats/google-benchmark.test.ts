/** Google Benchmark's JSON, after its documentation and its reporter; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { imported, launchCounts, near } from '../testing/imported.ts';

const context = {
  date: '2026-01-01T10:00:00+01:00',
  host_name: 'box',
  num_cpus: 8,
  library_build_type: 'release',
};
const file = (...benchmarks: readonly object[]) => JSON.stringify({ context, benchmarks });
const turn = (real: number, more: object = {}) => ({
  name: 'BM_Sort/8',
  run_name: 'BM_Sort/8',
  run_type: 'iteration',
  repetitions: 3,
  threads: 1,
  iterations: 10,
  real_time: real,
  cpu_time: real,
  time_unit: 'us',
  ...more,
});
const aggregate = (kind: string, real: number, more: object = {}) =>
  turn(real, { name: `BM_Sort/8_${kind}`, run_type: 'aggregate', aggregate_name: kind, ...more });

describe('repetitions', () => {
  it('are turns of one launch, and their means are left out', () => {
    const record = imported([file(turn(1), turn(3), turn(2), aggregate('mean', 2), aggregate('stddev', 1))]);
    expect(launchCounts(record)).toEqual([1]);
    expect(near(record, 'BM_Sort/8', 'time-per-op')).toEqual([2e-6]);
    expect(record.header.imported?.remark).toContain(
      'means, medians and deviations of what is in the file are left out (2)',
    );
  });

  it('that are not in the file leave their median, once', () => {
    const record = imported([file(aggregate('mean', 5), aggregate('median', 2), aggregate('stddev', 1))]);
    expect(launchCounts(record)).toEqual([1]);
    expect(near(record, 'BM_Sort/8', 'time-per-op')).toEqual([2e-6]);
    expect(record.header.metrics[0]?.definition).toContain('only the median');
  });

  it('of several files are launches', () => {
    expect(launchCounts(imported([file(turn(1)), file(turn(2))]))).toEqual([2]);
  });

  it('of old versions are told from aggregates by name', () => {
    const old = (name: string, real: number) => ({
      name,
      iterations: 1,
      real_time: real,
      cpu_time: real,
      time_unit: 'ns',
    });
    const record = imported([
      file(old('BM_X', 4), old('BM_X', 6), old('BM_X_mean', 5), {
        name: 'BM_X_BigO',
        cpu_coefficient: 1,
        big_o: 'N',
      }),
    ]);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual(['BM_X']);
    expect(near(record, 'BM_X', 'time-per-op')).toEqual([5e-9]);
  });
});

test('threads and labels tell benchmarks apart, of aggregates too', () => {
  const label = { label: 'zstd' };
  const record = imported([file(turn(1), turn(1, { threads: 4 }), turn(1, label), aggregate('mean', 1))]);
  expect(record.header.cells.map(({ workload }) => workload)).toEqual([
    'BM_Sort/8',
    'BM_Sort/8 [threads=4]',
    'BM_Sort/8 [label=zstd]',
  ]);
});

test('two benchmarks registered under one name are not merged', () => {
  const record = imported([
    file(turn(1), turn(2, { family_index: 1 }), turn(1, { name: 'B', run_name: 'B' })),
  ]);
  expect(record.header.cells.map(({ workload }) => workload)).toEqual(['B']);
  expect(record.header.imported?.remark).toContain('not understood: benchmarks registered under a name');
});

test('an error is a failed launch, whatever else was measured', () => {
  const bad = turn(0, { error_occurred: true, error_message: 'no file' });
  const record = imported([file(turn(1), bad)]);
  expect(record.trials.map(({ outcome }) => outcome)).toMatchObject([
    { state: 'failed', message: /no file/ },
  ]);
});

test('rates go up, counters of one own need a direction', () => {
  const text = file(turn(1, { bytes_per_second: 2e9, items_per_second: 5, misses: 7 }));
  const record = imported([text]);
  expect(near(record, 'BM_Sort/8', 'byte-rate')).toEqual([2e9]);
  expect(record.header.metrics.filter(({ better }) => better === 'higher')).toHaveLength(2);
  expect(record.header.imported?.remark).toContain('not understood: values in misses');
  expect(near(imported([text], { directions: { misses: 'lower' } }), 'BM_Sort/8', 'counter-misses')).toEqual([
    7,
  ]);
});

test('the machine is that of the file, and so is the time', () => {
  const { header } = imported([file(turn(1))]);
  expect(header.host).toMatchObject({ hostname: 'box', must: { 'cpu.count': '8' } });
  expect(header.startedAt).toBe('2026-01-01T09:00:00.000Z');
});
