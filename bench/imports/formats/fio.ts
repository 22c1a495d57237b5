/**
 * fio's JSON, versions 2 and 3, of one machine or of clients. A job's totals are one launch, however long it
 * ran. Clones of a job (numjobs) ran side by side and are one launch together: rates add up, mean latency is
 * weighted by operations, percentiles cannot be merged. Jobs of one name that ran one after another, or with
 * other options, are never added up.
 */
import { capital } from '../../../model/units.ts';
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { countForQuantile } from '../../../model/descriptive.ts';
import { createGaps } from '../gaps.ts';
import { identityOf, launchesTogether, optionsOf, type Options } from '../identity.ts';
import { ofForm, splitJson } from '../json.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type { ImportedLaunch, ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';

const spread = z.looseObject({
  mean: z.number().optional(),
  percentile: z.record(z.string(), z.number()).optional(),
});
const side = z.looseObject({
  iops: z.number(),
  /** KiB/s. */
  bw: z.number().optional(),
  bw_bytes: z.number().optional(),
  total_ios: z.number().optional(),
  /** Milliseconds. */
  runtime: z.number().optional(),
  lat_ns: spread.optional(),
  clat_ns: spread.optional(),
  /** fio 2: microseconds. */
  lat: spread.optional(),
  clat: spread.optional(),
});
const job = z.looseObject({
  jobname: z.string(),
  groupid: z.number().optional(),
  /** Epoch, milliseconds. */
  job_start: z.number().optional(),
  /** Milliseconds. */
  job_runtime: z.number().optional(),
  error: z.number(),
  hostname: z.string().optional(),
  port: z.union([z.number(), z.string()]).optional(),
  'job options': z.record(z.string(), z.unknown()).optional(),
  read: side.optional(),
  write: side.optional(),
  trim: side.optional(),
});
const form = z.looseObject({
  'fio version': z.string(),
  timestamp_ms: z.number().optional(),
  timestamp: z.number().optional(),
  'global options': z.unknown().optional(),
  jobs: z.array(job).optional(),
  client_stats: z.array(job).optional(),
});

type Side = z.output<typeof side>;
type Job = z.output<typeof job>;
interface Placed {
  readonly job: Job;
  readonly place: string;
  /** The user listed the percentiles to print. */
  readonly chosen: boolean;
}

export function readFio({ file, text }: ImportFile): ParsedImport {
  refuseOtherOutput(text, file);
  const gaps = createGaps();
  const { values, rest } = splitJson(text, file);
  for (const { line } of rest) {
    gaps.add('lines behind the JSON', `${file}:${line}`, 'take them out if they are no measurement');
  }
  const outputs = values.map(({ value, line }) => {
    const place = values.length === 1 ? file : `${file}:${line}`;
    return { ...readOutput(ofForm(value, place, form, 'fio'), place), place };
  });
  const entries = outputs.flatMap((output) => output.entries);
  const cloned = [...new Set(outputs.flatMap((output) => output.cloned))];
  const sums = outputs.reduce((count, output) => count + output.sums, 0);
  const at = outputs.map((output) => output.at).find((each) => each !== null) ?? null;
  return {
    tool: 'fio',
    version: [...new Set(outputs.map(({ version }) => version))].join(', '),
    at,
    host: unknownHost,
    unit: 'launch',
    benchmarks: launchesTogether(entries),
    remarks: [
      ...(cloned.length === 0
        ? []
        : [`clones of a job ran side by side and are one launch, rates added up: ${cloned.join(', ')}`]),
      ...(sums === 0
        ? []
        : [`sums over all clients are left out, as they add up what is here already (${sums})`]),
    ],
    notUnderstood: gaps.list(),
  };
}

