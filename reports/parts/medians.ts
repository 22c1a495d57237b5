/** The table that a reader looks up first: one row per measure and workload, one column per runner. */
import { familyTable } from '../../bench/workloads/families.ts';
import type { Analysis, Summary } from '../../model/analysis.ts';
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord } from '../../model/record.ts';
import { absent, scaleFor, type Scale } from '../../model/units.ts';
import { columns, measured, number, rowKey, table, text, type Table } from './parts.ts';
import { shapeWords, type Subjects } from './subjects.ts';
import { isBelowNoise, medianWords, type Seen } from './values.ts';
import { accelerationTags } from './words.ts';

export function mediansTable(
  family: Family,
  metrics: readonly MetricDeclaration[],
  analysis: Analysis,
  subjects: Subjects,
): Table {
  const all = subjects.cells.filter((cell) => cell.role === 'measured');
  const found = new Map(analysis.summaries.map((item) => [rowKey(item.metric, item.cell), item]));
  // A runner whose launches all failed keeps its column; one that never ran such a workload has none.
  const own = new Set(metrics.map(({ id }) => id));
  const present = new Set(analysis.summaries.filter((item) => own.has(item.metric)).map(({ cell }) => cell));
  const runners = [...new Set(all.filter(({ id }) => present.has(id)).map((cell) => cell.runner))];
  const shapes = new Set(all.map((cell) => cell.shape.id));
  const settingOf = (cell: CellRecord) =>
    shapes.size > 1 ? `${cell.workload}, ${shapeWords(cell)}` : cell.workload;
  const settings = [...new Set(all.map(settingOf))];
  const several = settings.length > 1;
  const labelled = (value: string, item: Summary | undefined) => {
    const codes = new Set(item?.warnings.map(({ code }) => code));
    const bound = codes.has('lower-bound') ? `at least ${value}` : value;
    return value !== absent && codes.has('page-cache') ? `${bound} †` : bound;
  };
  const rows = metrics.flatMap((metric) =>
    settings.flatMap((setting) => {
      const cells = runners.map((runner) =>
        all.find((cell) => cell.runner === runner && settingOf(cell) === setting),
      );
      const items = cells.map((cell) => found.get(rowKey(metric.id, cell?.id ?? '')));
      const values = items.map((item) => item?.median ?? null);
      if (values.every((value) => value === null)) return [];
      const scale = scaleFor(values, metric.unit);
      return [
        {
          head: metric.title,
          key: rowKey(metric.id, ...(several ? [setting] : [])),
          cells: [
            ...(several ? [text(setting)] : []),
            ...cells.map((cell, index) => {
              if (cell !== undefined && !subjects.applies(cell.id, metric.id))
                return number('not applicable');
              const item = items[index];
              return measured(
                labelled(medianWords(item, metric, scale), item),
                sureness(item, scale, metric),
              );
            }),
          ],
        },
      ];
    }),
  );
  const heads = [
    ...columns('Measure', ...(several ? ['Workload'] : [])),
    ...runners.map((runner) => {
      const acceleration = all.find((cell) => cell.runner === runner)?.acceleration.class ?? 'none';
      const tag = accelerationTags[acceleration];
      return {
        title: tag === '' ? runner : `${runner}, ${tag}`,
        numeric: true,
        graphic: false,
        runner,
      };
    }),
  ];
  return table(`medians-${family}`, `${familyTable[family].title}: medians over launches`, heads, rows, [
    'Below each median: its 95 % interval, where enough launches carry one, and n, the number of launches.',
    ...(rows.some(({ cells }) => cells.some(({ text: shown }) => shown.includes('†')))
      ? ['† Page cache or memory, not storage.']
      : []),
  ]);
}

/** "11.9 to 12.8, n 30": in the unit of the median above it. */
export function sureness(
  item: (Seen & Pick<Summary, 'n'>) | undefined,
  scale: Scale,
  metric: MetricDeclaration,
): string {
  if (item === undefined || item.n === 0) return '';
  const { interval, n } = item;
  if (isBelowNoise(item, metric)) return `n ${n}`;
  const range = interval === null ? '' : `${scale.number(interval.low)} to ${scale.number(interval.high)}, `;
  return `${range}n ${n}`;
}
