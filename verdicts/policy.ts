/**
 * What a gate asks (`gate.yaml`): YAML text -> rules with their places, or every problem at once with file,
 * line, field, got value and remedy. A rule names rows by patterns and what they must keep to.
 */
import { z } from 'zod';
import { parseChecked } from '../model/yaml.ts';
import { messageOf, UserError } from '../model/errors.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import { show } from '../model/quantity-options.ts';
import { parseBytes, parseSeconds, parseShare } from '../model/units.ts';
import type { Level, RowKey } from './model.ts';

/** A pattern per part of a row's key: `*` stands for any text. */
export type Patterns = Readonly<Record<'metric' | 'scenario' | 'workload' | 'shape' | 'runner', string>>;

export interface Rule {
  readonly patterns: Patterns;
  /** The runner whose value each launch's is divided by, within the run; null: the value itself. */
  readonly over: string | null;
  /** Most that the cost may grow against the baseline, as a fraction; null: not asked. */
  readonly limit: number | null;
  /** Bounds of the value itself, as written: its unit is the metric's; null: not asked. */
  readonly max: string | number | null;
  readonly min: string | number | null;
  readonly level: Level;
  /** Takes the rows out again. */
  readonly ignore: boolean;
  /** Standard deviation by which runs of one thing differ, as a fraction; null: none is known. */
  readonly noise: number | null;
  /** "gate.yaml:12". */
  readonly source: string;
}

export interface Policy {
  readonly file: string;
  readonly name: string;
  /** Path of the baseline, relative to the policy; null: given on the command line. */
  readonly baseline: string | null;
  /** Path of the fleet whose hosts a change is told in, relative to the policy; null: none. */
  readonly fleet: string | null;
  /** Across hosts only the rules with `over` can be decided. */
  readonly acrossHosts: boolean;
  /** What an improvement is that is too good to be believed. */
  readonly implausible: 'inconclusive' | 'fail';
  /** Largest share of failed launches in any cell that a rule names. */
  readonly failures: number;
  readonly rules: readonly Rule[];
}

const percentage = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    const share = parseShare(value);
    // A limit of 5 that is meant as 5 % would let everything pass.
    if (share <= 1 || String(value).trim().endsWith('%')) return share;
    throw new Error(`would be ${share * 100} %; write "${share}%" or a fraction up to 1, got ${show(value)}`);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});
const limit = percentage.refine((value) => value > 0 && value <= 10, {
  message: 'must be more than 0 and at most 1000%: a limit of nothing is always broken by noise',
});
// Where all may fail, a cell that never starts would be no failure.
const failures = percentage.refine((value) => value < 1, { message: 'must be less than 100%' });
const bound = z.union([z.string(), z.number()]);
const pattern = z.string().min(1).default('*');

const ruleSchema = z
  .strictObject({
    metric: z.string().min(1).describe('Metric id, or a pattern: startup.*'),
    scenario: pattern.describe('Scenario name or pattern.'),
    workload: pattern.describe('Workload id or pattern.'),
    shape: pattern.describe('Shape id or pattern.'),
    runner: pattern.describe('Runner id or pattern.'),
    over: z
      .string()
      .min(1)
      .optional()
      .describe('Judge the ratio to this runner within each run, e.g. a VM over a container.'),
    limit: limit.optional().describe('Most that the cost may grow against the baseline: 5%.'),
    max: bound.optional().describe('Largest value allowed, with its unit: 300ms, 64MiB, 1.5.'),
    min: bound.optional().describe('Smallest value allowed, with its unit.'),
    level: z.enum(['error', 'warn']).optional().describe('warn: shown, never fails the gate.'),
    ignore: z.literal(true).optional().describe('Take these rows out again.'),
    noise: percentage
      .optional()
      .describe('By how much runs of one thing differ (standard deviation); `tare calibrate` measures it.'),
  })
  .refine(({ limit: most, max, min, ignore }) => [most, max, min, ignore].some((it) => it !== undefined), {
    message: 'asks for nothing; give limit, max, min, or ignore: true',
  })
  .refine(({ limit: most, max, min, ignore }) => ignore === undefined || (most ?? max ?? min) === undefined, {
    message: 'both ignores and asks; keep one of them',
  });

