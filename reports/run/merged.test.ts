/** Reports over several runs: the first screen, the sections that name each run, and what stays folded. */
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analyse.ts';
import { namespaceRunner, processRunner, realVm } from '../../bench/analysis/testing/lookup.ts';
import { mergeRecords } from '../../bench/record/merge.ts';
import type { RunRecord } from '../../model/record.ts';
import { buildRecord, builtMetrics, type RecordRequest } from '../../bench/record/testing/builder.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../index.ts';
import type { Block } from '../parts/parts.ts';
import { viewOf } from './view.ts';

const runners = [processRunner, namespaceRunner, realVm];
const metrics = (...families: readonly string[]) =>
  builtMetrics.filter(({ family }) => families.includes(family));

function run(name: string, request: RecordRequest): RunRecord {
  const record = buildRecord({ blocks: 12, runners, ...request });
  const scenario = { ...record.header.scenario, name, file: `${name}.yaml`, text: `name: ${name}\n` };
  return { ...record, header: { ...record.header, runId: `run-${name}`, scenario } };
}

const starts = run('starts', { metrics: metrics('startup'), workloads: ['empty'] });
const work = run('work', { seed: 2, metrics: metrics('startup', 'cpu'), workloads: ['primes'] });
const weight = run('weight', {
  seed: 3,
  metrics: metrics('startup', 'tare'),
  workloads: ['idle'],
  control: null,
  voided: [{ kind: 'void', block: 4, rule: 'steal', detail: 'much' }],
});
const merged = mergeRecords([starts, work, weight], { name: 'all', description: 'Everything.' });
const view = viewOf(merged, analyse(merged, { resamples: 500 }));

function tables(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) =>
    block.kind === 'table' ? [block.table.id] : block.kind === 'fold' ? tables(block.blocks) : [],
  );
}

test('the first screen has one line per family and no tiles', () => {
  const { opening } = view;
  expect([opening.title, opening.subtitle]).toEqual(['all', 'Everything.']);
  expect(opening.headline?.rows.map(({ head }) => head)).toEqual([
    'Starting up',
    'What an empty instance weighs',
    'CPU',
  ]);
  expect(opening.tiles).toEqual([]);
  expect(opening.answer[0]).toMatch(
    /^On this host \(build-host\), a virtual machine against a container: costs more in starting up \(/,
  );
  expect(opening.answer[1]).toMatch(/^A container against the plain process: /);
  expect(opening.answer[2]).toContain('3 scenarios compared 3 families of cost');
  const [startup] = opening.headline?.rows ?? [];
  expect(startup?.cells.map(({ text }) => text).join(' ')).toMatch(
    /Start to ready \(empty\) [\d.]+× \([\d.]+ to [\d.]+\), vm vs namespace costs more/,
  );
});

test('every run is named with its file, seed and state, and voided blocks by their own number', () => {
  const text = JSON.stringify(view);
  for (const [name, seed] of [
    ['starts', 1],
    ['work', 2],
    ['weight', 3],
  ] as const) {
    const fact = view.opening.facts.find(({ term }) => term === `Run of ${name}`)?.value;
    expect(fact).toContain(`seed ${seed}, ${name}.yaml`);
    expect(text).toContain(`Design, ${name}`);
    expect(text).toContain(`The scenario, ${name}.yaml`);
  }
  const failures = view.sections.find(({ id }) => id === 'failures');
  expect(JSON.stringify(failures)).toContain('"head":"weight, 4"');
  expect(text).toContain('weight: No A/A control was run');
});

test('starts of instances that went on to work stand apart', () => {
  const startup = view.sections.find(({ id }) => id === 'startup');
  const [stages] = startup?.blocks ?? [];
  expect(JSON.stringify(stages)).toContain('vm · empty');
  expect(JSON.stringify(stages)).not.toContain('vm · primes');
  expect(tables(startup?.blocks ?? [])).toContain('medians-startup-rest');
  const alone = viewOf(work, analyse(work, { resamples: 500 })).sections.find(({ id }) => id === 'startup');
  expect(tables(alone?.blocks ?? [])).not.toContain('medians-startup-rest');
});

test('a run of a merged report in every format: nothing is lost, nothing is undefined', async () => {
  const page = (await renderHtml(merged)).replaceAll(/<script[\s\S]*?<\/script>/g, '');
  const formats = [page, renderMarkdown(merged), renderText(merged), renderJson(merged)];
  for (const text of formats) {
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    for (const name of ['vm', 'namespace']) expect(text).toContain(name);
  }
  const { runs } = JSON.parse(formats[3] ?? '') as { runs: { scenario: string; seed: number }[] };
  expect(runs.map(({ scenario, seed }) => [scenario, seed])).toEqual([
    ['starts', 1],
    ['work', 2],
    ['weight', 3],
  ]);
});

test('many gaps of one cause are one line, and a long list is cut on the first screen', () => {
  const gaps = (runner: string, reason: string, many: number) =>
    Array.from({ length: many }, (_, at) => ({ cell: `${runner}/w${at}/small`, runner, reason, hint: '' }));
  const skipped = [
    ...gaps('absent', 'not installed', 12),
    ...gaps('vm', 'no loop devices', 6),
    ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((reason) => gaps('namespace', reason, 1)),
  ];
  const record = { ...starts, header: { ...starts.header, skipped } };
  const shown = viewOf(record, analyse(record, { resamples: 500 }));
  const notice = shown.opening.notices.find(({ title }) => title === 'Not measured');
  expect(notice?.lines).toHaveLength(7);
  expect(notice?.lines.slice(0, 2)).toEqual([
    'absent: not installed.',
    'vm (w0, w1, w2, w3 and 2 more): no loop devices.',
  ]);
  expect(notice?.lines.at(-1)).toMatch(/^and 3 more/);
  const counts = shown.opening.counts.map(({ text }) => text);
  expect(counts).toContain('1 runner skipped');
  expect(counts).toContain('13 cells skipped');
});
