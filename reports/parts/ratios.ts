/**
 * Comparisons as tables: ratio first with its interval, then how many launches, then the verdict in
 * words; p-values last (C11). A refused ratio stays visible but its verdict says by which rule.
 */
import { families, familyTable } from '../../bench/workloads/families.ts';
import type { Analysis, Comparison, Summary } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { RecordHeader } from '../../model/record.ts';
import { formatRatio, scaleFor, formatShare } from '../../model/units.ts';
import {
  badge,
  columns,
  number,
  rowKey,
  table,
  text,
  type Table,
  type TableCell,
  type Tone,
} from './parts.ts';
import { inReadingOrder, type Subjects } from './subjects.ts';
import { isBelowNoise, medianWords } from './values.ts';
import { intervalWords, verdictWords } from './words.ts';

/** Rows that fit a first screen; the whole list has its own section. */
const headlineRows = 12;

/** True of metrics that a first screen tells of. */
export function isHeadline(metric: MetricDeclaration): boolean {
  return headlineKinds.some((suits) => suits(metric));
}

/** What "the cost of an empty one" means, in reading order; the first declared match of each is taken. */
const headlineKinds: readonly ((metric: MetricDeclaration) => boolean)[] = families.flatMap((family) =>
  familyTable[family].headline.map(
    (suits) => (metric: MetricDeclaration) => metric.family === family && suits(metric),
  ),
);

function headlineMetrics(
  analysis: Analysis,
  subjects: Subjects,
  wanted: readonly string[],
): readonly string[] {
  const compared = new Set(analysis.comparisons.map((comparison) => comparison.metric));
  if (wanted.length > 0) return wanted.filter((id) => compared.has(id));
  const metrics = [...compared].map((id) => subjects.metric(id)).filter((metric) => metric !== null);
  const chosen = headlineKinds.map((suits) => metrics.find(suits)?.id).filter((id) => id !== undefined);
  return chosen.length > 0 ? [...new Set(chosen)] : [...compared].slice(0, headlineRows);
}

/**
 * The comparisons of the first screen: the main pair of runners with every headline metric, then
 * the other runners against the baseline, by as many metrics as there is room for.
 */
export function headlineComparisons(
  analysis: Analysis,
  subjects: Subjects,
  header: Pick<RecordHeader, 'wantedMetrics' | 'baseline'>,
): readonly Comparison[] {
  const metrics = headlineMetrics(analysis, subjects, header.wantedMetrics);
  const ordered = inReadingOrder(
    analysis.comparisons.filter(({ kind, metric }) => kind === 'runners' && metrics.includes(metric)),
    subjects,
  );
  const pairs = new Map<string, Comparison[]>();
  for (const item of ordered) {
    const key = runnerPair(item, subjects);
    pairs.set(key, [...(pairs.get(key) ?? []), item]);
  }
  const [main, ...others] = pairs.values();
  if (main === undefined) return [];
  const against = others.filter(
    ([first]) => first !== undefined && subjects.runner(first.reference) === header.baseline,
  );
  const all = (items: readonly Comparison[]) =>
    metrics.flatMap((id) => items.filter((item) => item.metric === id));
  const once = (items: readonly Comparison[]) =>
    metrics.flatMap((id) => items.find((item) => item.metric === id) ?? []);
  const one = (items: readonly Comparison[]) => once(items).slice(0, 1);
  // No runner is left out while a shorter choice of its rows has room for it.
  const choices = [
    [...all(main), ...against.flatMap(all)],
    [...all(main), ...against.flatMap(once)],
    [...once(main), ...against.flatMap(once)],
    [...once(main), ...against.flatMap(one)],
  ];
  const last = [...once(main), ...against.flatMap(one).slice(0, headlineRows)];
  return choices.find((rows) => rows.length <= headlineRows) ?? last;
}

/** Equal for comparisons of the same two runners, whatever workload or shape they ran. */
export function runnerPair(comparison: Comparison, subjects: Subjects): string {
  return JSON.stringify([subjects.runner(comparison.subject), subjects.runner(comparison.reference)]);
}

