/** The forms of sizing's files as JSON Schema, for editors; generated into docs/sizing by `npm run schema`. */
import { z } from 'zod';
import { catalogueSchema } from './catalogue.ts';
import { fleetSchema } from '../fleet.ts';
import { appsSchema } from '../inventories/apps.ts';
import { sizingPolicySchema } from './policy.ts';

/** By file name. */
export function sizingJsonSchemas(): Readonly<Record<string, unknown>> {
  const form = (title: string, schema: z.ZodType) => ({
    ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    title,
  });
  return {
    'hosts.schema.json': form('Hosts of tare size', catalogueSchema),
    'policy.schema.json': form('Policy of tare size', sizingPolicySchema),
    'apps.schema.json': form('Applications to size', appsSchema),
    'fleet.schema.json': form('Fleet whose hosts a change costs', fleetSchema),
  };
}
