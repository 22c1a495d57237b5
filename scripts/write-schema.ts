/** Writes the JSON Schemas of what users write where editors find them; tests check that they are up to date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioJsonSchema } from '../bench/scenario/schema.ts';
import { ownRulesJsonSchema, requirementsJsonSchema } from '../guidance/schema.ts';
import { runnerSchemas } from '../runners/index.ts';
import { sizingJsonSchemas } from '../sizing/policy/json-schemas.ts';

const schemas = {
  'scenarios/scenario.schema.json': scenarioJsonSchema(runnerSchemas),
  'docs/advise/requirements.schema.json': requirementsJsonSchema(),
  'docs/advise/rules.schema.json': ownRulesJsonSchema(),
  ...Object.fromEntries(
    Object.entries(sizingJsonSchemas()).map(([name, schema]) => [`docs/sizing/${name}`, schema]),
  ),
};
for (const [file, schema] of Object.entries(schemas)) {
  writeFileSync(join(import.meta.dirname, '..', file), `${JSON.stringify(schema, null, 2)}\n`);
}
