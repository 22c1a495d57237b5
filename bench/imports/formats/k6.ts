/**
 * k6's summary: the object of handleSummary, what --summary-export writes, and the newer machine-readable form of
 * both. A file is one launch. Metrics of a tag selection are a benchmark of their own; how many virtual users
 * there were is part of what was run.
 */
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { countForQuantile } from '../../../model/descriptive.ts';
import { createGaps, directionOf, type Gaps } from '../gaps.ts';
import { identityOf } from '../identity.ts';
import { readJson } from '../json.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type {
  Direction,
  Directions,
  ImportedValues,
  ImportFile,
  ImportMetric,
  ParsedImport,
} from '../parsed.ts';
import { readUnit, slugOf } from '../units.ts';

const anyRecord = z.record(z.string(), z.unknown());
const form = z.looseObject({
  metrics: z.record(z.string(), anyRecord).optional(),
  results: z.looseObject({ metrics: z.array(anyRecord), checks: z.unknown().optional() }).optional(),
  config: z.looseObject({ duration: z.number().optional(), script: z.string().optional() }).optional(),
  metadata: z
    .looseObject({ k6Version: z.string().optional(), generatedAt: z.string().optional() })
    .optional(),
});

/** A metric of any of the three forms. */
interface Found {
  readonly name: string;
  /** "{expected_response:true}", or empty. */
  readonly tags: string;
  readonly kind: 'trend' | 'counter' | 'rate' | 'gauge' | null;
  /** null: the form does not say. */
  readonly contains: string | null;
  readonly values: Readonly<Record<string, number>>;
  readonly place: string;
}

/** Times by k6's own list of metrics, in milliseconds. */
const times =
  /^(http_req_(duration|blocked|connecting|tls_handshaking|sending|waiting|receiving)|iteration_duration|group_duration|ws_(connecting|session_duration|ping)|grpc_req_duration|browser_http_req_duration|browser_web_vital_(fcp|fid|inp|lcp|ttfb))$/;
/** Settings of the run, or what follows from its load. */
const noResult = new Set([
  'vus',
  'vus_max',
  'data_sent',
  'data_received',
  'ws_msgs_sent',
  'ws_msgs_received',
]);
const rateDirections: Readonly<Record<string, Direction>> = {
  checks: 'higher',
  checks_succeeded: 'higher',
  checks_failed: 'lower',
  http_req_failed: 'lower',
  browser_http_req_failed: 'lower',
};
const counterRates = new Set(['http_reqs', 'iterations', 'ws_sessions']);

export function readK6({ file, text }: ImportFile, stated: Directions): ParsedImport {
  const read = readJson(text, file, form, 'k6');
  const gaps = createGaps();
  const found = metricsIn(read, file);
  const value = (name: string, field: string) =>
    found.find((each) => each.name === name && each.tags === '')?.values[field];
  const users = value('vus_max', 'value') ?? value('vus_max', 'max');
  const counts = { http: value('http_reqs', 'count'), iterations: value('iterations', 'count') };
  const byTags = new Map<string, ImportedValues[]>();
  const lacking = { count: 0 };
  for (const each of found) {
    const own = valuesOf(each, counts, read.config?.duration, stated, gaps, lacking);
    if (own.length > 0) byTags.set(each.tags, [...(byTags.get(each.tags) ?? []), ...own]);
  }
  const failed = failedThresholds(read.metrics ?? {});
  const script = read.config?.script;
  const base = script === undefined || script === '' ? 'k6' : script.replace(/^.*[\\/]/, '');
  return {
    tool: 'k6',
    version: read.metadata?.k6Version ?? null,
    at: dateOf(read.metadata?.generatedAt),
    host: unknownHost,
    unit: 'launch',
    benchmarks: [...byTags].map(([tags, values]) => ({
      name: identityOf(
        base,
        [
          ...(tags === '' ? [] : [['tags', tags.slice(1, -1)] as const]),
          ...(users === undefined ? [] : [['vus_max', String(users)] as const]),
        ],
        file,
      ),
      launches: [{ values, failure: null }],
    })),
    remarks: [
      'times are over all requests of a run, which is one launch',
      ...(failed === 0 ? [] : [`thresholds that k6 reports as crossed: ${failed}`]),
      ...(lacking.count === 0
        ? []
        : [`percentiles of fewer requests than it takes to have one are left out (${lacking.count})`]),
    ],
    notUnderstood: gaps.list(),
  };
}

function metricsIn({ metrics, results }: z.output<typeof form>, file: string): Found[] {
  if (results !== undefined) {
    return results.metrics.map((metric, at) => {
      const name = typeof metric['name'] === 'string' ? metric['name'] : '';
      return foundOf(name, metric, `${file}: results.metrics[${at}]`);
    });
  }
  if (metrics === undefined) {
    throw new UserError(
      `${file}: holds no metrics`,
      'this is no summary of k6: give what handleSummary or --summary-export wrote',
    );
  }
  return Object.entries(metrics).map(([name, metric]) => foundOf(name, metric, `${file}: metrics.${name}`));
}

