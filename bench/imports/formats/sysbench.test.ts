/** sysbench's text of several versions, after what its sources print; numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { complaint, fixture, imported, launchCounts, near } from '../testing/imported.ts';

const run = (latency: string, events = 1000) =>
  `sysbench 1.0.20 (using bundled LuaJIT 2.1.0-beta2)

Running the test with following options:
Number of threads: 2
Initializing random number generator from current time


Prime numbers limit: 10000

Initializing worker threads...

Threads started!

CPU speed:
    events per second:   100.00

General statistics:
    total time:                          10.0000s
    total number of events:              ${events}

Latency (ms):
         min:                                    0.10
         avg:                                    1.00
         max:                                    9.00
${latency}
         sum:                                 1000.00

Threads fairness:
    events (avg/stddev):           500.0000/0.00
    execution time (avg/stddev):   0.5000/0.00

`;
const name = 'cpu [prime limit=10000, threads=2]';

describe('percentiles', () => {
  it.each([
    ['        95th percentile:                    2.00', 'latency-p95'],
    ['        99th percentile:                    2.00', 'latency-p99'],
    ['         1th percentile:                    2.00', 'latency-p1'],
  ])('%s', (line, metric) => {
    expect(near(imported([run(line)]), name, metric)).toEqual([0.002]);
  });

  it('at the end of the histogram are no values, and that is said', () => {
    const record = imported([run('        95th percentile:               100000.00')]);
    expect(near(record, name, 'latency-p95')).toEqual([]);
    expect(near(record, name, 'latency-mean')).toEqual([0.001]);
    expect(record.header.imported?.remark).toMatch(/above 100 s as 100 s.*\(1 left out\)/);
  });

  it('may be disabled', () => {
    const record = imported([run('         percentile stats:               disabled')]);
    expect(record.header.imported?.remark).not.toContain('not understood');
  });
});

test('tests that differ in what is printed are benchmarks of their own', () => {
  const text = run('        95th percentile:  2.00');
  const other = text.replace('limit: 10000', 'limit: 20000');
  expect(launchCounts(imported([text + other + text]))).toEqual([2, 1]);
});

test('intermediate reports are no results, and nothing is lost over them', () => {
  const text = run('        95th percentile:  2.00').replace(
    'Threads started!\n',
    'Threads started!\n\n[ 1s ] thds: 2 eps: 100.00 lat (ms,95%): 2.00\n',
  );
  expect(imported([text]).header.imported?.remark).not.toContain('not understood');
});

test('a line of results that nobody knows is counted', () => {
  const text = run('        95th percentile:  2.00').replace(
    'CPU speed:',
    'Quantum speed:\n    flips per second: 3\nCPU speed:',
  );
  expect(imported([text]).header.imported?.remark).toContain('not understood: lines of results (2)');
});

test('1.1 prints both rates of a direction in one line', () => {
  const text = fixture('sysbench-fileio.txt')
    .text.replace(
      /File operations:[\s\S]*Throughput:\n[\s\S]*?\n\n/,
      'Throughput:\n         read:  IOPS=200.50 3.00 MiB/s (3.15 MB/s)\n         write: IOPS=100.00 1.50 MiB/s (1.57 MB/s)\n         fsync: IOPS=50.00\n\n',
    )
    .replace('sysbench 1.0.20', 'sysbench 1.1.0');
  const record = imported([text]);
  const own = record.header.cells[0]?.workload ?? '';
  expect(near(record, own, 'reads-rate')).toEqual([200.5]);
  expect(near(record, own, 'write-bandwidth')).toEqual([1.5 * 2 ** 20]);
  expect(near(record, own, 'fsyncs-rate')).toEqual([50]);
  expect(record.header.imported?.remark).not.toContain('not understood');
});

describe('old versions', () => {
  const cpu = `sysbench 0.4.12:  multi-threaded system evaluation benchmark

Running the test with following options:
Number of threads: 1

Doing CPU performance benchmark

Threads started!
Done.

Maximum prime number checked in CPU test: 20000


Test execution summary:
    total time:                          20.0000s
    total number of events:              10000
    total time taken by event execution: 19.9000
    per-request statistics:
         min:                                  1.80ms
         avg:                                  1.99ms
         max:                                  4.00ms
         approx.  95 percentile:               2.10ms

Threads fairness:
    events (avg/stddev):           10000.0000/0.00
    execution time (avg/stddev):   19.9000/0.00

`;

  it('0.4, CPU', () => {
    const record = imported([cpu]);
    const own = 'cpu [prime limit=20000, threads=1, Doing CPU performance benchmark]';
    expect(near(record, own, 'events-rate')).toEqual([500]);
    expect(near(record, own, 'latency-mean')[0]).toBeCloseTo(1.99e-3, 9);
    expect(near(record, own, 'latency-p95')[0]).toBeCloseTo(2.1e-3, 9);
    expect(record.header.imported).toMatchObject({ version: '0.4.12' });
    expect(record.header.imported?.remark).not.toContain('not understood');
  });

  it('0.4, files', () => {
    const text = cpu
      .replace(
        'Doing CPU performance benchmark',
        'Extra file open flags: 0\n128 files, 16Mb each\n2Gb total file size\nBlock size 16Kb\nDoing random r/w test',
      )
      .replace(
        'Maximum prime number checked in CPU test: 20000',
        'Operations performed:  6000 Read, 4000 Write, 12800 Other = 22800 Total\nRead 93.75Mb  Written 62.5Mb  Total transferred 156.25Mb  (1.5Mb/sec)\n  100.10 Requests/sec executed',
      );
    const record = imported([text]);
    const [cell] = record.header.cells;
    expect(cell?.workload).toContain('fileio [test=random r/w, block size=16Kb');
    expect(near(record, cell?.workload ?? '', 'bandwidth')).toEqual([1.5 * 2 ** 20]);
    expect(near(record, cell?.workload ?? '', 'operations-rate')).toEqual([100.1]);
  });
});

test('output without its first line is named, not cut', () => {
  const text = fixture('sysbench-cpu.txt').text.replace(/^sysbench.*\n/, '');
  expect(complaint(() => imported([text]))).toMatch(/expected "sysbench VERSION"/);
});
