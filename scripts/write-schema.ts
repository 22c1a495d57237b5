/** Writes the JSON Schemas of scenarios and of sizing's files where editors find them; tests check that they are up to date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioJsonSchema } from '../bench/scenario-schema.ts';
import { runnerSchemas } from '../runners/index.ts';
import { sizingJsonSchemas } from '../sizing/json-schemas.ts';

const file = join(import.meta.dirname, '..', 'scenarios', 'scenario.schema.json');
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(runnerSchemas), null, 2)}\n`);

for (const [name, schema] of Object.entries(sizingJsonSchemas())) {
  const path = join(import.meta.dirname, '..', 'docs', 'sizing', name);
  writeFileSync(path, `${JSON.stringify(schema, null, 2)}\n`);
}
