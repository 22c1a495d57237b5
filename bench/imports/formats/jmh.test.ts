/** JMH's JSON, after the result format in its sources; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { imported, launchCounts, near } from '../testing/imported.ts';

const entry = (more: object = {}, primary: object = {}) => ({
  jmhVersion: '1.37',
  benchmark: 'org.example.Sort.run',
  mode: 'avgt',
  threads: 1,
  forks: 2,
  warmupIterations: 1,
  warmupTime: '1 s',
  measurementIterations: 2,
  measurementTime: '1 s',
  primaryMetric: {
    score: 4,
    scoreError: 'NaN',
    scoreUnit: 'us/op',
    rawData: [
      [1, 3],
      [5, 7],
    ],
    ...primary,
  },
  ...more,
});
const file = (...entries: readonly object[]) => JSON.stringify(entries);
const nameOf = (mode: string, more = '') =>
  `org.example.Sort.run [mode=${mode}, threads=1${more}, measurementIterations=2, measurementTime=1 s, warmupIterations=1, warmupTime=1 s]`;

describe('forks', () => {
  it('are launches, and iterations are turns in them', () => {
    const record = imported([file(entry())]);
    expect(near(record, nameOf('avgt'), 'time-per-op')).toEqual([2e-6, 6e-6]);
    expect(record.header.imported).toMatchObject({ tool: 'jmh', version: '1.37', unit: 'iteration' });
  });

  it('that there were none of are one launch', () => {
    expect(launchCounts(imported([file(entry({ forks: 0 }))]))).toEqual([1]);
  });

  it('whose raw data is not in the file are one score, and that is said', () => {
    const record = imported([file(entry({}, { rawData: [] }))]);
    expect(near(record, nameOf('avgt'), 'time-per-op')).toEqual([4e-6]);
    expect(record.header.imported?.remark).toContain('iterations are not in the file');
  });
});

describe('modes', () => {
  it('throughput goes up, in operations per second', () => {
    const record = imported([file(entry({ mode: 'thrpt' }, { scoreUnit: 'ops/ms' }))]);
    expect(near(record, nameOf('thrpt'), 'rate')).toEqual([2000, 6000]);
    expect(record.header.metrics).toMatchObject([{ unit: '1/s', better: 'higher' }]);
  });

  it('samples are histograms of calls', () => {
    const histogram = [
      [
        [
          [1, 3],
          [5, 1],
        ],
      ],
    ];
    const primary = { rawData: undefined, rawDataHistogram: histogram };
    const record = imported([file(entry({ mode: 'sample', forks: 1 }, primary))]);
    expect(near(record, nameOf('sample'), 'time-per-op')).toEqual([2e-6]);
  });

  it('tell benchmarks apart, as parameters do', () => {
    const record = imported([file(entry(), entry({ mode: 'ss' }), entry({ params: { size: '10' } }))]);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual([
      nameOf('avgt'),
      nameOf('ss'),
      nameOf('avgt', ', size=10'),
    ]);
  });
});

describe('secondary metrics', () => {
  const secondary = (
    unit: string,
    rawData: unknown = [
      [10, 20],
      [30, 50],
    ],
  ) => ({ score: 1, scoreUnit: unit, rawData });

  it('of the profiler for memory go down', () => {
    const record = imported([file(entry({ secondaryMetrics: { 'gc.alloc.rate.norm': secondary('B/op') } }))]);
    expect(near(record, nameOf('avgt'), 'gc-alloc-rate-norm')).toEqual([15, 40]);
    expect(record.header.metrics.at(-1)).toMatchObject({ unit: 'B', better: 'lower' });
  });

  it('of a group keep the direction of the whole', () => {
    const all = entry(
      { mode: 'thrpt', secondaryMetrics: { put: secondary('ops/ms') } },
      { scoreUnit: 'ops/ms' },
    );
    const record = imported([file(all)]);
    expect(near(record, nameOf('thrpt'), 'rate-of-put')).toEqual([15_000, 40_000]);
  });

  it('of other profilers need a direction', () => {
    const text = file(entry({ secondaryMetrics: { branches: secondary('#/op') } }));
    expect(imported([text]).header.imported?.remark).toContain('not understood: values in branches');
    expect(near(imported([text], { directions: { branches: 'lower' } }), nameOf('avgt'), 'branches')).toEqual(
      [15, 40],
    );
  });
});

test('what is no number is left out, and said', () => {
  const record = imported([file(entry({ forks: 1 }, { rawData: [['NaN', 2]] }))]);
  expect(near(record, nameOf('avgt'), 'time-per-op')).toEqual([2e-6]);
  expect(record.header.imported?.remark).toContain('not understood: scores that are no number (1)');
});
