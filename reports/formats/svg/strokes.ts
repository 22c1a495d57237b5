/**
 * What every static chart is drawn with: its measures, its light-mode colours, frame, labels and grid.
 * Presentation attributes carry the look; classes only let the page recolour it for dark mode.
 */
import type { Axis } from './axes.ts';
import type { Child, Markup } from '../html/markup.ts';
import { element, fragment } from '../html/markup.ts';
import type { Chart } from '../../parts/parts.ts';
import { shortened } from '../../parts/words.ts';

export const width = 620;
export const gutter = 156;
export const right = 88;
export const rowHeight = 46;
export const ink = '#1c2430';
export const faint = '#5b6675';
export const line = '#d8dee6';

/** Light-mode colours of runners; the page maps `c0`.. to its own in dark mode. */
export const runnerColors = [
  '#3563c9',
  '#c2570c',
  '#0d7d6c',
  '#8145c4',
  '#b8286b',
  '#587a0c',
  '#8a6100',
  '#0e7490',
];
/** Of the caption that describes a chart, which stands below it. */
export const captionId = (chart: Chart) => `${chart.id}-detail`;

export function frame(chart: Chart, height: number, ...children: readonly Child[]): Markup {
  const titleId = `${chart.id}-title`;
  return element(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${titleId} ${captionId(chart)}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 13,
    },
    element('title', { id: titleId }, chart.title),
    ...children,
  );
}

export function label(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Markup {
  return element('text', { x: round(x), y: round(y), fill: ink, class: 'ink', ...attributes }, text);
}

/** Text in a group that says how it looks. */
export function at(x: number, y: number, text: string): Markup {
  return element('text', { x: round(x), y: round(y) }, text);
}

/** What each row is called, beside the plot; a shortened name tells the whole of it when pointed at. */
export function rowLabels(
  rows: readonly { readonly y: number; readonly text: string }[],
  room = gutter,
): Markup {
  // Less than nine pixels to a letter, and a margin.
  const letters = Math.floor(room / 9.3);
  return element(
    'g',
    { fill: ink, class: 'ink', 'text-anchor': 'end', 'font-weight': 600 },
    ...rows.map(({ y, text }) => {
      const shown = shortened(text, letters);
      const written = at(room - 14, y, shown);
      return shown === text ? written : element('g', {}, element('title', {}, text), written);
    }),
  );
}

export function xAxis(axis: Axis, bottom: number, top: number): Markup {
  const grid = axis.ticks.map((tick) => `M${round(axis.at(tick.value))} ${top}V${bottom}`).join('');
  return fragment(
    element('path', { d: grid, stroke: line, class: 'grid' }),
    element(
      'g',
      { fill: faint, class: 'faint', 'text-anchor': 'middle', 'font-size': 12 },
      ...axis.ticks.map((tick) => at(axis.at(tick.value), bottom + 18, tick.text)),
    ),
  );
}

export const round = (value: number) => Math.round(value * 10) / 10;
