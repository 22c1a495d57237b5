/**
 * From a policy to questions: which rows it is about, what it asks of each, and whether any answer could
 * ever be "fail". Rules that match nothing and gates that cannot fire are refused here, before anything is judged.
 */
import { UserError } from '../model/errors.ts';
import { smallestMannWhitneyP } from '../bench/statistics/ranks.ts';
import { minimumBlocks, verdictAlpha } from '../bench/statistics/power.ts';
import { verdictFreedom } from './numbers.ts';
import { isAbout, type Policy, type Rule } from './policy.ts';
import { cellLabel, rowsOf, type Row } from './rows.ts';
import type { Run } from './runs.ts';

/** What the policy asks of one row, its last word per kind of question. */
export interface Asked {
  readonly row: Row;
  readonly change: Rule | null;
  readonly budgets: readonly Rule[];
}

/**
 * Which rows the policy is about, and what it asks of each.
 * @throws UserError for a rule that matches nothing, one that needs a baseline where there is none, and where nothing asked could fail
 */
export function questionsOf(policy: Policy, base: readonly Run[], head: readonly Run[]): Asked[] {
  const references = [...new Set(policy.rules.flatMap(({ over }) => over ?? []))];
  const rows = rowsOf(base, head, { values: true, references });
  const idle = policy.rules.filter((rule) => !rows.some(({ key }) => isAbout(rule, key)));
  if (idle.length > 0) {
    const metrics = [...new Set(rows.map(({ key }) => key.metric))].sort();
    throw new UserError(
      idle.map((rule) => `${rule.source}: this rule matches nothing: ${wordsOf(rule)}`).join('\n  '),
      `fix its patterns; measured are ${metrics.join(', ')} of ${[...new Set(rows.map(({ key }) => cellLabel({ ...key, reference: null }, true)))].join('; ')}`,
    );
  }
  const needing = policy.rules.find((rule) => rule.limit !== null);
  if (base.length === 0 && needing !== undefined) {
    throw new UserError(
      `${needing.source}: this rule limits a change, and there is no baseline to change from`,
      'give --baseline RECORD, name one in the policy (`baseline:`), or keep one with `tare baseline set`',
    );
  }
  const asked = rows.flatMap((row): Asked[] => {
    let change: Rule | null = null;
    const budgets = new Map<string, Rule>();
    for (const rule of policy.rules.filter((one) => isAbout(one, row.key))) {
      if (rule.ignore) {
        change = null;
        budgets.clear();
      }
      if (rule.limit !== null) change = rule;
      if (rule.max !== null) budgets.set('max', { ...rule, min: null });
      if (rule.min !== null) budgets.set('min', { ...rule, max: null });
    }
    return change === null && budgets.size === 0 ? [] : [{ row, change, budgets: [...budgets.values()] }];
  });
  if (asked.length === 0) {
    throw new UserError(
      `${policy.file} asks for nothing: its rules ignore every row`,
      'a gate that cannot fail is no gate; let a rule with limit, max or min stand',
    );
  }
  if (asked.every(({ change, budgets }) => [change, ...budgets].every((rule) => rule?.level !== 'error'))) {
    throw new UserError(
      `${policy.file} cannot fire: every rule that stands is of level warn, which fails no gate`,
      'let one rule be of level error; to look without judging there is `tare compare`',
    );
  }
  return asked;
}

/**
 * Refuses a head that is in its own baseline: a path that names one record twice would stay green for ever.
 * The parts that a ratchet keeps of a run ("run-1#2") are that run.
 */
export function requireTwoSides(base: readonly Run[], head: readonly Run[]): void {
  const nameOfRun = ({ ref }: Run) => ref.runId.replace(/#\d+$/, '');
  const before = new Map(base.map((run) => [nameOfRun(run), run]));
  const shared = head.find((run) => before.has(nameOfRun(run)));
  if (shared === undefined) return;
  throw new UserError(
    `${shared.ref.path} is in the baseline as well (${nameOfRun(shared)}, ${before.get(nameOfRun(shared))?.ref.path ?? ''}): against itself nothing can fail`,
    'give the record of a run of its own; `tare gate --prove` holds the baseline against itself',
  );
}

function wordsOf({ patterns, over }: Rule): string {
  const given = Object.entries(patterns).filter(([, value]) => value !== '*');
  return [...given, ...(over === null ? [] : [['over', over]])]
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}

/**
 * Refuses a gate that could not fail whatever happened: too few launches planned for the number of tests.
 * Launches lost on the way make a check inconclusive instead.
 */
export function requireFire(
  policy: Policy,
  changes: readonly Asked[],
  familySize: number,
  base: readonly Run[],
  head: readonly Run[],
): void {
  if (changes.length === 0) return;
  if (Math.max(base.length, head.length) > 1 && new Set(base.map(({ ref }) => ref.host.hash)).size === 1) {
    if (base.length + head.length - 2 >= verdictFreedom) return;
    throw new UserError(
      `${policy.file} cannot fire: of several runs each counts as one, and there are ${base.length} and ${head.length}`,
      'give three runs of either side, five of the baseline for one of head, or one of each',
    );
  }
  const planned = (side: readonly Run[]) => Math.min(...side.map(({ record }) => record.header.blocks));
  const fire = cannotFire(planned(base), planned(head), familySize);
  if (fire !== null) throw new UserError(`${policy.file} cannot fire: ${fire.why}`, fire.remedy);
}

/** Why so many tests could never fail with these blocks of one run on each side, and what to do; null: they could. */
export function cannotFire(
  before: number,
  after: number,
  familySize: number,
): { readonly why: string; readonly remedy: string } | null {
  const least = Math.min(before, after);
  const tests = Math.max(1, familySize);
  if (least >= minimumBlocks && smallestMannWhitneyP([[before, after]]) * tests < verdictAlpha) return null;
  return {
    why: `with ${before} blocks in base and ${after} in head, ${tests} ${tests === 1 ? 'test' : 'tests'} can never fail`,
    remedy: `measure at least ${Math.max(minimumBlocks, least + 1)} blocks on either side (\`--blocks\`), give several runs of each, or limit fewer metrics`,
  };
}
