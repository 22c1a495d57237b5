/**
 * Can this gate fail, and does it let an unchanged thing pass? (`tare gate --prove`) The baseline is judged
 * against itself, and then with a regression of exactly the limit's size put into its stored values, each
 * check by itself: as if only that one had changed, which is the hardest to see in a family of tests.
 */
import { median } from '../model/descriptive.ts';
import { budgetCheck, changeCheck, draftsOf, gateRuns, type GateOptions } from './gate.ts';
import { mayJudge } from './drafts.ts';
import type { GateCheck, GateState, RowKey } from './model.ts';
import { boundOf, type Policy, type Rule } from './policy.ts';
import { questionsOf, type Asked } from './questions.ts';
import { cellLabel, nameOf, type Row, type RowPart } from './rows.ts';
import { orderedRuns, type Run } from './runs.ts';

/** What came of one check of the policy. */
export interface Proof {
  readonly key: RowKey;
  readonly kind: GateCheck['kind'];
  readonly level: GateCheck['level'];
  readonly source: string;
  readonly limit: number;
  /** The baseline against itself: should pass. */
  readonly unchanged: GateState;
  /** With the injected regression: should fail. */
  readonly injected: GateState;
  /** Factor that the stored values were multiplied by. */
  readonly factor: number;
  readonly line: string;
}

export interface ProofReport {
  readonly policy: { readonly file: string; readonly name: string };
  readonly proofs: readonly Proof[];
  /** Every check of level `error` fails when it should, and passes when it should. */
  readonly proven: boolean;
}

/**
 * @param headRuns runs that a head will have: so many of the baseline's last stand for it, where that has several
 * @throws UserError as `gateRuns` does
 */
export function proveGate(
  policy: Policy,
  base: readonly Run[],
  resamples?: number,
  headRuns = 1,
): ProofReport {
  const head = orderedRuns(base).slice(-headRuns);
  const options = resamples === undefined ? {} : { resamples };
  const unchanged = gateRuns(policy, base, head, { ...options, itself: true });
  const asked = questionsOf(policy, base, head);
  const changes = asked.filter(({ change }) => change !== null).map(centred);
  const quiet = checksOf(policy, changes, options);
  const loud = checksOf(policy, changes.map(withRegression), options);
  const changeProofs = loud.map((check, at) =>
    proofOf(unchanged.checks, check, quiet[at]?.state ?? 'inconclusive', 1 + check.limit),
  );
  const budgetProofs = asked.flatMap(({ row, budgets }) =>
    budgets.map((rule): Proof => {
      const factor = factorBeyond(rule, row);
      const before = unchanged.checks.find(
        (one) => one.kind !== 'change' && one.source === rule.source && nameOf(one.key) === nameOf(row.key),
      );
      const check = budgetCheck(rule, { ...row, head: scaled(row.head, factor) });
      return proofOf(unchanged.checks, check, before?.state ?? 'inconclusive', factor);
    }),
  );
  const proofs = [...changeProofs, ...budgetProofs];
  return {
    policy: unchanged.policy,
    proofs,
    proven: proofs
      .filter(({ level }) => level === 'error')
      .every((proof) => proof.injected === 'fail' && proof.unchanged === 'pass'),
  };
}

/** Each change judged as if only that one had happened. */
function checksOf(policy: Policy, asked: readonly Asked[], options: GateOptions): GateCheck[] {
  const drafts = draftsOf(asked, policy.acrossHosts, options);
  const familySize = drafts.filter(mayJudge).length;
  return asked.flatMap(({ row, change }): GateCheck[] => {
    if (change === null) return [];
    const draft = drafts.find((one) => nameOf(one.row.key) === nameOf(row.key)) ?? null;
    const p = draft?.change.p ?? null;
    const check = changeCheck(policy, change, row, {
      draft,
      // Alone in its family: Holm gives the only small p the full correction.
      pAdjusted: p === null || draft === null || !mayJudge(draft) ? null : Math.min(1, p * familySize),
      familySize,
      foreign: null,
      witness: null,
    });
    return [check];
  });
}

/** Some runs that stand for a head have offsets of their own: put to the middle of the baseline, as if nothing had changed. */
function centred(asked: Asked): Asked {
  const { base, head } = asked.row;
  if (base.length === head.length) return asked;
  const centre = (parts: readonly RowPart[]) => {
    const logs = parts.flatMap(({ values }) => Math.log(median(values.map(({ value }) => value)) ?? NaN));
    return logs.reduce((sum, value) => sum + value, 0) / logs.length;
  };
  const factor = Math.exp(centre(base) - centre(head));
  return Number.isFinite(factor) ? { ...asked, row: { ...asked.row, head: scaled(head, factor) } } : asked;
}

/** Head is an unchanged one, costing exactly the limit more. */
function withRegression(asked: Asked): Asked {
  const { row, change } = asked;
  const [{ metric }] = row.head as [RowPart];
  const more = 1 + (change?.limit ?? 0);
  return { ...asked, row: { ...row, head: scaled(row.head, metric.better === 'lower' ? more : 1 / more) } };
}

function scaled(parts: readonly RowPart[], factor: number): RowPart[] {
  return parts.map((part) => ({
    ...part,
    values: part.values.map((launch) => ({ ...launch, value: launch.value * factor })),
  }));
}

/**
 * What brings the whole interval just over the bound: a budget is broken when no value within the interval
 * keeps it, so the median alone at the bound would rightly be undecided.
 */
function factorBeyond(rule: Rule, row: Row): number {
  const before = budgetCheck(rule, row);
  const [first] = row.head;
  if (before.interval === null || first === undefined) return 1;
  const isRatio = row.key.reference !== null;
  const bound = boundOf(rule, first.metric, isRatio);
  const end = rule.max === null ? before.interval.high : before.interval.low;
  return end === 0 ? 1 : (bound / end) * (rule.max === null ? 1 - 1e-6 : 1 + 1e-6);
}

function proofOf(
  unchanged: readonly GateCheck[],
  check: GateCheck,
  before: GateState,
  factor: number,
): Proof {
  const { key, kind, level, source, limit, state, line } = check;
  const broken = unchanged.some(
    (one) => one.kind === 'presence' && nameOf(one.key) === nameOf(key) && one.state === 'fail',
  );
  return {
    key,
    kind,
    level,
    source,
    limit,
    unchanged: broken ? 'fail' : before,
    injected: state,
    factor,
    line: `${key.metric} of ${cellLabel(key, true)}: ${line}`,
  };
}
