/**
 * What changed between two sets of runs (`tare compare`): a pure function of their records. Conditions
 * refuse first, then the family of tests is settled, then it is corrected, and only then are verdicts given,
 * by the same rule as within a run.
 */
import type { CellRecord, Refusal, Verdict } from '../bench/model.ts';
import { UserError } from '../bench/errors.ts';
import { tickOf } from '../bench/analysis/contrast.ts';
import { refusalsByCondition } from '../bench/analysis/refusals.ts';
import { decide } from '../bench/analysis/verdict.ts';
import { createBootstrap, defaultResamples, type Bootstrap } from '../bench/statistics/bootstrap.ts';
import { coefficientOfVariation, median } from '../bench/statistics/descriptive.ts';
import { benjaminiHochberg } from '../bench/statistics/holm.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { blocksForVerdict, minimumBlocks, smallestEffect, verdictAlpha } from '../bench/statistics/power.ts';
import type { ChangeReport, ChangeRow, Remark, SideSummary } from './model.ts';
import { changeOf, type Change, type Stratum } from './numbers.ts';
import { ownBaseline, rowsOf, type Row, type RowPart, type RowsWanted } from './rows.ts';
import { orderedRuns, type Run } from './runs.ts';
import { cellRefusals, cellRemarks, differingHosts, differingTools } from './same.ts';

export interface CompareOptions {
  /** Compare runs of different hosts as far as that can be: the ratios of runners within each run. */
  readonly acrossHosts?: boolean;
  readonly rows?: RowsWanted;
  readonly resamples?: number;
}

/** One seed for all: what differs between two comparisons shall be their data, never luck. */
const seed = 20_261_123;

/** Fewest runs of a side for a verdict, where runs are the unit. */
export const fewestRuns = 3;

/**
 * Compares two sets of runs.
 * @throws UserError (C26) when they are of different hosts or tool versions
 */
export function compareRuns(
  base: readonly Run[],
  head: readonly Run[],
  options: CompareOptions = {},
): ChangeReport {
  const { acrossHosts = false } = options;
  const before = orderedRuns(base);
  const after = orderedRuns(head);
  requireComparable(before, after, acrossHosts);
  const rows = rowsOf(
    before,
    after,
    options.rows ?? { values: !acrossHosts, references: acrossHosts ? [ownBaseline] : [] },
  );
  const both = rows.filter((row) => row.base.length > 0 && row.head.length > 0);
  const drafts = draftRows(both, acrossHosts, options.resamples);
  const family = drafts.filter(mayJudge);
  const adjusted = benjaminiHochberg(family.map(({ change }) => change.p ?? 1));
  const adjustedOf = new Map(family.map((draft, at) => [draft, adjusted[at] ?? 1]));
  const done = drafts.map((draft) => finish(draft, adjustedOf.get(draft) ?? null, family.length));
  const missing = rows
    .filter((row) => row.base.length === 0 || row.head.length === 0)
    .map(({ key, base: had }) => ({ key, side: had.length === 0 ? ('base' as const) : ('head' as const) }));
  return {
    base: before.map(({ ref }) => ref),
    head: after.map(({ ref }) => ref),
    rows: done,
    missing,
    remarks: reportRemarks(before, after, acrossHosts),
    geomeans: geomeansOf(done, new Set(missing.map(({ key }) => key.metric.split('.')[0] ?? ''))),
  };
}

/** A row with its numbers, before its family is corrected. */
export interface Draft {
  readonly row: Row;
  readonly change: Change;
  readonly refusals: readonly Refusal[];
  readonly remarks: readonly Remark[];
}

/** The numbers of rows that both sides have; `noiseOf`: by how much runs of one thing differ (see `Known`). */
export function draftRows(
  rows: readonly Row[],
  acrossHosts: boolean,
  resamples: number = defaultResamples,
  noiseOf: (row: Row) => number = () => 0,
): Draft[] {
  const bootstrap = createBootstrap(seed, resamples);
  return rows.map((row) => ({ row, ...draftOf(row, acrossHosts, bootstrap, noiseOf(row)) }));
}

