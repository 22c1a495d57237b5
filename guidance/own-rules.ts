/** Rules that a user adds to those of the project (YAML), in the same form: needs, side, and what must show it. */
import { z } from 'zod';
import { parseChecked } from '../model/yaml.ts';
import { fieldNames, misfit } from './facts.ts';
import { quantityNames, type Quantity } from './quantities.ts';
import { rules, type Rule } from './rules.ts';

const field = z.enum(fieldNames);
const quantity = z.enum(quantityNames as [Quantity, ...Quantity[]]);
const taken = new Set(rules.map(({ id }) => id));

const ruleSchema = z.strictObject({
  id: z
    .string()
    .min(1)
    .refine((id) => !taken.has(id), { message: 'is the id of a rule of tare; choose another' }),
  side: z.enum(['vm', 'container']).describe('For which it speaks.'),
  strength: z.enum(['hard', 'soft']).default('soft').describe('hard: decides; soft: speaks.'),
  statement: z.string().min(1).describe('What a reader is told.'),
  when: z
    .array(
      z
        .union([
          z.strictObject({ field, equals: z.union([z.string(), z.boolean()]) }),
          z.strictObject({ field, contains: z.string() }),
          z.strictObject({ field, atLeast: z.number() }),
        ])
        .superRefine((condition, context) => {
          const message = misfit(condition);
          if (message !== null) context.addIssue({ code: 'custom', message });
        }),
    )
    .min(1)
    .describe('All must hold.'),
  shownBy: z.array(quantity).default([]).describe('One must show the gain of its side, none the loss.'),
  confirmedBy: z.enum(['kernel', 'powers']).nullable().default(null).describe('Facts seen from inside.'),
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
  return [...rules, ...data.rules];
}
