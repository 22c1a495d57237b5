/**
 * sysbench's text, 0.4 to 1.1: each run of the program is one launch; several runs may stand in one file, one
 * after another. What ran is known by its section and by every option printed above the results.
 */
import { UserError } from '../../../model/errors.ts';
import { countForQuantile } from '../../../model/descriptive.ts';
import { createGaps, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether, type Options } from '../identity.ts';
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
  rule(/^ *events\/s \(eps\): +(\S+)$/, 'events-rate', 'Events per second', '1/s'),
  rule(/^Total operations: \d+ \( *(\S+) per second\)$/, 'operations-rate', 'Operations per second', '1/s'),
  rule(/transferred \((\S+) MiB\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', mebibyte),
  rule(/^ *reads\/s: +(\S+)$/, 'reads-rate', 'Reads per second', '1/s'),
  rule(/^ *writes\/s: +(\S+)$/, 'writes-rate', 'Writes per second', '1/s'),
  rule(/^ *fsyncs\/s: +(\S+)$/, 'fsyncs-rate', 'Flushes per second', '1/s'),
  rule(/^ *read, MiB\/s: +(\S+)$/, 'read-bandwidth', 'Bytes read per second', 'B/s', mebibyte),
  rule(/^ *written, MiB\/s: +(\S+)$/, 'write-bandwidth', 'Bytes written per second', 'B/s', mebibyte),
  rule(/^ *transactions: +\d+ +\((\S+) per sec\.\)$/, 'transactions-rate', 'Transactions per second', '1/s'),
  rule(/^ *queries: +\d+ +\((\S+) per sec\.\)$/, 'queries-rate', 'Queries per second', '1/s'),
  // 0.4 and 0.5. Their "Kb", "Mb" and "Gb" are powers of 1024 bytes.
  rule(/^ *read\/write requests: +\d+ +\((\S+) per sec\.\)$/, 'queries-rate', 'Queries per second', '1/s'),
  rule(/^Operations performed: \d+ \( *(\S+) ops\/sec\)$/, 'operations-rate', 'Operations per second', '1/s'),
  rule(/transferred \((\S+) MB\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', mebibyte),
  rule(/Total transferred \S+ +\((\S+)Kb\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', 2 ** 10),
  rule(/Total transferred \S+ +\((\S+)Mb\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', mebibyte),
  rule(/Total transferred \S+ +\((\S+)Gb\/sec\)$/, 'bandwidth', 'Bytes per second', 'B/s', 2 ** 30),
  rule(/^ *(\S+) Requests\/sec executed$/, 'operations-rate', 'Operations per second', '1/s'),
];
/** Printed in hundredths of a millisecond, so that less than this is off by a twentieth or more. */
const coarse = 1e-4;
/** The histogram's last class, in seconds: what took longer is counted there. Its classes are 1.8 % wide. */
const longest = 100;

const sections: readonly (readonly [RegExp, string])[] = [
  [/^CPU speed:|^Prime numbers limit:|^Maximum prime number|^Doing CPU performance/m, 'cpu'],
  [/^Total operations:.*per second|transferred \(|^Running memory speed test|^Doing memory op/m, 'memory'],
  [/^File operations:|^Extra file open flags:/m, 'fileio'],
  [/^SQL statistics:|^OLTP test statistics:|^Doing OLTP test/m, 'sql'],
  [/^Doing thread subsystem/m, 'threads'],
  [/^Doing mutex performance/m, 'mutex'],
];

/** Lines above the results that say nothing of what is run. */
const noOption =
  /^(Running the test with following options:|Running memory speed test with the following options:|Initializing (random number generator from current time|worker threads\.\.\.)|Random number generator seed is 0 and will be ignored|Threads started!|Done\.|WARNING: .*)$/;

const known: readonly (readonly [RegExp, string])[] = [
  [/^Number of threads: (.+)$/, 'threads'],
  [/^Prime numbers limit: (.+)$/, 'prime limit'],
  [/^Maximum prime number checked in CPU test: (.+)$/, 'prime limit'],
  [/^Doing (.+) test\.?$/, 'test'],
  [/^Block size (.+)$/, 'block size'],
  [/^Extra file open flags: (.+)$/, 'flags'],
  [/^Number of (?:IO requests|random requests for random IO): (.+)$/, 'requests'],
  [/^Read\/Write ratio for combined random IO test: (.+)$/, 'r/w ratio'],
  [/^Periodic FSYNC enabled, calling fsync\(\) each (\d+) requests\.$/, 'fsync each'],
  [/^Calling fsync\(\) at the end of test, Enabled\.()$/, 'fsync at end'],
  [/^(.+) total file size$/, 'total size'],
  [/^Using (.+) I\/O mode$/, 'io mode'],
  [/^Memory (block size|transfer size|operations type|scope type): (.+)$/, ''],
];

/** Headings, sums of a run that are in its rates, and what is printed for people: no value is lost with them. */
const noValue: readonly RegExp[] = [
  /^$/,
  /^(General statistics|Latency \(ms\)|Threads fairness|CPU speed|File operations|Throughput|SQL statistics):$/,
  /^(OLTP test statistics|queries performed|Test execution summary|per-request statistics|response time):$/,
  /^(Threads started!|Done\.|Maximum prime number checked .*|Operations performed: +\d+ (Read|reads).*)$/,
  /^(Latency histogram .*|value +-+ distribution -+ count|[\d.]+ \|[ *]* \d+|\[ *\d+s *\].*)$/,
  /^(min|avg|max|total time|total number of events|time elapsed|percentile stats): .*$/,
  /^(events|execution time) \(avg\/stddev\): .*$/,
  /^(read|write|other|total|ignored errors|reconnects|deadlocks|other operations): +\d+( .*)?$/,
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
  const gaps = createGaps();
  const runs = starts.map((start, at) => {
    const part = lines.slice(start, starts[at + 1]);
    const kind = sections.find(([pattern]) => pattern.test(part.join('\n')))?.[1] ?? 'sysbench';
    const read = readRun(part, file, start + 1, gaps);
    return { ...read, name: identityOf(kind, optionsOf(part), `${file}:${start + 1}`) };
  });
  const capped = runs.reduce((count, run) => count + run.capped, 0);
  const fine = runs.reduce((count, run) => count + run.coarse, 0);
  return {
    tool: 'sysbench',
    version: [...new Set(starts.map((start) => versionIn(lines[start] ?? '')))].join(', '),
    at: null,
    host: unknownHost,
    unit: 'launch',
    benchmarks: launchesTogether(runs),
    remarks: [
      ...(fine === 0
        ? []
        : [
            `sysbench prints percentiles in hundredths of a millisecond: those below 0.1 ms are left out as too coarse (${fine})`,
          ]),
      ...(capped === 0
        ? []
        : [
            `sysbench counts everything above 100 s as 100 s: a percentile there is at least that, and no value (${capped} left out)`,
          ]),
    ],
    notUnderstood: gaps.list(),
  };
}

function versionIn(line: string): string {
  return (line.split(' ')[1] ?? '').replace(/:$/, '');
}

/** Every option printed between the first line and the start of the threads, and those old versions print later. */
function optionsOf(lines: readonly string[]): Options {
  const end = lines.findIndex((line) => /^Threads started!|^ *Latency|^General statistics|^FATAL/.test(line));
  const head = lines.slice(1, end < 0 ? lines.length : end);
  const late = lines.slice(head.length + 1).filter((line) => /^Maximum prime number/.test(line));
  const found = [...head, ...late].flatMap((line): (readonly [string, string])[] => {
    const text = line.trim();
    if (text === '' || noOption.test(text) || /^\[ *\d+s *\]/.test(text)) return [];
    for (const [pattern, key] of known) {
      const match = pattern.exec(text);
      if (match === null) continue;
      return key === '' ? [[match[1] ?? '', match[2] ?? '']] : [[key, match[1] ?? '']];
    }
    const files = /^(\d+) files, (\S+) each$/.exec(text);
    if (files !== null) return [['files', `${files[1] ?? ''} x ${files[2] ?? ''}`]];
    const [, key = '', value = ''] = /^([^:,]+): (.+)$/.exec(text) ?? ['', text.replace(/\.$/, '')];
    return [[key, value]];
  });
  return found.toSorted(([a], [b]) => rank(a) - rank(b));
}

/** What tells tests apart best comes first, as long names are cut. */
function rank(key: string): number {
  const order = ['test', 'operation', 'block size', 'prime limit', 'threads'];
  return order.includes(key) ? order.indexOf(key) : order.length;
}

interface Run {
  readonly launch: ImportedLaunch;
  /** How many percentiles lie in the histogram's last class. */
  readonly capped: number;
  readonly coarse: number;
}

function readRun(lines: readonly string[], file: string, first: number, gaps: Gaps): Run {
  const isOld = /^sysbench 0\./.test(lines[0] ?? '');
  const values: ImportedValues[] = [];
  const add = (each: Omit<Rule, 'pattern' | 'factor'>, value: number) => {
    // What sysbench rounds to nothing is not known, rather than nothing.
    if (value > 0) values.push({ metric: metricOf(each), values: [value] });
  };
  const counts = { capped: 0, coarse: 0 };
  let isResult = false;
  let seconds = 0;
  let events = 0;
  lines.forEach((raw, at) => {
    const line = raw.trimEnd();
    const place = `${file}:${first + at}`;
    const number = (pattern: RegExp, what: string) => {
      const printed = pattern.exec(line)?.[1];
      return printed === undefined ? null : notNegative(Number(printed), place, what);
    };
    isResult ||= /^Threads started!/.test(line);
    seconds = number(/^ *(?:total time|time elapsed): +(\S+)s$/, 'a time') ?? seconds;
    events = number(/^ *total number of events: +(\d+)$/, 'a count') ?? events;
    const sum =
      number(/^ *sum: +(\S+)$/, 'a time') ??
      times(number(/^ *total time taken by event execution: +([\d.]+)s?$/, 'a time'), 1e3);
    if (sum !== null) {
      // The printed mean has two decimals; the sum over the events has more than enough.
      if (events > 0) add({ slug: 'latency-mean', title: 'Mean latency', unit: 's' }, (1e-3 * sum) / events);
      if (isOld && seconds > 0 && !values.some(({ metric }) => metric.id === 'import.events-rate')) {
        add({ slug: 'events-rate', title: 'Events per second', unit: '1/s' }, events / seconds);
      }
      return;
    }
    const percentile =
      /^ *(\d+(?:\.\d+)?)(?:th|st|nd|rd) percentile: +(\S+)$/.exec(line) ??
      /^ *approx\. +(\d+(?:\.\d+)?) percentile: +([\d.]+)ms$/.exec(line);
    if (percentile !== null) {
      const [, rankText = '', printed] = percentile;
      const value = 1e-3 * notNegative(Number(printed), place, 'a percentile');
      if (value >= 0.999 * longest && !isOld) counts.capped += 1;
      else if (value < coarse) counts.coarse += 1;
      else if (events >= countForQuantile(Number(rankText) / 100)) add(percentileMetric(rankText), value);
      return;
    }
    // 1.1 prints both rates of a direction in one line.
    const both = /^ *(read|write|fsync): +IOPS=([\d.]+)(?: +([\d.]+) MiB\/s)?/.exec(line);
    if (both !== null) {
      const [, direction = '', rate, bandwidth] = both;
      const [slug, bandwidthSlug] = [`${direction}s-rate`, `${direction}-bandwidth`];
      add(byName(slug), notNegative(Number(rate), place, 'a rate'));
      if (bandwidth !== undefined) {
        add(byName(bandwidthSlug), mebibyte * notNegative(Number(bandwidth), place, 'a rate'));
      }
      return;
    }
    const matched = rules.find(({ pattern }) => pattern.test(line));
    if (matched !== undefined) {
      add(matched, matched.factor * (number(matched.pattern, matched.title) ?? 0));
      return;
    }
    if (
      isResult &&
      !noValue.some((pattern) => pattern.test(line.trim())) &&
      !/^(FATAL|ERROR|WARNING|DEBUG|ALERT)/.test(line)
    ) {
      gaps.add(
        'lines of results',
        place,
        'take them out if they are no results; else report them as a format that tare should read',
      );
    }
  });
  if (values.length > 0 && lines.some((line) => /^Threads fairness:/.test(line))) {
    return { launch: { values, failure: null }, ...counts };
  }
  const fatal = lines.find((line) => /^(FATAL|ERROR)/.test(line));
  if (fatal !== undefined) return { launch: { values: [], failure: fatal.slice(0, 200) }, ...counts };
  throw new UserError(
    `${file}:${first}: a run of sysbench ${versionIn(lines[0] ?? '')} without its results (${lines.length} lines)`,
    'the output was cut: run it again, and keep everything it prints',
  );
}

function byName(slug: string): Rule {
  const found = rules.find((each) => each.slug === slug);
  if (found === undefined) throw new Error(`no rule ${slug}`);
  return found;
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function percentileMetric(rankText: string): Omit<Rule, 'pattern' | 'factor'> {
  return {
    slug: `latency-p${rankText.replace('.', '_')}`,
    title: `${rankText}th percentile of latency`,
    unit: 's',
  };
}

function rule(pattern: RegExp, slug: string, title: string, unit: Rule['unit'], factor = 1): Rule {
  return { pattern, slug, title, unit, factor };
}

function metricOf({ slug, title, unit }: Omit<Rule, 'pattern' | 'factor'>): ImportMetric {
  return {
    id: `import.${slug}`,
    title,
    unit,
    better: unit === 's' ? 'lower' : 'higher',
    definition: `${title} over a whole run, as sysbench printed it.`,
    threshold: unit === 's' ? 0.1 : 0.05,
  };
}