/** Whether a row takes part in the family of tests. */
export function mayJudge({ refusals, change }: Draft): boolean {
  return refusals.length === 0 && change.p !== null && isEnough(change);
}

/** C3: ten launches, or three runs, for any verdict. */
function isEnough({ unit, n }: Change): boolean {
  return n >= (unit === 'launch' ? minimumBlocks : fewestRuns);
}

function draftOf(row: Row, acrossHosts: boolean, bootstrap: Bootstrap, noise: number): Omit<Draft, 'row'> {
  const [first] = row.head as [RowPart];
  const strata = strataOf(row, acrossHosts);
  const change = changeOf(strata, first.metric.better, bootstrap, {
    tick: resolutionOf(row),
    between: noise,
  });
  return {
    change,
    refusals: [...emptyRefusals(strata, row), ...valueRefusals(row), ...conditionRefusals(row)],
    remarks: rowRemarks(row, change),
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
          : 'Read the failures in `tare report`, mend their cause, and run again.',
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
  const timed = ['s', 's/op', '1/s', 'B/s'].includes(metric.unit);
  const negative = parts.find(({ values }) => timed && values.some(({ value }) => value < 0));
  if (negative !== undefined) {
    refusals.push({
      rule: 'C7',
      message: `${negative.run.ref.path} holds a negative ${metric.unit === 's' ? 'duration' : 'rate'}: a clock went back.`,
      remedy: 'Measure again; a host clock that is not monotonic measures nothing.',
    });
  }
  return refusals;
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
  const found = [...cellRefusals(base.map(sides), head.map(sides)), ...across];
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

function rowRemarks(row: Row, change: Change): Remark[] {
  const parts = ({ run, cell }: RowPart) => ({ run, cell });
  const remarks: Remark[] = cellRemarks(row.base.map(parts), row.head.map(parts));
  if (change.inflation > 1) {
    remarks.push({
      code: 'serial',
      message: `Launches that follow one another are alike: their variance counts ${change.inflation.toFixed(1)} times.`,
    });
  }
  if (change.unit === 'launch' && change.n < 6) {
    remarks.push({ code: 'few', message: `${change.n} launches give no interval; it takes 6 (C3).` });
  } else if (!isEnough(change)) {
    remarks.push(
      change.unit === 'launch'
        ? { code: 'few', message: `${change.n} launches give no verdict; it takes ${minimumBlocks} (C3).` }
        : { code: 'few', message: `${change.n} runs of a side give no verdict; it takes ${fewestRuns}.` },
    );
  }
  if (change.estimate === null && change.n > 0) {
    remarks.push({ code: 'no-ratio', message: 'Values at or below zero have no ratio.' });
  }
  return remarks;
}

function finish(
  { row, change, refusals, remarks }: Draft,
  pAdjusted: number | null,
  familySize: number,
): ChangeRow {
  const [{ metric, cell }] = row.head as [RowPart];
  const { deviation, estimate, n } = change;
  const base = summaryOf(row.base);
  const head = summaryOf(row.head);
  const verdict: Verdict =
    refusals.length > 0
      ? 'refused'
      : pAdjusted === null
        ? 'no-verdict'
        : verdictOf(change, metric.threshold, pAdjusted, [base.median, head.median], metric.better);
  const undecided = verdict === 'inconclusive' || verdict === 'no-verdict';
  return {
    key: row.key,
    metric,
    acceleration: cell.acceleration.class,
    unit: change.unit,
    base,
    head,
    ratio: estimate?.ratio ?? null,
    interval: estimate?.interval ?? null,
    ninety: estimate?.ninety ?? null,
    p: change.p,
    pAdjusted,
    familySize,
    threshold: metric.threshold,
    verdict,
    needed:
      undecided && deviation !== null
        ? Math.max(n + 1, blocksForVerdict(deviation, metric.threshold, Math.max(1, familySize)))
        : null,
    detectable: deviation !== null && n > 0 ? smallestEffect(n, deviation) : null,
    refusals,
    remarks,
  };
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

function summaryOf(parts: readonly RowPart[]): SideSummary {
  const runs = parts.filter(({ values }) => values.length > 0);
  const launches = runs.flatMap(({ values }) => values.map(({ value }) => value));
  const units =
    runs.length > 1 ? runs.flatMap(({ values }) => median(values.map(({ value }) => value)) ?? []) : launches;
  return {
    median: median(units),
    interval: medianInterval(units),
    n: units.length,
    launches: launches.length,
    runs: runs.length,
    cov: coefficientOfVariation(units),
  };
}

/** @throws UserError naming every field in which the sides differ */
function requireComparable(base: readonly Run[], head: readonly Run[], acrossHosts: boolean): void {
  for (const [runs, side] of [
    [base, 'base'],
    [head, 'head'],
  ] as const) {
    if (runs.length === 0)
      throw new UserError(`there is no run in ${side}`, 'name at least one record for each side');
  }
  const found = [...(acrossHosts ? [] : differingHosts(base, head)), ...differingTools(base, head)];
  if (found.length === 0) return;
  throw new UserError(
    `these runs cannot be compared (C26): ${found.join('; ')}`,
    'measure both on one host with one tare; --across-hosts compares the ratios of runners within each run',
  );
}

function reportRemarks(base: readonly Run[], head: readonly Run[], acrossHosts: boolean): Remark[] {
  const remarks: Remark[] = [];
  const ids = new Set(base.map(({ ref }) => ref.runId));
  const shared = head.filter(({ ref }) => ids.has(ref.runId));
  if (shared.length > 0) {
    remarks.push({
      code: 'same-run',
      message: `Both sides hold the same run: ${shared.map(({ ref }) => ref.runId).join(', ')}.`,
    });
  }
  if (acrossHosts) {
    remarks.push({
      code: 'across-hosts',
      message: 'Across hosts only the ratios of runners within each run are compared; plain values are not.',
    });
  } else if (base.length === 1 && head.length === 1 && shared.length === 0) {
    remarks.push({
      code: 'one-run-each',
      message:
        'One run on each side: what changed with the hour or the boot counts as change. Several runs of each side, or ratios of runners within a run, tell those apart.',
    });
  }
  const imported = [...base, ...head].flatMap(({ ref }) => ref.importedFrom ?? []);
  if (imported.length > 0) {
    remarks.push({
      code: 'imported',
      message: `Imported, not measured by tare: from ${[...new Set(imported)].join(', ')}.`,
    });
  }
  const unfinished = [...base, ...head].filter(({ record }) => record.end?.state !== 'complete');
  if (unfinished.length > 0) {
    remarks.push({
      code: 'unfinished',
      message: `Not run to its end: ${unfinished.map(({ ref }) => ref.path).join(', ')}.`,
    });
  }
  return remarks;
}

/** One mean per family, never over families (C28), and only of the same rows on both sides. */
function geomeansOf(rows: readonly ChangeRow[], incomplete: ReadonlySet<string>): ChangeReport['geomeans'] {
  const logs = new Map<string, number[]>();
  for (const { metric, ratio, refusals, key } of rows) {
    if (ratio === null || refusals.length > 0 || incomplete.has(metric.family) || key.reference !== null)
      continue;
    logs.set(metric.family, [...(logs.get(metric.family) ?? []), Math.log(ratio)]);
  }
  return [...logs]
    .filter(([, values]) => values.length > 1)
    .map(([family, values]) => ({
      family,
      ratio: Math.exp(values.reduce((sum, value) => sum + value, 0) / values.length),
      rows: values.length,
    }));
}
