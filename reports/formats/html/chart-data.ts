/**
 * What the page's script draws again, as small as it can be: the dots are in the static drawing too, so that
 * every byte here is carried twice. Blocks are told once per list of them, units once each.
 */
import type { Unit } from '../../../model/quantities.ts';
import { unitSteps } from '../../../model/units.ts';
import { visibleText } from '../../../model/visible-text.ts';
import type { Block, Chart, View } from '../../parts/parts.ts';

/** Digits of a number that a chart can show; the record keeps them all. */
const drawnDigits = 5;

/** False of kinds that the page's script leaves as they are. */
export function isDrawnAgain({ kind }: Chart): boolean {
  return kind !== 'trend' && kind !== 'beside';
}

/** Read by page/client.ts; labels cleaned as in the markup. */
export function chartData(view: View): unknown {
  const charts = view.sections.flatMap((section) => section.blocks.flatMap(chartsIn));
  const lists = new Map<string, { readonly index: number; readonly blocks: readonly number[] }>();
  const listOf = (blocks: readonly number[]) => {
    const key = blocks.join(' ');
    const known = lists.get(key) ?? { index: lists.size, blocks };
    lists.set(key, known);
    return known.index;
  };
  const drawn = charts.map(({ description: _description, ...chart }) =>
    chart.kind !== 'strip'
      ? chart
      : {
          ...chart,
          series: chart.series.map(({ dots, ...series }) => ({
            ...series,
            values: dots.map(({ value }) => value),
            blocks: listOf(dots.map(({ block }) => block)),
          })),
        },
  );
  const units = [...new Set(charts.map(({ unit }) => unit))].map((unit): readonly [Unit, unknown] => [
    unit,
    unitSteps(unit),
  ]);
  const clean = (_key: string, value: unknown): unknown => {
    if (typeof value === 'number') return Number(value.toPrecision(drawnDigits));
    return typeof value === 'string' ? visibleText(value) : value;
  };
  return {
    // Powers of 1024 are not to be rounded.
    units: Object.fromEntries(units),
    blocks: [...lists.values()].map(({ blocks }) => blocks),
    charts: JSON.parse(JSON.stringify(drawn), clean) as unknown,
  };
}

function chartsIn(block: Block): readonly Chart[] {
  if (block.kind === 'fold') return block.blocks.flatMap(chartsIn);
  return block.kind === 'charts' ? block.charts.filter(isDrawnAgain) : [];
}
