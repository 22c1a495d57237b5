/**
 * A policy applied to runs (`tare gate`): what must hold of each row, whether it does, and whether that
 * could have been found out at all. Pure; the same code judges a real change and one injected to prove that
 * the gate can fail.
 *
 * A change fails if three things agree: Holm's corrected p, the interval, and the limit. It passes only if
 * the upper end of its interval stays below the limit. Everything between is inconclusive, never a pass.
 */
import { UserError } from '../model/errors.ts';
import type { Interval } from '../model/quantities.ts';
import { holm } from '../bench/statistics/holm.ts';
import { median } from '../model/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { isNotWorse } from '../bench/statistics/equivalence.ts';
import { verdictAlpha } from '../bench/statistics/power.ts';
import { conditionRefusals, draftRows, holdsNegative, mayJudge, type Draft } from './drafts.ts';
import type { GateCheck, GateReport, GateState, Remark } from './model.ts';
import { formatShare } from '../model/units.ts';
import { changeStory, powerLines, shown } from './gate-words.ts';
import { isEnough } from './numbers.ts';
import { boundOf, type Policy, type Rule } from './policy.ts';
import { questionsOf, requireFire, requireTwoSides, type Asked } from './questions.ts';
import { nameOf, type Row, type RowPart } from './rows.ts';
import { orderedRuns, pairedByPlace, type Run } from './runs.ts';
import { createWitness, type Witness } from './run-effect.ts';
import { differingHosts, differingTools } from './comparable.ts';

export interface GateOptions {
  readonly resamples?: number;
  /** Head is the baseline itself, which only a proof may ask for. */
  readonly itself?: boolean;
}

const dayMilliseconds = 86_400_000;
/** Days from which on the age of a baseline is told. */
const oldAfterDays = 30;

/** Improvements from here on are more likely a broken measurement (a program that did nothing). */
const implausibleFactor = 10;

/**
 * Judges head by a policy, against base where the policy asks for changes.
 * @throws UserError for a rule that matches nothing, a policy that cannot fire, runs of two tools, and a head
 *   that is in its own baseline
 */
export function gateRuns(
  policy: Policy,
  base: readonly Run[],
  head: readonly Run[],
  options: GateOptions = {},
): GateReport {
  const before = orderedRuns(base);
  const after = pairedByPlace(before, orderedRuns(head));
  const tools = before.length === 0 ? [] : differingTools(before, after);
  if (tools.length > 0) {
    throw new UserError(
      `these runs cannot be compared (C26): ${tools.join('; ')}`,
      'measure a new baseline with this tare: `tare baseline approve`',
    );
  }
  const asked = questionsOf(policy, before, after);
  const hosts = before.length === 0 ? [] : differingHosts(before, after);
  const changes = asked.filter(({ change }) => change !== null);
  if (changes.length > 0 && options.itself !== true) requireTwoSides(before, after);
  const drafts = draftsOf(changes, policy.acrossHosts, options);
  const foreign = (row: Row) => hosts.length > 0 && !(policy.acrossHosts && row.key.reference !== null);
  const family = drafts.filter((draft) => mayJudge(draft) && !foreign(draft.row));
  requireFire(policy, changes, family.length, before, after);
  const witness = createWitness(before, after, options.resamples);
  const adjusted = holm(family.map(({ change }) => change.p ?? 1));
  const adjustedOf = new Map(family.map((draft, at) => [nameOf(draft.row.key), adjusted[at] ?? 1]));
  const draftOf = new Map(drafts.map((draft) => [nameOf(draft.row.key), draft]));
  const checks = asked.flatMap(({ row, change, budgets }): GateCheck[] => {
    const present = presence(policy, row, change ?? budgets[0]);
    // Nothing more can be asked of what is not there.
    if (row.head.every(({ values }) => values.length === 0)) return present;
    const changed =
      change === null
        ? []
        : [
            changeCheck(policy, change, row, {
              draft: draftOf.get(nameOf(row.key)) ?? null,
              pAdjusted: adjustedOf.get(nameOf(row.key)) ?? null,
              familySize: family.length,
              foreign: foreign(row) ? (hosts[0] ?? '') : null,
              witness,
            }),
          ];
    return [...present, ...changed, ...budgets.map((rule) => budgetCheck(rule, row))];
  });
  return {
    policy: { file: policy.file, name: policy.name },
    base: before.map(({ ref }) => ref),
    head: after.map(({ ref }) => ref),
    state: stateOf(checks),
    checks,
    power: powerLines(drafts, changes, witness),
    remarks: [
      ...after
        .filter(({ record }) => record.end?.state !== 'complete')
        .map(({ ref }): Remark => ({ code: 'unfinished', message: `${ref.path} was not run to its end.` })),
      ...ageRemarks(before, after),
    ],
    fleet: null,
  };
}

/** Hosts and their software drift under a baseline that nobody measures again. */
function ageRemarks(base: readonly Run[], head: readonly Run[]): Remark[] {
  const times = (runs: readonly Run[]) => runs.map(({ ref }) => Date.parse(ref.startedAt));
  const days = Math.floor((Math.min(...times(head)) - Math.max(...times(base))) / dayMilliseconds);
  if (!Number.isFinite(days) || days <= oldAfterDays) return [];
  return [{ code: 'age', message: `The newest run of the baseline is ${days} days older than head.` }];
}

