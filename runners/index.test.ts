import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { metricConflicts } from '../bench/record/merge.ts';
import { createPlan } from '../bench/plan.ts';
import { metricsOf } from '../bench/run.ts';
import { parseScenarioList } from '../bench/scenario/list.ts';
import { parseScenario } from '../bench/scenario/scenario.ts';
import { scenarioJsonSchema } from '../bench/scenario/schema.ts';
import { workloads } from '../bench/workloads/index.ts';
import { exampleRunners, runners, runnerSchemas } from './index.ts';
import { runnerOf } from './runner.ts';

test('each runner stands under its own kind, and doctor tries every real one', () => {
  for (const [kind, runner] of Object.entries(runners)) expect(runner.kind).toBe(kind);
  const tried = new Set(exampleRunners.map(({ kind }) => kind));
  expect(new Set([...tried, 'fake'])).toEqual(new Set(Object.keys(runners)));
  for (const { kind, options } of exampleRunners) {
    expect(runnerOf(runners, kind).options.safeParse(options).success).toBe(true);
    expect(runnerOf(runners, kind).options.safeParse({ ...options, unheard: 1 }).success).toBe(false);
  }
});

test('the committed JSON Schema is what the code defines (npm run schema)', () => {
  const file = join(import.meta.dirname, '..', 'scenarios', 'scenario.schema.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(scenarioJsonSchema(runnerSchemas))),
  );
});

const scenarios = join(import.meta.dirname, '..', 'scenarios');
const files = readdirSync(scenarios, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);
const textOf = (name: string) => readFileSync(join(scenarios, name), 'utf8');
const isList = (name: string) => parseScenarioList(textOf(name), name) !== null;

test('full lists ready scenarios that can stand in one report', () => {
  const listed = parseScenarioList(textOf('full.yaml'), 'full.yaml')?.entries.map(({ path }) => path) ?? [];
  const parsed = listed.map((name) => parseScenario(textOf(name), name, runnerSchemas));
  const declared = parsed.map((scenario) => ({ scenario: scenario.name, metrics: metricsOf(scenario) }));
  expect(metricConflicts(declared)).toEqual([]);
  expect(new Set(parsed.map(({ image }) => image))).toEqual(new Set(['builtin']));
});

test.each(files.filter((name) => !isList(name)))('%s is planned as it stands', (name) => {
  const scenario = parseScenario(textOf(name), name, runnerSchemas);
  expect(`${scenario.name}.yaml`).toBe(basename(name));
  const { cells, trials } = createPlan(scenario, 1);
  expect(new Set(trials.map(({ cell }) => cell))).toEqual(new Set(cells.map(({ id }) => id)));
  // Ten are the least for a verdict; facts, of which there is no statistic, need one.
  const measures = scenario.workloads.some(({ programs }) =>
    programs.some(({ use }) => (workloads.get(use)?.metrics.length ?? 0) > 0),
  );
  expect(scenario.blocks).toBeGreaterThanOrEqual(measures ? 10 : 1);
});
