/**
 * The numbers of a row before its family of tests is settled: base against head, what refuses the
 * comparison, and what must be said with it; and the rule by which such numbers become a verdict.
 */
import type { Refusal, Verdict } from '../model/analysis.ts';
import type { CellRecord } from '../model/record.ts';
import { tickOf } from '../bench/analysis/contrast.ts';
import { refusalsByCondition } from '../bench/analysis/refusals.ts';
import { decide } from '../bench/analysis/verdict.ts';
import { createBootstrap, defaultResamples, type Bootstrap } from '../bench/statistics/bootstrap.ts';
import { minimumBlocks, verdictAlpha } from '../bench/statistics/power.ts';
import type { Remark } from './model.ts';
import { changeOf, isEnough, verdictFreedom, type Change, type Stratum } from './numbers.ts';
import type { Row, RowPart } from './rows.ts';
import { cellRefusals, cellRemarks, metricRefusals } from './comparable.ts';

/** One seed for all: what differs between two comparisons shall be their data, never luck. */
const seed = 20_261_123;

/** Widening of an interval by serial correlation from which on it is worth a remark. */
const worthTelling = 1.5;

/** A row with its numbers, before its family is corrected. */
export interface Draft {
  readonly row: Row;
  readonly change: Change;
  readonly refusals: readonly Refusal[];
  readonly remarks: readonly Remark[];
  /** Known noise between runs (see `Known`); null: none is. */
  readonly noise: number | null;
}

/** The numbers of rows that both sides have; `noiseOf`: by how much runs of one thing differ (see `Known`). */
export function draftRows(
  rows: readonly Row[],
  acrossHosts: boolean,
  resamples: number = defaultResamples,
  noiseOf: (row: Row) => number | null = () => null,
): Draft[] {
  const bootstrap = createBootstrap(seed, resamples);
  return rows.map((row) => ({ row, ...draftOf(row, acrossHosts, bootstrap, noiseOf(row)) }));
}

/** Whether a row takes part in the family of tests. */
export function mayJudge({ refusals, change }: Draft): boolean {
  return refusals.length === 0 && change.p !== null && isEnough(change);
}

function draftOf(
  row: Row,
  acrossHosts: boolean,
  bootstrap: Bootstrap,
  noise: number | null,
): Omit<Draft, 'row'> {
  const [first] = row.head as [RowPart];
  const strata = strataOf(row, acrossHosts);
  const change = changeOf(strata, first.metric.better, bootstrap, {
    tick: resolutionOf(row),
    between: noise ?? 0,
  });
  return {
    change,
    refusals: [...emptyRefusals(strata, row), ...valueRefusals(row), ...conditionRefusals(row)],
    remarks: rowRemarks(row, change, noise),
    noise,
  };
}

/** Runs that may be set against each other: those of one host, or all of them across hosts. */
function strataOf({ base, head }: Row, acrossHosts: boolean): Stratum[] {
  const hostOf = ({ run }: RowPart) => (acrossHosts ? '' : run.ref.host.hash);
  const hosts = [...new Set([...base, ...head].map(hostOf))];
  const valuesOn = (parts: readonly RowPart[], host: string) =>
    parts
      .filter((part) => hostOf(part) === host && part.values.length > 0)
      .map(({ values }) => values.map(({ value }) => value));
  return hosts.map((host) => ({ base: valuesOn(base, host), head: valuesOn(head, host) }));
}

function emptyRefusals(strata: readonly Stratum[], { base, head }: Row): Refusal[] {
  if (strata.some((stratum) => stratum.base.length > 0 && stratum.head.length > 0)) return [];
  const isEmpty = (parts: readonly RowPart[]) => parts.every(({ values }) => values.length === 0);
  const sides = [...(isEmpty(base) ? ['base'] : []), ...(isEmpty(head) ? ['head'] : [])];
  const voided = [...base, ...head].reduce((sum, part) => sum + part.voided, 0);
  return [
    {
      rule: voided > 0 ? 'C9' : 'C6',
      message: `There is no value of it in ${sides.join(' nor in ')}: ${voided > 0 ? `${voided} launches lie in blocks that were voided, as the host was disturbed` : 'every launch failed, or did not measure it'}.`,
      remedy:
        voided > 0
          ? 'Measure again on a quiet host; `tare report` names the rule.'
          : 'Read the failures in `tare report`, fix their cause, and run again.',
    },
  ];
}

/** Numbers that cannot be what their metric says. */
function valueRefusals({ base, head }: Row): Refusal[] {
  const parts = [...base, ...head];
  const words = new Set(parts.map(({ metric }) => `${metric.unit}, ${metric.better} is better`));
  const refusals: Refusal[] = [];
  if (words.size > 1) {
    refusals.push({
      rule: 'C26',
      message: `The metric is not declared alike: ${[...words].join(' against ')}.`,
      remedy: 'Measure both sides with one declaration of the metric, or rename one of them.',
    });
  }
  const [{ metric }] = parts as [RowPart];
  const negative = parts.find(holdsNegative);
  if (negative !== undefined) {
    refusals.push({
      rule: 'C7',
      message: `${negative.run.ref.path} holds a negative ${metric.unit === 's' ? 'duration' : 'rate'}: a clock went back.`,
      remedy: 'Measure again; a host clock that is not monotonic measures nothing.',
    });
  }
  return refusals;
}

