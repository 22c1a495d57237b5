/** kube-burner's documents, after its documentation of measurements and job summaries; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { imported, launchCounts, near } from '../testing/imported.ts';

const pod = (ready: number, more: object = {}) => ({
  timestamp: '2026-01-01T00:00:00Z',
  schedulingLatency: 4,
  podReadyLatency: ready,
  metricName: 'podLatencyMeasurement',
  jobName: 'density',
  uuid: 'u1',
  podName: `pod-${ready}`,
  ...more,
});
const quantiles = (more: object = {}) => ({
  quantileName: 'Ready',
  uuid: 'u1',
  P99: 3000,
  P95: 2500,
  P50: 2000,
  max: 3100,
  avg: 2100,
  metricName: 'podLatencyQuantilesMeasurement',
  jobName: 'density',
  ...more,
});
const summary = (more: object = {}) => ({
  metricName: 'jobSummary',
  uuid: 'u1',
  timestamp: '2026-01-01T00:00:00Z',
  elapsedTime: 48,
  passed: true,
  version: 'v1.10.0',
  jobConfig: { name: 'density', qps: 20 },
  ...more,
});

describe('a run of a job', () => {
  it('is one launch, however many pods it made', () => {
    const record = imported([JSON.stringify([pod(1000), pod(2000), pod(4000)])]);
    expect(launchCounts(record)).toEqual([1]);
    expect(near(record, 'density', 'pod-podready')).toEqual([2]);
  });

  it('is told by its uuid', () => {
    const record = imported([JSON.stringify([quantiles(), quantiles({ uuid: 'u2', P99: 5000 })])]);
    expect(near(record, 'density', 'pod-ready-p99')).toEqual([3, 5]);
    expect(record.header.metrics.every(({ unit, better }) => unit === 's' && better === 'lower')).toBe(true);
  });

  it('of another configuration is another benchmark', () => {
    const other = summary({ uuid: 'u2', jobConfig: { name: 'density', qps: 40 } });
    const record = imported([JSON.stringify([summary(), other])]);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual([
      'density [qps=20]',
      'density [qps=40]',
    ]);
  });

  it('that did not pass is a failed launch', () => {
    const record = imported([JSON.stringify([summary({ passed: false, executionErrors: 'timeout' })])]);
    expect(record.trials[0]?.outcome).toMatchObject({ state: 'failed', message: /timeout/ });
  });
});

test('latencies of services are in nanoseconds', () => {
  const service = { ready: 1_500_000_000, metricName: 'svcLatencyMeasurement', jobName: 'svc', uuid: 'u1' };
  expect(near(imported([JSON.stringify([service])]), 'svc', 'svc-ready')).toEqual([1.5]);
});

test('one document a line is read as well, time series are counted as not understood', () => {
  const series = { metricName: 'prometheusRSS', uuid: 'u1', jobName: 'density', value: 1, labels: {} };
  const record = imported([[quantiles(), series, series].map((each) => JSON.stringify(each)).join('\n')]);
  expect(record.header.imported?.remark).toMatch(/not understood: values of time series.*\(2\)/);
});
