/**
 * Percentiles of a family's distributions (latencies of requests, of I/Os): a table of those the sample
 * counts allow, and one curve per runner from the merged histograms, on an axis of "nines" that gives the
 * tail the room it needs.
 */
import { familyTable } from '../../../bench/workloads/families.ts';
import type { Analysis, Percentiles } from '../../../model/analysis.ts';
import type { Family } from '../../../model/metric.ts';
import type { CellRecord } from '../../../model/record.ts';
import { askedQuantiles, quantileOf } from '../../../bench/analysis/percentiles.ts';
import { countForQuantile } from '../../../model/descriptive.ts';
import { absent, scaleFor } from '../../../model/units.ts';
import {
  columns,
  folded,
  number,
  table,
  text,
  type Block,
  type Chart,
  type LineSeries,
  type Table,
} from '../../parts/parts.ts';
import { shapeWords, type Subjects } from '../../parts/subjects.ts';
import { count } from '../../parts/words.ts';

/** Charts that stand open; more of them are folded. */
const openCharts = 2;
const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
const curve = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

/** "p99.9". */
export function quantileName(q: number): string {
  return `p${Number((q * 100).toFixed(4))}`;
}

/** A family's percentiles: nothing where it has no distributions. */
export function percentileBlocks(
  family: Family,
  analysis: Analysis,
  subjects: Subjects,
  open = openCharts,
): Block[] {
  const own = analysis.percentiles.filter(
    ({ metric, cell }) =>
      (subjects.metric(metric)?.family ?? metric.split('.')[0]) === family &&
      subjects.of(cell)?.role === 'measured',
  );
  if (own.length === 0) return [];
  const charts = percentileCharts(own, subjects);
  const shown = charts.slice(0, open);
  const more = charts.slice(open);
  return [
    ...(shown.length === 0 ? [] : [{ kind: 'charts' as const, charts: shown }]),
    ...(more.length === 0
      ? []
      : [
          {
            kind: 'fold' as const,
            title: `Percentile curves of ${count(more.length, shown.length > 0 ? 'further distribution' : 'distribution')}`,
            blocks: [{ kind: 'charts' as const, charts: more }],
          },
        ]),
    folded(percentileTable(family, own, subjects)),
  ];
}

function percentileTable(family: Family, all: readonly Percentiles[], subjects: Subjects): Table {
  const ordered = byMetric(all, subjects);
  const rows = ordered.map((item) => {
    const scale = scaleFor(
      ordered
        .filter(({ metric }) => metric === item.metric)
        .map(({ quantiles }) => quantiles[0]?.value ?? null),
      unitOf(item, subjects),
    );
    return {
      head: titleOf(item, subjects),
      cells: [
        text(subjects.label(item.cell)),
        ...askedQuantiles.map((q) => {
          const found = item.quantiles.find((each) => each.q === q);
          if (found === undefined) return number(absent);
          const { interval } = found;
          const spread =
            interval === null ? '' : ` (${scale.number(interval.low)} to ${scale.number(interval.high)})`;
          return number(`${scale.format(found.value)}${spread}`);
        }),
        number(scale.format(item.max)),
        number(item.count.toLocaleString('en-US')),
        number(String(item.launches.length)),
      ],
    };
  });
  const caption = `${familyTable[family].title}: percentiles of merged histograms`;
  const heads = columns(
    'Of',
    'Runner',
    ...askedQuantiles.map((q) => `#${quantileName(q)}`),
    '#Largest',
    '#Samples',
    '#Launches',
  );
  return table(`percentiles-${family}`, caption, heads, rows, [
    `Histograms of all launches are merged, percentiles never averaged. One is given only where enough samples carry it: ${askedQuantiles
      .map((q) => `${countForQuantile(q).toLocaleString('en-US')} for ${quantileName(q)}`)
      .join(
        ', ',
      )}. In brackets: the 95 % interval of the median over launches of each launch's own percentile, from 6 launches on.`,
    'Samples of one launch share its luck: the interval over launches, not the number of samples, says how far a percentile can be trusted.',
  ]);
}

function percentileCharts(all: readonly Percentiles[], subjects: Subjects): Chart[] {
  const groups = new Map<string, Percentiles[]>();
  for (const item of byMetric(all, subjects)) {
    const key = `${item.metric}\n${settingOf(subjects.of(item.cell))}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const settings = new Set([...groups.keys()].map((key) => key.split('\n')[1]));
  return [...groups.values()].flatMap((group, index): Chart[] => {
    const series = group.map((item) => seriesOf(item, subjects)).filter(({ points }) => points.length > 1);
    const [first] = group;
    if (first === undefined || series.length === 0) return [];
    const furthest = Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)));
    const setting = settings.size > 1 ? `, ${settingOf(subjects.of(first.cell))}` : '';
    return [
      {
        kind: 'lines',
        id: `chart-percentiles-${first.metric.replaceAll(/[^\w-]/g, '-')}-${index}`,
        title: `${titleOf(first, subjects)}${setting}`,
        description:
          'Log axis; the further right, the rarer: each step of the lower axis is ten times fewer samples above the line. Merged over launches, drawn as far as the samples carry it.',
        unit: unitOf(first, subjects),
        xTitle: 'percentile',
        log: true,
        xTicks: ticks
          .filter((q) => nines(q) <= furthest + 0.01)
          .map((q) => ({ value: nines(q), text: quantileName(q).slice(1) })),
        series,
      },
    ];
  });
}

function seriesOf(item: Percentiles, subjects: Subjects): LineSeries {
  const points = curve.flatMap((q) => {
    const value = item.count < countForQuantile(q) ? null : quantileOf(item.bins, q);
    return value === null || value <= 0 ? [] : [{ x: nines(q), y: value }];
  });
  const { runner, color } = subjects;
  return { label: runner(item.cell), runner: runner(item.cell), color: color(item.cell), points, dots: [] };
}

/** Where a quantile stands on the axis: 1 for p90, 2 for p99, 3 for p99.9. */
function nines(q: number): number {
  return -Math.log10(1 - q);
}

function byMetric(all: readonly Percentiles[], subjects: Subjects): Percentiles[] {
  const order = [...new Set(all.map(({ metric }) => metric))];
  const cells = subjects.cells.map(({ id }) => id);
  return [...all].sort(
    (a, b) =>
      order.indexOf(a.metric) - order.indexOf(b.metric) || cells.indexOf(a.cell) - cells.indexOf(b.cell),
  );
}

function settingOf(cell: CellRecord | null): string {
  return cell === null ? '' : `${cell.workload}, ${shapeWords(cell)}`;
}

const titleOf = (item: Percentiles, subjects: Subjects) => subjects.metric(item.metric)?.title ?? item.metric;
const unitOf = (item: Percentiles, subjects: Subjects) => subjects.metric(item.metric)?.unit ?? 's';