/** Ratios with intervals and verdicts; `withP` adds the adjusted p-value, `drawn: false` leaves the drawing out. */
export function ratioTable(
  id: string,
  caption: string,
  comparisons: readonly Comparison[],
  analysis: Analysis,
  subjects: Subjects,
  options: { readonly withP: boolean; readonly drawn?: boolean },
): Table {
  const find = summaryFinder(analysis.summaries);
  const rows = comparisons.map((item) => {
    const metric = subjects.metric(item.metric);
    const applies =
      subjects.applies(item.subject, item.metric) && subjects.applies(item.reference, item.metric);
    const words = verdictWords(item, applies);
    const cells: TableCell[] = [
      text(subjects.pair(item)),
      number(formatRatio(item.ratio)),
      number(intervalWords(item.interval)),
      ...(options.drawn === false ? [] : [rangeCell(item, words.tone)]),
      badge(words.text, words.tone),
      number(limitWords(metric)),
      number(String(item.n)),
      number(sidesWords(item, metric, find)),
    ];
    if (options.withP) cells.push(number(pWords(item)));
    const key = rowKey(item.metric, subjects.place(item.subject), subjects.place(item.reference));
    return { head: metric?.title ?? item.metric, key, cells };
  });
  const level = comparisons.find((item) => item.interval !== null)?.interval?.level ?? 0.95;
  const heads = columns(
    'Measure',
    'Compared',
    '#Cost ratio',
    `#${formatShare(level)} interval`,
    ...(options.drawn === false ? [] : ['~Ratio, log axis']),
    'Verdict',
    '#Limit',
    '#n',
    '#Medians',
    ...(options.withP ? ['#p (adjusted)'] : []),
  );
  const notes = [
    'A ratio is a cost: above 1 the subject (named first) costs more than the reference, whichever way the measure points. Medians are over launches, in the same order; n counts launches paired by block. The limit is the smallest difference that matters in practice, declared with the measure.',
  ];
  return table(id, caption, heads, rows, notes);
}

/** "±10 %": the practical threshold that a verdict is given by. */
function limitWords(metric: MetricDeclaration | null): string {
  return metric === null ? '–' : `±${formatShare(metric.threshold)}`;
}

function rangeCell({ ratio, interval }: Comparison, tone: Tone): TableCell {
  return ratio === null ? text('') : { kind: 'range', ratio, interval, tone, text: '' };
}

function pWords(comparison: Comparison): string {
  const p = comparison.pAdjusted;
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** "217 vs 0.48 MiB": medians of both sides in one unit. */
function sidesWords(
  { subject, reference, metric: id }: Comparison,
  metric: MetricDeclaration | null,
  find: ReturnType<typeof summaryFinder>,
): string {
  const [one, other] = [find(subject, id), find(reference, id)];
  const measure = { family: metric?.family ?? 'app', unit: metric?.unit ?? 'ratio' } as const;
  const scale = scaleFor([one?.median ?? null, other?.median ?? null], measure.unit);
  const shown = isBelowNoise(one, measure) || isBelowNoise(other, measure);
  const first = shown ? medianWords(one, measure, scale) : scale.number(one?.median ?? null);
  return `${first} vs ${medianWords(other, measure, scale)}`;
}

/** The summary of a metric in a cell. */
export function summaryFinder(
  summaries: readonly Summary[],
): (cell: string, metric: string) => Summary | null {
  const found = new Map(summaries.map((item) => [JSON.stringify([item.cell, item.metric]), item]));
  return (cell, metric) => found.get(JSON.stringify([cell, metric])) ?? null;
}

/** Median of a metric in a cell. */
export function medianFinder(summaries: readonly Summary[]): (cell: string, metric: string) => number | null {
  const find = summaryFinder(summaries);
  return (cell, metric) => find(cell, metric)?.median ?? null;
}
