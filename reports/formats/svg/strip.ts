/** One row of launches: a dot each, and below them the interval of their median. */
import { nudge } from './axes.ts';
import type { Axis } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element } from '../html/markup.ts';
import type { StripSeries } from '../../parts/parts.ts';
import { ink, round, runnerColors } from './strokes.ts';

const tintOf = (series: StripSeries) => series.color % runnerColors.length;
const colorOf = (series: StripSeries) => runnerColors[tintOf(series)] ?? ink;

/** The interval of the median. */
export function bandOf(series: StripSeries, y: number, axis: Axis): Markup | null {
  if (series.interval === null) return null;
  const low = round(axis.at(series.interval.low));
  return element('rect', {
    x: low,
    y: y - 19,
    width: Math.max(1, round(axis.at(series.interval.high) - low)),
    height: 38,
    fill: colorOf(series),
    class: `c${tintOf(series)}`,
  });
}

/** One path for all dots: an element each made pages of many families ten megabytes long. */
export function dotsOf(series: StripSeries, y: number, axis: Axis): Markup | null {
  const path = series.dots
    .map((dot, index) => `M${Math.round(axis.at(dot.value))} ${Math.round(y + nudge(index) * 13)}h0`)
    .join('');
  return path === ''
    ? null
    : element('path', { d: path, stroke: colorOf(series), class: `l${tintOf(series)}` });
}
