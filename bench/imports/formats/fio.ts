/**
 * fio's JSON: a job's totals are one launch, however long it ran. Clones of a job (numjobs) ran side by side and
 * are one launch together: rates add up, mean latency is weighted by operations, percentiles cannot be merged.
 */
import { z } from 'zod';
import { benchmarkName, notNegative, unknownHost } from '../parsed.ts';
import type { ImportedLaunch, ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { readJson } from '../json.ts';
import { countForQuantile } from '../../statistics/descriptive.ts';

const spread = z.looseObject({ mean: z.number(), percentile: z.record(z.string(), z.number()).optional() });
const side = z.looseObject({
  iops: z.number(),
  bw_bytes: z.number(),
  total_ios: z.number(),
  lat_ns: spread.optional(),
  clat_ns: spread.optional(),
});
const job = z.looseObject({
  jobname: z.string(),
  error: z.number(),
  read: side.optional(),
  write: side.optional(),
  trim: side.optional(),
});
const form = z.looseObject({
  'fio version': z.string(),
  timestamp_ms: z.number().optional(),
  jobs: z.array(job),
});

type Side = z.output<typeof side>;

export function readFio({ file, text }: ImportFile): ParsedImport {
  const read = readJson(text, file, form, 'fio');
  const byName = new Map<string, { readonly job: z.output<typeof job>; readonly place: string }[]>();
  read.jobs.forEach((each, at) => {
    const place = `${file}: jobs[${at}]`;
    const name = benchmarkName(each.jobname, `${place}.jobname`);
    byName.set(name, [...(byName.get(name) ?? []), { job: each, place }]);
  });
  const cloned = [...byName].filter(([, jobs]) => jobs.length > 1).map(([name]) => name);
  return {
    tool: 'fio',
    version: read['fio version'].replace(/^fio-/, ''),
    at: read.timestamp_ms === undefined ? null : new Date(read.timestamp_ms).toISOString(),
    host: unknownHost,
    unit: 'launch',
    benchmarks: [...byName].map(([name, jobs]) => ({ name, launches: [launchOf(jobs)] })),
    remarks:
      cloned.length === 0
        ? []
        : [`clones of a job ran side by side and are one launch, rates added up: ${cloned.join(', ')}`],
  };
}

function launchOf(
  jobs: readonly { readonly job: z.output<typeof job>; readonly place: string }[],
): ImportedLaunch {
  const failed = jobs.find(({ job: { error } }) => error !== 0);
  const values = (['read', 'write', 'trim'] as const).flatMap((direction) => {
    const sides = jobs.flatMap(({ job: each, place }) => {
      const one = each[direction];
      return one === undefined || one.total_ios === 0 ? [] : [{ one, place: `${place}.${direction}` }];
    });
    return sides.length === 0 ? [] : sideValues(direction, sides);
  });
  const failure = failed === undefined ? null : `fio reports error ${failed.job.error}`;
  return { values, failure };
}

function sideValues(
  direction: string,
  sides: readonly { readonly one: Side; readonly place: string }[],
): ImportedValues[] {
  const checked = (field: string, read: (one: Side) => number) =>
    sides.map(({ one, place }) => notNegative(read(one), `${place}.${field}`, 'a value'));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const found: ImportedValues[] = [
    {
      metric: metric(`${direction}-iops`, `${direction}: operations per second`, '1/s'),
      values: [sum(checked('iops', ({ iops }) => iops))],
    },
    {
      metric: metric(`${direction}-bandwidth`, `${direction}: bytes per second`, 'B/s'),
      values: [sum(checked('bw_bytes', ({ bw_bytes: rate }) => rate))],
    },
  ];
  if (sides.every(({ one }) => one.lat_ns !== undefined)) {
    const weights = sides.map(({ one }) => one.total_ios);
    const means = checked('lat_ns.mean', (one) => one.lat_ns?.mean ?? 0);
    found.push({
      metric: metric(`${direction}-latency-mean`, `${direction}: mean latency`, 's'),
      values: [(1e-9 * sum(means.map((mean, at) => mean * (weights[at] ?? 0)))) / sum(weights)],
    });
  }
  const [only] = sides;
  const p99 = only?.one.clat_ns?.percentile?.['99.000000'];
  // A 99th percentile of fewer operations than it takes to have one is their maximum (C21).
  if (sides.length === 1 && only !== undefined && p99 !== undefined) {
    const value = notNegative(p99, `${only.place}.clat_ns.percentile`, 'a latency');
    if (only.one.total_ios >= countForQuantile(0.99)) {
      found.push({
        metric: metric(
          `${direction}-latency-p99`,
          `${direction}: 99th percentile of completion latency`,
          's',
        ),
        values: [1e-9 * value],
      });
    }
  }
  return found;
}

function metric(slug: string, title: string, unit: 's' | '1/s' | 'B/s'): ImportMetric {
  const text = title.charAt(0).toUpperCase() + title.slice(1);
  return {
    id: `import.${slug}`,
    title: text,
    unit,
    better: unit === 's' ? 'lower' : 'higher',
    definition: `${text} over a whole job, as fio counted it.`,
    threshold: slug.endsWith('p99') ? 0.1 : 0.05,
  };
}
