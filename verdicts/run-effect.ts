/**
 * Did the thing change, or the hour of the host? All launches of one run share its boot and its hour, so that
 * one run on each side shows a slower host as surely as a slower thing. A change of plain values is believed
 * only where something tells the two apart: noise between runs that was measured beforehand, several runs, or
 * the ratio to another runner within each run, which the hour leaves as it is, moving the same way as far. A
 * change far beyond what hours do needs none of these.
 */
import { normalQuantile } from '../bench/statistics/distributions.ts';
import { verdictAlpha } from '../bench/statistics/power.ts';
import { draftRows, type Draft } from './drafts.ts';
import type { Remark } from './model.ts';
import { isEnough } from './numbers.ts';
import { nameOf, rowsOf, type Row } from './rows.ts';
import type { Run } from './runs.ts';

/**
 * By how much runs of one thing are taken to differ where nobody measured it (standard deviation, log scale).
 * Starts of processes and namespaces on a shared machine of two CPUs differed by 10 to 30 % from one run to the
 * next; this makes a difference of 1.7 times the first that an hour is not blamed for.
 */
const assumedNoise = 0.2;

/** How far apart two runs of one thing may be by their hours alone, log scale, with 95 % certainty. */
const hourReach = normalQuantile(0.975) * Math.SQRT2 * assumedNoise;

/** Growth from which on a change is more than the hour's whatever else is known: 0.74. */
export const beyondHours = Math.expm1(hourReach);

/** Whether these numbers could be the hour's: plain values of one run on each side, its noise not known. */
export function isHourBound({ row: { key, base, head }, change, noise }: Draft): boolean {
  // No hour makes something of nothing, or nothing of something: there is no ratio then.
  if (change.estimate === null) return false;
  if (key.reference !== null || change.unit === 'run' || noise !== null) return false;
  const ids = new Set(base.map(({ run }) => run.ref.runId));
  return head.some(({ run }) => !ids.has(run.ref.runId));
}

/** What the ratios within the runs say of a change. */
export interface Witness {
  /** Whether any ratio within the runs could confirm a change of this row. */
  readonly has: (row: Row) => boolean;
  /**
   * Null where a change of this row is more than the hour of the host, else why that cannot be told.
   * `beyond`: the least fraction by which the ratio must have moved, in the same direction.
   */
  readonly doubt: (draft: Draft, beyond: number) => Remark | null;
}

export function createWitness(base: readonly Run[], head: readonly Run[], resamples?: number): Witness {
  let known: ReadonlyMap<string, readonly Row[]> | null = null;
  // Most comparisons never ask, and dividing every value by every other takes its time.
  const ratiosOf = (row: Row): readonly Row[] => {
    known ??= ratioRows(base, head);
    const own = known.get(nameOf(row.key)) ?? [];
    const [first] = row.head;
    const baseline = first?.cell.baseline ?? first?.run.record.header.baseline;
    return [...own].sort(
      (a, b) => Number(b.key.reference === baseline) - Number(a.key.reference === baseline),
    );
  };
  return {
    has: (row) => ratiosOf(row).length > 0,
    doubt: (draft, beyond) => {
      if (!isHourBound(draft)) return null;
      if (isBeyondHours(draft)) return null;
      const why = (what: string): Remark => ({
        code: 'hour',
        message: `With one run on each side this may be the hour of the host: ${what}. Several runs of each side, or known noise between runs, would tell.`,
      });
      const [ratio] = ratiosOf(draft.row);
      if (ratio === undefined) return why('no other runner was measured within both runs to tell them apart');
      const [told] = draftRows([ratio], false, resamples, () => null);
      const seen = told?.change.estimate;
      const moved = draft.change.estimate?.ratio ?? 1;
      const agrees =
        told !== undefined &&
        seen?.interval != null &&
        isEnough(told.change) &&
        (told.change.p ?? 1) < verdictAlpha &&
        (moved > 1
          ? seen.interval.low > 1 && seen.ratio >= (1 + beyond) * (1 - 1e-9)
          : seen.interval.high < 1 && seen.ratio <= (1 / (1 + beyond)) * (1 + 1e-9));
      return agrees
        ? null
        : why(`the ratio to ${ratio.key.reference ?? ''} within each run does not show it`);
    },
  };
}

/** Whether the interval keeps clear of 1 even when widened by what the hours may have done. */
function isBeyondHours({ change: { estimate } }: Draft): boolean {
  if (estimate?.interval == null) return false;
  const { ratio, interval } = estimate;
  const near = Math.log(ratio > 1 ? ratio / interval.low : interval.high / ratio);
  return Math.abs(Math.log(ratio)) > Math.hypot(near, hourReach);
}

/** Every ratio of two runners that both sides have, by the name of the plain row. */
function ratioRows(base: readonly Run[], head: readonly Run[]): ReadonlyMap<string, readonly Row[]> {
  const runners = new Set(
    [...base, ...head].flatMap(({ record }) => record.header.cells.map(({ runner }) => runner)),
  );
  const rows = new Map<string, Row[]>();
  for (const row of rowsOf(base, head, { values: false, references: [...runners] })) {
    const hasValues = (parts: Row['base']) => parts.some(({ values }) => values.length > 0);
    if (!hasValues(row.base) || !hasValues(row.head)) continue;
    const name = nameOf({ ...row.key, reference: null });
    rows.set(name, [...(rows.get(name) ?? []), row]);
  }
  return rows;
}
