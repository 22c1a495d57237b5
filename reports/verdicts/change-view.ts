/**
 * What `tare compare` says, as the parts that every format draws: a table per metric, the rows only one side
 * has, what was refused and why, numbered footnotes and the runs it rests on.
 */
import { familyTable } from '../../bench/workloads/families.ts';
import type { Verdict } from '../../model/analysis.ts';
import type { Family } from '../../model/metric.ts';
import type { ChangeReport, ChangeRow, RunRef } from '../../verdicts/model.ts';
import {
  badge,
  columns,
  number,
  table,
  text,
  type Block,
  type Notice,
  type Opening,
  type Section,
  type Table,
  type TableCell,
  type View,
} from '../parts/parts.ts';
import { accelerationWords, count } from '../parts/words.ts';
import { footnotes, raised, type Footnotes } from './footnotes.ts';
import {
  cellLabel,
  costText,
  costWithInterval,
  fleetLines,
  pText,
  rowVerdict,
  severalScenarios,
  sideText,
  unitsText,
  verdictWord,
} from './words.ts';

/** Verdicts in the order in which a reader wants them counted. */
const counted: readonly Verdict[] = [
  'regression',
  'improvement',
  'equivalent',
  'different-but-small',
  'inconclusive',
  'no-verdict',
  'refused',
];

export function changeView(report: ChangeReport): View {
  const notes = footnotes();
  const families = familySections(report, notes);
  const sections = [...families, missingSection(report), notesSection(notes), runsSection(report)];
  return {
    opening: openingOf(report),
    sections: sections.filter((section) => section.blocks.length + section.lead.length > 0),
    footer:
      'Ratios are head / base as a cost: above 1 is worse, whichever way the metric points. Every number is recomputed from the records.',
  };
}

function openingOf(report: ChangeReport): Opening {
  const n = (verdict: Verdict) => report.rows.filter((row) => row.verdict === verdict).length;
  const counts = counted
    .map((verdict) => ({ n: n(verdict), word: verdictWord(verdict) }))
    .filter((item) => item.n > 0)
    .map((item) => ({ text: `${item.n} ${item.word.text}`, tone: item.word.tone }));
  return {
    title: 'Head against base',
    subtitle: `${count(report.head.length, 'run')} against ${count(report.base.length, 'run')}`,
    answer: [answerOf(report)],
    acceleration: [],
    tilesTitle: '',
    tiles: [],
    counts,
    facts: [],
    headline: null,
    notices: [...fleetNotice(report), ...refusedNotice(report), ...remarksNotice(report)],
  };
}

/** The first sentence. Undecided rows are never told as unchanged ones. */
function answerOf({ rows }: ChangeReport): string {
  if (rows.length === 0) return 'Nothing was compared: no row is in both sets of runs.';
  const worse = rows.filter((row) => row.verdict === 'regression');
  const better = rows.filter((row) => row.verdict === 'improvement');
  const open = rows.filter((row) => ['inconclusive', 'refused', 'no-verdict'].includes(row.verdict));
  const parts: string[] = [];
  const largest = extreme(worse, rows);
  if (largest !== null) {
    parts.push(`${worse.length} of ${count(rows.length, 'row')} became worse, by up to ${largest}.`);
  } else {
    parts.push(`None of ${count(rows.length, 'row')} is shown to have become worse.`);
  }
  if (better.length > 0) parts.push(`${better.length} became better.`);
  if (open.length > 0) {
    const say = worse.length === 0 ? ', which is no evidence that nothing changed' : '';
    parts.push(`${open.length} could not be decided${say}.`);
  }
  return parts.join(' ');
}

/** "1.340× (1.300 to 1.380) in startup.ready of vm/startup/small", of the costliest row. */
function extreme(worse: readonly ChangeRow[], rows: readonly ChangeRow[]): string | null {
  const [most] = worse.toSorted((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0));
  if (most === undefined) return null;
  const label = cellLabel(most.key, severalScenarios(rows.map((row) => row.key)));
  return `${costWithInterval(most.ratio, most.interval)} in ${most.key.metric} of ${label}`;
}

function refusedNotice({ rows }: ChangeReport): Notice[] {
  const reasons = new Map<string, number>();
  for (const row of rows) {
    for (const line of new Set(row.refusals.map(refusalText)))
      reasons.set(line, (reasons.get(line) ?? 0) + 1);
  }
  if (reasons.size === 0) return [];
  const refused = rows.filter((row) => row.refusals.length > 0).length;
  return [
    {
      kind: 'notice',
      tone: 'refused',
      title: `${count(refused, 'row')} of ${rows.length} refused`,
      lines: [...reasons].map(([line, n]) => `${count(n, 'row')}: ${line}`),
    },
  ];
}

function refusalText(refusal: ChangeRow['refusals'][number]): string {
  const end = /[.!?]$/.test(refusal.message) ? ' ' : '; ';
  return `rule ${refusal.rule}: ${refusal.message}${end}${refusal.remedy}`;
}

function fleetNotice({ fleet }: ChangeReport): Notice[] {
  const lines = fleetLines(fleet);
  return lines.length === 0 ? [] : [{ kind: 'notice', tone: 'plain', title: 'In hosts', lines }];
}

function remarksNotice(report: ChangeReport): Notice[] {
  if (report.remarks.length === 0) return [];
  const lines = [...new Set(report.remarks.map((remark) => remark.message))];
  return [{ kind: 'notice', tone: 'warn', title: 'To be read with the numbers', lines }];
}

