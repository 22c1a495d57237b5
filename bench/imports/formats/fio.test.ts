/** fio's JSON, after its documentation of the output and of the client mode; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { complaint, imported, launchCounts, near } from '../testing/imported.ts';

const side = (iops: number, more: object = {}) => ({
  iops,
  bw_bytes: iops * 4096,
  total_ios: iops * 10,
  runtime: 10_000,
  lat_ns: { mean: 1000 },
  clat_ns: { mean: 900, percentile: { '99.000000': 2000, '99.500000': 3000 } },
  ...more,
});
const job = (more: object = {}) => ({
  jobname: 'disk',
  groupid: 0,
  error: 0,
  'job options': { rw: 'randread' },
  read: side(100),
  ...more,
});
const file = (jobs: readonly object[], more: object = {}) =>
  JSON.stringify({ 'fio version': 'fio-3.36', jobs, ...more });
const name = 'disk [rw=randread]';

describe('what ran together', () => {
  it('adds up clones of one group', () => {
    expect(near(imported([file([job(), job({ read: side(50) })])]), name, 'read-iops')).toEqual([150]);
  });

  it('keeps jobs of one name in groups one after another as launches', () => {
    const record = imported([file([job(), job({ groupid: 1, read: side(50) })])]);
    expect(near(record, name, 'read-iops')).toEqual([100, 50]);
  });

  it('splits one group by the times its jobs ran', () => {
    const at = (start: number) => job({ job_start: start, job_runtime: 10_000 });
    expect(near(imported([file([at(0), at(5), at(20_000)])]), name, 'read-iops')).toEqual([200, 100]);
  });

  it('tells jobs apart by global options too, the job before the file', () => {
    const one = file([job()], { 'global options': { bs: '4k', rw: 'read' } });
    const two = file([job()], { 'global options': { bs: '8k' } });
    const record = imported([one, two]);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual([
      'disk [bs=4k, rw=randread]',
      'disk [bs=8k, rw=randread]',
    ]);
  });

  it('reads outputs one after another in a file as launches', () => {
    expect(launchCounts(imported([`${file([job()])}\n${file([job()])}\n`]))).toEqual([2]);
  });
});

describe('clients', () => {
  const client = (hostname: string, more: object = {}) => job({ hostname, port: 8765, ...more });
  const text = JSON.stringify({
    'fio version': 'fio-3.36',
    client_stats: [client('a'), client('b'), { ...job({ read: side(200) }), jobname: 'All clients' }],
  });

  it('are benchmarks by their host, and their sum is left out', () => {
    const record = imported([text]);
    expect(record.header.cells).toHaveLength(2);
    expect(near(record, 'disk [client=a, port=8765, rw=randread]', 'read-iops')).toEqual([100]);
    expect(record.header.imported?.remark).toContain('sums over all clients are left out');
  });
});

describe('percentiles', () => {
  it('are those that the user listed, else the 99th', () => {
    expect(near(imported([file([job()])]), name, 'read-latency-p99')).toEqual([2e-6]);
    const listed = job({ 'job options': { rw: 'randread', percentile_list: '99:99.5' } });
    const record = imported([file([listed])]);
    expect(near(record, 'disk [percentile_list=99:99.5, rw=randread]', 'read-latency-p99_5')).toEqual([3e-6]);
  });
});

test('fio 2 gives KiB/s and microseconds', () => {
  const old = {
    iops: 10,
    bw: 40,
    total_ios: 1000,
    runtime: 1000,
    lat: { mean: 5 },
    clat: { mean: 4, percentile: { '99.000000': 7 } },
  };
  const record = imported([JSON.stringify({ 'fio version': 'fio-2.2.10', jobs: [job({ read: old })] })]);
  expect(near(record, name, 'read-bandwidth')).toEqual([40 * 1024]);
  expect(near(record, name, 'read-latency-mean')[0]).toBeCloseTo(5e-6, 12);
  expect(near(record, name, 'read-latency-p99')[0]).toBeCloseTo(7e-6, 12);
});

test.each([
  ['terse', '3;fio-3.36;disk;0;0;100;10;2;3\n', /terse output \(version 3\).*--output-format=json/],
  [
    'output for people',
    'disk: (g=0): rw=read\nfio-3.36\ndisk: (groupid=0, jobs=1): err= 0: pid=7\n  read: IOPS=10k\n',
    /output for people.*--output-format=json/,
  ],
])('names %s as what it is', (_name, text, words) => {
  expect(complaint(() => imported([text]))).toMatch(words);
});

test('lines behind the JSON are counted as not understood', () => {
  const record = imported([`${file([job()])}\nfio: something\n`]);
  expect(record.header.imported?.remark).toContain('not understood: lines behind the JSON (1)');
});
