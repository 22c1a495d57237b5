/**
 * The most valuable contents of one bin: a vector knapsack by branch and bound. The order and the main bound
 * come from a surrogate, one weighted sum of all dimensions, its weights adjusted until they bound best.
 * Ended early it still returns a value that no contents exceed, so that what is proven from it stays proven.
 */
import { newLoad, newStock, place, room, type Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

export interface Filling {
  readonly value: number;
  /** No contents are worth more. */
  readonly most: number;
  readonly contents: ReadonlyMap<number, number>;
}

interface Candidate {
  readonly group: number;
  readonly profit: number;
  readonly most: number;
  readonly weight: number;
}

/** `profits` per group; those of no profit are left out. At most `nodes` branches. */
export function mostValuable(
  prepared: Prepared,
  type: number,
  profits: Float64Array,
  nodes: number,
): Filling {
  const stock = newStock(prepared);
  const { items, capacity } = candidates(stock, type, profits);
  let best = 0;
  let contents: ReadonlyMap<number, number> = new Map();
  let most = 0;
  let visited = 0;
  const load = newLoad(prepared, type);
  const visit = (at: number, value: number, left: number): void => {
    if (value > best) {
      best = value;
      contents = new Map([...load.contents].filter(([, units]) => units > 0));
    }
    const item = items[at];
    if (item === undefined) return;
    visited += 1;
    const { group, profit, weight } = item;
    for (let units = room(stock, load, group, item.most); units >= 0; units -= 1) {
      const then = value + units * profit;
      const bound = then + dantzig(items, at + 1, left - units * weight);
      if (bound <= best * (1 + 1e-9) + 1e-12) {
        // The units that are left out are worth less than what takes their room: fewer are no better.
        continue;
      }
      if (visited > nodes) {
        most = Math.max(most, bound);
        continue;
      }
      if (units > 0) place(stock, load, group, units);
      visit(at + 1, then, left - units * weight);
      if (units > 0) place(stock, load, group, -units);
    }
  };
  visit(0, 0, capacity);
  return { value: best, most: Math.max(most, best * (1 + 1e-9) + 1e-12), contents };
}

/** The surrogate filled in fractions, in order of worth: above any contents of the rest. */
function dantzig(items: readonly Candidate[], from: number, capacity: number): number {
  let left = capacity;
  let value = 0;
  for (let at = from; at < items.length; at += 1) {
    const { profit, weight, most } = items[at] as Candidate;
    if (weight * most <= left) {
      value += profit * most;
      left -= weight * most;
    } else return value + (weight > 0 ? (profit * Math.max(0, left)) / weight : 0);
  }
  return value;
}

function candidates(
  stock: Stock,
  type: number,
  profits: Float64Array,
): { items: Candidate[]; capacity: number } {
  const { prepared } = stock;
  const { dims, sizes, groups } = prepared;
  const empty = newLoad(prepared, type);
  const open = groups.flatMap(({ index: group }) => {
    const profit = profits[group] as number;
    const most = profit > 1e-12 ? room(stock, empty, group, prepared.counts[group] as number) : 0;
    return most > 0 ? [{ group, profit, most }] : [];
  });
  const full = empty.left;
  const ordered = (weights: Float64Array): Candidate[] =>
    open
      .map((item) => {
        let weight = 0;
        for (let d = 0; d < dims; d += 1) {
          weight += (weights[d] as number) * (sizes[item.group * dims + d] as number);
        }
        return { ...item, weight };
      })
      .sort((a, b) => b.profit * a.weight - a.profit * b.weight || a.group - b.group);
  let weights = Float64Array.from(full, (value) => (value > 0 ? 1 / (value * dims) : 0));
  let best: { items: Candidate[]; capacity: number; bound: number } | null = null;
  for (let round = 0; round < 25; round += 1) {
    const items = ordered(weights);
    const capacity = weights.reduce((sum, weight, d) => sum + weight * (full[d] as number), 0);
    const bound = dantzig(items, 0, capacity);
    if (best === null || bound < best.bound) best = { items, capacity, bound };
    // A dimension that the fractional solution overfills counts for more.
    const used = usage(prepared, items, capacity);
    weights = weights.map((weight, d) => {
      const whole = full[d] as number;
      return whole > 0
        ? weight * Math.min(4, Math.max(0.25, (used[d] as number) / whole)) ** (1 / (1 + round / 4))
        : 0;
    });
  }
  return best ?? { items: [], capacity: 0 };
}

function usage({ dims, sizes }: Prepared, items: readonly Candidate[], capacity: number): Float64Array {
  const used = new Float64Array(dims);
  let left = capacity;
  for (const { group, weight, most } of items) {
    const units = weight > 0 ? Math.min(most, left / weight) : most;
    for (let d = 0; d < dims; d += 1)
      used[d] = (used[d] as number) + units * (sizes[group * dims + d] as number);
    left -= units * weight;
    if (left <= 0) break;
  }
  return used;
}
