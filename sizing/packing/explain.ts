/**
 * Why so many bins: which dimension is fullest, and why not one bin fewer. Three answers, never mixed up: the
 * bound excludes it, with the argument it rests on; something has no place at all; or it is not known.
 */
import type { Fill, Packing } from './model.ts';

export type WhyNotFewer =
  | { readonly state: 'proven'; readonly because: string }
  | { readonly state: 'unplaced'; readonly because: string }
  | { readonly state: 'unknown'; readonly because: string };

export interface Explanation {
  /** The fullest; those within one point of it bind as well. */
  readonly binding: readonly Fill[];
  readonly whyNotFewer: WhyNotFewer;
}

export function explain(packing: Packing): Explanation {
  const most = packing.fill[0]?.share ?? 0;
  const binding = packing.fill.filter(({ share }) => share > 0 && share >= most - 0.01);
  return { binding, whyNotFewer: whyNotFewer(packing) };
}

function whyNotFewer({
  unplaced,
  optimal,
  count,
  countBound,
  cost,
  bound,
  boundMethod,
}: Packing): WhyNotFewer {
  const [first] = unplaced;
  if (first !== undefined) {
    return { state: 'unplaced', because: `${String(first.count)} of ${first.item}: ${first.reason}` };
  }
  if (count <= countBound) {
    return { state: 'proven', because: `no packing has fewer than ${String(countBound)} bins` };
  }
  if (optimal) {
    return { state: 'proven', because: `no packing costs less than ${String(bound)} (${boundMethod})` };
  }
  return {
    state: 'unknown',
    because: `nothing was found below a cost of ${String(cost)}, and nothing below ${String(bound)} is possible (${boundMethod})`,
  };
}