/** fail before inconclusive before pass; checks of level `warn` decide nothing. */
export function stateOf(checks: readonly GateCheck[]): GateState {
  const decisive = checks.filter(({ level }) => level === 'error');
  if (decisive.some(({ state }) => state === 'fail')) return 'fail';
  if (decisive.some(({ state }) => state === 'inconclusive')) return 'inconclusive';
  return 'pass';
}

export function draftsOf(changes: readonly Asked[], acrossHosts: boolean, options: GateOptions): Draft[] {
  const noise = new Map(changes.map(({ row, change }) => [nameOf(row.key), change?.noise ?? null]));
  const both = changes.map(({ row }) => row).filter((row) => row.base.length > 0 && row.head.length > 0);
  return draftRows(both, acrossHosts, options.resamples, (row) => noise.get(nameOf(row.key)) ?? null);
}

function presence(policy: Policy, row: Row, rule: Rule | undefined): GateCheck[] {
  if (rule === undefined) return [];
  const check = (line: string, state: GateState): GateCheck => ({
    ...blank(row, rule),
    kind: 'presence',
    state,
    line,
    n: 0,
  });
  if (row.head.every(({ values }) => values.length === 0)) {
    const voided = row.head.reduce((sum, part) => sum + part.voided, 0);
    if (voided > 0) {
      return [
        check(`all ${voided} launches of head lie in voided blocks: the host was disturbed`, 'inconclusive'),
      ];
    }
    const had = row.base.some(({ values }) => values.length > 0);
    return [
      check(
        `no value in head${had ? ', which base has' : ''}: it was not measured, or every launch failed`,
        'fail',
      ),
    ];
  }
  const worst = Math.max(...row.head.map(({ failedShare }) => failedShare));
  if (worst <= policy.failures) return [];
  return [
    check(
      `${formatShare(worst)} of its launches failed in head; allowed ${formatShare(policy.failures)} (policy: failures)`,
      'fail',
    ),
  ];
}

interface Found {
  readonly draft: Draft | null;
  readonly pAdjusted: number | null;
  readonly familySize: number;
  /** How the hosts differ, where that forbids this check. */
  readonly foreign: string | null;
  /** Tells a change from host drift; null: one run is judged against itself. */
  readonly witness: Witness | null;
}

export function changeCheck(policy: Policy, rule: Rule, row: Row, found: Found): GateCheck {
  const { draft, pAdjusted, familySize, foreign, witness } = found;
  const limit = rule.limit ?? 0;
  const start: GateCheck = { ...blank(row, rule), kind: 'change', limit };
  const undecided = (why: string, remarks: readonly Remark[] = []): GateCheck => ({
    ...start,
    line: why,
    remarks,
  });
  if (foreign !== null) return undecided(`not comparable with the baseline (C26): ${foreign}`);
  if (draft === null) {
    return row.base.length === 0
      ? undecided('the baseline does not have it; approve a new one with `tare baseline approve`')
      : undecided('head does not have it');
  }
  const { change, refusals, remarks } = draft;
  const [old, value] = [middle(row.base), middle(row.head)];
  const numbers = {
    ...start,
    old,
    value,
    change: change.estimate?.ratio ?? null,
    interval: change.estimate?.interval ?? null,
    n: change.n,
    pAdjusted,
    remarks,
  };
  const story = changeStory(row, numbers, limit, change.unit, familySize);
  const [refusal] = refusals;
  if (refusal !== undefined) {
    return {
      ...numbers,
      refusal: refusal.rule,
      line: `${story}: refused (${refusal.rule}): ${refusal.message} ${refusal.remedy}`,
    };
  }
  const implausible = implausibleOf(row, old, value, numbers.change);
  if (implausible !== null) {
    const state = policy.implausible === 'fail' ? 'fail' : 'inconclusive';
    return { ...numbers, state, implausible, line: `${story}: ${implausible}` };
  }
  const state = changeState(draft, limit, pAdjusted, old, value);
  const judged = state === 'fail' ? (witness?.judge(draft, limit) ?? null) : null;
  if (judged?.stands === false) return { ...numbers, line: `${story}: undecided: ${judged.remark.message}` };
  return {
    ...numbers,
    state,
    remarks: judged === null ? remarks : [...remarks, judged.remark],
    line: state === 'inconclusive' ? `${story}: ${whyUndecided(draft, limit)}` : story,
  };
}

/** Three things must agree for a failure, and a bound must hold for a pass. */
function changeState(
  { row, change }: Draft,
  limit: number,
  pAdjusted: number | null,
  old: number | null,
  value: number | null,
): GateState {
  const { estimate } = change;
  const significant = pAdjusted !== null && pAdjusted < verdictAlpha;
  if (estimate?.interval == null || estimate.ninety === null) {
    // No ratio with nothing: growth from zero is beyond every limit.
    const [{ metric }] = row.head as [RowPart];
    const grown = old === 0 && value !== null && value > 0 && metric.better === 'lower';
    const lost = value === 0 && old !== null && old > 0 && metric.better === 'higher';
    return significant && (grown || lost) ? 'fail' : 'inconclusive';
  }
  // A change of exactly the limit is over it: rounding must not decide.
  const beyond = estimate.ratio >= (1 + limit) * (1 - 1e-9);
  if (beyond && significant && estimate.interval.low > 1) return 'fail';
  return pAdjusted !== null && isNotWorse(estimate.ninety, limit) ? 'pass' : 'inconclusive';
}

