/**
 * Launches measured here, and below a line what others published: dots and bands above, hollow diamonds on a
 * hatched ground below, so that no row can be taken for the other kind, with colours or without.
 */
import { axisOf } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element, fragment } from '../html/markup.ts';
import type { Chart } from '../../parts/parts.ts';
import { bandOf, dotsOf } from './strip.ts';
import {
  at,
  faint,
  frame,
  ink,
  label,
  line,
  right,
  round,
  rowHeight,
  rowLabels,
  width,
  xAxis,
} from './strokes.ts';
import { scaleFor } from '../../../model/units.ts';

const top = 8;
/** Published subjects have long names. */
const room = 224;
/** Rows of published numbers are closer: each is one number. */
const closeRows = 30;
/** Room for the line that says where the published ones begin. */
const divider = 28;

export function besideSvg(chart: Extract<Chart, { readonly kind: 'beside' }>): Markup {
  const { measured, published } = chart;
  const border = top + measured.length * rowHeight;
  const bottom = border + divider + published.length * closeRows;
  const values = [
    ...measured.flatMap(({ dots, interval }) => [
      ...dots.map(({ value }) => value),
      ...(interval === null ? [] : [interval.low, interval.high]),
    ]),
    ...published.map(({ value }) => value),
  ];
  const axis = axisOf(values, chart.unit, chart.log, room, width - right);
  const scale = scaleFor(
    [...measured.map(({ median }) => median), ...published.map(({ value }) => value)],
    chart.unit,
  );
  const middle = (index: number) => top + (index + 0.5) * rowHeight;
  const below = (index: number) => border + divider + (index + 0.5) * closeRows;
  const medians = measured
    .flatMap(({ median }, index) =>
      median === null ? [] : [`M${round(axis.at(median))} ${middle(index) - 19}v38`],
    )
    .join('');
  const diamonds = published.map(({ value, tone }, index) =>
    element('path', {
      d: `M${round(axis.at(value))} ${below(index) - 8}l8 8l-8 8l-8-8z`,
      class: `l-${tone}`,
    }),
  );
  return frame(
    chart,
    bottom + 30,
    hatched(border, bottom),
    xAxis(axis, bottom, top),
    element('g', { 'fill-opacity': 0.18 }, ...measured.map((row, i) => bandOf(row, middle(i), axis))),
    element(
      'g',
      { 'stroke-width': 6, 'stroke-linecap': 'round', 'stroke-opacity': 0.6 },
      ...measured.map((row, index) => dotsOf(row, middle(index), axis)),
    ),
    element('path', { d: medians, stroke: ink, 'stroke-width': 2, class: 'median' }),
    element('g', { fill: 'none', stroke: faint, 'stroke-width': 2 }, ...diamonds),
    label(14, border + 18, 'Published by others, on other hosts: context, never averaged with the above', {
      fill: faint,
      class: 'faint',
      'font-size': 12,
      'font-style': 'italic',
    }),
    rowLabels(
      [
        ...measured.map((row, index) => ({ y: middle(index) + 4, text: row.label })),
        ...published.map((row, index) => ({ y: below(index) + 4, text: row.label })),
      ],
      room,
    ),
    element(
      'g',
      { fill: ink, class: 'ink', 'font-weight': 600 },
      ...measured.map((row, index) => at(width - right + 12, middle(index) + 4, scale.format(row.median))),
    ),
    element(
      'g',
      { fill: faint, class: 'faint' },
      ...published.map(({ value }, index) => at(width - right + 12, below(index) + 4, scale.format(value))),
    ),
  );
}

/** The ground of what was not measured here. */
function hatched(from: number, to: number): Markup {
  const strokes: string[] = [];
  const rise = to - from;
  for (let x = -rise; x < width; x += 14) strokes.push(`M${x} ${to}l${rise} -${rise}`);
  return fragment(
    element('path', { d: strokes.join(''), stroke: line, 'stroke-opacity': 0.55, class: 'grid' }),
    element('path', { d: `M0 ${from}H${width}`, stroke: faint, 'stroke-dasharray': '4 3', class: 'one' }),
  );
}
