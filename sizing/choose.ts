/**
 * Which kinds of hosts to buy, with those held back for losses in the price: all kinds together, and each choice of
 * some of them. The packer sees working hosts only, and a fleet of one kind needs cheaper spares than one with a few
 * large hosts in it; it is also packed more steadily, which differences between two questions live on.
 */
import { surviving, type Surviving } from './losses.ts';
import type { SizingPolicy } from './model.ts';
import type { BinType, Packing, Problem } from './packing/model.ts';
import { packQuickly } from './packing/pack.ts';
import type { Make } from './workers.ts';

export interface Choice {
  readonly packing: Packing;
  readonly surviving: Surviving;
}

/** More kinds, or more shapes of instances, take longer than they are worth. */
const mostKinds = 4;
const mostShapes = 2000;
/** Choices of kinds that are packed with all effort, and how much dearer than the best they may look before. */
const mostProven = 2;
const nearly = 1.05;

/** The cheapest that was found; one more packing that was made is never the worse choice. */
export async function choose(problem: Problem, policy: SizingPolicy, make: Make): Promise<Choice> {
  const judged = (packing: Packing): Choice => ({ packing, surviving: surviving(problem, packing, policy) });
  const whole = await make(problem);
  let best = judged(whole);
  if (problem.bins.length < 2 || problem.bins.length > mostKinds || problem.items.length > mostShapes)
    return best;
  const offer = (choice: Choice) => {
    if (priceOf(problem, choice) < priceOf(problem, best) * (1 - 1e-9)) best = choice;
  };
  const made = new Map<string, Packing>();
  const proven = async (bins: readonly BinType[]): Promise<Packing> => {
    const key = bins.map(({ id }) => id).join('\n');
    const packing = made.get(key) ?? (await make({ ...problem, bins }));
    made.set(key, packing);
    return packing;
  };
  const quick = someOf(problem.bins)
    .map((bins) => {
      const choice = judged(bounded(packQuickly({ ...problem, bins }, { starts: 0, steps: 200 }), whole));
      return { bins, choice, price: priceOf(problem, choice) };
    })
    .sort((a, b) => a.price - b.price || a.bins.length - b.bins.length);
  for (const { choice } of quick) offer(choice);
  const limit = priceOf(problem, best) * nearly;
  for (const { bins, price } of quick.slice(0, mostProven))
    if (price <= limit) offer(judged(bounded(await proven(bins), whole)));
  const used = new Set(best.packing.bins.map(({ type }) => type));
  const kinds = problem.bins.filter(({ id }) => used.has(id));
  if (kinds.length !== 1 || best.packing.unplaced.length > 0) return best;
  // Of one kind: how few of that kind could do says more than how few of the largest could.
  const { countBound, boundMethod } = await proven(kinds);
  return { ...best, packing: { ...best.packing, countBound, boundMethod } };
}

/** Every choice of some kinds, not of all. */
function someOf(bins: readonly BinType[]): BinType[][] {
  const all = 2 ** bins.length - 1;
  return Array.from({ length: all - 1 }, (_, at) => bins.filter((_bin, index) => ((at + 1) >> index) & 1));
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
