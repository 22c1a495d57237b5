/** Numbers side by side: one row per measure, runner and workload, one column per side, ratios within each side apart. */
import { medianWords } from '../parts/values.ts';
import { canonical } from '../../bench/record/comparable.ts';
import type { Comparison, Summary } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord } from '../../model/record.ts';
import { absent, scaleFor } from '../../model/units.ts';
import { sureness } from '../parts/medians.ts';
import {
  badge,
  columns,
  measured,
  number,
  rowKey,
  table,
  text,
  type Table,
  type TableCell,
} from '../parts/parts.ts';
import { shapeWords } from '../parts/subjects.ts';
import { accelerationTags, count, ratioWords, verdictWords } from '../parts/words.ts';
import type { Side } from './side.ts';

/** Declarations that are alike on every side that has them stand in one row; others do not. */
export function declarationsOf(sides: readonly Side[]): readonly MetricDeclaration[] {
  const known = new Map<string, MetricDeclaration>();
  for (const { record } of sides) {
    for (const metric of record.header.metrics) {
      const key = canonical(metric);
      if (!known.has(key)) known.set(key, metric);
    }
  }
  return [...known.values()];
}

/** A runner in a workload and a size, whatever host it ran on. */
interface Place {
  readonly label: string;
  readonly key: string;
}

function placesOf(sides: readonly Side[]): readonly Place[] {
  const cells = sides.flatMap(({ subjects }) => subjects.cells.filter(({ role }) => role === 'measured'));
  const workloads = new Set(cells.map(({ workload }) => workload)).size;
  const shapes = new Set(cells.map(shapeWords)).size;
  const places = cells.map((cell) => ({
    key: keyOf(cell),
    label: [
      cell.runner,
      ...(workloads > 1 ? [cell.workload] : []),
      ...(shapes > 1 ? [shapeWords(cell)] : []),
    ].join(' · '),
  }));
  return [...new Map(places.map((place) => [place.key, place])).values()];
}

const keyOf = (cell: CellRecord) => [cell.runner, cell.workload, shapeWords(cell)].join('/');

/** The numbers of some metrics; null where no side has any. */
export function numbersTable(
  id: string,
  caption: string,
  metrics: readonly MetricDeclaration[],
  sides: readonly Side[],
): Table | null {
  const places = placesOf(sides);
  const rows = metrics.flatMap((metric) =>
    places.flatMap((place) => {
      const found = sides.map((side) => summaryAt(side, metric, place));
      if (found.every((item) => item === null || item.summary.n === 0)) return [];
      const scale = scaleFor(
        found.map((item) => item?.summary.median ?? null),
        metric.unit,
      );
      const cells = found.map((item): TableCell => {
        if (item === null) return number('not measured');
        const tag = accelerationTags[item.cell.acceleration.class];
        const sure = [sureness(item.summary, scale, metric), tag].filter((part) => part !== '').join(', ');
        return measured(medianWords(item.summary, metric, scale), sure);
      });
      const key = rowKey(metric.id, place.label.split(' · ').join('/'));
      return [{ head: metric.title, key, cells: [text(place.label), ...cells] }];
    }),
  );
  if (rows.length === 0) return null;
  return table(id, caption, columns('Measure', 'Runner', ...sides.map(({ name }) => `#${name}`)), rows, [
    'Medians over launches of each host by itself; below each its 95 % interval, where enough launches carry one, n, and how its machine was accelerated.',
  ]);
}

function summaryAt(
  { subjects, analysis, record }: Side,
  metric: MetricDeclaration,
  place: Place,
): { readonly summary: Summary; readonly cell: CellRecord } | null {
  const own = record.header.metrics.find(({ id }) => id === metric.id);
  if (own === undefined || canonical(own) !== canonical(metric)) return null;
  const cell = subjects.cells.find((each) => each.role === 'measured' && keyOf(each) === place.key);
  const summary = analysis.summaries.find((item) => item.cell === cell?.id && item.metric === metric.id);
  return cell === undefined || summary === undefined ? null : { summary, cell };
}

/** What each host says of runner against runner: ratio, interval and its own verdict. */
export function ratiosTable(metrics: readonly MetricDeclaration[], sides: readonly Side[]): Table | null {
  const titles = new Map(metrics.map((metric) => [metric.id, metric.title]));
  const pairs = new Map<
    string,
    { metric: string; label: string; place: string; items: (Comparison | null)[] }
  >();
  sides.forEach(({ analysis, subjects }, at) => {
    for (const item of analysis.comparisons) {
      if (item.kind !== 'runners' || item.n === 0) continue;
      const label = subjects.pair(item);
      const place = rowKey(item.metric, subjects.place(item.subject), subjects.place(item.reference));
      const key = rowKey(item.metric, label);
      const row = pairs.get(key) ?? { metric: item.metric, label, place, items: sides.map(() => null) };
      row.items[at] = item;
      pairs.set(key, row);
    }
  });
  const rows = [...pairs.values()]
    .filter(({ items }) => items.some((item) => item?.ratio !== null && item !== null))
    .map(({ metric, label, place, items }) => ({
      head: titles.get(metric) ?? metric,
      key: place,
      cells: [
        text(label),
        ...items.flatMap((item): TableCell[] => {
          if (item === null) return [number('not compared'), text('')];
          const words = verdictWords(item);
          const ratio = item.ratio === null ? absent : ratioWords(item.ratio, item.interval);
          return [measured(ratio, `n ${item.n}`), badge(words.text, words.tone)];
        }),
      ],
    }));
  if (rows.length === 0) return null;
  return table(
    'ratios',
    `Runner against runner, within each host (${count(rows.length, 'pair')})`,
    columns(
      'Measure',
      'Compared',
      ...sides.flatMap(({ name }) => [`#${name}: cost ratio`, `${name}: verdict`]),
    ),
    rows,
    ['A ratio is a cost, above 1 the first-named costs more. Each verdict is that host’s own.'],
  );
}