function whyUndecided({ change }: Draft, limit: number): string {
  const { detectable, n, estimate, unit } = change;
  const units = `${n} ${unit === 'run' ? (n === 1 ? 'run' : 'runs') : 'launches'}`;
  if (estimate?.interval == null) {
    return unit === 'launch' && n < 6 ? `${units} give no interval` : 'no ratio can be told';
  }
  if (!isEnough(change)) return `undecided: so few ${unit === 'run' ? 'runs' : 'launches'} give no verdict`;
  if (detectable === null) return 'undecided';
  const sees = detectable - 1;
  return sees <= limit
    ? `undecided: too close to the limit of ${formatShare(limit)} for ${units} to tell`
    : `undecided: ${units} of this noise show ${formatShare(sees)} or more, the limit is ${formatShare(limit)}`;
}

/** Zero, or a tenth: flagged, not cheered. */
function implausibleOf(
  row: Row,
  old: number | null,
  value: number | null,
  ratio: number | null,
): string | null {
  const [{ metric }] = row.head as [RowPart];
  if (old === null || value === null) return null;
  if (metric.better === 'lower' && value <= 0 && old > 0) {
    return 'implausible: the cost is nothing now; did the program run?';
  }
  if (ratio === null || ratio > 1 / implausibleFactor) return null;
  return `implausible: better by ${(1 / ratio).toFixed(1)} times; did the program do its work?`;
}

/** An absolute bound of the value, or of the ratio of two runners, in head alone. */
export function budgetCheck(rule: Rule, row: Row): GateCheck {
  const [first] = row.head;
  const start = { ...blank(row, rule), kind: row.key.reference === null ? 'budget' : 'ratio' } as const;
  if (first === undefined) return { ...start, line: 'not in head' };
  const { metric } = first;
  const upper = rule.max !== null;
  const limit = boundOf(rule, metric, row.key.reference !== null);
  const values = unitsOf(row.head);
  const value = median(values);
  const ninety = medianInterval(values, 0.9);
  const wide = medianInterval(values);
  const state = budgetState(value, wide, ninety, limit, upper);
  const show = (number: number | null) => shown(row, number);
  const between = wide === null ? 'no interval' : `95 % interval ${show(wide.low)} to ${show(wide.high)}`;
  const lost = value !== null && value === 0 && metric.better === 'lower';
  // What a run may not say of its runners, a bound may not say of it either: an emulated machine keeps none.
  // How many launches may have failed (C6) is the policy's to say.
  const [refusal] = conditionRefusals({ ...row, base: row.head }).filter(({ rule: code }) => code !== 'C6');
  const implausible = row.head.some(holdsNegative)
    ? 'implausible: negative values; a clock went back'
    : lost
      ? 'implausible: the cost is nothing; did the program run?'
      : null;
  const why =
    refusal === undefined ? implausible : `refused (${refusal.rule}): ${refusal.message} ${refusal.remedy}`;
  return {
    ...start,
    limit,
    value,
    interval: wide,
    n: values.length,
    implausible,
    refusal: refusal?.rule ?? null,
    state: refusal !== undefined || (implausible !== null && state === 'pass') ? 'inconclusive' : state,
    line: `${show(value)} (${between}), ${upper ? 'at most' : 'at least'} ${show(limit)}, n = ${values.length}${why === null ? '' : `: ${why}`}`,
  };
}

function budgetState(
  value: number | null,
  wide: Interval | null,
  ninety: Interval | null,
  limit: number,
  upper: boolean,
): GateState {
  if (value === null || wide === null || ninety === null) return 'inconclusive';
  if (upper ? wide.low > limit : wide.high < limit) return 'fail';
  return (upper ? ninety.high <= limit : ninety.low >= limit) ? 'pass' : 'inconclusive';
}

function unitsOf(parts: readonly RowPart[]): number[] {
  const runs = parts
    .filter(({ values }) => values.length > 0)
    .map(({ values }) => values.map(({ value }) => value));
  return runs.length > 1 ? runs.flatMap((values) => median(values) ?? []) : runs.flat();
}

const middle = (parts: readonly RowPart[]): number | null => median(unitsOf(parts));

function blank(row: Row, rule: Rule): GateCheck {
  return {
    kind: 'change',
    key: row.key,
    metric: (row.head[0] ?? row.base[0])?.metric ?? null,
    level: rule.level,
    state: 'inconclusive',
    line: '',
    source: rule.source,
    limit: 0,
    old: null,
    value: null,
    change: null,
    interval: null,
    n: 0,
    pAdjusted: null,
    implausible: null,
    refusal: null,
    remarks: [],
  };
}