/** Whether a duration or a rate is below zero, which none is. */
export function holdsNegative({ metric, values }: RowPart): boolean {
  return ['s', 's/op', '1/s', 'B/s'].includes(metric.unit) && values.some(({ value }) => value < 0);
}

/** The rules of a comparison within a run, asked of two runs: of base and head as of two runners. */
export function conditionRefusals({ base, head }: Row): Refusal[] {
  const [before] = base as [RowPart];
  const [after] = head as [RowPart];
  const { metric } = after;
  const trials = [...base, ...head].flatMap((part) => part.trials);
  const failedShare = Math.max(...[...base, ...head].map((part) => part.failedShare));
  const changed = [...base, ...head].find(({ run: { record } }) => {
    const now = record.end?.hostHashAfter ?? null;
    return now !== null && now !== record.header.host.hash;
  });
  const { record } = (changed ?? after).run;
  const met = {
    host: record.header.host,
    hostHashAfter: record.end?.hostHashAfter ?? null,
    trials,
    failedShare,
  };
  const sides = (part: RowPart) => ({ run: part.run, cell: part.cell });
  const across =
    after.reference === null
      ? refusalsByCondition(
          { subject: sameImage(after.cell, before.cell), reference: before.cell, kind: 'runners' },
          metric,
          met,
        )
      : [before, after].flatMap(({ cell, reference }) =>
          reference === null
            ? []
            : refusalsByCondition({ subject: cell, reference, kind: 'runners' }, metric, met),
        );
  const [own, other] = [base.map(sides), head.map(sides)];
  const found = [...cellRefusals(own, other), ...metricRefusals(own, other, metric), ...across];
  return [...new Map(found.map((refusal) => [refusal.message, refusal])).values()];
}

/** Another image is what may be judged: it does not make two sides unlike. */
function sameImage(cell: CellRecord, as: CellRecord): CellRecord {
  const { image: _other, ...traits } = cell.traits;
  const { image } = as.traits;
  return { ...cell, traits: { ...traits, ...(image === undefined ? {} : { image }) } };
}

/** Resolution of the values where they are plain: a ratio of two has none of its own. */
function resolutionOf({ base, head }: Row): number {
  const [{ metric, reference }] = head as [RowPart];
  if (reference !== null) return 0;
  return tickOf(
    [...base, ...head].flatMap(({ values }) => values.map(({ value }) => value)),
    metric,
  );
}

function rowRemarks(row: Row, change: Change, noise: number | null): Remark[] {
  const parts = ({ run, cell }: RowPart) => ({ run, cell });
  const remarks: Remark[] = cellRemarks(row.base.map(parts), row.head.map(parts));
  if (noise !== null && noise > 0 && change.unit === 'launch') {
    remarks.push({
      code: 'host-drift',
      message: `Runs of one thing differ by ${(100 * noise).toFixed(1)} % on this host (standard deviation): the interval allows for it.`,
    });
  }
  if (change.widening >= worthTelling) {
    remarks.push({
      code: 'serial',
      message: `Launches that follow one another may be alike: the interval is ${change.widening.toFixed(1)} times as wide as for independent ones.`,
    });
  }
  if (change.unit === 'launch' && change.n < 6) {
    remarks.push({ code: 'few', message: `${change.n} launches give no interval; it takes 6 (C3).` });
  } else if (!isEnough(change)) {
    remarks.push(
      change.unit === 'launch'
        ? { code: 'few', message: `${change.n} launches give no verdict; it takes ${minimumBlocks} (C3).` }
        : {
            code: 'few',
            message: `So few runs give no verdict; it takes three of either side, or five of one (${change.freedom} of ${verdictFreedom} degrees of freedom).`,
          },
    );
  }
  if (change.estimate === null && change.n > 0) {
    remarks.push({ code: 'no-ratio', message: 'Values at or below zero have no ratio.' });
  }
  return remarks;
}

/** The rule of a run's own verdicts; and any growth from nothing is beyond every threshold. */
export function verdictOf(
  { estimate, p }: Change,
  threshold: number,
  pAdjusted: number,
  [before, after]: readonly [number | null, number | null],
  better: 'lower' | 'higher',
): Verdict {
  if (estimate?.interval != null && estimate.ninety !== null) {
    const { ratio, interval, ninety } = estimate;
    return decide({ ratio, interval, ninety }, threshold, pAdjusted);
  }
  if (p === null || pAdjusted >= verdictAlpha || before === null || after === null) return 'inconclusive';
  if (Math.min(before, after) !== 0 || Math.max(before, after) <= 0) return 'inconclusive';
  return after > before === (better === 'lower') ? 'regression' : 'improvement';
}
