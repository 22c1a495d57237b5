/**
 * What a metric family adds to the report of a run: its own tables and charts.
 */
import type { Analysis } from '../../../model/analysis.ts';
import type { Family } from '../../../model/metric.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { Block } from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';

/** Pure; an empty list where the record holds nothing of the kind. */
export type Addition = (
  record: RunRecord,
  analysis: Analysis,
  subjects: Subjects,
  family: Family,
) => readonly Block[];

export interface FamilyParts {
  /** Shown before the family's own charts and medians. */
  readonly before: readonly Addition[];
  /** Shown after them. */
  readonly after: readonly Addition[];
  /** Whether what stands before says more than a dot per launch, so that those charts are folded. */
  readonly foldCharts?: boolean;
}