function familySections(report: ChangeReport, notes: Footnotes): Section[] {
  const withScenario = severalScenarios(report.rows.map((row) => row.key));
  const families = [...new Set(report.rows.map((row) => row.metric.family))];
  return families.map((family): Section => {
    const rows = report.rows.filter((row) => row.metric.family === family);
    const metrics = [...new Set(rows.map(tableKey))];
    const blocks = metrics.map((metric, index): Block => {
      const own = rows.filter((row) => tableKey(row) === metric);
      return { kind: 'table', table: metricTable(`${family}-${index}`, own, withScenario, notes) };
    });
    return {
      id: `family-${family}`,
      title: familyTable[family].title,
      lead: [],
      blocks: [...blocks, ...meanOf(report, family)],
    };
  });
}

/** Plain values and ratios within a run are different quantities: a table each. */
function tableKey(row: ChangeRow): string {
  return JSON.stringify([row.key.metric, row.key.reference !== null]);
}

function meanOf(report: ChangeReport, family: Family): Block[] {
  const lines = report.geomeans
    .filter((mean) => mean.family === family)
    .map(
      (mean) =>
        `Geometric mean of ${count(mean.rows, 'ratio')} (${family}): ${costText(mean.ratio)}. A summary, not a verdict.`,
    );
  return lines.length === 0 ? [] : [{ kind: 'prose', lines }];
}

function metricTable(id: string, rows: readonly ChangeRow[], withScenario: boolean, notes: Footnotes): Table {
  const [first] = rows;
  if (first === undefined) throw new Error('a table without rows');
  const { metric, key } = first;
  const what = key.reference === null ? metric.title : `${metric.title}, as a ratio within each run`;
  return table(
    `change-${id}`,
    `${metric.id}: ${what} (${metric.better} is better)`,
    columns('Cell', '#Base', '#Head', '#Cost, head / base', '~', 'Verdict', '#n', '#p'),
    rows.map((row) => ({
      head: cellLabel(row.key, withScenario),
      cells: cellsOf(row, notes),
    })),
  );
}

function cellsOf(row: ChangeRow, notes: Footnotes): TableCell[] {
  const verdict = rowVerdict(row);
  const mark = notes.mark(remarksOf(row));
  const drawn: TableCell =
    row.ratio === null
      ? text('')
      : {
          kind: 'range',
          ratio: row.ratio,
          interval: row.interval,
          tone: verdict.tone,
          text: costText(row.ratio),
        };
  return [
    number(sideText(row, row.base)),
    number(sideText(row, row.head)),
    number(costWithInterval(row.ratio, row.interval)),
    drawn,
    badge(mark === '' ? verdict.text : `${verdict.text} ${mark}`, verdict.tone),
    number(unitsText(row)),
    number(pText(row.pAdjusted ?? row.p)),
  ];
}

/** What stands at the foot for this row: why refused, what it ran on, and the remarks. */
function remarksOf(row: ChangeRow): string[] {
  const ranOn =
    row.acceleration === 'none' || row.acceleration === 'kvm-hw'
      ? []
      : [`How VMs were executed: ${accelerationWords[row.acceleration]}; holds for no other way.`];
  return [...row.refusals.map(refusalText), ...ranOn, ...row.remarks.map((remark) => remark.message)];
}

function missingSection({ missing, rows }: ChangeReport): Section {
  const withScenario = severalScenarios([...missing, ...rows].map(({ key }) => key));
  const block: Block = {
    kind: 'table',
    table: table(
      'missing',
      'Rows that cannot be compared',
      columns('Metric', 'Cell', 'Only in'),
      missing.map(({ key, side }) => ({
        head: key.metric,
        cells: [text(cellLabel(key, withScenario)), text(side)],
      })),
    ),
  };
  return { id: 'missing', title: 'Only on one side', lead: [], blocks: missing.length === 0 ? [] : [block] };
}

function notesSection(notes: Footnotes): Section {
  const lines = notes.all().map((line, index) => `${raised(index + 1)} ${line}`);
  return {
    id: 'footnotes',
    title: 'Footnotes',
    lead: [],
    blocks: lines.length === 0 ? [] : [{ kind: 'prose', lines }],
  };
}

function runsSection(report: ChangeReport): Section {
  const families = [...new Set(report.rows.map((row) => row.familySize))];
  const family =
    families.length === 0
      ? ''
      : ` p is adjusted within ${families.join(' and ')} comparisons (Benjamini and Hochberg).`;
  return {
    id: 'runs',
    title: 'What this rests on',
    lead: [
      `Medians and ratios with their 95 % intervals; n counts launches, base + head, or runs where it says so.${family}`,
    ],
    blocks: [{ kind: 'table', table: runsTable(report.base, report.head) }],
  };
}

/** The runs of both sides; gates show the same table. */
export function runsTable(base: readonly RunRef[], head: readonly RunRef[]): Table {
  const side = (name: string, runs: readonly RunRef[]) =>
    runs.map((run) => ({
      head: name,
      cells: [
        text(run.runId),
        text(run.startedAt),
        text(run.scenario),
        text(run.importedFrom === null ? run.tool : `${run.tool}, imported from ${run.importedFrom}`),
        text(`${run.host.name} (${run.host.hash.slice(0, 12)})`),
        text(run.path),
      ],
    }));
  return table('runs', 'Runs', columns('Side', 'Run', 'Started', 'Scenario', 'Made by', 'Host', 'Record'), [
    ...side('base', base),
    ...side('head', head),
  ]);
}
