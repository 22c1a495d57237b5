/**
 * What a run record says: summaries, comparisons with verdicts, and why some are withheld.
 * A pure function of the record: seeded by the run's own seed, it gives the same answer on any machine,
 * years later. It never throws on a record of the schema, and never answers NaN.
 *
 * A merged record is read run by run, so that each comparison says what it says in its own run; only the
 * correction for the number of tests covers them all. Order matters: conditions refuse first, then the family of tests is settled (every comparison of
 * runners that is not refused and has enough blocks), then Benjamini-Hochberg corrects it, and only then are verdicts given.
 */
import type { Analysis, Comparison } from '../model/analysis.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { CellRecord, RecordedTrial, RunRecord } from '../model/record.ts';
import { contrast, type Contrast } from './analysis/contrast.ts';
import { findOrderEffects, type OrderFinding, refusalForOrder } from './analysis/order.ts';
import { comparedPairs, type Pair } from './analysis/pairs.ts';
import { percentilesOf } from './analysis/percentiles.ts';
import { refusalsByCondition, refusalsByResult } from './analysis/refusals.ts';
import { runRefusals, runWarnings } from './analysis/run-notes.ts';
import { openSweepWarnings } from './analysis/open-sweeps.ts';
import { storageWarnings } from './analysis/storage.ts';
import { countFailures, startupStages, summarise } from './analysis/summaries.ts';
import {
  countLaunches,
  createValueReader,
  usableTrials,
  type ValueReader,
  voidBlocks,
} from './analysis/values.ts';
import { judge } from './analysis/verdict.ts';
import { comparisonWarnings } from './analysis/warnings.ts';
import { fairnessLedger } from './analysis/fairness.ts';
import { partsOf } from './record/merge.ts';
import { createBootstrap, defaultResamples } from './statistics/bootstrap.ts';
import { benjaminiHochberg } from './statistics/holm.ts';
import { minimumBlocks } from './statistics/power.ts';

export { valuesOf } from './analysis/values.ts';

export interface AnalyseOptions {
  /** Bootstrap resamples, 10,000 unless told (2,000 at least for numbers one publishes). */
  readonly resamples?: number;
}

/** A comparison before its family is corrected. */
interface Draft {
  readonly pair: Pair;
  readonly metric: MetricDeclaration;
  readonly numbers: Contrast;
  readonly refusals: Comparison['refusals'];
}

type TrialsByCell = ReadonlyMap<string, readonly RecordedTrial[]>;

/** Everything that can be concluded from one run. */
export function analyse(record: RunRecord, options: AnalyseOptions = {}): Analysis {
  const { header } = record;
  const trials = usableTrials(record);
  const valuesIn = createValueReader(trials);
  // Order, drift and pairing belong to one run each; only the family of tests is the whole record's.
  const parts = partsOf(record);
  const effects = parts.flatMap((part) => findOrderEffects(part, valuesIn));
  const resamples = options.resamples ?? defaultResamples;
  const drafts = parts.flatMap((part) => draftComparisons(part, trials, valuesIn, resamples));
  const judged = (kind: Comparison['kind']): Comparison[] =>
    judgeFamily(
      drafts.filter(({ pair }) => pair.kind === kind),
      effects,
      valuesIn,
      record.trials,
    );
  const control = judged('control');
  const comparisons = [...judged('runners'), ...control];
  const excluded = voidBlocks(record);
  const used = [...trials.values()].flat();
  const usedBlocks = new Set(used.map(({ block }) => block));
  const blocks = {
    planned: header.blocks,
    used: usedBlocks.size,
    voided: excluded.size,
  };
  return {
    summaries: header.metrics.flatMap((metric) =>
      parts
        .filter((part) => part.header.metrics.some(({ id }) => id === metric.id))
        .flatMap((part) => cellsWith(metric, part.header.cells, valuesIn))
        .map((cell) => {
          const summary = summarise(cell.id, metric.id, valuesIn(cell.id, metric));
          const labels = [storageWarnings, openSweepWarnings].flatMap((of) => of(cell, metric, used));
          return { ...summary, warnings: [...summary.warnings, ...labels] };
        }),
    ),
    comparisons,
    ledger: fairnessLedger(header.cells),
    failures: countFailures(record),
    percentiles: percentilesOf(header.cells, trials),
    blocks,
    refusals: runRefusals(record, usedBlocks),
    warnings: runWarnings(record, usedBlocks, comparisons, effects, used),
    stages: startupStages(header.cells, trials),
  };
}

