/**
 * Charts as static SVG. Everything is drawn with presentation attributes, so that a page whose styles
 * and scripts are blocked still shows them; classes only let the page recolour them for dark mode.
 */
import { scaleFor } from '../bench/units.ts';
import type { Chart, LineSeries, StageBar, StripSeries, TableCell, Tone } from './parts.ts';
import { axisOf, linearAxis, nudge } from './axes.ts';
import type { Axis } from './axes.ts';
import type { Child, Markup } from './markup.ts';
import { element, fragment } from './markup.ts';
import { milestoneWords, shortened } from './words.ts';

type ChartOf<Kind extends Chart['kind']> = Extract<Chart, { readonly kind: Kind }>;

const width = 620;
const gutter = 144;
const right = 88;
const rowHeight = 46;
const ink = '#1c2430';
const faint = '#5b6675';
const line = '#d8dee6';

/** Light-mode colours of runners; the page maps `c0`.. to its own in dark mode. */
const runnerColors = ['#3563c9', '#c2570c', '#0d7d6c', '#8145c4', '#b8286b', '#587a0c', '#8a6100', '#0e7490'];
/** Colours of stages T1 to T6. */
const stageColors = ['#94a3b8', '#94a3b8', '#8fb4f5', '#5b8def', '#3563c9', '#e0913a', '#c2570c'];
const toneColors: Readonly<Record<Tone, string>> = {
  more: '#b4420a',
  less: '#0d7d6c',
  same: '#3563c9',
  unsure: '#5b6675',
  refused: '#8145c4',
  warn: '#8a6100',
  plain: '#1c2430',
};

export function chartSvg(chart: Chart): Markup {
  switch (chart.kind) {
    case 'strip':
      return stripSvg(chart);
    case 'lines':
      return linesSvg(chart);
    case 'stages':
      return stagesSvg(chart);
  }
}

function frame(chart: Chart, height: number, ...children: readonly Child[]): Markup {
  const titleId = `${chart.id}-title`;
  const detailId = `${chart.id}-detail`;
  return element(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${titleId} ${detailId}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 13,
    },
    element('title', { id: titleId }, chart.title),
    element('desc', { id: detailId }, chart.description),
    ...children,
  );
}

