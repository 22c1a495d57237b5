/** Go's benchmark text, whole and torn; the forms are those of the testing package, numbers are made up. */
import { describe, expect, it, test } from 'vitest';
import { complaint, imported, near } from '../testing/imported.ts';

const head = 'goos: linux\ngoarch: amd64\npkg: example.com/a\ncpu: X\n';
const foot = 'PASS\nok  \texample.com/a\t2.0s\n';
const text = (...lines: readonly string[]) => `${head}${lines.join('\n')}\n${foot}`;
const named = 'example.com/a: Ping-8';
const lost = (whole: string) => imported([whole]).header.imported?.remark ?? '';

describe('a result torn from its name', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['by a log line', ['BenchmarkPing-8   \t2024/01/01 00:00:00 started', '     100\t  12 ns/op']],
    ['by several', ['BenchmarkPing-8   \tone', 'two 3', '     100\t  12 ns/op\t  512 B/op']],
    ['by a log without a line end', ['BenchmarkPing-8   \tone     100\t  12 ns/op']],
    ['by a log whose last line has no end', ['BenchmarkPing-8   \tone', 'two     100\t  12 ns/op']],
    ['over two lines', ['BenchmarkPing-8', '     100\t  12 ns/op']],
    ['over two lines, behind the iterations', ['BenchmarkPing-8   \t     100', '  12 ns/op']],
    ['over two lines, before a unit', ['BenchmarkPing-8   \t     100\t  12', 'ns/op']],
    ['behind a line that another wrote', ['log without end BenchmarkPing-8   \t     100\t  12 ns/op']],
    [
      'with a log that looks like a setting',
      ['BenchmarkPing-8   \t', 'warning: low disk', '     100\t  12 ns/op'],
    ],
  ];
  it.each(cases)('%s', (_name, lines) => {
    const record = imported([text(...lines, 'BenchmarkPong-8 \t 1\t 5 ns/op')]);
    expect(near(record, named, 'time-per-op')).toEqual([12e-9]);
    expect(near(record, 'example.com/a: Pong-8', 'time-per-op')).toEqual([5e-9]);
    expect(record.header.imported?.remark).not.toContain('not understood');
  });

  it('keeps what stands in the next line', () => {
    const record = imported([text('BenchmarkPing-8 \t 100\t 12 ns/op', '\t 512 B/op\t 3 allocs/op')]);
    expect(near(record, named, 'bytes-per-op')).toEqual([512]);
  });

  it('is said to be lost where it does not come', () => {
    const said = lost(text('BenchmarkPing-8   \tstarted', 'BenchmarkPong-8 \t 1\t 5 ns/op'));
    expect(said).toContain('not understood: benchmarks without a result (1)');
  });

  it('is said to be torn where its name is missing', () => {
    const said = lost(text('BenchmarkPong-8 \t 1\t 5 ns/op', '     100\t  12 ns/op'));
    expect(said).toContain('not understood: results torn from the names of their benchmarks (1)');
  });
});

describe('-v, -count, -cpu, sub-benchmarks', () => {
  it('takes announcements for no results', () => {
    const record = imported([
      text(
        '=== RUN   BenchmarkPing',
        'BenchmarkPing',
        'BenchmarkPing-8 \t 100\t 12 ns/op',
        'BenchmarkPing-8 \t 100\t 14 ns/op',
        '=== RUN   BenchmarkTree',
        'BenchmarkTree',
        'BenchmarkTree/deep',
        'BenchmarkTree/deep-8 \t 100\t 7 ns/op',
        'BenchmarkTree/deep-16 \t 100\t 4 ns/op',
        '--- BENCH: BenchmarkTree/deep-16',
        '    x_test.go:10: message',
        'BenchmarkSkipped',
        '--- SKIP: BenchmarkSkipped',
      ),
    ]);
    expect(near(record, named, 'time-per-op')[0]).toBeCloseTo(13e-9, 15);
    expect(record.header.cells.map(({ workload }) => workload)).toEqual([
      'example.com/a: Ping-8',
      'example.com/a: Tree/deep-8',
      'example.com/a: Tree/deep-16',
    ]);
    expect(record.header.imported?.remark).not.toContain('not understood');
  });

  it('a failure behind the name, or a panic, is a failed launch', () => {
    for (const end of ['--- FAIL: BenchmarkPing-8', 'panic: no']) {
      const record = imported([
        text(
          'BenchmarkPong-8 \t 1\t 5 ns/op',
          `BenchmarkPing-8   \t${end.startsWith('-') ? end : `\n${end}`}`,
        ),
      ]);
      expect(record.trials.filter(({ outcome }) => outcome.state === 'failed')).toHaveLength(1);
    }
  });
});

test('several packages keep their benchmarks apart', () => {
  const other = text('BenchmarkPing-8 \t 1\t 9 ns/op').replaceAll('example.com/a', 'example.com/b');
  const record = imported([text('BenchmarkPing-8 \t 1\t 5 ns/op') + other]);
  expect(near(record, 'example.com/b: Ping-8', 'time-per-op')).toEqual([9e-9]);
});

test('go test -json is put together again', () => {
  const event = (Output: string) =>
    JSON.stringify({ Time: 't', Action: 'output', Package: 'example.com/a', Output });
  const lines = ['pkg: example.com/a\n', 'BenchmarkPing-8   \t', '     100\t  12 ns/op\n', 'PASS\n'];
  const record = imported([`${lines.map(event).join('\n')}\n`]);
  expect(near(record, named, 'time-per-op')).toEqual([12e-9]);
});

describe('units of one own', () => {
  const line = 'BenchmarkPing-8 \t 100\t 12 ns/op\t 3.2 p99-ms\t 0.5 hit%\t 12.5 items/s';

  it('are read where they tell, and counted where they do not', () => {
    const record = imported([text(line)]);
    expect(near(record, named, 'rate-items')).toEqual([12.5]);
    expect(record.header.imported?.remark).toMatch(/values in p99-ms.*\(1\).*values in hit%.*\(1\)/);
  });

  it('are ignored where the user says so', () => {
    const record = imported([text(line)], { directions: { 'p99-ms': 'lower', 'hit%': 'ignore' } });
    expect(record.header.imported?.remark).not.toContain('not understood');
    expect(record.header.metrics.map(({ id }) => id)).toContain('import.value-p99-ms');
  });

  it('that differ in their signs alone stay two', () => {
    const record = imported([text('BenchmarkPing-8 \t 1\t 1 p99_x\t 2 p99-x')], {
      directions: { p99_x: 'lower', 'p99-x': 'lower' },
    });
    expect(record.header.metrics).toHaveLength(2);
  });
});

test('colours and time stamps before each line do no harm', () => {
  const stamped = text('BenchmarkPing-8 \t 100\t 12 ns/op').replaceAll(/^/gm, '2024-01-01T00:00:00.000Z ');
  expect(near(imported([stamped]), 'Ping-8', 'time-per-op')).toEqual([12e-9]);
  const coloured = text('\u001b[32mBenchmarkPing-8\u001b[0m \t 100\t 12 ns/op');
  expect(near(imported([coloured]), named, 'time-per-op')).toEqual([12e-9]);
});

test('a file in which nothing is whole is refused with what it holds', () => {
  expect(complaint(() => imported([text('BenchmarkPing-8   \tstarted')]))).toMatch(
    /benchmarks without a result \(1/,
  );
});
