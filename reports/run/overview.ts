/**
 * The first screen of a report over many families: one row per family, its main comparison of a VM with
 * a container and of a container with the plain process. Never merged into one number (C28).
 */
import { families, familyTable } from '../../bench/workloads/families.ts';
import type { Analysis, Comparison } from '../../model/analysis.ts';
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { RunRecord } from '../../model/record.ts';
import { capital } from '../../model/units.ts';
import { badge, columns, narrow, table, text, type Table, type TableCell } from '../parts/parts.ts';
import { isHeadline, summaryFinder } from '../parts/ratios.ts';
import { medianWords } from '../parts/values.ts';
import { listed } from './sentences.ts';
import { splitStarts } from './families/startup.ts';
import { inReadingOrder, type Subjects } from '../parts/subjects.ts';
import { count, lowerFirst, ratioWords, verdictWords } from '../parts/words.ts';

/** What one family's row shows. */
interface MainRow {
  readonly family: Family;
  readonly metric: MetricDeclaration;
  /** A virtual machine against a container; null where none were compared. */
  readonly machine: Comparison | null;
  /** A container against the plain process. */
  readonly container: Comparison | null;
}

/** One per family that compares anything, in reading order. */
function mainRows(record: RunRecord, analysis: Analysis, subjects: Subjects): MainRow[] {
  const compared = inReadingOrder(
    analysis.comparisons.filter(
      (item) =>
        item.kind === 'runners' &&
        item.n > 0 &&
        subjects.applies(item.subject, item.metric) &&
        subjects.applies(item.reference, item.metric),
    ),
    subjects,
  );
  const wanted = new Set(record.header.wantedMetrics);
  const starts = new Set(splitStarts(analysis, subjects).main.summaries.map(({ cell }) => cell));
  return families.flatMap((family) => {
    const metrics = record.header.metrics.filter(
      (metric) => metric.family === family && compared.some((item) => item.metric === metric.id),
    );
    const metric =
      metrics.find(({ id }) => wanted.has(id)) ??
      metrics.find((one) => isHeadline(one) && hasMachine(one, compared, subjects)) ??
      metrics.find((one) => hasMachine(one, compared, subjects)) ??
      metrics.find(isHeadline) ??
      metrics[0];
    if (metric === undefined) return [];
    const own = compared.filter(
      (item) => item.metric === metric.id && (family !== 'startup' || starts.has(item.subject)),
    );
    const machine = best(own.filter((item) => sidesOf(item, subjects) === 'virtual machine/container'));
    const container = best(own.filter((item) => sidesOf(item, subjects) === 'container/process'));
    return [{ family, metric, machine, container: container ?? (machine === null ? best(own) : null) }];
  });
}

/** The first that may be judged, or the first. */
function best(items: readonly Comparison[]): Comparison | null {
  const judged = items.find((item) => item.verdict !== 'refused' && item.ratio !== null);
  return judged ?? items.find(({ ratio }) => ratio !== null) ?? items[0] ?? null;
}

function hasMachine(metric: MetricDeclaration, items: readonly Comparison[], subjects: Subjects): boolean {
  return items.some(
    (item) => item.metric === metric.id && sidesOf(item, subjects) === 'virtual machine/container',
  );
}

function sidesOf(item: Comparison, subjects: Subjects): string {
  return `${subjects.isolation(item.subject)}/${subjects.isolation(item.reference)}`;
}

/** One row per family; null where nothing was compared. */
export function overviewTable(record: RunRecord, analysis: Analysis, subjects: Subjects): Table | null {
  const main = mainRows(record, analysis, subjects);
  if (main.length === 0) return null;
  const find = summaryFinder(analysis.summaries);
  const cellsFor = (item: Comparison | null, metric: MetricDeclaration): TableCell[] => {
    if (item === null) return [text('not compared'), text('')];
    const value = (cell: string) => medianWords(find(cell, metric.id), metric);
    const pair = `${subjects.runner(item.subject)} vs ${subjects.runner(item.reference)}`;
    const found =
      item.ratio === null
        ? `${value(item.subject)} vs ${value(item.reference)}`
        : ratioWords(item.ratio, item.interval);
    const words = verdictWords(item);
    return [narrow(`${found}, ${pair}`), badge(words.text, words.tone)];
  };
  const rows = main.map(({ family, metric, machine, container }) => {
    const workload = subjects.of((machine ?? container)?.subject ?? '')?.workload;
    return {
      head: familyTable[family].title,
      cells: [
        narrow(workload === undefined ? metric.title : `${metric.title} (${workload})`),
        ...cellsFor(machine, metric),
        ...cellsFor(container, metric),
      ],
    };
  });
  return table(
    'headline',
    'One line per family: its main measure as a cost ratio',
    columns(
      'Family',
      'Measure (workload)',
      'VM against container',
      'Verdict',
      'Container against process',
      'Verdict',
    ),
    rows,
    [
      'A ratio is a cost: above 1 the first-named costs more, whichever way the measure points. Other measures, workloads and runners follow in the family’s own section.',
    ],
  );
}

/** The answer over all families: what a VM costs compared with a container, in few sentences. */
export function overviewSentences(record: RunRecord, analysis: Analysis, subjects: Subjects): string[] {
  const main = mainRows(record, analysis, subjects);
  const host = record.header.host.hostname;
  const scenarios = count(record.parts?.length ?? 1, 'scenario');
  if (main.length === 0) return [`On this host (${host}), ${scenarios} left nothing to compare.`];
  const [lead = '', ...more] = [
    ...sideSentence('a virtual machine against a container', main, ({ machine }) => machine, subjects),
    ...sideSentence('a container against the plain process', main, ({ container }) => container, subjects),
  ];
  return [
    `On this host (${host}), ${lead}`,
    ...more.map(capital),
    `${scenarios} compared ${count(main.length, 'family', 'families')} of cost by their main measures; each family is judged by itself.`,
  ];
}

const notJudged = 'shown but not judged';
/** What is known comes before what is not. */
const surest = ['costs more', 'costs less', 'equivalent', 'different but small', 'inconclusive'];

function sureness(words: string): number {
  const at = surest.indexOf(words);
  return at < 0 ? surest.length : at;
}

function sideSentence(
  title: string,
  main: readonly MainRow[],
  side: (entry: MainRow) => Comparison | null,
  subjects: Subjects,
): string[] {
  const groups = new Map<string, string[]>();
  const rules = new Set<string>();
  for (const entry of main) {
    const item = side(entry);
    if (item === null) continue;
    const refused = item.verdict === 'refused';
    if (refused) for (const { rule } of item.refusals) rules.add(rule);
    const words = refused ? notJudged : verdictWords(item).text.replace(/, needs .*$/, '');
    const name = lowerFirst(familyTable[entry.family].title);
    const decided = item.verdict === 'regression' || item.verdict === 'improvement';
    const ratio =
      decided && item.ratio !== null
        ? ` (${ratioWords(item.ratio, null)}, ${subjects.runner(item.subject)})`
        : '';
    groups.set(words, [...(groups.get(words) ?? []), `${name}${ratio}`]);
  }
  if (groups.size === 0) return [];
  const shown = [...groups].sort(([a], [b]) => sureness(a) - sureness(b));
  const why = ` (${rules.size === 1 ? 'rule' : 'rules'} ${[...rules].join(', ')})`;
  const clause = ([words, names]: readonly [string, string[]]) =>
    `${words}${words === notJudged ? why : ''} in ${listed(names)}`;
  return [`${title}: ${shown.map(clause).join('; ')}.`];
}
