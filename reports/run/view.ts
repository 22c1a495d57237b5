/**
 * From a record and its analysis to everything a report says, as plain data in reading order.
 * Pure: the same record gives the same view on any machine.
 */
import { families, familyTable } from '../../bench/workloads/families.ts';
import type { Analysis, Comparison } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import { openingOf } from './answer.ts';
import { claimsSection, failuresSection, hostSection, ledgerSection, refusalsSection } from './evidence.ts';
import { familySections } from './families.ts';
import { methodsSection } from './methods.ts';
import { filtersOf } from './filters.ts';
import { folded, type Block, type Section, type View } from '../parts/parts.ts';
import { publishedSection } from '../published/section.ts';
import { ratioTable } from '../parts/ratios.ts';
import { readersOf } from './readers.ts';
import { inReadingOrder, subjectsOf, type Subjects } from '../parts/subjects.ts';
import { count, verdictWords } from '../parts/words.ts';

/** Comparisons that one table may hold. */
const searchable = 150;

/** Above this many bytes of JSON the report points at the record instead of carrying it. */
const carriedBytes = 1_000_000;

export interface ViewOptions {
  /** Where the record lies, named when it is too large to be carried inside the report. */
  readonly recordPath?: string;
}

export function viewOf(record: RunRecord, analysis: Analysis, options: ViewOptions = {}): View {
  const subjects = subjectsOf(record);
  const { header } = record;
  const sections = [
    ...familySections(record, analysis, subjects),
    ratiosSection(analysis, subjects),
    claimsSection(record, analysis),
    publishedSection(record),
    ledgerSection(analysis),
    refusalsSection(record, analysis, subjects),
    failuresSection(record, analysis, subjects),
    hostSection(record),
    methodsSection(record, analysis, subjects),
    dataSection(record, options),
  ].filter((section) => section.blocks.length + section.lead.length > 0);
  return {
    opening: { ...openingOf(record, analysis, subjects), readers: readersOf(sections) },
    sections,
    filters: filtersOf(header.metrics, [subjects]),
    footer: `${header.tool.name} ${header.tool.version}, ${record.parts === undefined ? `run ${header.runId}` : `runs ${record.parts.map((part) => part.header.runId).join(', ')}`}. Every number here is recomputed from the ${record.parts === undefined ? 'record' : 'records'} alone.`,
  };
}

function ratiosSection(analysis: Analysis, subjects: Subjects): Section {
  const runners = inReadingOrder(
    analysis.comparisons.filter((item) => item.kind === 'runners'),
    subjects,
  );
  const controls = analysis.comparisons.filter((item) => item.kind === 'control');
  const blocks: Block[] = [];
  const add = (id: string, caption: string, items: typeof runners) => {
    if (items.length === 0) return;
    const drawn = items.length <= searchable;
    blocks.push(folded(ratioTable(id, caption, items, analysis, subjects, { withP: true, drawn })));
  };
  // One long table is easier to search; beyond that, families are what readers look for.
  const groups = runners.length <= searchable ? [] : families;
  for (const family of groups) {
    const own = runners.filter(({ metric }) => subjects.metric(metric)?.family === family);
    add(
      `ratios-${family}`,
      `${familyTable[family].title}, all pairs (${count(own.length, 'comparison')})`,
      own,
    );
  }
  if (groups.length === 0) {
    add(
      'ratios',
      `All measures, all pairs (${count(runners.length, 'comparison')}), with adjusted p-values`,
      runners,
    );
  }
  add('control', 'A/A control: the same runner against itself, true ratio 1', controls);
  return {
    id: 'comparisons',
    title: 'Every comparison',
    link: 'Comparisons',
    lead: verdictCounts(runners, subjects),
    blocks,
  };
}

/** "112 comparisons of runners: 80 refused, 32 too few blocks." */
function verdictCounts(comparisons: readonly Comparison[], subjects: Subjects): string[] {
  if (comparisons.length === 0) return [];
  const counts = new Map<string, number>();
  for (const item of comparisons) {
    const applies =
      subjects.applies(item.subject, item.metric) && subjects.applies(item.reference, item.metric);
    const words = verdictWords(item, applies).text.replace(/[,:].*$/, '');
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([words, n]) => `${n} ${words}`);
  return [`${count(comparisons.length, 'comparison')} of runners: ${parts.join(', ')}.`];
}

function dataSection(record: RunRecord, options: ViewOptions): Section {
  if (record.parts !== undefined) {
    const where = options.recordPath ?? 'the folders of these runs';
    const lead = [
      `Each run has its own record.jsonl, complete in itself: ${where}. \`tare report\` makes this page from them again.`,
    ];
    return { id: 'data', title: 'Raw data', lead, blocks: [] };
  }
  const lines = [
    record.header,
    ...record.trials,
    ...record.voided,
    ...(record.end === null ? [] : [record.end]),
  ];
  const path = options.recordPath ?? 'record.jsonl, in the folder of this run';
  const launches = count(record.trials.length, 'launch', 'launches');
  let content = '';
  for (const line of lines) {
    content += `${JSON.stringify(line)}\n`;
    if (content.length > carriedBytes) {
      const lead = [`The record of ${launches} is too large to be carried in this file. It lies in ${path}.`];
      return { id: 'data', title: 'Raw data', lead, blocks: [] };
    }
  }
  return {
    id: 'data',
    title: 'Raw data',
    lead: [
      `The whole record, ${launches}, one JSON object per line: \`tare report\` makes this page from it again.`,
    ],
    blocks: [{ kind: 'download', label: 'Save record.jsonl', fileName: 'record.jsonl', content }],
  };
}
