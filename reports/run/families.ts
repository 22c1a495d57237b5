/**
 * One section per family of metrics: what was measured, as charts with every launch, a table of medians
 * and, folded, every statistic. What a family shows beyond that is listed in additions.ts.
 */
import { isBelowNoise, medianWords } from '../parts/values.ts';
import { families, familyTable } from '../../bench/workloads/families.ts';
import type { Analysis, Summary } from '../../model/analysis.ts';
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { RunRecord } from '../../model/record.ts';
import { absent, scaleFor, type Scale, formatShare } from '../../model/units.ts';
import { everyFamily, familyParts } from './families/index.ts';
import type { Addition } from './families/addition.ts';
import { stripChart } from '../parts/charts.ts';
import {
  columns,
  folded,
  number,
  rowKey,
  table,
  type Block,
  type Chart,
  type Section,
  type Table,
} from '../parts/parts.ts';
import { mediansTable } from '../parts/medians.ts';
import { isHeadline } from '../parts/ratios.ts';
import { splitStarts } from './families/startup.ts';
import type { Subjects } from '../parts/subjects.ts';
import { few } from './warnings.ts';
import { count } from '../parts/words.ts';

export function familySections(record: RunRecord, analysis: Analysis, subjects: Subjects): Section[] {
  return families.flatMap((family) => {
    const { title, lead } = familyTable[family];
    const { before, after, foldCharts } = familyParts[family];
    const { main, rest } =
      family === 'startup' ? splitStarts(analysis, subjects) : { main: analysis, rest: null };
    const added = (additions: readonly Addition[]) =>
      additions.flatMap((addition) => addition(record, main, subjects, family));
    const measured = record.header.metrics.filter(
      (metric) =>
        metric.family === family && main.summaries.some((item) => item.metric === metric.id && item.n > 0),
    );
    const first = added(before);
    const blocks = [
      ...first,
      ...(measured.length === 0
        ? []
        : metricBlocks(family, measured, main, subjects, foldCharts === true && first.length > 0)),
      ...(rest === null
        ? []
        : [
            folded(
              { ...mediansTable(family, measured, rest, subjects), id: `medians-${family}-rest` },
              'Starts of instances that went on to other work: medians over launches',
            ),
          ]),
      ...added([...after, ...everyFamily]),
    ];
    if (blocks.length === 0) return [];
    return [{ id: family, title, lead: [lead], blocks }];
  });
}

/** `drawn`: the section already opens with charts of its own. */
function metricBlocks(
  family: Family,
  metrics: readonly MetricDeclaration[],
  analysis: Analysis,
  subjects: Subjects,
  drawn: boolean,
): Block[] {
  const open: Chart[] = [];
  const more: Chart[] = [];
  const rows: Table['rows'][number][] = [];
  const notes = new Set<string>();
  for (const metric of metrics) {
    const summaries = analysis.summaries.filter((item) => item.metric === metric.id && item.n > 0);
    // A measure that is zero everywhere has nothing to draw; its table rows say so.
    if (summaries.some((item) => item.launches.some((launch) => launch.value !== 0))) {
      const chart = stripChart(
        `chart-${open.length + more.length}-${family}`,
        metric.id,
        summaries,
        subjects,
      );
      (isHeadline(metric) ? open : more).push(chart);
    }
    const scale = scaleFor(
      summaries.map((item) => item.median),
      metric.unit,
    );
    for (const item of summaries) {
      rows.push(summaryRow(metric, item, scale, subjects));
      for (const warning of item.warnings) {
        // The table's own note says it once for all.
        if (warning.code === 'few-launches') continue;
        // What holds for all of a cell's numbers is said once.
        const whole = warning.code === 'page-cache' || warning.code === 'work-outside';
        notes.add(`${subjects.label(item.cell)}${whole ? '' : `, ${metric.title}`}: ${warning.message}`);
      }
    }
  }
  const heads = columns(
    'Measure',
    'Runner',
    '#Median',
    '#95 % interval',
    '#Smallest',
    '#Largest',
    '#Spread',
    '#n',
    'Quantiles, modes',
  );
  // One launch per runner is no distribution, and a ladder says more than its slopes.
  const plain = analysis.summaries.every((item) => item.n < 2) || drawn;
  const shown = plain ? [] : open.length === 0 ? more.splice(0, 1) : open;
  if (plain) more.unshift(...open);
  const caption = `${familyTable[family].title}, every statistic: interval, range, spread and number of launches (${count(rows.length, 'row')})`;
  const charts = (list: readonly Chart[]): Block => ({ kind: 'charts', charts: list });
  return [
    ...(shown.length === 0 ? [] : [charts(shown)]),
    { kind: 'table', table: mediansTable(family, metrics, analysis, subjects) },
    ...(more.length === 0
      ? []
      : [
          {
            kind: 'fold' as const,
            title: `Every launch of ${count(more.length, shown.length > 0 ? 'further measure' : 'measure')}: ${few(
              more.map((chart) => chart.title),
              4,
            )}`,
            blocks: [charts(more)],
          },
        ]),
    folded(
      table(`summary-${family}`, caption, heads, rows, [
        'Spread is the coefficient of variation. The interval is that of the median and needs at least 6 launches. Quantiles appear only where enough launches carry them.',
        ...notes,
      ]),
    ),
  ];
}

function summaryRow(
  metric: MetricDeclaration,
  item: Summary,
  scale: Scale,
  subjects: Subjects,
): Table['rows'][number] {
  const interval = isBelowNoise(item, metric) ? null : item.interval;
  const further = [
    ...item.quantiles.map(({ q, value }) => `p${Number((q * 100).toFixed(3))} ${scale.format(value)}`),
    ...(item.modes.length > 1 ? [`modes at ${item.modes.map(scale.format).join(' and ')}`] : []),
  ];
  return {
    head: metric.title,
    key: rowKey(item.metric, subjects.place(item.cell)),
    cells: [
      { kind: 'text', text: subjects.label(item.cell) },
      number(medianWords(item, metric, scale)),
      number(interval === null ? absent : `${scale.number(interval.low)} to ${scale.number(interval.high)}`),
      number(scale.number(item.min)),
      number(scale.number(item.max)),
      number(formatShare(item.cov)),
      number(String(item.n)),
      { kind: 'text', text: further.join(', ') },
    ],
  };
}