/** The form of a policy, for editors too. */
export const policySchema = z.strictObject({
  name: z.string().min(1).default('gate').describe('What reports call it.'),
  baseline: z.string().min(1).optional().describe('Record or folder of records, relative to this file.'),
  fleet: z
    .string()
    .min(1)
    .optional()
    .describe('File of a fleet, relative to this one: changes of memory are told in its hosts.'),
  level: z.enum(['error', 'warn']).default('error').describe('Of rules that do not say.'),
  acrossHosts: z.boolean().default(false).describe('Base and head may be of different hosts.'),
  implausible: z
    .enum(['inconclusive', 'fail'])
    .default('inconclusive')
    .describe('What an improvement of ten times, or to nothing, is.'),
  failures: failures.default(0).describe('Largest share of failed launches in a cell that is judged.'),
  rules: z.array(ruleSchema).min(1).describe('Later rules override earlier ones on the rows they share.'),
});

/**
 * Reads a policy.
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parsePolicy(text: string, file: string): Policy {
  const { data, lineOf } = parseChecked(text, file, policySchema, {
    what: 'policy',
    expected: 'a mapping with rules',
    hint: 'fix the policy; `tare gate --help` shows an example',
  });
  const { rules, baseline, fleet, level, ...rest } = data;
  return {
    ...rest,
    file,
    baseline: baseline ?? null,
    fleet: fleet ?? null,
    rules: rules.map((rule, at) => ({
      patterns: {
        metric: rule.metric,
        scenario: rule.scenario,
        workload: rule.workload,
        shape: rule.shape,
        runner: rule.runner,
      },
      over: rule.over ?? null,
      limit: rule.limit ?? null,
      max: rule.max ?? null,
      min: rule.min ?? null,
      level: rule.level ?? level,
      ignore: rule.ignore ?? false,
      noise: rule.noise ?? null,
      source: `${file}:${lineOf(['rules', at])}`,
    })),
  };
}

/** Whether a rule is about this row. */
export function isAbout({ patterns, over }: Rule, key: RowKey): boolean {
  if (key.reference !== over) return false;
  return (Object.keys(patterns) as (keyof Patterns)[]).every((part) => matches(patterns[part], key[part]));
}

function matches(wanted: string, text: string): boolean {
  const parts = wanted.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/**
 * What a rule with `max` or `min` holds its rows to, in the metric's base unit.
 * @throws UserError with place and field where it does not fit the metric
 */
export function boundOf(
  { max, min, source }: Pick<Rule, 'max' | 'min' | 'source'>,
  { id, unit }: Pick<MetricDeclaration, 'id' | 'unit'>,
  isRatio: boolean,
): number {
  const bound = max ?? min ?? 0;
  const wrong = (form: string): UserError =>
    new UserError(
      `${source}: ${max === null ? 'min' : 'max'} of ${isRatio ? 'a ratio of ' : ''}${id} must be ${form}, got ${show(bound)}`,
      'fix the policy',
    );
  const plain = (text: string): number => {
    const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
    if (!Number.isFinite(number)) throw wrong('a plain number such as 1.5');
    return number;
  };
  const text = String(bound).trim();
  if (isRatio) return plain(text);
  try {
    if (unit === 's' || unit === 's/op') return parseSeconds(text.replace(/\/op$/, ''));
    if (unit === 'B' || unit === 'B/s') return parseBytes(text.replace(/\/s$/, ''));
  } catch {
    throw wrong(unit === 's' || unit === 's/op' ? 'a duration such as 300ms' : 'a size such as 64MiB');
  }
  if (unit === 'share' && text.endsWith('%')) return plain(text.slice(0, -1)) / 100;
  return plain(unit === '1/s' ? text.replace(/\/s$/, '') : text);
}
