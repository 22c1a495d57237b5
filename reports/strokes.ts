/**
 * What every static chart is drawn with: its measures, its light-mode colours, frame, labels and grid.
 * Presentation attributes carry the look; classes only let the page recolour it for dark mode.
 */
import type { Axis } from './axes.ts';
import type { Child, Markup } from './markup.ts';
import { element, fragment } from './markup.ts';
import type { Chart } from './parts.ts';
import { shortened } from './words.ts';

export const width = 620;
export const gutter = 144;
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
export function frame(chart: Chart, height: number, ...children: readonly Child[]): Markup {
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

export function label(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Markup {
  return element('text', { x: round(x), y: round(y), fill: ink, class: 'ink', ...attributes }, text);
}

export function rowLabel(y: number, text: string): Markup {
  return element(
    'g',
    {},
    element('title', {}, text),
    label(gutter - 14, y, shortened(text, 16), { 'text-anchor': 'end', 'font-weight': 600 }),
  );
}

export function xAxis(axis: Axis, bottom: number, top: number): Markup {
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

export const round = (value: number) => Math.round(value * 10) / 10;
