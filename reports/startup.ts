/** What the startup family shows beside its launches: where the start goes, stage by stage. */
import type { Analysis, RunRecord } from '../bench/model.ts';
import { scaleFor } from '../bench/units.ts';
import { stagesChart } from './charts.ts';
import type { Block } from './parts.ts';
import { columns, folded, number, table } from './parts.ts';
import type { Subjects } from './subjects.ts';
import { milestoneWords } from './words.ts';

export function stageBlocks(_record: RunRecord, analysis: Analysis, subjects: Subjects): Block[] {
  const chart = stagesChart(analysis, subjects);
  const stages = analysis.stages.filter(
    (stage) => stage.to !== 'T7' && subjects.of(stage.cell)?.role !== 'control',
  );
  if (chart === null) return [];
  const scale = scaleFor(
    stages.map((stage) => stage.median),
    's',
  );
  const ends = [...new Set(stages.map((stage) => stage.to))].sort();
  const cells = [...new Set(stages.map((stage) => stage.cell))];
  const rows = cells.map((cell) => {
    const own = stages.filter((stage) => stage.cell === cell);
    return {
      head: subjects.label(cell),
      cells: [
        ...ends.map((end) => number(scale.format(own.find((stage) => stage.to === end)?.median ?? null))),
        number(String(Math.min(...own.map((stage) => stage.n)))),
      ],
    };
  });
  const heads = columns('Runner', ...ends.map((end) => `#To ${milestoneWords[end]} (${end})`), '#n');
  return [
    { kind: 'charts', charts: [chart] },
    folded(
      table('stages', 'Startup stages in numbers: median time since the milestone before', heads, rows, [
        'Medians of stages need not add up to the median of the whole. A container has no guest kernel (T3): its stage to PID 1 counts from T2.',
      ]),
    ),
  ];
}