function label(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Markup {
  return element('text', { x: round(x), y: round(y), fill: ink, class: 'ink', ...attributes }, text);
}

function rowLabel(y: number, text: string): Markup {
  return element(
    'g',
    {},
    element('title', {}, text),
    label(gutter - 14, y, shortened(text, 16), { 'text-anchor': 'end', 'font-weight': 600 }),
  );
}

function xAxis(axis: Axis, bottom: number, top: number): Markup {
  return fragment(
    ...axis.ticks.flatMap((tick) => [
      element('line', {
        x1: round(axis.at(tick.value)),
        x2: round(axis.at(tick.value)),
        y1: top,
        y2: bottom,
        stroke: line,
        class: 'grid',
      }),
      label(axis.at(tick.value), bottom + 18, tick.text, {
        'text-anchor': 'middle',
        fill: faint,
        class: 'faint',
        'font-size': 12,
      }),
    ]),
  );
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
  const rows = chart.series.map((series, index) =>
    stripRow(series, 8 + (index + 0.5) * rowHeight, axis, scale.format),
  );
  return frame(chart, bottom + 30, xAxis(axis, bottom, 8), ...rows);
}

function stripRow(
  series: StripSeries,
  y: number,
  axis: Axis,
  format: (value: number | null) => string,
): Markup {
  const fill = runnerColors[series.color % runnerColors.length] ?? ink;
  const tint = `c${series.color % runnerColors.length}`;
  const dots = series.dots.map((dot, index) =>
    element('circle', { cx: round(axis.at(dot.value)), cy: round(y + nudge(index) * 13), r: 3 }),
  );
  const band =
    series.interval === null
      ? null
      : element('rect', {
          x: round(axis.at(series.interval.low)),
          y: y - 19,
          width: Math.max(1, round(axis.at(series.interval.high) - axis.at(series.interval.low))),
          height: 38,
          rx: 2,
          fill,
          class: `${tint} band`,
          'fill-opacity': 0.18,
        });
  const median =
    series.median === null
      ? null
      : element('line', {
          x1: round(axis.at(series.median)),
          x2: round(axis.at(series.median)),
          y1: y - 19,
          y2: y + 19,
          stroke: ink,
          'stroke-width': 2,
          class: 'median',
        });
  return fragment(
    rowLabel(y + 4, series.label),
    band,
    element('g', { fill, class: tint, 'fill-opacity': 0.6 }, ...dots),
    median,
    label(width - right + 12, y + 4, format(series.median), { 'font-weight': 600 }),
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
  const y = linearAxis([0, ...ys], chart.unit, bottom, top);
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
  const ticks = x.ticks
    .filter((tick) => Number.isInteger(tick.value))
    .map((tick) =>
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

function stagesSvg(chart: ChartOf<'stages'>): Markup {
  const present = [...new Set(chart.bars.flatMap((bar) => bar.parts.map((part) => part.stage)))].sort(
    (a, b) => a - b,
  );
  const top = 14 + Math.ceil(present.length / 3) * 22;
  const bottom = top + chart.bars.length * rowHeight;
  const largest = Math.max(...chart.bars.map((bar) => bar.total));
  const axis = chart.share
    ? linearAxis([0, 100], 'ratio', gutter, width - right)
    : linearAxis([0, largest], 's', gutter, width - right);
  const shown = chart.share
    ? { ...axis, ticks: [0, 25, 50, 75, 100].map((value) => ({ value, text: `${value} %` })) }
    : axis;
  const legend = present.map((stage, index) => {
    const x = 14 + (index % 3) * 202;
    const y = 16 + Math.floor(index / 3) * 22;
    const name = milestoneWords[`T${stage}` as keyof typeof milestoneWords];
    return fragment(
      element('rect', {
        x,
        y: y - 10,
        width: 12,
        height: 12,
        rx: 2,
        fill: stageColors[stage] ?? faint,
        class: `s${stage}`,
      }),
      label(x + 18, y, `to ${name}`, { 'font-size': 12 }),
    );
  });
  const format = scaleFor(
    chart.bars.map((bar) => bar.total),
    's',
  ).format;
  const rows = chart.bars.map((bar, index) =>
    stageRow(bar, top + (index + 0.5) * rowHeight, shown, chart.share, format),
  );
  return frame(chart, bottom + 30, ...legend, xAxis(shown, bottom, top), ...rows);
}

function stageRow(
  bar: StageBar,
  y: number,
  axis: Axis,
  share: boolean,
  format: (value: number) => string,
): Markup {
  const unit = share ? 100 / bar.total : 1;
  let from = 0;
  const parts = bar.parts.map((part) => {
    const x = axis.at(from * unit);
    from += part.value;
    return element(
      'rect',
      {
        x: round(x),
        y: y - 14,
        width: Math.max(0, round(axis.at(from * unit) - x)),
        height: 28,
        fill: stageColors[part.stage] ?? faint,
        class: `s${part.stage}`,
      },
      element('title', {}, `${part.name}: ${format(part.value)}`),
    );
  });
  return fragment(
    rowLabel(y + 4, bar.label),
    ...parts,
    label(width - right + 12, y + 4, format(bar.total), { 'font-weight': 600 }),
  );
}

/** The ratio and interval of one table row on an axis that all rows share; a tick marks 1. */
export function rangeSvg(
  cell: Extract<TableCell, { readonly kind: 'range' }>,
  domain: readonly number[],
): Markup {
  const wide = 120;
  const axis = axisOf([1, ...domain], 'ratio', true, 6, wide - 6);
  const color = toneColors[cell.tone];
  const interval =
    cell.interval === null || cell.interval.low <= 0
      ? null
      : element('line', {
          x1: round(axis.at(cell.interval.low)),
          x2: Math.max(round(axis.at(cell.interval.high)), round(axis.at(cell.interval.low)) + 1),
          y1: 11,
          y2: 11,
          stroke: color,
          'stroke-width': 5,
          'stroke-opacity': 0.45,
          class: `l-${cell.tone}`,
        });
  return element(
    'svg',
    { viewBox: `0 0 ${wide} 22`, width: wide, height: 22, 'aria-hidden': 'true' },
    element('line', {
      x1: round(axis.at(1)),
      x2: round(axis.at(1)),
      y1: 1,
      y2: 21,
      stroke: faint,
      'stroke-dasharray': '2 2',
      class: 'one',
    }),
    element('line', {
      x1: round(axis.at(1)),
      x2: round(axis.at(cell.ratio)),
      y1: 11,
      y2: 11,
      stroke: color,
      'stroke-width': 1.5,
      'stroke-opacity': 0.5,
      class: `l-${cell.tone}`,
    }),
    interval,
    element('circle', {
      cx: round(axis.at(cell.ratio)),
      cy: 11,
      r: 4.5,
      fill: color,
      class: `f-${cell.tone}`,
    }),
  );
}

const round = (value: number) => Math.round(value * 10) / 10;
