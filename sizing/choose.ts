/**
 * Which kinds of hosts to buy, with those held back for losses in the price: all kinds together, and each kind
 * alone. The packer sees working hosts only, and a fleet of one kind needs cheaper spares than one with a few large
 * hosts in it; it is also packed more steadily, which differences between two questions live on.
 */
import { surviving, type Surviving } from './losses.ts';
import type { SizingPolicy } from './model.ts';
import type { Packing, Problem } from './packing/model.ts';
import type { Make } from './workers.ts';

export interface Choice {
  readonly packing: Packing;
  readonly surviving: Surviving;
}

/** More kinds, or more shapes of instances, take longer than they are worth. */
const mostKinds = 4;
const mostShapes = 2000;

/** The cheapest that was found. */
export async function choose(problem: Problem, policy: SizingPolicy, make: Make): Promise<Choice> {
  const whole = await make(problem);
  const first = { packing: whole, surviving: surviving(problem, whole, policy) };
  if (problem.bins.length < 2 || problem.bins.length > mostKinds || problem.items.length > mostShapes)
    return first;
  let best: Choice = first;
  const alone = new Map<string, Packing>();
  for (const bin of problem.bins) {
    const packing = bounded(await make({ ...problem, bins: [bin] }), whole);
    alone.set(bin.id, packing);
    const choice = { packing, surviving: surviving(problem, packing, policy) };
    if (priceOf(problem, choice) < priceOf(problem, best) * (1 - 1e-9)) best = choice;
  }
  const [only, ...others] = new Set(best.packing.bins.map(({ type }) => type));
  const own = others.length > 0 || only === undefined ? undefined : alone.get(only);
  // Of one kind: how few of that kind could do says more than how few of the largest could.
  if (own === undefined) return best;
  const { countBound, boundMethod } = own;
  return { ...best, packing: { ...best.packing, countBound, boundMethod } };
}

/** Its cost judged by what all kinds could do; its number of hosts by what its own kind can. */
function bounded(packing: Packing, { bound }: Packing): Packing {
  const gap = bound > 0 ? Math.max(0, packing.cost - bound) / bound : packing.cost > 0 ? 1 : 0;
  const optimal = packing.unplaced.length === 0 && packing.cost <= bound * (1 + 1e-9);
  return { ...packing, bound, gap, optimal };
}

/** Spare hosts included; what does not fit, or survives no loss, is dearer than all that does. */
function priceOf({ bins }: Problem, { packing, surviving: { hosts, spared } }: Choice): number {
  if (hosts === null) return Infinity;
  const costs = new Map(bins.map(({ id, cost }) => [id, cost]));
  const spare = (spared?.empty ?? []).reduce(
    (sum, { type, copies }) => sum + copies * (costs.get(type) ?? 0),
    0,
  );
  return packing.cost + spare;
}
