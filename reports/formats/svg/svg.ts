/**
 * Charts as static SVG, drawn with presentation attributes, so that a page whose styles and scripts are
 * blocked still shows them.
 */
import { scaleFor } from '../../../model/units.ts';
import { axisOf, linearAxis } from './axes.ts';
import type { Axis } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element, fragment } from '../html/markup.ts';
import type { Chart, LineSeries } from '../../parts/parts.ts';
import { besideSvg } from './published.ts';
import { bandOf, dotsOf } from './strip.ts';
import { stagesSvg } from './stages.ts';
import { trendSvg } from './trend.ts';
import {
  faint,
  frame,
  gutter,
  ink,
  label,
  line,
  right,
  round,
  at,
  rowHeight,
  rowLabels,
  runnerColors,
  width,
  xAxis,
} from './strokes.ts';
import { shortened } from '../../parts/words.ts';

type ChartOf<Kind extends Chart['kind']> = Extract<Chart, { readonly kind: Kind }>;

export function chartSvg(chart: Chart): Markup {
  switch (chart.kind) {
    case 'strip':
      return stripSvg(chart);
    case 'lines':
      return linesSvg(chart);
    case 'stages':
      return stagesSvg(chart);
    case 'trend':
      return trendSvg(chart);
    case 'beside':
      return besideSvg(chart);
  }
}

function stripSvg(chart: ChartOf<'strip'>): Markup {
  const bottom = 8 + chart.series.length * rowHeight;
  const values = chart.series.flatMap((series) => [
    ...series.dots.map((dot) => dot.value),
    ...(series.interval === null ? [] : [series.interval.low, series.interval.high]),
  ]);
  const axis = axisOf(values, chart.unit, chart.log, gutter, width - right);
  const scale = scaleFor(
    chart.series.map((series) => series.median),
    chart.unit,
  );
  const middle = (index: number) => 8 + (index + 0.5) * rowHeight;
  const bands = chart.series.map((series, index) => bandOf(series, middle(index), axis));
  const dots = chart.series.map((series, index) => dotsOf(series, middle(index), axis));
  const medians = chart.series.flatMap(({ median }, index) =>
    median === null ? [] : [`M${round(axis.at(median))} ${middle(index) - 19}v38`],
  );
  // A small mark below each mode: one median between two humps is where nothing was measured.
  const modes = chart.series
    .flatMap((series, index) =>
      series.modes.map((mode) => `M${round(axis.at(mode))} ${middle(index) + 15}l4 6h-8z`),
    )
    .join('');
  return frame(
    chart,
    bottom + 30,
    xAxis(axis, bottom, 8),
    element('g', { 'fill-opacity': 0.18 }, ...bands),
    element('g', { 'stroke-width': 6, 'stroke-linecap': 'round', 'stroke-opacity': 0.6 }, ...dots),
    element('path', { d: medians.join(''), stroke: ink, 'stroke-width': 2, class: 'median' }),
    modes === '' ? null : element('path', { d: modes, fill: ink, class: 'ink' }),
    rowLabels(chart.series.map((series, index) => ({ y: middle(index) + 4, text: series.label }))),
    element(
      'g',
      { fill: ink, class: 'ink', 'font-weight': 600 },
      ...chart.series.map((series, index) =>
        at(width - right + 12, middle(index) + 4, scale.format(series.median)),
      ),
    ),
  );
}

function linesSvg(chart: ChartOf<'lines'>): Markup {
  const top = 16;
  const bottom = 240;
  const left = 84;
  const end = width - 170;
  const xs = chart.series.flatMap((series) => series.points.map((point) => point.x));
  const ys = chart.series.flatMap((series) => [...series.points, ...series.dots].map((point) => point.y));
  const x = linearAxis([0, ...xs], 'count', left, end);
  const y =
    chart.log === true
      ? axisOf(ys, chart.unit, true, bottom, top)
      : linearAxis([0, ...ys], chart.unit, bottom, top);
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
  const ticks = (chart.xTicks ?? x.ticks.filter((tick) => Number.isInteger(tick.value))).map((tick) =>
    label(x.at(tick.value), bottom + 20, tick.text, {
      'text-anchor': 'middle',
      fill: faint,
      class: 'faint',
      'font-size': 12,
    }),
  );
  const ends = spread(chart.series.map((series) => y.at(series.points.at(-1)?.y ?? 0)));
  const lines = chart.series.map((series, index) => lineOf(series, x, y, ends[index] ?? top));
  const caption = label((left + end) / 2, bottom + 42, chart.xTitle, {
    'text-anchor': 'middle',
    fill: faint,
    class: 'faint',
    'font-size': 12,
  });
  return frame(chart, bottom + 52, ...grid, ...ticks, caption, ...lines);
}

function lineOf(series: LineSeries, x: Axis, y: Axis, labelY: number): Markup {
  const color = runnerColors[series.color % runnerColors.length] ?? ink;
  const tint = series.color % runnerColors.length;
  const path = series.points.map((point) => `${round(x.at(point.x))},${round(y.at(point.y))}`).join(' ');
  const last = series.points.at(-1);
  const dot = (radius: number) => (point: { readonly x: number; readonly y: number }) =>
    element('circle', { cx: round(x.at(point.x)), cy: round(y.at(point.y)), r: radius });
  return fragment(
    element('g', { fill: color, class: `c${tint}`, 'fill-opacity': 0.25 }, ...series.dots.map(dot(2))),
    element('polyline', {
      points: path,
      fill: 'none',
      stroke: color,
      'stroke-width': 2.5,
      class: `l${tint}`,
    }),
    element('g', { fill: color, class: `c${tint}` }, ...series.points.map(dot(3.5))),
    last === undefined
      ? null
      : label(x.at(last.x) + 12, labelY + 4, shortened(series.label, 20), {
          fill: color,
          class: `c${tint}`,
          'font-weight': 600,
        }),
  );
}

/** Moves labels apart so that lines that end together stay readable; order is kept. */
function spread(positions: readonly number[]): number[] {
  const gap = 17;
  const order = positions.map((at, index) => ({ at, index })).sort((a, b) => b.at - a.at);
  const moved = [...positions];
  let limit = Infinity;
  for (const { at, index } of order) {
    const placed = Math.min(at, limit - gap);
    moved[index] = placed;
    limit = placed;
  }
  return moved;
}
