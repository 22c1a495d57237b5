/** What the tare family shows beside its launches: memory over the number of idle instances. */
import type { Analysis } from '../../../model/analysis.ts';
import type { LadderQuantity } from '../../../model/metric.ts';
import type { RunRecord } from '../../../model/record.ts';
import { ladderChart } from '../../parts/charts.ts';
import type { Block } from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';

const quantities: readonly LadderQuantity[] = ['hostBytes', 'groupBytes'];

/** A line per cell for each quantity that its ladder climbed. */
export function ladderBlocks(record: RunRecord, _analysis: Analysis, subjects: Subjects): Block[] {
  const charts = quantities
    .map((quantity) => ladderChart(record, quantity, subjects))
    .filter((chart) => chart !== null);
  return charts.length === 0 ? [] : [{ kind: 'charts', charts }];
}
