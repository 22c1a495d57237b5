/**
 * Density sweeps that stopped before anything bound them: their number is a lower bound, which is labelled
 * and never compared (METHODOLOGY C24).
 */
import { densityResult } from './density-result.ts';
import type { Refusal, Warning } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord, RecordedTrial } from '../../model/record.ts';
import type { Pair } from './pairs.ts';

/** The label on a cell's number that is "at least". */
export function openSweepWarnings(
  cell: CellRecord,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): Warning[] {
  if (greatestBound(cell, metric, trials) === null) return [];
  const message = 'At least so many: a sweep stopped before anything bound it.';
  return [{ code: 'lower-bound', message }];
}

/** C24: no ratio follows from "at least". */
export function openEnd(
  { subject, reference }: Pair,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): Refusal[] {
  const open = [subject, reference].flatMap((cell) => {
    const bound = greatestBound(cell, metric, trials);
    return bound === null ? [] : [`"${cell.runner}" at least ${bound}`];
  });
  if (open.length === 0) return [];
  return [
    {
      rule: 'C24',
      message: `How many fit is only a lower bound (${open.join(', ')}): the sweep stopped before anything bound it.`,
      remedy:
        'Raise `instances` of the density workload, or ask for a stricter objective, until something binds.',
    },
  ];
}

/** The largest number that an open sweep of the cell reached; null where every sweep was bound by something. */
function greatestBound(
  cell: CellRecord,
  { source }: MetricDeclaration,
  trials: readonly RecordedTrial[],
): number | null {
  if (source.kind !== 'density' || source.of !== 'instances') return null;
  const bounds = trials
    .filter((trial) => trial.cell === cell.id)
    .map(densityResult)
    .flatMap((result) => (result?.atLeast === true ? [result.instances] : []));
  return bounds.length === 0 ? null : Math.max(...bounds);
}
