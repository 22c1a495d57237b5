/**
 * Google Benchmark's JSON: the program is one process, so that a file is one launch and repetitions are turns in
 * it. Means and medians over repetitions are of the same values; they are read only where the repetitions are
 * not in the file.
 */
import { z } from 'zod';
import { createGaps, directionOf, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether, type Options } from '../identity.ts';
import { readJson } from '../json.ts';
import { notNegative } from '../parsed.ts';
import type {
  Directions,
  ImportedLaunch,
  ImportedValues,
  ImportFile,
  ImportMetric,
  ParsedImport,
} from '../parsed.ts';
import { metricIn, readUnit, slugOf } from '../units.ts';

const entryForm = z.looseObject({
  name: z.string(),
  run_name: z.string().optional(),
  run_type: z.string().optional(),
  aggregate_name: z.string().optional(),
  threads: z.number().optional(),
  family_index: z.number().optional(),
  per_family_instance_index: z.number().optional(),
  label: z.string().optional(),
  error_occurred: z.boolean().optional(),
  error_message: z.string().optional(),
  skipped: z.union([z.boolean(), z.string()]).optional(),
  skip_message: z.string().optional(),
  real_time: z.number().optional(),
  cpu_time: z.number().optional(),
  time_unit: z.string().optional(),
});
const form = z.looseObject({
  context: z.looseObject({
    date: z.string().optional(),
    host_name: z.string().optional(),
    num_cpus: z.number().optional(),
    mhz_per_cpu: z.number().optional(),
    library_version: z.string().optional(),
    library_build_type: z.string().optional(),
    cpu_scaling_enabled: z.boolean().optional(),
  }),
  benchmarks: z.array(entryForm),
});

type Entry = z.output<typeof entryForm>;
interface Placed {
  readonly entry: Entry;
  readonly place: string;
}

/** Everything in an entry that is no counter. */
const own = new Set([
  ...Object.keys(entryForm.shape),
  'repetitions',
  'repetition_index',
  'iterations',
  'aggregate_unit',
  'cpu_coefficient',
  'real_coefficient',
  'big_o',
  'rms',
]);

/** Counters that the library sets itself, with the unit they are in. */
const usual: Readonly<Record<string, string>> = {
  bytes_per_second: 'B/s',
  items_per_second: 'items/s',
  allocs_per_iter: 'allocs/iter',
  max_bytes_used: 'B',
  total_allocated_bytes: 'B',
};

export function readGoogleBenchmark({ file, text }: ImportFile, stated: Directions): ParsedImport {
  const { context, benchmarks } = readJson(text, file, form, 'Google Benchmark');
  const gaps = createGaps();
  const byName = new Map<string, Placed[]>();
  benchmarks.forEach((entry, at) => {
    const place = `${file}: benchmarks[${at}]`;
    const name = identityOf(runNameOf(entry), optionsIn(entry, benchmarks), `${place}.name`);
    byName.set(name, [...(byName.get(name) ?? []), { entry, place }]);
  });
  const counts = { aggregates: 0, skipped: 0 };
  const entries = [...byName].flatMap(([name, all]) => {
    const launch = launchOf(all, stated, gaps, counts);
    return launch === null ? [] : [{ name, launch }];
  });
  const { host_name: host, num_cpus: cpus, mhz_per_cpu: mhz } = context;
  const note = { 'library.build': context.library_build_type, 'cpu.mhz': mhz?.toString() };
  const remarks = [
    ...(counts.aggregates === 0
      ? []
      : [`means, medians and deviations of what is in the file are left out (${counts.aggregates})`]),
    ...(counts.skipped === 0 ? [] : [`skipped by the program itself: ${counts.skipped}`]),
    ...(context.library_build_type === 'debug'
      ? ['the library is a debug build, which its authors warn of']
      : []),
    ...(context.cpu_scaling_enabled === true ? ['CPU frequency scaling was on'] : []),
  ];
  return {
    tool: 'google-benchmark',
    version: context.library_version ?? null,
    at: dateOf(context.date),
    host: {
      name: host ?? null,
      must:
        host === undefined || host === ''
          ? {}
          : { node: host, ...(cpus === undefined ? {} : { 'cpu.count': String(cpus) }) },
      note: Object.fromEntries(
        Object.entries(note).filter((each): each is [string, string] => each[1] !== undefined),
      ),
    },
    unit: 'iteration',
    benchmarks: launchesTogether(entries),
    remarks,
    notUnderstood: gaps.list(),
  };
}

/** Before 1.5 an aggregate was known by the end of its name alone. */
function aggregateOf({ run_type: type, aggregate_name: name, name: full, ...rest }: Entry): string | null {
  if (type === 'aggregate') return name ?? 'unknown';
  if (type !== undefined) return null;
  if ('big_o' in rest || 'rms' in rest) return 'complexity';
  return /_(mean|median|stddev|cv|BigO|RMS)$/.exec(full)?.[1] ?? null;
}

function runNameOf(entry: Entry): string {
  if (entry.run_name !== undefined) return entry.run_name;
  return aggregateOf(entry) === null
    ? entry.name
    : entry.name.replace(/_(mean|median|stddev|cv|BigO|RMS)$/, '');
}

