/**
 * Did the thing change, or the host? All launches of one run share its boot and its time of day, so that one run on
 * each side shows a slower host as surely as a slower thing. A change of plain values is called one only where
 * something tells the two apart: noise between runs that was measured beforehand, several runs, the ratio to another
 * runner within each run, which host drift leaves as it is, moving the same way as far; or a change beyond all that
 * drift was seen to do.
 */
import { verdictAlpha } from '../bench/statistics/power.ts';
import { draftRows, type Draft } from './drafts.ts';
import type { Remark } from './model.ts';
import { isEnough } from './numbers.ts';
import { nameOf, rowsOf, type Row } from './rows.ts';
import type { Run } from './runs.ts';

/**
 * How far two runs of the same code lie apart where nobody measured it on this host: 75 benchmarks, each measured twice
 * in one job of a shared runner, for 16 days, had ratios between 0.6 and 1.5.
 */
export const publishedDrift = {
  ratio: 1 / 0.6,
  source:
    'J. Rodríguez-Guerra, "Is GitHub Actions suitable for running benchmarks?", Quansight Labs, 2021-08-18, https://labs.quansight.org/blog/github-actions-benchmarks',
} as const;

/** "1.67 times". */
const driftWords = `${publishedDrift.ratio.toFixed(2)} times`;

/** Whether these numbers could be host drift: plain values of one run on each side, the noise between runs not known. */
export function isDriftBound({ row: { key, base, head }, change, noise }: Draft): boolean {
  // No drift makes something of nothing, or nothing of something: there is no ratio then.
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
   * What must be said of a change of this row with its verdict; null: nothing tells against it.
   * `beyond`: the least fraction by which the ratio within the runs must have moved, in the same direction.
   */
  readonly judge: (
    draft: Draft,
    beyond: number,
  ) => { readonly stands: boolean; readonly remark: Remark } | null;
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
    judge: (draft, beyond) => {
      if (!isDriftBound(draft)) return null;
      if (isBeyondDrift(draft)) {
        return {
          stands: true,
          remark: {
            code: 'host-drift',
            message: `Not separated from host drift, but beyond it: two runs of one thing were seen to differ by up to ${driftWords} on shared runners (${publishedDrift.source}).`,
          },
        };
      }
      const doubt = (what: string) => ({
        stands: false,
        remark: {
          code: 'host-drift',
          message: `Not separated from host drift: the interval holds the noise within one run on each side. Two runs of one thing were seen to differ by up to ${driftWords} on shared runners (${publishedDrift.source}), and this change is within that; ${what}. To decide it, give several runs of each side, or say how much runs differ on this host (noise: a share, a policy of \`tare calibrate\`, or a folder of earlier runs).`,
        },
      });
      const [ratio] = ratiosOf(draft.row);
      if (ratio === undefined)
        return doubt('no other runner was measured within both runs to tell them apart');
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
        : doubt(`the ratio to ${ratio.key.reference ?? ''} within each run does not show it`);
    },
  };
}

/** Whether the whole interval lies beyond what drift was seen to do. */
function isBeyondDrift({ change: { estimate } }: Draft): boolean {
  if (estimate?.interval == null) return false;
  const { low, high } = estimate.interval;
  return low > publishedDrift.ratio || high < 1 / publishedDrift.ratio;
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
