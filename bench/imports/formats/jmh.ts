/**
 * JMH's JSON: each fork is a JVM of its own and so a launch; its iterations are turns. Mode, threads, parameters
 * and how long it ran are what makes a benchmark. In mode `sample` an iteration is a histogram of single calls.
 */
import { z } from 'zod';
import { createGaps, directionOf, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether, optionsOf, type Options } from '../identity.ts';
import { readJson } from '../json.ts';
import { unknownHost } from '../parsed.ts';
import type {
  Direction,
  Directions,
  ImportedLaunch,
  ImportedValues,
  ImportFile,
  ImportMetric,
  ParsedImport,
} from '../parsed.ts';
import { readUnit, slugOf } from '../units.ts';

/** What is no number for JMH is text for its JSON: "NaN", "+INF". */
const number = z.union([z.number(), z.string()]);
const metricForm = z.looseObject({
  score: number,
  scoreUnit: z.string(),
  rawData: z.array(z.array(number)).optional(),
  rawDataHistogram: z.array(z.array(z.array(z.array(number)))).optional(),
});
const form = z.array(
  z.looseObject({
    jmhVersion: z.string().optional(),
    benchmark: z.string(),
    mode: z.string(),
    threads: number.optional(),
    forks: z.number().optional(),
    params: z.record(z.string(), z.unknown()).optional(),
    jvmArgs: z.array(z.string()).optional(),
    jdkVersion: z.string().optional(),
    vmName: z.string().optional(),
    primaryMetric: metricForm,
    secondaryMetrics: z.record(z.string(), metricForm).optional(),
  }),
);

type Entry = z.output<typeof form>[number];
type Score = z.output<typeof metricForm>;

/** What the profilers that come with JMH print of a fork; more of it is never better. */
const profilers = /^·?(gc\.alloc\.rate(\.norm)?|gc\.churn\..+|gc\.count|gc\.time|stack|safepoints\..+)$/;

export function readJmh({ file, text }: ImportFile, stated: Directions): ParsedImport {
  const results = readJson(text, file, form, 'JMH');
  const gaps = createGaps();
  const entries = results.flatMap((entry, at) => {
    const place = `${file}: [${at}]`;
    const name = identityOf(entry.benchmark, identifying(entry), `${place}.benchmark`);
    return launchesOf(entry, place, stated, gaps).map((launch) => ({ name, launch }));
  });
  const unforked = results.filter(({ forks }) => forks === 0).length;
  const bare = results.filter(({ primaryMetric }) => rawOf(primaryMetric) === null).length;
  return {
    tool: 'jmh',
    version: [...new Set(results.flatMap(({ jmhVersion }) => jmhVersion ?? []))].join(', ') || null,
    at: null,
    host: { ...unknownHost, note: noteOf(results) },
    // A fork is a launch already: its iterations only stand inside it.
    unit: 'iteration',
    benchmarks: launchesTogether(entries),
    remarks: [
      'each fork is a launch',
      ...(unforked === 0 ? [] : [`run without forks, all in one JVM, which counts once: ${unforked}`]),
      ...(bare === 0
        ? []
        : [`iterations are not in the file, only the score over all forks, which counts once: ${bare}`]),
    ],
    notUnderstood: gaps.list(),
  };
}

function noteOf(results: readonly Entry[]): Record<string, string> {
  const of = (values: readonly (string | undefined)[]) => [
    ...new Set(values.filter((each) => each !== undefined)),
  ];
  const jdk = of(results.map(({ jdkVersion }) => jdkVersion));
  const vm = of(results.map(({ vmName }) => vmName));
  return {
    ...(jdk.length === 0 ? {} : { 'jdk.version': jdk.join(', ') }),
    ...(vm.length === 0 ? {} : { 'jvm.name': vm.join(', ') }),
  };
}

/** All that JMH prints of how it ran; the JVM itself belongs to the machine, and forks are how often. */
function identifying(entry: Entry): Options {
  const settings = Object.fromEntries(
    Object.entries(entry).filter(([key]) => /^(warmup|measurement)(Iterations|Time|BatchSize)$/.test(key)),
  );
  return [
    ['mode', entry.mode],
    ['threads', String(entry.threads ?? 1)],
    ...optionsOf(entry.params ?? {}),
    ...(entry.jvmArgs === undefined || entry.jvmArgs.length === 0
      ? []
      : [['jvmArgs', entry.jvmArgs.join(' ')] as const]),
    ...optionsOf(settings),
  ];
}

