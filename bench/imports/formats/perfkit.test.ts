/** PerfKit Benchmarker's samples, after its publisher's newline-delimited JSON; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { imported, launchCounts, near } from '../testing/imported.ts';

const labels = (own: Readonly<Record<string, string>>) =>
  Object.entries({ cloud: 'GCP', machine_type: 'n2', perfkitbenchmarker_version: 'v1.15', ...own })
    .map(([key, value]) => `|${key}:${value}|`)
    .join(',');
const sample = (value: number, own: Readonly<Record<string, string>> = {}, more: object = {}) => ({
  test: 'netperf',
  metric: 'TCP_RR_Latency_p99',
  value,
  unit: 'us',
  product_name: 'PerfKitBenchmarker',
  run_uri: 'r1',
  timestamp: 1_767_225_600,
  labels: labels(own),
  ...more,
});
const file = (...samples: readonly object[]) => `${samples.map((each) => JSON.stringify(each)).join('\n')}\n`;

describe('runs', () => {
  it('are launches, and equal samples in one are turns', () => {
    const record = imported([file(sample(1), sample(3), sample(5, {}, { run_uri: 'r2' }))]);
    expect(launchCounts(record)).toEqual([2]);
    const [found] = record.header.metrics;
    expect(found).toMatchObject({ unit: 's', better: 'lower' });
    expect(near(record, 'netperf', found?.id.replace('import.', '') ?? '')).toEqual([2e-6, 5e-6]);
    expect(record.header.imported?.version).toBe('v1.15');
  });

  it('that differ in a label are other benchmarks', () => {
    const record = imported([file(sample(1, { ip_type: 'internal' }), sample(1, { ip_type: 'external' }))]);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual([
      'netperf [ip_type=internal]',
      'netperf [ip_type=external]',
    ]);
  });

  it('say what machine it was where all agree; else that is a label like others', () => {
    expect(imported([file(sample(1))]).header.host.must).toMatchObject({ machine_type: 'n2', cloud: 'GCP' });
    const two = imported([file(sample(1), sample(1, { machine_type: 'n1' }))]);
    expect(two.header.cells.map(({ workload }) => workload)).toEqual([
      'netperf [machine_type=n2]',
      'netperf [machine_type=n1]',
    ]);
  });
});

test('metadata may be an object, as without --collapse_labels', () => {
  const plain = { ...sample(1), labels: undefined, metadata: { streams: 4 } };
  expect(imported([file(plain)]).header.cells[0]?.workload).toBe('netperf [streams=4]');
});

test('rates go up, scores need a direction, texts are no values', () => {
  const record = imported([
    file(
      sample(9, {}, { metric: 'Throughput', unit: 'Mbits/sec' }),
      sample(9, {}, { metric: 'Coremark Score', unit: '' }),
      sample(0, {}, { metric: 'lscpu', unit: '' }),
    ),
  ]);
  expect(record.header.metrics).toMatchObject([{ better: 'higher', unit: '1/s' }]);
  expect(record.header.imported?.remark).toMatch(/not understood: values in Coremark Score.*\(1\)/);
  expect(record.header.imported?.remark).toContain('only describe the machine are left out (1)');
});
