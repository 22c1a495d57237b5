/** Rules that a user adds to those of the project (YAML), in the same form: needs, side, and what must show it. */
import { z } from 'zod';
import { parseChecked } from '../bench/checked-yaml.ts';
import { rules, type Field, type Rule } from './rules.ts';

const fields = [
  'otherOs',
  'otherArchitecture',
  'ownKernel',
  'modules',
  'trust',
  'isolation',
  'instances',
  'hasImage',
  'wholeSystem',
  'priorities',
  'mixedServer',
] as const satisfies readonly Field[];
const field = z.enum(fields);
const taken = new Set(rules.map(({ id }) => id));

const ruleSchema = z.strictObject({
  id: z
    .string()
    .min(1)
    .refine((id) => !taken.has(id), { message: 'is the id of a rule of tare; choose another' }),
  side: z.enum(['vm', 'container']),
  strength: z.enum(['hard', 'soft']).default('soft'),
  statement: z.string().min(1),
  when: z
    .array(
      z.union([
        z.strictObject({ field, equals: z.union([z.string(), z.boolean()]) }),
        z.strictObject({ field, contains: z.string() }),
        z.strictObject({ field, atLeast: z.number() }),
      ]),
    )
    .min(1),
  evidence: z.enum(['memory', 'start']).nullable().default(null),
});

/** The form of the file, for editors too. */
export const ownRulesSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .min(1)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, {
      message: 'two rules have the same id',
    }),
});

/**
 * The project's rules and those of the file.
 * @throws UserError with every problem, one line each
 */
export function withOwnRules(text: string, file: string): readonly Rule[] {
  const { data } = parseChecked(text, file, ownRulesSchema, {
    what: 'rules',
    expected: 'a mapping with rules',
    hint: '`tare advise --rules --format json` shows the form',
  });
  return [...rules, ...data.rules.map((rule): Rule => ({ ...rule, published: null }))];
}
