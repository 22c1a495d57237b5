/** Options as users write them, and the metrics and commands that come of them. */
import { expect, test } from 'vitest';
import type { ExecResult } from '../../runners/runner.ts';
import { program } from './program.ts';
import { UnreadableOutput } from './output.ts';

const shape = { id: 'one', cpus: 1, memoryBytes: 2 ** 28 };
const tps = { regex: 'tps = ([\\d.]+)', unit: '1/s', better: 'higher' };
const read = (value: unknown) => program.options.parse(value);
const result = (stdout: string, stderr = ''): ExecResult => ({
  ...{ exitCode: 0, stdout, stderr, begin: 0, end: 1, oomKills: 0 },
});

test('numbers become metrics of the application with their unit, direction and threshold', () => {
  const options = read({
    run: ['pgbench', '-T', '5'],
    metrics: {
      tps,
      'p99-latency': { json: '$.p99', unit: 's', scale: 0.001, better: 'lower', threshold: 0.1 },
    },
  });
  expect(program.metricsFor?.(options)).toMatchObject([
    {
      id: 'app.tps',
      family: 'app',
      title: 'Tps',
      unit: '1/s',
      better: 'higher',
      threshold: 0.05,
      needsRealCpu: true,
    },
    { id: 'app.p99-latency', title: 'P99 latency', unit: 's', better: 'lower', threshold: 0.1 },
  ]);
  expect(program.command(options, shape, null)).toEqual(['pgbench', '-T', '5']);
  expect(program.after?.(options)).toBeNull();
  expect(program.programsFor?.(options)).toEqual(['pgbench']);
});

test('values are read from the stream asked for, and scaled', () => {
  const options = read({
    run: ['it'],
    metrics: {
      tps,
      slow: { regex: 'max (\\d+) ms', from: 'stderr', unit: 's', scale: 0.001, better: 'lower' },
    },
  });
  const measured = { result: result('tps = 810.5\n', 'max 12 ms\n'), cpuSeconds: 1 };
  expect(program.parse(measured, options)).toEqual([
    { metric: 'app.tps', value: 810.5 },
    { metric: 'app.slow', value: 0.012 },
  ]);
  expect(() => program.parse({ result: result('no'), cpuSeconds: 1 }, options)).toThrow(UnreadableOutput);
});

test('an endpoint is scraped after the program, or instead of one', () => {
  const scrape = { port: 9187 };
  const sample = { sample: 'pg_up', unit: 'count', better: 'higher' };
  const both = read({ run: ['it'], scrape, metrics: { tps, up: sample } });
  expect(program.after?.(both)).toEqual(
    expect.arrayContaining(['busybox', 'wget', 'http://127.0.0.1:9187/metrics']),
  );
  const measured = { result: result('tps = 1'), cpuSeconds: null, after: result('pg_up 1\n') };
  expect(program.parse(measured, both).map(({ value }) => value)).toEqual([1, 1]);
  const alone = read({ scrape: { port: 80, path: '/m' }, metrics: { up: sample } });
  expect(program.command(alone, shape, null).at(-1)).toBe('http://127.0.0.1:80/m');
  expect(program.after?.(alone)).toBeNull();
  expect(program.parse({ result: result('pg_up 3\n'), cpuSeconds: null }, alone)).toEqual([
    { metric: 'app.up', value: 3 },
  ]);
  expect(program.needsService?.(alone)).toBe(true);
});

test.each([
  [{ metrics: { tps } }, 'run'],
  [{ run: ['it'], metrics: {} }, 'empty'],
  [{ run: ['it'], metrics: { tps: { ...tps, regex: 'no group' } } }, 'one group'],
  [{ run: ['it'], metrics: { tps: { ...tps, regex: '(a' } } }, 'one group'],
  [{ run: ['it'], metrics: { tps: { ...tps, json: '$.a' } } }, 'exactly one'],
  [{ run: ['it'], metrics: { tps: { unit: 's', better: 'lower' } } }, 'exactly one'],
  [{ run: ['it'], metrics: { a: { sample: 'x', unit: 's', better: 'lower' } } }, 'scrape'],
  [{ scrape: { port: 1 }, metrics: { tps } }, 'run'],
  [{ run: ['it'], metrics: { tps: { ...tps, unit: 'ms' } } }, 'unit'],
  [{ run: ['it'], metrics: { tps: { ...tps, scale: 0 } } }, 'above 0'],
  [{ run: ['it'], metrics: { Tps: tps } }, 'lower-case'],
])('%j is refused', (value, words) => {
  const { success, error } = program.options.safeParse(value);
  expect(success).toBe(false);
  expect(JSON.stringify(error?.issues)).toContain(words);
});