function foundOf(full: string, metric: Readonly<Record<string, unknown>>, place: string): Found {
  const [, name = full, tags = ''] = /^([^{]*)(\{.*\})$/.exec(full) ?? [];
  const inner = metric['values'];
  const own = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : metric;
  const values = Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
  const said = metric['type'];
  return {
    name,
    tags: tags.replaceAll(/\s+/g, ''),
    kind: isKind(said) ? said : kindOf(values),
    contains: typeof metric['contains'] === 'string' ? metric['contains'] : null,
    values,
    place,
  };
}

function isKind(word: unknown): word is 'trend' | 'counter' | 'rate' | 'gauge' {
  return word === 'trend' || word === 'counter' || word === 'rate' || word === 'gauge';
}

/** By what only that kind has, where the form does not say. */
function kindOf(values: Readonly<Record<string, number>>): Found['kind'] {
  const has = (key: string) => Object.hasOwn(values, key);
  if (has('passes') || has('fails') || has('matches')) return 'rate';
  if (has('avg') || has('med') || Object.keys(values).some((key) => key.startsWith('p('))) return 'trend';
  if (has('count')) return 'counter';
  return has('value') ? 'gauge' : null;
}

function valuesOf(
  { name, kind, contains, values, place }: Found,
  counts: { readonly http: number | undefined; readonly iterations: number | undefined },
  seconds: number | undefined,
  stated: Directions,
  gaps: Gaps,
  lacking: { count: number },
): ImportedValues[] {
  if (noResult.has(name)) return [];
  const slug = slugOf(name.replaceAll('_', '-'));
  const one = (metric: ImportMetric, value: number | undefined, what: string): ImportedValues[] =>
    value === undefined ? [] : [{ metric, values: [notNegative(value, place, what)] }];
  switch (kind) {
    case 'trend': {
      const isTime = contains === 'time' || (contains === null && times.test(name));
      const unit = readUnit(isTime ? 'ms' : contains === 'data' ? 'B' : '');
      const better = directionOf(name, unit, stated, gaps, place);
      if (better === null) return [];
      const count =
        values['count'] ??
        (name.startsWith('http_req_')
          ? counts.http
          : name === 'iteration_duration'
            ? counts.iterations
            : undefined);
      return Object.entries(values).flatMap(([key, value]) => {
        const share = /^p\((\d+(?:\.\d+)?)\)$/.exec(key)?.[1];
        if (share === undefined && key !== 'avg' && key !== 'med') return [];
        if (share !== undefined && count !== undefined && count < countForQuantile(Number(share) / 100)) {
          lacking.count += 1;
          return [];
        }
        const stat =
          share === undefined ? (key === 'avg' ? 'mean' : 'median') : `p${share.replace('.', '_')}`;
        return one(
          metricOf(
            `${slug}-${stat}`,
            `${name}, ${stat.replace('_', '.')}`,
            unit.unit,
            better,
            stat.startsWith('p'),
          ),
          unit.factor * value,
          'a value',
        );
      });
    }
    case 'rate': {
      const unit = { ...readUnit('%'), better: rateDirections[name] ?? null };
      const better = directionOf(name, unit, stated, gaps, place);
      return better === null
        ? []
        : one(
            metricOf(`${slug}-share`, `Share of ${name}`, 'share', better),
            values['rate'] ?? values['value'],
            'a share',
          );
    }
    case 'counter': {
      if (counterRates.has(name)) {
        const rate = values['rate'] ?? (seconds === undefined ? undefined : (values['count'] ?? 0) / seconds);
        return one(metricOf(`${slug}-rate`, `${name} per second`, '1/s', 'higher'), rate, 'a rate');
      }
      const isDropped = name === 'dropped_iterations';
      const better = directionOf(
        name,
        { ...readUnit(''), better: isDropped ? 'lower' : null },
        stated,
        gaps,
        place,
      );
      return better === null
        ? []
        : one(metricOf(`${slug}-count`, `Number of ${name}`, 'count', better), values['count'], 'a count');
    }
    case 'gauge': {
      const better = directionOf(name, readUnit(''), stated, gaps, place);
      return better === null
        ? []
        : one(metricOf(`${slug}-last`, `Last ${name}`, 'count', better), values['value'], 'a value');
    }
    case null:
      gaps.add(
        'metrics of no known kind',
        place,
        'give what handleSummary or --summary-export wrote, unchanged',
      );
      return [];
  }
}

/** In handleSummary `ok: false`; in an export `true` means crossed. */
function failedThresholds(metrics: Readonly<Record<string, Readonly<Record<string, unknown>>>>): number {
  const all = Object.values(metrics).flatMap(({ thresholds }): unknown[] =>
    typeof thresholds === 'object' && thresholds !== null ? Object.values(thresholds) : [],
  );
  return all.filter((each) => each === true || (each as { ok?: unknown } | null)?.ok === false).length;
}

function dateOf(written: string | undefined): string | null {
  const date = new Date(written ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function metricOf(
  slug: string,
  title: string,
  unit: ImportMetric['unit'],
  better: Direction,
  isPercentile = false,
): ImportMetric {
  return {
    id: `import.${slug}`,
    title,
    unit,
    better,
    definition: `${title} over a whole run, as k6 summed it up.`,
    threshold: isPercentile ? 0.1 : 0.05,
  };
}
