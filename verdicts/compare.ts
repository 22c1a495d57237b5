/**
 * What changed between two sets of runs (`tare compare`): a pure function of their records. Conditions
 * refuse first, then the family of tests is settled, then it is corrected, and only then are verdicts given,
 * by the same rule as within a run.
 */
import type { Verdict } from '../model/analysis.ts';
import { UserError } from '../model/errors.ts';
import { coefficientOfVariation, median } from '../model/descriptive.ts';
import { benjaminiHochberg } from '../bench/statistics/holm.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { draftRows, mayJudge, verdictOf, type Draft } from './drafts.ts';
import { createWitness, publishedDrift, type Witness } from './run-effect.ts';
import type { ChangeReport, ChangeRow, Remark, SideSummary } from './model.ts';
import { neededFor } from '../bench/statistics/planning.ts';
import { ownBaseline, rowsOf, type Row, type RowPart, type RowsWanted } from './rows.ts';
import { assumedHost, orderedRuns, pairedByPlace, type Run } from './runs.ts';
import { differingHosts, differingTools } from './comparable.ts';

export interface CompareOptions {
  /** Compare runs of different hosts as far as that can be: the ratios of runners within each run. */
  readonly acrossHosts?: boolean;
  readonly rows?: RowsWanted;
  readonly resamples?: number;
  /** Standard deviation, as a fraction, by which runs of one thing differ, of all rows or of each; absent: not known. */
  readonly noise?: number | ((row: Row) => number | null);
}

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
  const after = pairedByPlace(before, orderedRuns(head));
  requireComparable(before, after, acrossHosts);
  const rows = rowsOf(
    before,
    after,
    options.rows ?? { values: !acrossHosts, references: acrossHosts ? [ownBaseline] : [] },
  );
  const both = rows.filter((row) => row.base.length > 0 && row.head.length > 0);
  const drafts = draftRows(both, acrossHosts, options.resamples, noiseOf(options.noise));
  const witness = createWitness(before, after, options.resamples);
  const family = drafts.filter(mayJudge);
  const adjusted = benjaminiHochberg(family.map(({ change }) => change.p ?? 1));
  const adjustedOf = new Map(family.map((draft, at) => [draft, adjusted[at] ?? 1]));
  const done = drafts.map((draft) => finish(draft, adjustedOf.get(draft) ?? null, family.length, witness));
  const missing = rows
    .filter((row) => row.base.length === 0 || row.head.length === 0)
    .map(({ key, base: had }) => ({ key, side: had.length === 0 ? ('base' as const) : ('head' as const) }));
  return {
    base: before.map(({ ref }) => ref),
    head: after.map(({ ref }) => ref),
    rows: done,
    missing,
    remarks: reportRemarks(before, after, acrossHosts, options.noise),
    geomeans: geomeansOf(done, new Set(missing.map(({ key }) => key.metric.split('.')[0] ?? ''))),
    fleet: null,
  };
}

const noiseOf = (noise: CompareOptions['noise']): ((row: Row) => number | null) =>
  typeof noise === 'function' ? noise : () => noise ?? null;

function finish(draft: Draft, pAdjusted: number | null, familySize: number, witness: Witness): ChangeRow {
  const { row, change, refusals, remarks } = draft;
  const [{ metric, cell }] = row.head as [RowPart];
  const { estimate, n } = change;
  const base = summaryOf(row.base, change.unit);
  const head = summaryOf(row.head, change.unit);
  const plain: Verdict =
    refusals.length > 0
      ? 'refused'
      : pAdjusted === null
        ? 'no-verdict'
        : verdictOf(change, metric.threshold, pAdjusted, [base.median, head.median], metric.better);
  const changed = plain === 'regression' || plain === 'improvement';
  const judged = changed ? witness.judge(draft, metric.threshold) : null;
  const isDoubted = judged !== null && !judged.stands;
  const verdict = isDoubted ? 'inconclusive' : plain;
  const undecided = verdict === 'inconclusive' || verdict === 'no-verdict';
  const needed =
    undecided && !isDoubted
      ? neededFor(change, metric.threshold, Math.max(1, familySize), draft.noise ?? 0)
      : null;
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
    needed: needed === null ? null : Math.max(n + 1, needed),
    detectable: change.detectable,
    refusals,
    remarks: judged === null ? remarks : [...remarks, judged.remark],
  };
}

/** `unit`: what counts as one on both sides, though one of them may have a single run. */
function summaryOf(parts: readonly RowPart[], unit: ChangeRow['unit']): SideSummary {
  const runs = parts.filter(({ values }) => values.length > 0);
  const launches = runs.flatMap(({ values }) => values.map(({ value }) => value));
  const units =
    unit === 'run' ? runs.flatMap(({ values }) => median(values.map(({ value }) => value)) ?? []) : launches;
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

function reportRemarks(
  base: readonly Run[],
  head: readonly Run[],
  acrossHosts: boolean,
  noise: CompareOptions['noise'],
): Remark[] {
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
  } else if (noise === undefined && base.length === 1 && head.length === 1 && shared.length === 0) {
    remarks.push({
      code: 'one-run-each',
      message: `One run on each side: changes are not separated from host drift, by which runs of one thing differ by up to ${publishedDrift.ratio.toFixed(2)} times on shared runners. One is called where the ratio to another runner within each run shows it too, or where it is beyond that. Several runs of each side, or known noise between runs (--noise), show smaller ones.`,
    });
  }
  const imported = [...base, ...head].flatMap(({ ref }) => ref.importedFrom ?? []);
  if (imported.length > 0) {
    remarks.push({
      code: 'imported',
      message: `Imported, not measured by tare: from ${[...new Set(imported)].join(', ')}.`,
    });
  }
  if ([...base, ...head].some(({ ref }) => ref.host.name === assumedHost)) {
    remarks.push({
      code: 'assumed-host',
      message:
        'The files do not say which machine they were measured on: they are taken to be of one (--host names it).',
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