/** Scores by fork and iteration; null: not in the file. */
function rawOf({ rawData, rawDataHistogram }: Score): readonly (readonly number[])[] | null {
  const forks =
    rawData?.map((fork) => fork.map(Number)) ??
    rawDataHistogram?.map((fork) => fork.map((iteration) => meanOf(iteration)));
  return forks === undefined || forks.every((fork) => fork.length === 0) ? null : forks;
}

/** Of a histogram of [value, count]: the score of its iteration. */
function meanOf(histogram: readonly (readonly (number | string)[])[]): number {
  const pairs = histogram.map((pair) => [Number(pair[0]), Number(pair[1])] as const);
  const count = pairs.reduce((sum, [, times]) => sum + times, 0);
  return pairs.reduce((sum, [value, times]) => sum + value * times, 0) / count;
}

function launchesOf(entry: Entry, place: string, stated: Directions, gaps: Gaps): ImportedLaunch[] {
  const primary = primaryMetric(entry, place, gaps);
  const found =
    primary === null ? [] : [{ ...primary, score: entry.primaryMetric, at: `${place}.primaryMetric` }];
  for (const [name, score] of Object.entries(entry.secondaryMetrics ?? {})) {
    // In mode `sample` percentiles are printed as metrics too; of forks they cannot be merged.
    if (/·?p\d+\.\d+$/.test(name)) continue;
    const at = `${place}.secondaryMetrics.${name}`;
    const secondary = secondaryMetric(name, score, entry, stated, gaps, at);
    if (secondary !== null) found.push({ ...secondary, score, at });
  }
  const raw = rawOf(entry.primaryMetric);
  const forks = raw === null || entry.forks === 0 ? 1 : raw.length;
  return Array.from({ length: forks }, (_, fork) => {
    const values = found.flatMap(({ metric, factor, score, at }): ImportedValues[] => {
      const all = rawOf(score);
      const own = all === null ? [Number(score.score)] : forks === 1 ? all.flat() : (all[fork] ?? []);
      const numbers = own.filter((value) => Number.isFinite(value));
      if (numbers.length < own.length) {
        gaps.add('scores that are no number', at, 'JMH could not measure there: measure again');
      }
      return numbers.length === 0 ? [] : [{ metric, values: numbers.map((value) => factor * value) }];
    });
    return { values, failure: values.length === 0 ? 'no score of this fork is a number' : null };
  });
}

/** "ops/us" of mode thrpt, "us/op" of the others. */
function primaryMetric(entry: Entry, place: string, gaps: Gaps) {
  const { scoreUnit } = entry.primaryMetric;
  const rate = /^(\S+)\/(\w+)$/.exec(scoreUnit);
  const per = rate === null ? null : readUnit(rate[2] ?? '');
  if (entry.mode === 'thrpt' && per?.unit === 's') {
    return { metric: metricOf('rate', 'Operations per second', '1/s', 'higher'), factor: 1 / per.factor };
  }
  const unit = readUnit(scoreUnit);
  if (entry.mode !== 'thrpt' && (unit.unit === 's/op' || unit.unit === 's')) {
    return { metric: metricOf('time-per-op', 'Time per operation', 's/op', 'lower'), factor: unit.factor };
  }
  gaps.add(
    `scores of mode ${entry.mode} in ${scoreUnit}`,
    place,
    'modes thrpt, avgt, sample and ss are known',
  );
  return null;
}

function secondaryMetric(
  name: string,
  score: Score,
  entry: Entry,
  stated: Directions,
  gaps: Gaps,
  place: string,
) {
  const label = name.replace(/^·/, '');
  const slug = slugOf(label.replaceAll('.', '-'));
  // Methods of a group are printed as metrics in the unit of the whole.
  if (score.scoreUnit === entry.primaryMetric.scoreUnit) {
    const primary = primaryMetric(entry, place, gaps);
    if (primary === null) return null;
    const { metric, factor } = primary;
    return {
      metric: { ...metric, id: `${metric.id}-of-${slug}`, title: `${metric.title}, ${label}` },
      factor,
    };
  }
  const unit = readUnit(score.scoreUnit);
  const better = profilers.test(name)
    ? directionOf(label, { ...unit, better: 'lower' }, stated, gaps, place)
    : directionOf(label, { ...unit, better: null }, stated, gaps, place);
  if (better === null) return null;
  return { metric: metricOf(slug, label, unit.unit, better), factor: unit.factor };
}

function metricOf(slug: string, title: string, unit: ImportMetric['unit'], better: Direction): ImportMetric {
  return {
    id: `import.${slug}`,
    title,
    unit,
    better,
    definition: `${title} of a fork, median over its iterations, as JMH measured it.`,
    threshold: 0.05,
  };
}
