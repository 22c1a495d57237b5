/**
 * kube-burner's documents, as its local indexer writes them: one run (uuid) of a job is one launch. Latencies of
 * single pods are values inside it; quantiles over them are values of the launch. Time series from Prometheus are
 * no results of the job and have no direction; they are counted as not understood.
 */
import { capital } from '../../../model/units.ts';
import { z } from 'zod';
import { createGaps, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether, optionsOf, type Options } from '../identity.ts';
import { ofForm, splitJson } from '../json.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type { ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { slugOf } from '../units.ts';

const documentForm = z.looseObject({
  metricName: z.string(),
  uuid: z.string().optional(),
  jobName: z.string().optional(),
  timestamp: z.string().optional(),
  jobConfig: z.record(z.string(), z.unknown()).optional(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  version: z.string().optional(),
  passed: z.boolean().optional(),
  executionErrors: z.string().optional(),
});

type Document = z.output<typeof documentForm>;
interface Placed {
  readonly document: Document;
  readonly place: string;
}

/** Latencies are in milliseconds, those of services in nanoseconds (its documentation of measurements). */
const factorOf = (kind: string) => (kind === 'svc' ? 1e-9 : 1e-3);
const quantiles = ['P50', 'P95', 'P99', 'avg', 'max'];

export function readKubeBurner({ file, text }: ImportFile): ParsedImport {
  const gaps = createGaps();
  const { values, rest } = splitJson(text, file);
  for (const { line } of rest) gaps.add('lines that are no JSON', `${file}:${line}`, 'export it again');
  const all: Placed[] = values.flatMap(({ value, line }) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).map((each, at) => {
      const place = Array.isArray(value) ? `${file}: [${at}]` : `${file}:${line}`;
      return { document: ofForm(each, place, documentForm, 'kube-burner'), place };
    }),
  );
  const runs = new Map<string, Placed[]>();
  for (const each of all) {
    const key = JSON.stringify([each.document.uuid ?? '', jobOf(each.document)]);
    const known = runs.get(key);
    if (known === undefined) runs.set(key, [each]);
    else known.push(each);
  }
  const entries = [...runs.values()].flatMap((run) => {
    const [first] = run;
    if (first === undefined) return [];
    const found = valuesOf(run, gaps);
    const failure = failureOf(run);
    if (found.length === 0 && failure === null) return [];
    const name = identityOf(jobOf(first.document) || 'kube-burner', optionsIn(run), first.place);
    return [{ name, launch: { values: found, failure } }];
  });
  const dates = all.flatMap(({ document }) => {
    const date = new Date(document.timestamp ?? NaN);
    return Number.isNaN(date.getTime()) ? [] : [date.toISOString()];
  });
  return {
    tool: 'kube-burner',
    version: [...new Set(all.flatMap(({ document }) => document.version ?? []))].join(', ') || null,
    at: dates.toSorted()[0] ?? null,
    host: unknownHost,
    unit: 'iteration',
    benchmarks: launchesTogether(entries),
    remarks: ['latencies of single objects are inside a run (uuid), which counts once, by their median'],
    notUnderstood: gaps.list(),
  };
}

function jobOf({ jobName, jobConfig }: Document): string {
  const name = jobConfig?.['name'];
  return jobName ?? (typeof name === 'string' ? name : '');
}

/** The job's configuration and the user's metadata, wherever a document of the run has them. */
function optionsIn(run: readonly Placed[]): Options {
  const merged: Record<string, unknown> = {};
  for (const { document } of run) {
    Object.assign(merged, document.metadata ?? {});
    if (document.metricName === 'jobSummary') Object.assign(merged, ownFields(document));
    Object.assign(merged, document.jobConfig ?? {});
  }
  delete merged['name'];
  return optionsOf(merged);
}

