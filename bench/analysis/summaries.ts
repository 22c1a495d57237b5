/** Describes: the distribution of a metric in one cell, its failures, and where start-up time goes. */
import type { Analysis, FailureCount, LaunchValue, Summary, Warning } from '../../model/analysis.ts';
import type { Milestone } from '../../model/instance.ts';
import type { CellRecord, RecordedTrial, RunRecord } from '../../model/record.ts';
import { allowedQuantiles, coefficientOfVariation, median } from '../../model/descriptive.ts';
import { medianInterval } from '../statistics/median-interval.ts';
import { findModes } from '../statistics/modes.ts';

const quantilesAsked = [0.1, 0.9, 0.95, 0.99, 0.999];

/** Fewest launches for an interval (C3). */
export const fewestForInterval = 6;

/** Distribution of one metric in one cell. */
export function summarise(cell: string, metric: string, launches: readonly LaunchValue[]): Summary {
  const values = launches.map(({ value }) => value);
  const modes = findModes(values);
  return {
    cell,
    metric,
    n: values.length,
    median: median(values),
    min: values.length === 0 ? null : Math.min(...values),
    max: values.length === 0 ? null : Math.max(...values),
    cov: coefficientOfVariation(values),
    interval: medianInterval(values),
    quantiles: allowedQuantiles(values, quantilesAsked),
    modes: modes.length > 1 ? modes : [],
    launches,
    warnings: summaryWarnings(values.length, modes),
  };
}

function summaryWarnings(n: number, modes: readonly number[]): Warning[] {
  const warnings: Warning[] = [];
  if (n > 0 && n < fewestForInterval) {
    warnings.push({ code: 'few-launches', message: `${n} launches give no interval; it takes 6 (C3).` });
  }
  if (modes.length > 1) {
    warnings.push({
      code: 'multimodal',
      message: `Values fall into ${modes.length} separate groups: the median describes none of them well (C27).`,
    });
  }
  return warnings;
}

/** Failed launches by cell and reason, warm-up and voided blocks included: nothing that failed is hidden. */
export function countFailures(record: RunRecord): FailureCount[] {
  const counts = new Map<string, FailureCount>();
  for (const { cell, outcome } of record.trials) {
    // A requirement that is not met is an answer (claim S4), not a launch that went wrong.
    if (outcome.state !== 'failed' || outcome.reason === 'requirement') continue;
    const key = `${cell}\n${outcome.reason}`;
    const known = counts.get(key);
    counts.set(
      key,
      known === undefined
        ? { cell, reason: outcome.reason, count: 1, example: outcome.message, detail: outcome.detail }
        : { ...known, count: known.count + 1 },
    );
  }
  return [...counts.values()];
}

const startupMilestones: readonly Milestone[] = ['T0', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6'];

/** Median time between consecutive milestones, over launches that have both; a cell has those its runner knows. */
export function startupStages(
  cells: readonly CellRecord[],
  trials: ReadonlyMap<string, readonly RecordedTrial[]>,
): Analysis['stages'] {
  return cells.flatMap(({ id }) => {
    const launches = (trials.get(id) ?? []).map(
      (trial) => new Map(trial.marks.toReversed().map(({ name, at }) => [name, at])),
    );
    const known = startupMilestones.filter((name) => launches.some((marks) => marks.has(name)));
    return known.slice(1).flatMap((to, index) => {
      const from = known[index] ?? to;
      const spent = launches.flatMap((marks) => {
        const start = marks.get(from);
        const end = marks.get(to);
        return start === undefined || end === undefined ? [] : [end - start];
      });
      const middle = median(spent);
      return middle === null ? [] : [{ cell: id, from, to, median: middle, n: spent.length }];
    });
  });
}
