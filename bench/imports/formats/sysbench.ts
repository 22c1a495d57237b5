/**
 * sysbench's text: each run of the program is one launch; several runs may stand in one file, one after another.
 * Which test ran is not printed, only its section: so the section names the benchmark.
 */
import { UserError } from '../../../model/errors.ts';
import { countForQuantile } from '../../statistics/descriptive.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type { ImportedLaunch, ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly factor: number;
  readonly slug: string;
  readonly title: string;
  readonly unit: 's' | '1/s' | 'B/s';
}

const mebibyte = 2 ** 20;
const rules: readonly Rule[] = [
  rule(/^ *events per second: +(\S+)$/, 'events-rate', 'Events per second', '1/s'),
  rule(/^Total operations: \d+ \( *(\S+) per second\)$/, 'operations-rate', 'Operations per second', '1/s'),
  rule(/transferred \((\S+) MiB\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', mebibyte),
  rule(/^ *reads\/s: +(\S+)$/, 'reads-rate', 'Reads per second', '1/s'),
  rule(/^ *writes\/s: +(\S+)$/, 'writes-rate', 'Writes per second', '1/s'),
  rule(/^ *fsyncs\/s: +(\S+)$/, 'fsyncs-rate', 'Flushes per second', '1/s'),
  rule(/^ *read, MiB\/s: +(\S+)$/, 'read-bandwidth', 'Bytes read per second', 'B/s', mebibyte),
  rule(/^ *written, MiB\/s: +(\S+)$/, 'write-bandwidth', 'Bytes written per second', 'B/s', mebibyte),
  rule(/^ *transactions: +\d+ +\((\S+) per sec\.\)$/, 'transactions-rate', 'Transactions per second', '1/s'),
  rule(/^ *queries: +\d+ +\((\S+) per sec\.\)$/, 'queries-rate', 'Queries per second', '1/s'),
];
const latencyP95 = rule(
  /^ *95th percentile: +(\S+)$/,
  'latency-p95',
  '95th percentile of latency',
  's',
  1e-3,
);
/** The printed mean has two decimals; the sum over the events has more than enough. */
const latencySum = rule(/^ *sum: +(\S+)$/, 'latency-mean', 'Mean latency', 's', 1e-3);
/** Printed in hundredths of a millisecond, so that less than this is off by a twentieth or more. */
const coarse = 1e-4;

const sections: readonly (readonly [RegExp, string])[] = [
  [/^CPU speed:/m, 'cpu'],
  [/^Total operations:.*per second|transferred \(/m, 'memory'],
  [/^File operations:/m, 'fileio'],
  [/^SQL statistics:/m, 'sql'],
];

export function readSysbench({ file, text }: ImportFile): ParsedImport {
  const lines = text.split(/\r?\n/);
  const starts = lines.flatMap((line, at) => (/^sysbench \d/.test(line) ? [at] : []));
  if (starts.length === 0) {
    throw new UserError(
      `${file}:1: expected "sysbench VERSION", got ${JSON.stringify((lines[0] ?? '').slice(0, 60))}`,
      "give sysbench's whole output, from its first line on",
    );
  }
  const launches = new Map<string, ImportedLaunch[]>();
  const versions = new Set<string>();
  starts.forEach((start, at) => {
    const part = lines.slice(start, starts[at + 1]);
    versions.add(part[0]?.split(' ')[1] ?? '');
    const name = sections.find(([pattern]) => pattern.test(part.join('\n')))?.[1] ?? 'sysbench';
    const threads = /^Number of threads: (\d+)$/m.exec(part.join('\n'))?.[1] ?? '1';
    const full = threads === '1' ? name : `${name}, ${threads} threads`;
    launches.set(full, [...(launches.get(full) ?? []), readLaunch(part, file, start + 1)]);
  });
  return {
    tool: 'sysbench',
    version: [...versions].join(', '),
    at: null,
    host: unknownHost,
    unit: 'launch',
    benchmarks: [...launches].map(([name, each]) => ({ name, launches: each })),
    remarks: [
      'sysbench prints percentiles in hundredths of a millisecond: those below 0.1 ms are left out as too coarse',
    ],
  };
}

function readLaunch(lines: readonly string[], file: string, first: number): ImportedLaunch {
  const values: ImportedValues[] = [];
  const add = (each: Rule, value: number) => {
    // What sysbench rounds to nothing is not known, rather than nothing.
    if (value > 0) values.push({ metric: metricOf(each), values: [value] });
  };
  let inLatency = false;
  let events = 0;
  lines.forEach((line, at) => {
    const place = `${file}:${first + at}`;
    const read = (each: Rule) => {
      const printed = each.pattern.exec(line.trimEnd())?.[1];
      return printed === undefined ? null : each.factor * notNegative(Number(printed), place, each.title);
    };
    if (/^\S/.test(line)) inLatency = /^Latency \(ms\):/.test(line);
    if (inLatency) {
      const sum = read(latencySum);
      if (sum !== null && events > 0) add(latencySum, sum / events);
      const p95 = read(latencyP95);
      if (p95 !== null && p95 >= coarse && events >= countForQuantile(0.95)) add(latencyP95, p95);
      return;
    }
    events = Number(/^ *total number of events: +(\d+)$/.exec(line.trimEnd())?.[1] ?? events);
    for (const each of rules) add(each, read(each) ?? 0);
  });
  if (values.length > 0 && lines.some((line) => /^Threads fairness:/.test(line))) {
    return { values, failure: null };
  }
  const fatal = lines.find((line) => /^(FATAL|ERROR)/.test(line));
  if (fatal !== undefined) return { values: [], failure: fatal.slice(0, 200) };
  throw new UserError(
    `${file}:${first}: a run of sysbench without its results (${lines.length} lines)`,
    'the output was cut: run it again, and keep everything it prints',
  );
}

function rule(pattern: RegExp, slug: string, title: string, unit: Rule['unit'], factor = 1): Rule {
  return { pattern, slug, title, unit, factor };
}

function metricOf({ slug, title, unit }: Rule): ImportMetric {
  return {
    id: `import.${slug}`,
    title,
    unit,
    better: unit === 's' ? 'lower' : 'higher',
    definition: `${title} over a whole run, as sysbench printed it.`,
    threshold: unit === 's' ? 0.1 : 0.05,
  };
}
