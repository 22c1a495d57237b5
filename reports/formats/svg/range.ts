/** The small drawing in a row of ratios: a dot with its interval on a log axis that all rows share. */
import { axisOf } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element } from '../html/markup.ts';
import type { TableCell, Tone } from '../../parts/parts.ts';
import { faint, round } from './strokes.ts';

const toneColors: Readonly<Record<Tone, string>> = {
  more: '#b4420a',
  less: '#0d7d6c',
  same: '#3563c9',
  unsure: '#5b6675',
  refused: '#8145c4',
  warn: '#8a6100',
  plain: '#1c2430',
};

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
