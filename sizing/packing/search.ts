/**
 * The heuristics together: every packer from several weights, the best improved by local search. Synchronous and
 * of pure arithmetic, for a browser too. The first starts are the well-known ones; the others are drawn.
 */
import { createRandom } from '../../model/random.ts';
import { combinatorialBound, type Bound } from './bounds.ts';
import { packByFill, type Rule } from './fill.ts';
import { packByFit, type Fit } from './first-fit.ts';
import { improve } from './improve.ts';
import { isBetter, costOf, type Attempt } from './stock.ts';
import type { Prepared } from './prepare.ts';

export interface SearchOptions {
  readonly seed: number;
  /** Random weightings tried after the fixed ones. */
  readonly starts: number;
  /** Of local search. */
  readonly steps: number;
}

/** Effort by size: the work of one start grows with the number of shapes. */
export function effortFor(prepared: Prepared, seed: number): SearchOptions {
  const shapes = prepared.groups.length;
  if (shapes > 20_000) return { seed, starts: 0, steps: 200 };
  if (shapes > 2000) return { seed, starts: 1, steps: 1000 };
  return { seed, starts: shapes > 200 ? 4 : 12, steps: 2000 };
}

export function search(
  prepared: Prepared,
  options: SearchOptions,
  bound: Bound = combinatorialBound(prepared),
): Attempt {
  const random = createRandom(options.seed);
  let best: Attempt = { loads: [], missing: Infinity, method: 'none' };
  const done = () => best.missing === 0 && costOf(prepared, best.loads) <= bound.cost * (1 + 1e-12);
  const offer = (attempt: Attempt) => {
    if (isBetter(prepared, attempt, best)) best = attempt;
  };
  const [demand, equal] = [demandWeights(prepared), prepared.names.map(() => 1)];
  const fills: readonly (readonly [Rule, readonly number[]])[] = [
    ['dot product', demand],
    ['least norm', demand],
    ['dot product', equal],
  ];
  const many = prepared.groups.length > 20_000;
  for (const [rule, weights] of many ? fills.slice(0, 1) : fills)
    if (!done()) offer(packByFill(prepared, rule, weights));
  const fits: readonly Fit[] = many ? [] : ['best', 'first'];
  for (const fit of fits) if (!done()) offer(packByFit(prepared, fit, demand));
  for (let start = 0; start < options.starts && !done(); start += 1) {
    const weights = demand.map((weight) => weight * Math.exp(random.normal()));
    offer(packByFill(prepared, start % 2 === 0 ? 'dot product' : 'least norm', weights));
  }
  if (done()) return best;
  return improve(prepared, best, random, { steps: options.steps, target: bound.cost });
}

/** A dimension counts as much as it is asked for: the share of the largest bin that an average unit takes. */
export function demandWeights(prepared: Prepared): readonly number[] {
  const { dims, sizes, counts, reference } = prepared;
  const demand = Array.from({ length: dims }, (_, d) => {
    let sum = 0;
    counts.forEach((count, group) => (sum += count * (sizes[group * dims + d] as number)));
    const full = reference[d] as number;
    return full > 0 ? sum / full : 0;
  });
  const most = Math.max(...demand, 1e-300);
  return demand.map((value) => value / most);
}