/** What the user's own metadata adds to a summary: text that is no field of kube-burner's. */
function ownFields(document: Document): Record<string, unknown> {
  const known = /^(metricName|uuid|jobName|version|executionErrors)$|imestamp$/;
  return Object.fromEntries(
    Object.entries(document).filter(([key, value]) => typeof value === 'string' && !known.test(key)),
  );
}

function failureOf(run: readonly Placed[]): string | null {
  const bad = run.find(({ document }) => document.passed === false);
  if (bad === undefined) return null;
  const said = bad.document.executionErrors ?? '';
  return `kube-burner reports that the job did not pass${said === '' ? '' : `: ${said.slice(0, 200)}`}`;
}

function valuesOf(run: readonly Placed[], gaps: Gaps): ImportedValues[] {
  const found = new Map<string, { readonly metric: ImportMetric; readonly values: number[] }>();
  const add = (metric: ImportMetric, value: number) => {
    const known = found.get(metric.id) ?? { metric, values: [] };
    known.values.push(value);
    found.set(metric.id, known);
  };
  for (const { document, place } of run) {
    const { metricName } = document;
    const quantile = /^(\w+)LatencyQuantilesMeasurement$/.exec(metricName)?.[1];
    const single = /^(\w+)LatencyMeasurement$/.exec(metricName)?.[1];
    if (quantile !== undefined) addQuantiles(quantile, document, place, add, gaps);
    else if (single !== undefined) addSingle(single, document, place, add);
    else if (metricName === 'jobSummary') {
      const seconds = document['elapsedTime'];
      if (typeof seconds === 'number') {
        add(
          metricOf('elapsed', 'Time of the job', 's'),
          notNegative(seconds, `${place}.elapsedTime`, 'a time'),
        );
      }
    } else {
      gaps.add(
        'values of time series from Prometheus, which have neither unit nor direction',
        place,
        'give the files of measurements alone: *LatencyMeasurement*, *LatencyQuantiles*, jobSummary',
      );
    }
  }
  return [...found.values()];
}

function addQuantiles(
  kind: string,
  document: Document,
  place: string,
  add: (metric: ImportMetric, value: number) => void,
  gaps: Gaps,
): void {
  const { quantileName } = document;
  const name = typeof quantileName === 'string' ? quantileName : '';
  // Older versions write Max and Avg.
  const value = (key: string) => document[key] ?? document[capital(key)];
  if (name === '' || quantiles.every((key) => typeof value(key) !== 'number')) {
    gaps.add('quantiles without a name or values', place, 'export them again');
    return;
  }
  for (const key of quantiles) {
    const printed = value(key);
    if (typeof printed !== 'number') continue;
    const stat = key === 'avg' ? 'mean' : key.toLowerCase();
    add(
      metricOf(`${kind}-${slugOf(name)}-${stat}`, `${kind}: ${name}, ${stat} over its objects`),
      factorOf(kind) * notNegative(printed, `${place}.${key}`, 'a latency'),
    );
  }
}

function addSingle(
  kind: string,
  document: Document,
  place: string,
  add: (metric: ImportMetric, value: number) => void,
): void {
  for (const [key, value] of Object.entries(document)) {
    const isLatency = /Latency$/.test(key) || (kind === 'svc' && /^(ready|ipAssigned)$/.test(key));
    if (!isLatency || typeof value !== 'number') continue;
    add(
      metricOf(`${kind}-${slugOf(key.replace(/Latency$/, ''))}`, `${kind}: ${key}, of single objects`),
      factorOf(kind) * notNegative(value, `${place}.${key}`, 'a latency'),
    );
  }
}

function metricOf(slug: string, title: string, unit: 's' = 's'): ImportMetric {
  return {
    id: `import.${slug.toLowerCase()}`,
    title: capital(title),
    unit,
    better: 'lower',
    definition: `${title}, in one run, as kube-burner measured it.`,
    threshold: /p9\d$|max$/.test(slug) ? 0.1 : 0.05,
  };
}
