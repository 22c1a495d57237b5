/**
 * What the page's script draws again, as small as it can be: the dots are in the static drawing too, so that
 * every byte here is carried twice. Blocks are told once per list of them.
 */
import { visibleText } from '../../../model/visible-text.ts';
import type { Block, Chart, StripSeries, View } from '../../parts/parts.ts';

/** Digits of a number that a chart can show; the record keeps them all. */
const drawnDigits = 5;

/** False of kinds that the page's script leaves as they are. */
export function isDrawnAgain({ kind }: Chart): boolean {
  return kind !== 'trend' && kind !== 'beside';
}

/** Launches of a strip: values, and which list of block numbers is that of them. */
export interface DrawnStrip extends Omit<StripSeries, 'dots'> {
  readonly values: readonly number[];
  readonly blocks: number;
}

type Kind<Name extends Chart['kind']> = Extract<Chart, { kind: Name }>;

/** A chart that the page's script draws again. */
export type DrawnChart =
  | (Omit<Kind<'strip'>, 'description' | 'series'> & { readonly series: readonly DrawnStrip[] })
  | Omit<Kind<'lines'>, 'description'>
  | Omit<Kind<'stages'>, 'description'>;

/** What page/client.ts reads. */
export interface ChartData {
  readonly blocks: readonly (readonly number[])[];
  readonly charts: readonly DrawnChart[];
}

/** Labels are cleaned as in the markup. */
export function chartData(view: View): ChartData {
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
  const clean = (_key: string, value: unknown): unknown => {
    if (typeof value === 'number') return Number(value.toPrecision(drawnDigits));
    return typeof value === 'string' ? visibleText(value) : value;
  };
  return {
    blocks: [...lists.values()].map(({ blocks }) => blocks),
    charts: JSON.parse(JSON.stringify(drawn), clean) as DrawnChart[],
  };
}

function chartsIn(block: Block): readonly Chart[] {
  if (block.kind === 'fold') return block.blocks.flatMap(chartsIn);
  return block.kind === 'charts' ? block.charts.filter(isDrawnAgain) : [];
}
