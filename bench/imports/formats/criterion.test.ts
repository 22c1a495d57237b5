/** Criterion's text and files, after its user guide and sources; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { parseImport } from '../index.ts';
import { complaint, imported, near } from '../testing/imported.ts';

const text = `Benchmarking fib 20
Benchmarking fib 20: Warming up for 3.0000 s
Benchmarking fib 20: Collecting 100 samples in estimated 5.0 s (187k iterations)
Benchmarking fib 20: Analyzing
fib 20                  time:   [26.029 µs 26.251 µs 26.505 µs]
                        thrpt:  [1.0 MiB/s 2.0 MiB/s 3.0 MiB/s]
                        change: [-38.292% -37.342% -36.524%] (p = 0.00 < 0.05)
                        Performance has improved.
Found 8 outliers among 100 measurements (8.00%)
  6 (6.00%) high mild
Benchmarking a group/with a long name/1024: Analyzing
a group/with a long name/1024
                        time:   [1.0000 ms 2.0000 ms 3.0000 ms]
                 change:
                        time:   [-1.0% +0.5% +2.0%] (p = 0.40 > 0.05)
`;

describe('cargo bench', () => {
  it('gives the estimate in the middle', () => {
    const record = imported([text]);
    expect(near(record, 'fib 20', 'time-per-op')).toEqual([26.251e-6]);
    expect(near(record, 'a group/with a long name/1024', 'time-per-op')).toEqual([2e-3]);
    expect(record.header.metrics).toHaveLength(1);
    expect(record.header.imported?.remark).not.toContain('not understood');
  });

  it('in the form of libtest', () => {
    const record = imported([
      'running 3 tests\ntest sum ... bench:       1,234 ns/iter (+/- 56) = 800 MB/s\ntest sort   ... bench:         0.5 ns/iter (+/- 1)\ntest x ... ignored\n',
    ]);
    expect(near(record, 'sum', 'time-per-op')).toEqual([1.234e-6]);
    expect(near(record, 'sort', 'time-per-op')).toEqual([5e-10]);
  });

  it('that was cut says what is missing', () => {
    const record = imported([`${text}Benchmarking late: Warming up for 3.0000 s\n`]);
    expect(record.header.imported?.remark).toContain('not understood: benchmarks without a result (1)');
  });

  it('of other measures than time is not taken for time', () => {
    const record = imported([`${text}cyc   time:   [1.0 cycles 2.0 cycles 3.0 cycles]\n`]);
    expect(record.header.imported?.remark).toContain('not understood: estimates in cycles (1)');
  });
});

describe('files', () => {
  const estimate = (value: number) => ({ point_estimate: value, standard_error: 1, confidence_interval: {} });
  const estimates = JSON.stringify({
    mean: estimate(30),
    median: estimate(20),
    median_abs_dev: estimate(1),
    slope: null,
    std_dev: estimate(2),
  });
  const sample = JSON.stringify({ sampling_mode: 'Linear', iters: [1, 2, 4], times: [10, 40, 120] });
  const benchmark = (full_id: string) =>
    JSON.stringify({ group_id: 'g', function_id: 'f', value_str: null, full_id });
  const read = (parts: readonly { path: string; text: string }[]) =>
    parseImport({ file: 'criterion', text: '', parts });

  it('sample.json gives turns of one launch, benchmark.json the name', () => {
    const parsed = read([
      { path: 'g/f/new/sample.json', text: sample },
      { path: 'g/f/new/estimates.json', text: estimates },
      { path: 'g/f/new/benchmark.json', text: benchmark('g/f') },
    ]);
    expect(parsed.benchmarks).toHaveLength(1);
    expect(parsed.benchmarks[0]).toMatchObject({ name: 'g/f' });
    const [launch, ...more] = parsed.benchmarks[0]?.launches ?? [];
    expect(more).toEqual([]);
    expect(launch?.values[0]?.values.map((value) => Math.round(value * 1e9))).toEqual([10, 20, 30]);
  });

  it('estimates.json alone is its median, once, named after its folder', () => {
    const parsed = read([{ path: 'g/f/20/new/estimates.json', text: estimates }]);
    expect(parsed.benchmarks[0]).toMatchObject({ name: 'g/f/20' });
    expect(parsed.benchmarks[0]?.launches[0]?.values[0]?.values).toEqual([20e-9]);
    expect(parsed.remarks.join()).toContain('only their estimates (1)');
    expect(near(imported([estimates]), '0.txt', 'time-per-op')).toEqual([20e-9]);
  });

  it('a change against another run is no time', () => {
    const change = JSON.stringify({ mean: estimate(-0.1), median: estimate(-0.2) });
    expect(complaint(() => imported([change], { from: 'criterion' }))).toContain(
      'is a change against an older run',
    );
  });
});

test.each([
  [
    'group,function,value,throughput_num,throughput_type,sample_measured_value,unit,iteration_count\n',
    /raw\.csv/,
  ],
  [
    'Benchmark           Mode  Cnt  Score   Error  Units\nSort.run  avgt  5  1.0 ± 0.1  us/op\n',
    /JMH's text/,
  ],
  ['command,mean,stddev,median,user,system,min,max\nls,1,1,1,1,1,1,1\n', /hyperfine's table/],
  ['{"type":"Metric","data":{},"metric":"vus"}\n{"type":"Point","data":{},"metric":"vus"}\n', /k6's stream/],
])('forms that hold too little are named: %s', (other, words) => {
  expect(complaint(() => imported([other]))).toMatch(words);
});
