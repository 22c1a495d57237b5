/** What this run measured by the definition of published numbers: each runner's launches, from the record's marks. */
import { ladderState, usableTrials } from '../../bench/analysis/values.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { Interval } from '../../model/quantities.ts';
import type { RecordedTrial, RunRecord } from '../../model/record.ts';
import { median } from '../../model/descriptive.ts';
import { medianInterval } from '../../bench/statistics/median-interval.ts';
import type { Subjects } from '../parts/subjects.ts';
import type { Shared } from './definitions.ts';

export interface MeasuredBeside {
  readonly cell: string;
  readonly values: readonly number[];
  readonly median: number;
  readonly interval: Interval | null;
}

/** One per cell of the kind that was published; empty where the run measured nothing of it. */
export function measuredBeside(
  { definition, isolation }: Shared,
  record: RunRecord,
  analysis: Analysis,
  subjects: Subjects,
): readonly MeasuredBeside[] {
  const cells = subjects.cells.filter(
    ({ id, role }) => role === 'measured' && subjects.isolation(id) === isolation,
  );
  const trials = definition.kind === 'interval' ? usableTrials(record) : null;
  return cells.flatMap(({ id }): MeasuredBeside[] => {
    if (definition.kind === 'interval') {
      // A restored machine boots nothing, and other work may follow a start: the family's own cells only.
      if (!analysis.stages.some((stage) => stage.cell === id)) return [];
      const values = (trials?.get(id) ?? []).flatMap((trial) =>
        lasted(trial, definition.from, definition.to),
      );
      const middle = median(values);
      return middle === null ? [] : [{ cell: id, values, median: middle, interval: medianInterval(values) }];
    }
    const metric = record.header.metrics.find(
      ({ source }) => source.kind === 'slope' && source.of === definition.of && source.state !== 'loaded',
    );
    const found = analysis.summaries.find((item) => item.cell === id && item.metric === metric?.id);
    if (found?.median === null || found === undefined) return [];
    const values = found.launches.map(({ value }) => value);
    return [{ cell: id, values, median: found.median, interval: found.interval }];
  });
}

function lasted(trial: RecordedTrial, from: string, to: string): number[] {
  const at = (name: string) => trial.marks.find((mark) => mark.name === name)?.at;
  const [start, end] = [at(from), at(to)];
  return start === undefined || end === undefined || ladderState(trial) === 'loaded' ? [] : [end - start];
}
