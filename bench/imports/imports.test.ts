/** Each format on real output, or on its documented form; and everything that may be wrong with a file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { lineSchema } from '../record/schema.ts';
import { recognise } from './index.ts';
import { importKinds, type ImportKind } from './kinds.ts';
import { complaint, fixture, imported, of } from './testing/imported.ts';
import { readUnit } from './units.ts';

describe('real output', () => {
  it('hyperfine: each run is a launch', () => {
    const record = imported([fixture('hyperfine.json').text]);
    const raw = JSON.parse(fixture('hyperfine.json').text) as { results: { times: number[] }[] };
    expect(of(record, 'list root', 'wall-time')).toEqual(raw.results[0]?.times);
    expect(record.header.imported).toMatchObject({ tool: 'hyperfine', unit: 'launch' });
    expect(record.header.blocks).toBe(8);
  });

  it('hyperfine: a run that failed is a failed launch, not a fast one', () => {
    const record = imported([fixture('hyperfine-failed.json').text]);
    expect(of(record, 'false', 'wall-time')).toEqual([]);
    expect(record.trials.filter(({ outcome }) => outcome.state === 'failed')).toHaveLength(4);
  });

  it('fio: a job is one launch, clones of one add up', () => {
    const { text } = fixture('fio.json');
    const jobs = (JSON.parse(text) as { jobs: { write: { iops: number } }[] }).jobs;
    const record = imported([text]);
    const seq = 'seq [bs=64k, directory=d, runtime=2, rw=read, size=4M]';
    const mixed = 'mixed [bs=4k, directory=d, numjobs=2, rw=randrw, size=2M]';
    expect(of(record, seq, 'read-bandwidth')).toEqual([838_860_800]);
    expect(of(record, seq, 'read-latency-mean')[0]).toBeCloseTo(66_109.390625e-9, 15);
    // 64 operations have no 99th percentile.
    expect(of(record, seq, 'read-latency-p99')).toEqual([]);
    const iops = (jobs[1]?.write.iops ?? 0) + (jobs[2]?.write.iops ?? 0);
    expect(of(record, mixed, 'write-iops')[0]).toBeCloseTo(iops, 9);
    expect(record.header.imported?.version).toBe('3.33');
    expect(record.header.startedAt).toBe('2026-11-23T23:05:19.874Z');
  });

  it('sysbench: named after its section, several runs in one file are several launches', () => {
    const cpu = fixture('sysbench-cpu.txt').text;
    expect(of(imported([cpu + cpu]), 'cpu [prime limit=10000, threads=1]', 'events-rate')).toEqual([
      3351.43, 3351.43,
    ]);
    const fileio = imported([fixture('sysbench-fileio.txt').text]);
    const [disk] = fileio.header.cells;
    expect(disk?.workload).toBe(
      'fileio [test=random r/w, block size=16KiB, threads=1, flags=(none), files=4 x 2MiB, total size=8MiB, requests=0, r/w ratio=1.50, fsync each=100, fsync at end, io mode=synchronous]',
    );
    const name = disk?.workload ?? '';
    expect(of(fileio, name, 'read-bandwidth')[0]).toBeCloseTo(604.27 * 2 ** 20, 3);
    // 979.35 ms over 67,171 events; the printed mean is 0.01 ms.
    expect(of(fileio, name, 'latency-mean')[0]).toBeCloseTo(0.97935 / 67_171, 12);
    expect(of(fileio, name, 'latency-p95')).toEqual([]);
    const memory = 'memory [operation=write, block size=1KiB, threads=1, total size=1024MiB, scope=global]';
    expect(of(imported([fixture('sysbench-memory.txt').text]), memory, 'bandwidth')).toHaveLength(1);
    expect(
      of(imported([fixture('sysbench-threads.txt').text]), 'sysbench [threads=1]', 'latency-p95'),
    ).toEqual([0.00086]);
    expect(of(imported([fixture('sysbench-mutex.txt').text]), 'sysbench [threads=1]', 'latency-p95')).toEqual(
      [],
    );
  });

  it('go: lines of one process are turns, appended runs are launches, FAIL is a failure', () => {
    const record = imported([fixture('go.txt').text]);
    const encode = of(record, 'example.org/codec: Encode-8', 'time-per-op');
    expect(encode).toHaveLength(2);
    expect(encode[0]).toBeCloseTo(23_990e-9, 15);
    expect(of(record, 'example.org/codec: Encode-8', 'byte-rate')[1]).toBeCloseTo(268.47e6, 3);
    expect(of(record, 'example.org/codec: Encode-8', 'allocs-per-op')).toEqual([12, 12]);
    expect(of(record, 'example.org/codec: Decode/small-8', 'time-per-op')).toHaveLength(1);
    expect(record.trials.filter(({ outcome }) => outcome.state === 'failed')).toHaveLength(1);
    expect(record.header.imported?.remark).toContain('not understood: values in p99-ns');
    const told = imported([fixture('go.txt').text], { directions: { 'p99-ns': 'lower' } });
    expect(of(told, 'example.org/codec: Decode/small-8', 'value-p99-ns')).toEqual([83]);
  });

  it('pytest-benchmark: a file is one launch, its median, on the machine it names', () => {
    const record = imported([fixture('pytest-benchmark.json').text]);
    const raw = JSON.parse(fixture('pytest-benchmark.json').text) as {
      benchmarks: { stats: { median: number } }[];
    };
    const values = of(record, 'test_sum.py::test_join', 'time-per-op');
    expect(values).toHaveLength(1);
    expect(values[0]).toBeCloseTo(raw.benchmarks[0]?.stats.median ?? 0, 15);
    expect(record.header.host.must).toHaveProperty('cpu.model');
    expect(record.header.imported).toMatchObject({ unit: 'iteration' });
  });

  it('custom lists: in base units, in the direction named', () => {
    const text = JSON.stringify([
      { name: 'a', unit: 'ms', value: 12 },
      { name: 'b', unit: 'MB/s', value: 3 },
      { name: 'c', unit: 'widgets', value: -1 },
    ]);
    const record = imported([text], { from: 'customSmallerIsBetter' });
    expect(of(record, 'a', 'time')).toEqual([0.012]);
    expect(of(record, 'b', 'byte-rate-lower')).toEqual([3e6]);
    expect(of(record, 'c', 'value-widgets')).toEqual([-1]);
    expect(record.header.metrics.every(({ better }) => better === 'lower')).toBe(true);
  });

  it('every import is a record of the schema, whatever the file', () => {
    for (const file of [
      'hyperfine.json',
      'fio.json',
      'sysbench-cpu.txt',
      'go.txt',
      'pytest-benchmark.json',
    ]) {
      const record = imported([fixture(file).text]);
      for (const line of [record.header, ...record.trials, record.end]) {
        expect(lineSchema.safeParse(JSON.parse(JSON.stringify(line))).error).toBeUndefined();
      }
    }
  });
});

describe('pseudo-replication', () => {
  const rounds = (count: number) =>
    JSON.stringify({ benchmarks: [{ name: 'x', stats: { median: 1, data: Array<number>(count).fill(1) } }] });

  it('a thousand rounds in a process are one launch; five files are five', () => {
    expect(of(imported([rounds(1000)]), 'x', 'time-per-op')).toEqual([1]);
    const files = [1, 2, 3, 4, 5].map(rounds);
    expect(of(imported(files), 'x', 'time-per-op')).toHaveLength(5);
  });

  it('doubling every turn changes nothing', () => {
    const { text } = fixture('go.txt');
    const doubled = text.replaceAll(/^(Benchmark.*)$/gm, '$1\n$1');
    const name = 'example.org/codec: Encode-8';
    expect(of(imported([doubled]), name, 'time-per-op')).toEqual(of(imported([text]), name, 'time-per-op'));
  });

  it('the same file twice is refused', () => {
    expect(complaint(() => imported([rounds(3), rounds(3)]))).toContain('byte for byte');
  });

  it("the user's word is taken, recorded and shown", () => {
    const split = imported([rounds(7)], { unit: 'launch' });
    expect(of(split, 'x', 'time-per-op')).toHaveLength(7);
    expect(split.header.imported).toMatchObject({ unit: 'launch' });
    expect(split.header.imported?.remark).toContain('so says who imported it (--unit launch)');
    const one = imported([fixture('hyperfine.json').text], { unit: 'iteration' });
    expect(of(one, 'list root', 'wall-time')).toHaveLength(1);
  });
});

describe('hosts', () => {
  it('records of hosts not known equal none; a name makes them equal', () => {
    const one = fixture('hyperfine.json').text;
    const other = one.replace('0.00188075', '0.00188076');
    const hash = (text: string, host?: string) => imported([text], { host }).header.host.hash;
    expect(hash(one)).not.toBe(hash(other));
    expect(hash(one, 'ci')).toBe(hash(other, 'ci'));
    expect(hash(one, 'ci')).not.toBe(hash(other, 'laptop'));
  });

  it('files of two machines, or of two tools, are not one record', () => {
    const { text } = fixture('pytest-benchmark.json');
    expect(complaint(() => imported([text, text.replace('"node": "vm"', '"node": "pc"')]))).toContain(
      'another machine',
    );
    expect(complaint(() => imported([text, fixture('go.txt').text]))).toContain('another tool');
  });
});

describe('what may be wrong', () => {
  const hyperfine = fixture('hyperfine.json').text;
  const list = (...entries: readonly object[]) => JSON.stringify(entries);
  const custom = { from: 'customSmallerIsBetter' } as const;
  const cases: readonly (readonly [string, string, ImportKind | undefined, readonly string[]])[] = [
    ['empty', '', undefined, ['0.txt', 'is empty', '--from']],
    ['something else', 'hello', undefined, ['not recognised', 'hello']],
    ['cut JSON', hyperfine.slice(0, 300), undefined, ['0.txt:1', 'not JSON', 'cut']],
    ['NaN', hyperfine.replace('0.00188075', 'NaN'), undefined, ['0.txt:13', 'got NaN']],
    ['a negative time', hyperfine.replace('0.00188075', '-1'), undefined, ['results[0].times[0]', 'got -1']],
    [
      'text for a number',
      hyperfine.replace('0.00188075', '"1"'),
      undefined,
      ['results[0].times[0]', 'got "1"'],
    ],
    ['no results', '{"results": []}', undefined, ['holds no benchmark']],
    [
      'a name twice',
      hyperfine.replace('a short sleep', 'list root'),
      undefined,
      ['"list root" stands there twice'],
    ],
    ['no direction', list({ name: 'a', unit: 'widgets', value: 1 }), undefined, ['customSmallerIsBetter']],
    ['a negative size', list({ name: 'a', unit: 'MB', value: -1 }), custom.from, ['[0].value', 'got -1']],
    ['a name of nothing', list({ name: ' ', unit: 's', value: 1 }), custom.from, ['[0].name', 'empty']],
    ['cut sysbench', fixture('sysbench-cpu.txt').text.slice(0, 300), undefined, ['without its results']],
    ['go, odd words', 'BenchmarkX-8 100 12 ns/op 3', undefined, ['0.txt:1', 'pairs']],
    ['go, negative', 'BenchmarkX-8 100 -12 ns/op', undefined, ['0.txt:1', 'got -12']],
    ['go, only unknown units', 'BenchmarkX-8 100 12 foos', undefined, ["--better 'foos=lower'"]],
    ['not what was named', '{"a": 1}', 'fio', ['fio version', 'got nothing']],
  ];
  test.each(cases)('%s', (_name, text, from, words) => {
    const said = complaint(() => imported([text], from === undefined ? {} : { from }));
    for (const word of words) expect(said).toContain(word);
  });

  it('a benchmark whose unit changes from file to file', () => {
    const files = [list({ name: 'a', unit: 'ms', value: 1 }), list({ name: 'a', unit: 'MB', value: 1 })];
    expect(complaint(() => imported(files, custom))).toMatch(/"a" is time in 0\.txt and bytes in 1\.txt/);
  });

  it('hostile names are kept as harmless text', () => {
    const evil = '<script>\u001b[31m\u202Ex\n=cmd|y';
    const [cell] = imported([list({ name: evil, unit: 's', value: 1 })], custom).header.cells;
    expect(cell?.workload).toMatch(/^<script>\uFFFD\[31m\uFFFDx =cmd\|y #[0-9a-f]{8}$/);
    const long = imported([list({ name: 'x'.repeat(5000), unit: 's', value: 1 })], custom);
    expect(long.header.cells[0]?.workload).toHaveLength(200);
  });
});

test('formats are recognised', () => {
  const kinds = ['hyperfine.json', 'fio.json', 'sysbench-cpu.txt', 'go.txt', 'pytest-benchmark.json'].map(
    (file) => recognise(fixture(file)),
  );
  expect(kinds).toEqual(['hyperfine', 'fio', 'sysbench', 'go', 'pytest-benchmark']);
});

test('the table of formats names each', () => {
  const table = readFileSync(join(import.meta.dirname, '../../docs/imports.md'), 'utf8');
  const named = [...table.matchAll(/^\| `([^`]+)` /gm)].map((match) => match[1]);
  expect(named.filter((name) => name !== '--from')).toEqual(importKinds);
});

test('lists by content: the units tell, and what they do not tell is said', () => {
  const list = [
    { name: 'a', unit: 'ns/op', value: 1 },
    { name: 'b', unit: 'ops/sec', value: 2 },
    { name: 'c', unit: 'widgets', value: 3 },
  ];
  const record = imported([JSON.stringify(list)]);
  expect(record.header.metrics.map(({ better }) => better)).toEqual(['lower', 'higher']);
  expect(record.header.imported?.remark).toContain('not understood: values in widgets');
});

test('units', () => {
  expect(readUnit('ns/op')).toMatchObject({ unit: 's/op', factor: 1e-9, better: 'lower' });
  expect(readUnit('ns/iter')).toMatchObject({ unit: 's/op' });
  expect(readUnit('MiB')).toMatchObject({ unit: 'B', factor: 2 ** 20 });
  expect(readUnit('ops/sec')).toMatchObject({ unit: '1/s', slug: 'rate', better: 'higher' });
  expect(readUnit('Mb/s')).toMatchObject({ unit: '1/s', factor: 1, slug: 'rate-mb' });
  expect(readUnit('Mbps')).toMatchObject({ unit: 'count', factor: 1 });
  expect(readUnit('req/s')).toMatchObject({ slug: 'rate-req' });
  expect(readUnit('Percent')).toMatchObject({ unit: 'share', factor: 0.01, better: null });
  expect(readUnit('constructor')).toMatchObject({ unit: 'count', better: null });
});
