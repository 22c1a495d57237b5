/** Startup stages drawn as stacked bars, absolute or as shares of each runner's own start. */
import { scaleFor } from '../../../model/units.ts';
import { linearAxis } from './axes.ts';
import type { Axis } from './axes.ts';
import type { Markup } from '../html/markup.ts';
import { element, fragment } from '../html/markup.ts';
import type { Chart, StageBar } from '../../parts/parts.ts';
import { faint, frame, gutter, label, right, round, rowHeight, rowLabels, width, xAxis } from './strokes.ts';
import { milestoneWords } from '../../parts/words.ts';

/** Colours of stages T1 to T6. */
const stageColors = ['#94a3b8', '#94a3b8', '#8fb4f5', '#5b8def', '#3563c9', '#e0913a', '#c2570c'];

export function stagesSvg(chart: Extract<Chart, { readonly kind: 'stages' }>): Markup {
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
  const middle = (index: number) => top + (index + 0.5) * rowHeight;
  const rows = chart.bars.map((bar, index) => stageRow(bar, middle(index), shown, chart.share, format));
  const names = chart.bars.map((bar, index) => ({ y: middle(index) + 4, text: bar.label }));
  return frame(chart, bottom + 30, ...legend, xAxis(shown, bottom, top), ...rows, rowLabels(names));
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
  return fragment(...parts, label(width - right + 12, y + 4, format(bar.total), { 'font-weight': 600 }));
}
