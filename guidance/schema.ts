/** JSON Schemas of the files that `tare advise` reads, for editors: the very schemas that check them. */
import { z } from 'zod';
import { ownRulesSchema } from './own-rules.ts';
import { requirementsSchema } from './requirements.ts';

export function requirementsJsonSchema(): unknown {
  return { title: 'tare requirements', ...input(requirementsSchema) };
}

export function ownRulesJsonSchema(): unknown {
  return { title: 'tare rules', ...input(ownRulesSchema) };
}

function input(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