/** Arguments are in the name; threads too, unless the program set them otherwise. */
function optionsIn(entry: Entry, all: readonly Entry[]): Options {
  const { threads } = entry;
  const isNamed = /\/threads:\d+/.test(runNameOf(entry));
  // An aggregate is of its repetitions, whether it repeats their label or not.
  const labelled =
    aggregateOf(entry) === null
      ? entry
      : (all.find(
          (other) =>
            aggregateOf(other) === null && runNameOf(other) === runNameOf(entry) && other.threads === threads,
        ) ?? entry);
  const { label } = labelled;
  return [
    ...(threads === undefined || threads === 1 || isNamed ? [] : [['threads', String(threads)] as const]),
    ...(label === undefined || label === '' ? [] : [['label', label] as const]),
  ];
}

function launchOf(
  all: readonly Placed[],
  stated: Directions,
  gaps: Gaps,
  counts: { aggregates: number; skipped: number },
): ImportedLaunch | null {
  const turns = all.filter(({ entry }) => aggregateOf(entry) === null);
  const families = new Set(
    turns.map(({ entry }) => `${entry.family_index ?? 0}/${entry.per_family_instance_index ?? 0}`),
  );
  const [first] = all;
  if (families.size > 1 && first !== undefined) {
    gaps.add(
      'benchmarks registered under a name that another has too',
      first.place,
      'give each a name of its own: their values cannot be told apart',
    );
    return null;
  }
  const failed = turns.find(({ entry }) => entry.error_occurred === true || entry.skipped === 'ERROR');
  if (failed !== undefined) {
    const { error_message: message, skip_message: skipped } = failed.entry;
    return {
      values: [],
      failure: `the benchmark reports an error: ${(message ?? skipped ?? '').slice(0, 200)}`,
    };
  }
  const measured = turns.filter(
    ({ entry }) => entry.skipped === undefined || entry.skipped === false || entry.skipped === '',
  );
  counts.skipped += turns.length - measured.length;
  const aggregates = all.filter(({ entry }) => aggregateOf(entry) !== null);
  if (turns.length > 0) {
    counts.aggregates += aggregates.length;
    return measured.length === 0 ? null : { values: together(measured, null, stated, gaps), failure: null };
  }
  // Of aggregates alone the median is the value of the launch, as it is of repetitions.
  const chosen =
    aggregates.find(({ entry }) => aggregateOf(entry) === 'median') ??
    aggregates.find(({ entry }) => aggregateOf(entry) === 'mean');
  counts.aggregates += aggregates.length - (chosen === undefined ? 0 : 1);
  if (chosen === undefined) return null;
  return { values: together([chosen], aggregateOf(chosen.entry), stated, gaps), failure: null };
}

function together(
  turns: readonly Placed[],
  aggregate: string | null,
  stated: Directions,
  gaps: Gaps,
): ImportedValues[] {
  const found = new Map<string, { readonly metric: ImportMetric; readonly values: number[] }>();
  const add = (metric: ImportMetric, value: number) => {
    const known = found.get(metric.id) ?? { metric, values: [] };
    known.values.push(value);
    found.set(metric.id, known);
  };
  for (const { entry, place } of turns) {
    for (const [field, slug, title] of [
      ['real_time', 'time-per-op', 'Time per iteration'],
      ['cpu_time', 'cpu-time-per-op', 'CPU time per iteration'],
    ] as const) {
      const value = entry[field];
      if (value === undefined) continue;
      const unit = readUnit(entry.time_unit ?? 'ns');
      if (unit.unit !== 's') {
        gaps.add(`times in ${entry.time_unit ?? ''}`, place, 'export it again: ns, us, ms and s are known');
        continue;
      }
      add(
        timeMetric(slug, title, aggregate),
        unit.factor * notNegative(value, `${place}.${field}`, 'a time'),
      );
    }
    for (const [key, value] of Object.entries(entry)) {
      if (own.has(key) || typeof value !== 'number') continue;
      const unit = readUnit(usual[key] ?? '');
      const better = directionOf(key, unit, stated, gaps, place);
      if (better === null) continue;
      add(counterMetric(key, unit, better, aggregate), unit.factor * value);
    }
  }
  return [...found.values()];
}

function timeMetric(slug: string, title: string, aggregate: string | null): ImportMetric {
  return {
    id: `import.${slug}`,
    title,
    unit: 's/op',
    better: 'lower',
    definition: `${title} in one process, as Google Benchmark measured it${saysAggregate(aggregate)}.`,
    threshold: 0.05,
  };
}

function counterMetric(
  key: string,
  unit: ReturnType<typeof readUnit>,
  better: 'lower' | 'higher',
  aggregate: string | null,
): ImportMetric {
  const definition = `The counter ${key} of the benchmark${saysAggregate(aggregate)}.`;
  if (Object.hasOwn(usual, key)) return metricIn(unit, better, definition);
  const id = `import.counter-${slugOf(key)}`;
  return { id, unit: 'count', title: `Counter ${key}`, better, definition, threshold: 0.05 };
}

function saysAggregate(aggregate: string | null): string {
  return aggregate === null ? '' : `; the file holds only the ${aggregate} of its repetitions`;
}

function dateOf(written: string | undefined): string | null {
  if (written === undefined) return null;
  const date = new Date(written);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
