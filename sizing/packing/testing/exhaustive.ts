/** The optimum by trying everything, on instances of a few items; validity is the checker's word alone. */
import { checkPacking } from '../check.ts';
import type { Content, PackedBin, Problem } from '../model.ts';

interface Open {
  readonly type: string;
  readonly items: readonly string[];
}

/** The least cost and, apart from it, the least number of bins of a packing of everything; null if there is none. */
export function exhaustiveOptimum(problem: Problem): { cost: number; count: number } | null {
  const queue = problem.items.flatMap(({ id, count }) => Array.from({ length: count }, () => id));
  const costs = new Map(problem.bins.map(({ id, cost }) => [id, cost]));
  let best: { cost: number; count: number } | null = null;
  const visit = (at: number, bins: readonly Open[], cost: number): void => {
    if (best !== null && cost >= best.cost && bins.length >= best.count) return;
    // Items that belong together break their rule until the last of them is placed.
    const faults = checkPacking(problem, { bins: bins.map(packed) });
    if (faults.some((fault) => !/ lost$|belongs together/.test(fault))) return;
    const item = queue[at];
    if (item === undefined) {
      if (faults.length > 0) return;
      best = {
        cost: Math.min(best?.cost ?? Infinity, cost),
        count: Math.min(best?.count ?? Infinity, bins.length),
      };
      return;
    }
    bins.forEach((bin, index) => {
      visit(at + 1, bins.with(index, { ...bin, items: [...bin.items, item] }), cost);
    });
    for (const { id } of problem.bins) {
      visit(at + 1, [...bins, { type: id, items: [item] }], cost + (costs.get(id) ?? 0));
    }
  };
  visit(0, [], 0);
  return best;
}

function packed({ type, items }: Open): PackedBin {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const contents: Content[] = [...counts].map(([item, count]) => ({ item, count }));
  return { type, contents, copies: 1 };
}
