/**
 * The most valuable contents of one bin: a vector knapsack by branch and bound. Order and main bound come from a
 * surrogate, one weighted sum of all dimensions, its weights adjusted until they bound best (F. Glover, 1965).
 * Ended early it still returns a value that no contents exceed, so that what is proven from it stays proven.
 */
import { newLoad, newStock, place, room, type Load, type Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

export interface Filling {
  readonly value: number;
  /** No contents are worth more. */
  readonly most: number;
  readonly contents: ReadonlyMap<number, number>;
  /** Others that were the best for a while, the better last. */
  readonly others: readonly ReadonlyMap<number, number>[];
  readonly nodes: number;
}

interface Candidate {
  readonly group: number;
  readonly profit: number;
  readonly most: number;
  readonly weight: number;
}

export interface Question {
  readonly type: number;
  /** Per group; those of no profit are left out. */
  readonly profits: Float64Array;
  /** At most so many branches. */
  readonly nodes: number;
  /** Units of each group that there are; all of the problem's unless given. */
  readonly counts?: Float64Array;
  /** Contents worth no more than this are of no interest. */
  readonly above?: number;
}

const kept = 6;

export function mostValuable(prepared: Prepared, question: Question): Filling {
  const { type, profits, nodes, counts = prepared.counts, above = 0 } = question;
  const stock: Stock = { ...newStock(prepared), counts: counts.slice() };
  const surrogate = candidates(stock, type, profits);
  const search = new Search(stock, type, surrogate, nodes, above);
  search.run(surrogate.capacity);
  const { best, most, found, visited } = search;
  return {
    value: best,
    most: Math.max(most, best * (1 + 1e-9) + 1e-12),
    contents: found.at(-1) ?? new Map(),
    others: found.slice(0, -1),
    nodes: visited,
  };
}

/** Per depth: which items still fit, in order of worth, and sums over those before each, all units taken. */
interface Level {
  readonly open: Int32Array;
  readonly weights: Float64Array;
  readonly profits: Float64Array;
  /** The largest profit of one unit from each on. */
  readonly largest: Float64Array;
  /** So many more units fit at most, by the smallest in the fullest dimension. */
  units: number;
}

/** Items in order of worth by weight, and the bin's capacity in that weight. */
interface Surrogate {
  readonly items: readonly Candidate[];
  readonly capacity: number;
}

const cells = 1200;

/**
 * The surrogate's knapsack in whole units, by dynamic programming over a grid: what the items from each on are worth at
 * most in so much room. Weights are rounded down, so that it is never too little.
 */
class Table {
  readonly #values: Float64Array;
  readonly #step: number;
  readonly #count: number;

  constructor(items: readonly Candidate[], capacity: number) {
    this.#step = capacity > 0 ? (capacity * (1 + 1e-9)) / cells : 1;
    this.#count = items.length;
    const width = cells + 1;
    const values = new Float64Array((items.length + 1) * width);
    for (let at = items.length - 1; at >= 0; at -= 1) {
      const { profit, weight, most } = items[at] as Candidate;
      const size = Math.floor((weight / this.#step) * (1 - 1e-12));
      const [own, next] = [at * width, (at + 1) * width];
      const least = size === 0 ? most * profit : 0;
      for (let room = 0; room < width; room += 1) {
        let best = (values[next + room] as number) + least;
        if (size > 0) {
          for (let units = 1, rest = room - size; units <= most && rest >= 0; units += 1, rest -= size) {
            const value = (values[next + rest] as number) + units * profit;
            if (value > best) best = value;
          }
        }
        values[own + room] = best;
      }
    }
    this.#values = values;
  }

  /** Of the items from `at` on, in so much of the surrogate's room. */
  most(at: number, left: number): number {
    if (at >= this.#count || left < 0) return 0;
    const room = Math.min(cells, Math.floor((left / this.#step) * (1 + 1e-12) + 1e-9));
    return this.#values[at * (cells + 1) + room] as number;
  }
}

class Search {
  best: number;
  most = 0;
  visited = 0;
  readonly found: ReadonlyMap<number, number>[] = [];
  readonly #stock: Stock;
  readonly #items: readonly Candidate[];
  readonly #nodes: number;
  readonly #levels: Level[] = [];
  /** Of the bin, for items with rules beyond size; null: there are none, and sizes alone decide. */
  readonly #load: Load | null;
  readonly #taken = new Map<number, number>();
  /** Dimensions that can be full, what is left in them, and the sizes of the items in their order. */
  readonly #dims: number;
  readonly #free: Float64Array;
  readonly #sizes: Float64Array;
  readonly #least: Float64Array;
  readonly #table: Table | null;

  constructor(stock: Stock, type: number, { items, capacity }: Surrogate, nodes: number, above: number) {
    this.#stock = stock;
    this.#items = items;
    this.#nodes = nodes;
    this.best = above;
    const { groups } = stock.prepared;
    const isPlain = items.every(({ group }) => {
      const rules = groups[group];
      return rules?.apart.length === 0 && rules.foes.size === 0 && rules.domainMost === Infinity;
    });
    this.#load = isPlain ? null : newLoad(stock.prepared, type);
    const { dims, free } = this.#binding(type);
    this.#dims = dims.length;
    this.#free = free;
    const all = stock.prepared;
    this.#sizes = Float64Array.from(
      items.flatMap(({ group }) => dims.map((d) => all.sizes[group * all.dims + d] ?? 0)),
    );
    this.#least = new Float64Array(dims.length);
    // Of several dimensions the surrogate alone says too little to be worth its table.
    this.#table = dims.length === 1 ? new Table(items, capacity) : null;
  }

  /** A dimension in which as many of the largest as ever fit do not fill the bin is left out. */
  #binding(type: number): { dims: number[]; free: Float64Array } {
    const { dims, sizes, types } = this.#stock.prepared;
    const full = types[type]?.capacity ?? new Float64Array(dims);
    const bounds = Array.from({ length: dims }, (_, d) => {
      const own = this.#items.map(({ group }) => sizes[group * dims + d] as number);
      return { least: Math.min(Infinity, ...own), largest: Math.max(0, ...own) };
    });
    const all = this.#items.reduce((sum, { most }) => sum + most, 0);
    let binding = bounds.map((_, d) => d);
    for (const [d, { largest }] of bounds.entries()) {
      // So many fit by the other dimensions that are still in.
      const units = binding.reduce((fewest, other) => {
        const { least } = bounds[other] ?? { least: 0 };
        if (other === d || least <= 0) return fewest;
        return Math.min(fewest, Math.floor((full[other] as number) / least + 1e-9));
      }, all);
      if (units * largest <= (full[d] as number)) binding = binding.filter((other) => other !== d);
    }
    // Something has to end the search where nothing can be full: all of everything is taken then.
    const kept = binding.length > 0 ? binding : [0];
    return { dims: kept, free: Float64Array.from(kept, (d) => full[d] as number) };
  }

  run(capacity: number): void {
    this.#visit(
      0,
      Int32Array.from(this.#items, (_, at) => at),
      0,
      this.#items.length,
      0,
      capacity,
    );
  }

  #keep(value: number): void {
    this.best = value;
    this.found.push(new Map(this.#taken));
    if (this.found.length > kept) this.found.shift();
  }

  /** `from` on in `given`, those that fit: the others cannot come back, which is what makes the bound tight. */
  #visit(depth: number, given: Int32Array, from: number, end: number, value: number, left: number): void {
    if (value > this.best * (1 + 1e-9) + 1e-12) this.#keep(value);
    const level = (this.#levels[depth] ??= {
      open: new Int32Array(this.#items.length),
      weights: new Float64Array(this.#items.length + 1),
      profits: new Float64Array(this.#items.length + 1),
      largest: new Float64Array(this.#items.length + 1),
      units: 0,
    });
    const count = this.#fill(level, given, from, end);
    if (count === 0) return;
    for (let k = 0; k < count; k += 1) {
      const enough = this.best * (1 + 1e-9) + 1e-12;
      const at = level.open[k] as number;
      const bound =
        value +
        Math.min(
          this.#table?.most(at, left) ?? Infinity,
          level.units * (level.largest[k] as number),
          this.#bound(level, k, count, left),
        );
      // All three are of what comes from here on, and so never more further on.
      if (bound <= enough) return;
      const { group, profit, weight, most } = this.#items[at] as Candidate;
      // With several units of it the sum is larger: then it is not this item that is left out.
      if (most === 1 && value + profit + (level.units - 1) * (level.largest[k + 1] as number) <= enough)
        continue;
      if (this.visited >= this.#nodes) {
        this.most = Math.max(this.most, bound);
        return;
      }
      this.visited += 1;
      for (let units = this.#room(at, most); units > 0; units -= 1) {
        this.#take(at, units);
        this.#taken.set(group, units);
        this.#visit(depth + 1, level.open, k + 1, count, value + units * profit, left - units * weight);
        this.#taken.delete(group);
        this.#take(at, -units);
      }
    }
  }

  #room(at: number, most: number): number {
    let fit = most;
    for (let d = 0, start = at * this.#dims; d < this.#dims; d += 1) {
      const size = this.#sizes[start + d] as number;
      if (size > 0) fit = Math.min(fit, Math.floor((this.#free[d] as number) / size + 1e-12));
    }
    return this.#load === null
      ? fit
      : room(this.#stock, this.#load, (this.#items[at] as Candidate).group, fit);
  }

  #take(at: number, units: number): void {
    for (let d = 0, start = at * this.#dims; d < this.#dims; d += 1)
      this.#free[d] = (this.#free[d] as number) - units * (this.#sizes[start + d] as number);
    if (this.#load === null) return;
    const { group } = this.#items[at] as Candidate;
    place(this.#stock, this.#load, group, units);
    if (this.#load.contents.get(group) === 0) this.#load.contents.delete(group);
  }

  #fill(level: Level, given: Int32Array, from: number, end: number): number {
    const { open, weights, profits, largest } = level;
    const dims = this.#dims;
    const free = this.#free;
    const sizes = this.#sizes;
    const least = this.#least.fill(Infinity);
    let count = 0;
    for (let k = from; k < end; k += 1) {
      const at = given[k] as number;
      const start = at * dims;
      let fits = true;
      for (let d = 0; d < dims; d += 1)
        if ((sizes[start + d] as number) > (free[d] as number)) {
          fits = false;
          break;
        }
      if (!fits) continue;
      const { profit, weight, most } = this.#items[at] as Candidate;
      open[count] = at;
      weights[count + 1] = (weights[count] as number) + weight * most;
      profits[count + 1] = (profits[count] as number) + profit * most;
      count += 1;
      for (let d = 0; d < dims; d += 1)
        if ((sizes[start + d] as number) < (least[d] as number)) least[d] = sizes[start + d] as number;
    }
    largest[count] = 0;
    for (let k = count - 1; k >= 0; k -= 1)
      largest[k] = Math.max(largest[k + 1] as number, (this.#items[open[k] as number] as Candidate).profit);
    level.units = Infinity;
    for (let d = 0; d < dims; d += 1)
      if ((least[d] as number) > 0)
        level.units = Math.min(level.units, Math.floor((free[d] as number) / (least[d] as number) + 1e-9));
    return count;
  }

  /** The surrogate filled in fractions from an item on, in order of worth: above any contents of the rest. */
  #bound({ open, weights, profits }: Level, from: number, count: number, left: number): number {
    const whole = (weights[from] as number) + left;
    let low = from;
    let high = count;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((weights[middle] as number) <= whole) low = middle;
      else high = middle - 1;
    }
    const value = (profits[low] as number) - (profits[from] as number);
    if (low === count) return value;
    const { profit, weight } = this.#items[open[low] as number] as Candidate;
    return weight <= 0 ? value : value + (profit * Math.max(0, whole - (weights[low] as number))) / weight;
  }
}

/** The surrogate filled in fractions, in order of worth: above any contents of the rest. */
function dantzig(items: readonly Candidate[], capacity: number): number {
  let left = capacity;
  let value = 0;
  for (const { profit, weight, most } of items) {
    if (weight * most <= left) {
      value += profit * most;
      left -= weight * most;
    } else return value + (weight > 0 ? (profit * Math.max(0, left)) / weight : 0);
  }
  return value;
}

function candidates(stock: Stock, type: number, profits: Float64Array): Surrogate {
  const { prepared } = stock;
  const { dims, sizes, groups } = prepared;
  const empty = newLoad(prepared, type);
  const open = groups.flatMap(({ index: group }) => {
    const profit = profits[group] as number;
    const most = profit > 1e-12 ? room(stock, empty, group, stock.counts[group] as number) : 0;
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
  // One dimension has one order.
  for (let round = 0; round < (dims === 1 ? 1 : 25); round += 1) {
    const items = ordered(weights);
    const capacity = weights.reduce((sum, weight, d) => sum + weight * (full[d] as number), 0);
    const bound = dantzig(items, capacity);
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