/** A metric belongs to a cell if any cell of the same workload and shape has a value of it. */
function cellsWith(
  metric: MetricDeclaration,
  cells: readonly CellRecord[],
  valuesIn: ValueReader,
): CellRecord[] {
  const group = ({ workload, shape }: CellRecord) => `${workload}/${shape.id}`;
  const measured = new Set(cells.filter(({ id }) => valuesIn(id, metric).length > 0).map(group));
  return cells.filter((cell) => measured.has(group(cell)));
}

function draftComparisons(
  record: RunRecord,
  trials: TrialsByCell,
  valuesIn: ValueReader,
  resamples: number,
): Draft[] {
  const { header } = record;
  const bootstrap = createBootstrap(header.seed, resamples);
  const order = refusalForOrder(record.trials);
  const pairs = comparedPairs(header).map((pair) => ({
    pair,
    met: {
      host: header.host,
      hostHashAfter: record.end?.hostHashAfter ?? null,
      trials: [...(trials.get(pair.subject.id) ?? []), ...(trials.get(pair.reference.id) ?? [])],
      failedShare: Math.max(failedShare(record, pair.subject.id), failedShare(record, pair.reference.id)),
    },
  }));
  return header.metrics.flatMap((metric) => {
    const measured = new Set(cellsWith(metric, header.cells, valuesIn));
    return pairs
      .filter(({ pair }) => measured.has(pair.subject))
      .map(({ pair, met }): Draft => {
        const conditions = refusalsByCondition(pair, metric, met);
        return {
          pair,
          metric,
          numbers: contrast(
            valuesIn(pair.subject.id, metric),
            valuesIn(pair.reference.id, metric),
            metric,
            bootstrap,
          ),
          refusals: order === null ? conditions : [order, ...conditions],
        };
      });
  });
}

/**
 * Benjamini-Hochberg over the comparisons that may have a verdict, then the verdicts. A run explores: of what
 * it shows at most 5 % shall be false alarms (METHODOLOGY B9 allows 10 %). A gate must use Holm.
 */
function judgeFamily(
  drafts: readonly Draft[],
  effects: readonly OrderFinding[],
  valuesIn: ValueReader,
  trials: readonly RecordedTrial[],
): Comparison[] {
  const family = drafts.filter(
    ({ refusals, numbers }) => refusals.length === 0 && numbers.n >= minimumBlocks && numbers.p !== null,
  );
  const adjusted = benjaminiHochberg(family.map(({ numbers }) => numbers.p ?? 1));
  const adjustedOf = new Map(family.map((draft, index) => [draft, adjusted[index] ?? 1]));
  return drafts.map((draft) => {
    const { pair, metric, numbers } = draft;
    const order = effects.filter((effect) => concerns(effect, draft));
    const warnings = comparisonWarnings(pair, metric, numbers, order, valuesIn, trials);
    return finish(draft, adjustedOf.get(draft) ?? null, family.length, order, warnings);
  });
}

function concerns({ metric, workload, shape }: OrderFinding, { pair, metric: { id } }: Draft): boolean {
  return metric === id && workload === pair.subject.workload && shape === pair.subject.shape.id;
}

function finish(
  draft: Draft,
  pAdjusted: number | null,
  familySize: number,
  order: readonly OrderFinding[],
  warnings: Comparison['warnings'],
): Comparison {
  const { pair, metric, numbers } = draft;
  const refusals = [...draft.refusals, ...refusalsByResult(pair, metric, numbers.estimate)];
  const orderSize = Math.max(0, ...order.map(({ size }) => size));
  const { verdict, blocksNeeded } =
    refusals.length > 0
      ? { verdict: 'refused' as const, blocksNeeded: null }
      : judge(numbers, metric.threshold, pAdjusted, familySize, orderSize);
  return {
    metric: metric.id,
    subject: pair.subject.id,
    reference: pair.reference.id,
    kind: pair.kind,
    n: numbers.n,
    ratio: numbers.ratio,
    interval: numbers.estimate?.interval ?? null,
    p: numbers.p,
    pAdjusted,
    familySize,
    threshold: metric.threshold,
    verdict,
    blocksNeeded,
    refusals,
    warnings,
  };
}

/** Failed launches over all launches of a cell. */
function failedShare(record: RunRecord, cell: string): number {
  const { failed, all } = countLaunches(record.trials, cell);
  return all === 0 ? 0 : failed / all;
}
