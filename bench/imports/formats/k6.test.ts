/** k6's summaries, after its documentation of custom summaries and the export; numbers are made up. */
import { expect, it, test } from 'vitest';
import { imported, near } from '../testing/imported.ts';

const trend = { avg: 20, min: 1, med: 15, max: 90, 'p(90)': 40, 'p(95)': 50 };
const counter = { count: 1000, rate: 100 };
const handled = JSON.stringify({
  root_group: { name: '', path: '', groups: [], checks: [] },
  state: { isStdOutTTY: false, testRunDurationMs: 10_000 },
  metrics: {
    http_req_duration: {
      type: 'trend',
      contains: 'time',
      values: trend,
      thresholds: { 'p(95)<10': { ok: false } },
    },
    'http_req_duration{expected_response:true}': {
      type: 'trend',
      contains: 'time',
      values: { ...trend, med: 14 },
    },
    http_reqs: { type: 'counter', contains: 'default', values: counter },
    http_req_failed: { type: 'rate', contains: 'default', values: { rate: 0.02, passes: 20, fails: 980 } },
    checks: { type: 'rate', contains: 'default', values: { rate: 0.9, passes: 9, fails: 1 } },
    vus_max: { type: 'gauge', contains: 'default', values: { value: 10, min: 10, max: 10 } },
    data_sent: { type: 'counter', contains: 'data', values: counter },
    my_trend: { type: 'trend', contains: 'default', values: trend },
  },
});
const exported = JSON.stringify({
  root_group: {},
  metrics: {
    http_req_duration: { ...trend, thresholds: { 'p(95)<10': true } },
    http_reqs: counter,
    http_req_failed: { passes: 20, fails: 980, value: 0.02 },
    checks: { passes: 9, fails: 1, value: 0.9 },
    vus_max: { value: 10, min: 10, max: 10 },
  },
});
const machine = JSON.stringify({
  version: '1.0.0',
  config: { script: 'tests/load.js', duration: 10, execution: 'local' },
  metadata: { k6Version: '2.0.0', generatedAt: '2026-01-01T00:00:00Z' },
  results: {
    checks: { metrics: [], results: [] },
    metrics: [
      { name: 'http_req_duration', type: 'trend', contains: 'time', values: trend },
      { name: 'http_reqs', type: 'counter', contains: 'default', values: { count: 1000 } },
      {
        name: 'http_req_failed',
        type: 'rate',
        contains: 'default',
        values: { matches: 20, total: 1000, rate: 0.02 },
      },
      { name: 'vus_max', type: 'gauge', contains: 'default', values: { value: 10, min: 10, max: 10 } },
    ],
  },
});

it.each([
  ['handleSummary', handled, 'k6 [vus_max=10]'],
  ['--summary-export', exported, 'k6 [vus_max=10]'],
  ['the machine-readable form', machine, 'load.js [vus_max=10]'],
])('reads %s as one launch', (_name, text, name) => {
  const record = imported([text]);
  expect(near(record, name, 'http-req-duration-median')).toEqual([0.015]);
  expect(near(record, name, 'http-req-duration-p95')).toEqual([0.05]);
  expect(near(record, name, 'http-reqs-rate')).toEqual([100]);
  expect(near(record, name, 'http-req-failed-share')).toEqual([0.02]);
  const better = Object.fromEntries(record.header.metrics.map(({ id, better: way }) => [id, way]));
  expect(better).toMatchObject({
    'import.http-req-duration-p95': 'lower',
    'import.http-reqs-rate': 'higher',
    'import.http-req-failed-share': 'lower',
  });
});

test('a selection of tags is a benchmark of its own', () => {
  const record = imported([handled]);
  expect(near(record, 'k6 [tags=expected_response:true, vus_max=10]', 'http-req-duration-median')).toEqual([
    0.014,
  ]);
});

test('other numbers of users are other benchmarks', () => {
  const more = handled.replace('"value":10', '"value":20');
  expect(imported([handled, more]).header.cells).toHaveLength(4);
});

test('crossed thresholds are said, and so are metrics of one own', () => {
  const remark = imported([handled]).header.imported?.remark;
  expect(remark).toContain('thresholds that k6 reports as crossed: 1');
  expect(remark).toContain('not understood: values in my_trend');
  expect(imported([exported]).header.imported?.remark).toContain('crossed: 1');
});

test('percentiles of too few requests are left out', () => {
  const few = handled.replaceAll('"count":1000', '"count":30');
  const record = imported([few]);
  expect(near(record, 'k6 [vus_max=10]', 'http-req-duration-p95')).toEqual([]);
  expect(near(record, 'k6 [vus_max=10]', 'http-req-duration-p90')).toEqual([0.04]);
});
