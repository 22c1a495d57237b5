/**
 * Samples of PerfKit Benchmarker, one JSON object a line: a run (run_uri) is one launch, and the samples of one
 * metric with equal labels are turns in it. All labels make a benchmark, but those that say what machine it was.
 */
import { z } from 'zod';
import { createGaps, directionOf, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether, optionsOf } from '../identity.ts';
import { ofForm, splitJson } from '../json.ts';

import type { Directions, ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { metricIn, readUnit, slugOf } from '../units.ts';

const sampleForm = z.looseObject({
  test: z.string(),
  metric: z.string(),
  value: z.number(),
  unit: z.string().nullish(),
  run_uri: z.string().optional(),
  /** Epoch, seconds. */
  timestamp: z.number().optional(),
  labels: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

type Sample = z.output<typeof sampleForm>;
interface Placed {
  readonly sample: Sample;
  readonly labels: Readonly<Record<string, string>>;
  readonly place: string;
}

/** What tells machines apart; part of the host where it is the same in all samples. */
const machine =
  /^(\w+_)?(cloud|zone|region|machine_type|image|num_cpus|cpus|memory|os_info|kernel_release|cpu_version|cpu_arch|node_name)$/;
/** Which of its versions ran is in the record; hosts' names are drawn again for each run. */
const noOption = /^(perfkitbenchmarker_version|hostnames)$/;
/** Samples that carry a text in their labels, and no value. */
const facts = /^(lscpu|proccpu|proccpu_mapping|cpu_vuln|gcc_version|glibc_version|.*_version)$/i;

export function readPerfkit({ file, text }: ImportFile, stated: Directions): ParsedImport {
  const gaps = createGaps();
  const { values, rest } = splitJson(text, file);
  for (const { line } of rest) gaps.add('lines that are no JSON', `${file}:${line}`, 'take them out');
  const all = values.flatMap(({ value, line }) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).map((each) => {
      const place = `${file}:${line}`;
      const sample = ofForm(each, place, sampleForm, 'PerfKit Benchmarker');
      return { sample, labels: labelsOf(sample), place };
    }),
  );
  const measured = all.filter(({ sample }) => !(facts.test(sample.metric) && (sample.unit ?? '') === ''));
  const host = constantLabels(measured);
  const runs = new Map<string, { readonly name: string; readonly samples: Placed[] }>();
  for (const each of measured) {
    const own = Object.entries(each.labels).filter(
      ([key]) => !Object.hasOwn(host, key) && !noOption.test(key),
    );
    const name = identityOf(each.sample.test, optionsOf(Object.fromEntries(own)), `${each.place}: test`);
    const key = JSON.stringify([each.sample.run_uri ?? '', name]);
    const known = runs.get(key) ?? { name, samples: [] };
    known.samples.push(each);
    runs.set(key, known);
  }
  const entries = [...runs.values()].flatMap(({ name, samples }) => {
    const found = valuesOf(samples, stated, gaps);
    return found.length === 0 ? [] : [{ name, launch: { values: found, failure: null } }];
  });
  const first = all.flatMap(({ sample }) => sample.timestamp ?? []).toSorted((a, b) => a - b)[0];
  const versions = new Set(all.flatMap(({ labels }) => labels['perfkitbenchmarker_version'] ?? []));
  return {
    tool: 'perfkit',
    version: versions.size === 0 ? null : [...versions].join(', '),
    at: first === undefined ? null : new Date(first * 1000).toISOString(),
    host: { name: host['machine_type'] ?? null, must: host, note: {} },
    unit: 'iteration',
    benchmarks: launchesTogether(entries),
    remarks: [
      'each run_uri is a launch',
      ...(measured.length === all.length
        ? []
        : [`samples that only describe the machine are left out (${all.length - measured.length})`]),
    ],
    notUnderstood: gaps.list(),
  };
}

/** `metadata` as an object, or collapsed to "|key:value|,|key:value|". */
function labelsOf({ metadata, labels }: Sample): Record<string, string> {
  if (metadata !== undefined) return Object.fromEntries(optionsOf(metadata));
  const pairs = [...(labels ?? '').matchAll(/\|([^:|]+):(.*?)\|(?=,\||$)/gs)];
  return Object.fromEntries(pairs.map((match) => [match[1] ?? '', match[2] ?? '']));
}

/** Labels of the machine that all samples share; where they differ, they tell benchmarks apart. */
function constantLabels(all: readonly Placed[]): Record<string, string> {
  const [first] = all;
  // "End to End Runtime" has no labels at all.
  const labelled = all.filter(({ labels }) => Object.keys(labels).some((key) => machine.test(key)));
  const [model = first] = labelled;
  return Object.fromEntries(
    Object.entries(model?.labels ?? {}).filter(
      ([key, value]) => machine.test(key) && labelled.every(({ labels }) => labels[key] === value),
    ),
  );
}

function valuesOf(samples: readonly Placed[], stated: Directions, gaps: Gaps): ImportedValues[] {
  const found = new Map<string, { readonly metric: ImportMetric; readonly values: number[] }>();
  for (const { sample, place } of samples) {
    const word = sample.unit ?? '';
    const unit = readUnit(word);
    const said = Object.hasOwn(stated, sample.metric) ? sample.metric : word === '' ? sample.metric : word;
    const better = directionOf(said, unit, stated, gaps, place);
    if (better === null) continue;
    const definition = `${sample.metric}${word === '' ? '' : ` (${word})`}, as PerfKit Benchmarker reported it.`;
    const plain = metricIn(unit, better, definition);
    const metric: ImportMetric = {
      ...plain,
      id: `import.${slugOf(sample.metric)}${plain.id.slice('import'.length).replace('.', '-')}`,
      title: `${sample.metric}, ${plain.title.toLowerCase()}`,
    };
    const known = found.get(metric.id) ?? { metric, values: [] };
    known.values.push(unit.factor * sample.value);
    found.set(metric.id, known);
  }
  return [...found.values()];
}
