/**
 * A series of runs as a static chart: medians in the order of the runs, intervals as a band, changes of level
 * as numbered lines. Thousands of runs are drawn as the range of each column, never thinned out by chance.
 */
import { linearAxis } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element } from '../html/markup.ts';
import type { Chart } from '../../parts/parts.ts';
import { faint, frame, ink, label, line, round, runnerColors, width } from './strokes.ts';

type TrendChart = Extract<Chart, { readonly kind: 'trend' }>;
type TrendPoint = TrendChart['points'][number];

const top = 24;
const bottom = 200;
const left = 84;
const end = width - 16;
/** More columns than this cannot be told apart. */
const mostColumns = 260;

export function trendSvg(chart: TrendChart): Markup {
  const { points } = chart;
  const columns = columnsOf(points);
  const y = linearAxis(
    points.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
    chart.unit,
    bottom,
    top,
  );
  const x = (index: number) => left + ((index + 0.5) / Math.max(1, points.length)) * (end - left);
  const grid = y.ticks.flatMap((tick) => [
    element('line', {
      x1: left,
      x2: end,
      y1: round(y.at(tick.value)),
      y2: round(y.at(tick.value)),
      stroke: line,
      class: 'grid',
    }),
    label(left - 10, y.at(tick.value) + 4, tick.text, {
      'text-anchor': 'end',
      fill: faint,
      class: 'faint',
      'font-size': 12,
    }),
  ]);
  const color = runnerColors[0] ?? ink;
  const bars = columns
    .filter(({ low, high }) => high > low)
    .map(({ at, low, high }) => `M${round(x(at))} ${round(y.at(low))}V${round(y.at(high))}`)
    .join('');
  const path = columns.map(({ at, value }) => `${round(x(at))},${round(y.at(value))}`).join(' ');
  const dots = columns.map(({ at, value }) => `M${round(x(at))} ${round(y.at(value))}h.1`).join('');
  const marks = chart.marks.flatMap(({ index, name }) => [
    element('line', {
      x1: round(x(index - 0.5)),
      x2: round(x(index - 0.5)),
      y1: top - 4,
      y2: bottom,
      stroke: ink,
      'stroke-dasharray': '4 3',
      class: 'one',
    }),
    label(x(index - 0.5), top - 9, name, { 'text-anchor': 'middle', 'font-weight': 600, 'font-size': 12 }),
  ]);
  const ends = [points[0], points.at(-1)].map((point, at) =>
    label(at === 0 ? left : end, bottom + 20, point?.label ?? '', {
      'text-anchor': at === 0 ? 'start' : 'end',
      fill: faint,
      class: 'faint',
      'font-size': 12,
    }),
  );
  return frame(
    chart,
    bottom + 30,
    ...grid,
    element('path', {
      d: bars,
      stroke: color,
      class: 'l0 band',
      'stroke-width': round(Math.min(10, Math.max(1.5, (0.7 * (end - left)) / columns.length))),
      'stroke-opacity': 0.25,
    }),
    element('polyline', { points: path, fill: 'none', stroke: color, class: 'l0', 'stroke-width': 1.5 }),
    element('path', {
      d: dots,
      stroke: color,
      class: 'l0',
      'stroke-width': columns.length > 120 ? 2.5 : 5,
      'stroke-linecap': 'round',
    }),
    ...marks,
    ...(points.length > 1 ? ends : ends.slice(0, 1)),
  );
}

interface Column {
  /** Index of the middle of what it holds. */
  readonly at: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One column per run; where there are too many, one for several: their middle run, and all they span. */
function columnsOf(points: readonly TrendPoint[]): Column[] {
  const size = Math.ceil(points.length / mostColumns);
  const columns: Column[] = [];
  for (let start = 0; start < points.length; start += size) {
    const part = points.slice(start, start + size);
    const sorted = part.map(({ value }) => value).sort((a, b) => a - b);
    columns.push({
      at: start + (part.length - 1) / 2,
      value: sorted[(sorted.length - 1) >> 1] ?? 0,
      low: Math.min(...part.map(({ low, value }) => low ?? value)),
      high: Math.max(...part.map(({ high, value }) => high ?? value)),
    });
  }
  return columns;
}