function refuseOtherOutput(text: string, file: string): void {
  const terse = /^([2-5]);fio-[\d.]+/m.exec(text) ?? /^([2-5]);[^;\n]+;\d+;\d+;\d+/m.exec(text);
  const plain = /^.*: \(groupid=\d+, jobs=\d+\): err=/m.test(text);
  if (/^[ \t]*[[{]/m.test(text) || (terse === null && !plain)) return;
  throw new UserError(
    `${file}: is fio's ${terse === null ? 'output for people' : `terse output (version ${terse[1] ?? ''})`}, of which only rounded or unnamed numbers could be read`,
    'run fio with --output-format=json, and import that',
  );
}

function readOutput(read: z.output<typeof form>, place: string) {
  const clients = read.client_stats ?? [];
  const all = [
    ...(read.jobs ?? []).map((each, at) => ({ job: each, place: `${place}: jobs[${at}]` })),
    ...clients.map((each, at) => ({ job: each, place: `${place}: client_stats[${at}]` })),
  ];
  if (read.jobs === undefined && read.client_stats === undefined) {
    throw new UserError(
      `${place}: holds neither jobs nor client_stats`,
      'export it again with --output-format=json',
    );
  }
  const single = all.filter(({ job: each }) => !isSum(each, clients.length));
  const byName = new Map<string, Placed[]>();
  for (const found of single) {
    const options = optionsIn(found.job, read['global options']);
    const name = identityOf(found.job.jobname, options, `${found.place}.jobname`);
    const each = { ...found, chosen: options.some(([key]) => key === 'percentile_list') };
    byName.set(name, [...(byName.get(name) ?? []), each]);
  }
  const runs = [...byName].map(([name, jobs]) => ({ name, parts: sideBySide(jobs) }));
  return {
    version: read['fio version'].replace(/^fio-/, ''),
    at: dateOf(read),
    sums: all.length - single.length,
    cloned: runs.filter(({ parts }) => parts.some((part) => part.length > 1)).map(({ name }) => name),
    entries: runs.flatMap(({ name, parts }) => parts.map((part) => ({ name, launch: launchOf(part) }))),
  };
}

/** What fio adds up over clients is in the clients' own entries. */
function isSum({ jobname, hostname }: Job, clients: number): boolean {
  return clients > 1 && jobname === 'All clients' && (hostname ?? '') === '';
}

function dateOf({ timestamp_ms: ms, timestamp: seconds }: z.output<typeof form>): string | null {
  const at = ms ?? (seconds === undefined ? undefined : seconds * 1000);
  if (at === undefined) return null;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A job's own options before the global ones, and the client it ran on. */
function optionsIn(each: Job, global: unknown): Options {
  const shared: unknown = Array.isArray(global)
    ? global.find((one: unknown) => (one as { hostname?: unknown } | null)?.hostname === each.hostname)
    : global;
  const all: Record<string, unknown> = { ...(isObject(shared) ? shared : {}), ...each['job options'] };
  delete all['name'];
  delete all['hostname'];
  delete all['port'];
  const client = each.hostname === undefined || each.hostname === '' ? {} : { client: each.hostname };
  return [
    ...optionsOf({ ...client, ...(client.client === undefined ? {} : { port: each.port }) }),
    ...optionsOf(all),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parts that ran at one time: of one group, and overlapping where the file says when each ran. */
function sideBySide(jobs: readonly Placed[]): Placed[][] {
  const groups = new Map<number, Placed[]>();
  for (const each of jobs) {
    const id = each.job.groupid ?? 0;
    groups.set(id, [...(groups.get(id) ?? []), each]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group.some(({ job: each }) => each.job_start === undefined)) return [group];
    const parts: Placed[][] = [];
    let end = -Infinity;
    for (const each of group.toSorted((a, b) => (a.job.job_start ?? 0) - (b.job.job_start ?? 0))) {
      const start = each.job.job_start ?? 0;
      const last = parts.at(-1);
      if (last !== undefined && start < end) last.push(each);
      else parts.push([each]);
      end = Math.max(end, start + Math.max(1, lengthOf(each.job)));
    }
    return parts;
  });
}

/** Milliseconds. */
function lengthOf({ job_runtime: whole, read, write, trim }: Job): number {
  return Math.max(whole ?? 0, read?.runtime ?? 0, write?.runtime ?? 0, trim?.runtime ?? 0);
}

function launchOf(jobs: readonly Placed[]): ImportedLaunch {
  const failed = jobs.find(({ job: { error } }) => error !== 0);
  const chosen = jobs.some((each) => each.chosen);
  const values = (['read', 'write', 'trim'] as const).flatMap((direction) => {
    const sides = jobs.flatMap(({ job: each, place }) => {
      const one = each[direction];
      return one === undefined || operationsOf(one) === 0 ? [] : [{ one, place: `${place}.${direction}` }];
    });
    return sides.length === 0 ? [] : sideValues(direction, sides, chosen);
  });
  const failure = failed === undefined ? null : `fio reports error ${failed.job.error}`;
  return { values, failure };
}

function operationsOf({ total_ios: counted, iops, runtime }: Side): number {
  return counted ?? Math.round((iops * (runtime ?? 1000)) / 1000);
}

function sideValues(
  direction: string,
  sides: readonly { readonly one: Side; readonly place: string }[],
  chosen: boolean,
): ImportedValues[] {
  const checked = (field: string, read: (one: Side) => number) =>
    sides.map(({ one, place }) => notNegative(read(one), `${place}.${field}`, 'a value'));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const found: ImportedValues[] = [
    {
      metric: metric(`${direction}-iops`, `${direction}: operations per second`, '1/s'),
      values: [sum(checked('iops', ({ iops }) => iops))],
    },
  ];
  if (sides.every(({ one }) => one.bw_bytes !== undefined || one.bw !== undefined)) {
    found.push({
      metric: metric(`${direction}-bandwidth`, `${direction}: bytes per second`, 'B/s'),
      values: [sum(checked('bw', ({ bw_bytes: bytes, bw }) => bytes ?? 1024 * (bw ?? 0)))],
    });
  }
  const means = sides.map(
    ({ one }) => one.lat_ns?.mean ?? (one.lat?.mean === undefined ? undefined : 1e3 * one.lat.mean),
  );
  if (means.every((mean) => mean !== undefined)) {
    const weights = sides.map(({ one }) => operationsOf(one));
    const weighted = means.map(
      (mean, at) =>
        notNegative(mean, `${sides[at]?.place ?? ''}.lat_ns.mean`, 'a value') * (weights[at] ?? 0),
    );
    found.push({
      metric: metric(`${direction}-latency-mean`, `${direction}: mean latency`, 's'),
      values: [(1e-9 * sum(weighted)) / sum(weights)],
    });
  }
  const [only] = sides;
  return sides.length === 1 && only !== undefined
    ? [...found, ...percentilesOf(direction, only.one, only.place, chosen)]
    : found;
}

/** The 99th of fio's own list, or all that the user listed; a percentile cannot be merged over clones. */
function percentilesOf(direction: string, one: Side, place: string, chosen: boolean): ImportedValues[] {
  const kinds = [
    {
      list: one.clat_ns?.percentile,
      factor: 1e-9,
      slug: 'latency',
      word: 'completion latency',
      field: 'clat_ns',
    },
    { list: one.clat?.percentile, factor: 1e-6, slug: 'latency', word: 'completion latency', field: 'clat' },
    {
      list: one.lat_ns?.percentile,
      factor: 1e-9,
      slug: 'total-latency',
      word: 'total latency',
      field: 'lat_ns',
    },
  ];
  return kinds.flatMap(({ list, factor, slug, word, field }) =>
    Object.entries(list ?? {}).flatMap(([key, raw]) => {
      const share = Number(key) / 100;
      if (!(share > 0 && share < 1) || (!chosen && share !== 0.99)) return [];
      const value = notNegative(raw, `${place}.${field}.percentile`, 'a latency');
      // A 99th percentile of fewer operations than it takes to have one is their maximum (C21).
      if (operationsOf(one) < countForQuantile(share)) return [];
      const number = String(Number(key));
      return [
        {
          metric: metric(
            `${direction}-${slug}-p${number.replace('.', '_')}`,
            `${direction}: ${number}th percentile of ${word}`,
            's',
          ),
          values: [factor * value],
        },
      ];
    }),
  );
}

function metric(slug: string, title: string, unit: 's' | '1/s' | 'B/s'): ImportMetric {
  const text = capital(title);
  return {
    id: `import.${slug}`,
    title: text,
    unit,
    better: unit === 's' ? 'lower' : 'higher',
    definition: `${text} over a whole job, as fio counted it.`,
    threshold: /-p\d/.test(slug) ? 0.1 : 0.05,
  };
}
