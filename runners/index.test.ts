import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scenarioJsonSchema } from '../bench/scenario-schema.ts';
import { exampleRunners, runners, runnerSchemas } from './index.ts';

test('each runner stands under its own kind, and doctor tries every real one', () => {
  for (const [kind, runner] of Object.entries(runners)) expect(runner.kind).toBe(kind);
  const tried = new Set(exampleRunners.map(({ kind }) => kind));
  expect(new Set([...tried, 'fake'])).toEqual(new Set(Object.keys(runners)));
  for (const { kind, options } of exampleRunners) {
    expect(runners[kind].options.safeParse(options).success).toBe(true);
    expect(runners[kind].options.safeParse({ ...options, unheard: 1 }).success).toBe(false);
  }
});

test('the committed JSON Schema is what the code defines (npm run schema)', () => {
  const file = join(import.meta.dirname, '..', 'scenarios', 'scenario.schema.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(scenarioJsonSchema(runnerSchemas))),
  );
});
