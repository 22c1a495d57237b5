/** What the startup family shows beside its launches: where the start goes, stage by stage. */
import type { Analysis } from '../../../model/analysis.ts';
import type { RunRecord } from '../../../model/record.ts';
import { scaleFor } from '../../../model/units.ts';
import { stagesChart } from '../../parts/charts.ts';
import { columns, folded, number, table, type Block } from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';
import { milestoneWords } from '../../parts/words.ts';

/**
 * Every instance starts, whatever it is for. Where some did nothing else, the section is theirs (`main`)
 * and the others stand apart (`rest`); where none did, all are shown.
 */
export function splitStarts(
  analysis: Analysis,
  subjects: Subjects,
): { readonly main: Analysis; readonly rest: Analysis | null } {
  const works = new Set(
    analysis.summaries
      .filter((item) => item.n > 0 && subjects.metric(item.metric)?.family !== 'startup')
      .map(({ cell }) => cell),
  );
  const started = new Set(analysis.summaries.filter(({ n }) => n > 0).map(({ cell }) => cell));
  const alone = [...started].filter((cell) => !works.has(cell));
  if (alone.length === 0 || alone.length === started.size) return { main: analysis, rest: null };
  const only = (suits: (cell: string) => boolean): Analysis => ({
    ...analysis,
    summaries: analysis.summaries.filter(({ cell }) => suits(cell)),
    stages: analysis.stages.filter(({ cell }) => suits(cell)),
  });
  return { main: only((cell) => !works.has(cell)), rest: only((cell) => works.has(cell)) };
}

/** Where the start of each cell goes, drawn and in numbers. */
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
