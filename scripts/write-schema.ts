/** Writes the JSON Schema of scenarios where editors find it; a test checks that it is up to date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioJsonSchema } from '../bench/scenario-schema.ts';
import { runnerSchemas } from '../runners/index.ts';

const file = join(import.meta.dirname, '..', 'scenarios', 'scenario.schema.json');
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(runnerSchemas), null, 2)}\n`);
