/** The generated schemas are up to date, and the examples beside them keep them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sizingJsonSchemas } from './json-schemas.ts';

const folder = join(import.meta.dirname, '../../docs/sizing');

test.each(Object.entries(sizingJsonSchemas()))('%s is as generated (npm run schema)', (name, schema) => {
  const written: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  expect(written).toEqual(JSON.parse(JSON.stringify(schema)));
});

test.each(Object.keys(sizingJsonSchemas()))('the example of %s points an editor to it', (name) => {
  const example = readFileSync(join(folder, name.replace('.schema.json', '.yaml')), 'utf8');
  expect(example.split('\n')[0]).toBe(`# yaml-language-server: $schema=${name}`);
});
