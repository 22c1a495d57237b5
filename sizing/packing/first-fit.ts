/**
 * First-fit and best-fit decreasing, on groups: a group meets every bin once, and bins of equal contents are
 * one entry, split where the group ends within it. The result is the one that instance by instance would give.
 * The floor that other packers are measured against, and good where bins are few.
 */
import { commit, copyOf, missingIn, newLoad, newStock, place, room, take } from './stock.ts';
import type { Attempt, Load, Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

export type Fit = 'first' | 'best';

/** Weights per dimension say what "decreasing" means: groups go by the weighted sum of their shares of a bin. */
export function packByFit(prepared: Prepared, fit: Fit, weights: readonly number[]): Attempt {
  const stock = newStock(prepared);
  const loads = fitAll(
    stock,
    prepared.groups.map(({ index }) => index),
    fit,
    weights,
  );
  return { loads, missing: missingIn(stock), method: `${fit}-fit decreasing` };
}

/**
 * Places what the stock holds of these groups into new bins and, before that, the given ones. `noise` multiplies
 * the size by which a group takes its turn.
 */
export function fitAll(
  stock: Stock,
  groups: readonly number[],
  fit: Fit,
  weights: readonly number[],
  open: readonly Load[] = [],
  noise: () => number = () => 1,
): readonly Load[] {
  const { prepared } = stock;
  const order = bySize(prepared, groups, weights, noise);
  if (fit === 'first' && isSparse(stock, order, open)) return fitSingly(stock, order, open);
  const smallest = smallestAfter(prepared, order);
  const closed: Load[] = [];
  let loads = [...open];
  order.forEach((group, at) => {
    if (stock.counts[group] === 0) return;
    const sorted = fit === 'best' ? byFill(prepared, loads, weights) : loads;
    const next: Load[] = [];
    for (const load of sorted) {
      next.push(load);
      const count = stock.counts[group] as number;
      if (count === 0) continue;
      const most = room(stock, load, group, count);
      if (most === 0) continue;
      next.pop();
      next.push(...spread(stock, load, group, most));
    }
    openNew(stock, group, next);
    // A bin that is too full for the least of what is still to come is not looked at again.
    const least = smallest[at + 1];
    loads = next;
    if (least !== undefined && (at % 16 === 0 || order.length < 1000)) {
      loads = [];
      for (const load of next)
        (load.left.some((left, d) => left < (least[d] as number)) ? closed : loads).push(load);
    }
  });
  return [...closed, ...loads];
}

/** Pairs of a group and a bin beyond which bins are found by a tree. */
const mostMeetings = 1_000_000;

/** Many groups of few units and many bins, so that little is gained by taking equal bins together. */
function isSparse({ counts }: Stock, order: readonly number[], open: readonly Load[]): boolean {
  const bins = open.reduce((sum, { copies }) => sum + copies, 0);
  if (order.length * Math.max(bins, order.length / 8) <= mostMeetings) return false;
  const units = order.reduce((sum, group) => sum + (counts[group] as number), 0);
  return units <= 8 * order.length && bins <= 8 * Math.max(order.length, open.length);
}

/** First-fit with each bin by itself, and the first with room for a group found by halves. */
function fitSingly(stock: Stock, order: readonly number[], open: readonly Load[]): Load[] {
  const { dims, sizes } = stock.prepared;
  const loads = open.flatMap((load) =>
    load.copies === 1 ? [copyOf(load, 1)] : Array.from({ length: load.copies }, () => copyOf(load, 1)),
  );
  const tree = new RoomTree(dims, loads);
  for (const group of order) {
    const size = sizes.subarray(group * dims, (group + 1) * dims);
    for (let at = 0; (stock.counts[group] as number) > 0; at += 1) {
      at = tree.firstFrom(at, size);
      const load = loads[at];
      if (load === undefined) break;
      const units = room(stock, load, group, stock.counts[group] as number);
      if (units === 0) continue;
      place(stock, load, group, units);
      take(stock, load.type, group, units);
      tree.set(at, load.left);
    }
    const before = loads.length;
    openNew(stock, group, loads);
    for (const load of loads.splice(before)) {
      for (let copy = 0; copy < load.copies; copy += 1) {
        loads.push(copyOf(load, 1));
        tree.set(loads.length - 1, load.left);
      }
    }
  }
  return loads;
}

/** What is left in each bin, and in pairs, fours and so on of them the most of each dimension. */
class RoomTree {
  readonly #dims: number;
  #width: number;
  #most: Float64Array;

  constructor(dims: number, loads: readonly Load[]) {
    this.#dims = dims;
    this.#width = 1;
    while (this.#width < loads.length + 1) this.#width *= 2;
    this.#most = new Float64Array(2 * this.#width * dims).fill(-1);
    loads.forEach(({ left }, at) => {
      this.#most.set(left, (this.#width + at) * dims);
    });
    for (let node = this.#width - 1; node >= 1; node -= 1) this.#update(node);
  }

  set(at: number, left: Float64Array): void {
    while (at >= this.#width) this.#grow();
    this.#most.set(left, (this.#width + at) * this.#dims);
    for (let node = (this.#width + at) >> 1; node >= 1; node >>= 1) this.#update(node);
  }

  /** The first bin from `from` on that has room in every dimension; beyond all bins where there is none. */
  firstFrom(from: number, size: Float64Array): number {
    if (from >= this.#width) return Infinity;
    let node = this.#width + from;
    for (;;) {
      if (this.#fits(node, size)) {
        if (node >= this.#width) return node - this.#width;
        node *= 2;
        continue;
      }
      // To the next on the right, from as far up as this was the right one.
      while (node % 2 === 1) {
        node >>= 1;
        if (node <= 1) return Infinity;
      }
      if (node === 0) return Infinity;
      node += 1;
    }
  }

  #fits(node: number, size: Float64Array): boolean {
    for (let d = 0, at = node * this.#dims; d < this.#dims; d += 1, at += 1)
      if ((size[d] as number) > (this.#most[at] as number)) return false;
    return true;
  }

  #update(node: number): void {
    for (let d = 0, at = node * this.#dims, left = 2 * at; d < this.#dims; d += 1)
      this.#most[at + d] = Math.max(
        this.#most[left + d] as number,
        this.#most[left + this.#dims + d] as number,
      );
  }

  #grow(): void {
    const old = this.#most.subarray(this.#width * this.#dims);
    this.#width *= 2;
    this.#most = new Float64Array(2 * this.#width * this.#dims).fill(-1);
    this.#most.set(old, this.#width * this.#dims);
    for (let node = this.#width - 1; node >= 1; node -= 1) this.#update(node);
  }
}

/** As many copies as can be filled with `most` each, one with what remains, the others as they were. */
function spread(stock: Stock, load: Load, group: number, most: number): Load[] {
  const { type, copies } = load;
  const each = (rest: number) => Math.min(most, rest);
  const parts: Load[] = [];
  let left = copies;
  while (left > 0) {
    // A limit per domain shrinks with every bin; without one, `most` holds for all copies.
    const count = Math.min(stock.counts[group] as number, room(stock, load, group, most));
    if (count <= 0) break;
    const units = each(count);
    const domain = stock.prepared.groups[group]?.domainMost ?? Infinity;
    const whole = domain === Infinity ? Math.floor((stock.counts[group] as number) / units) : 1;
    const taken = Math.min(left, Math.max(1, whole));
    const part = copyOf(load, taken);
    place(stock, part, group, units);
    take(stock, type, group, units * taken);
    parts.push(part);
    left -= taken;
  }
  if (left > 0) parts.push(copyOf(load, left));
  return parts;
}

/** New bins for what is left of a group, of the type that costs least for what it holds of it. */
function openNew(stock: Stock, group: number, loads: Load[]): void {
  const { prepared } = stock;
  for (;;) {
    const count = stock.counts[group] as number;
    if (count === 0) return;
    let best: { load: Load; units: number; price: number } | null = null;
    for (const { index, cost } of prepared.types) {
      if ((stock.available[index] as number) < 1) continue;
      const load = newLoad(prepared, index);
      const units = room(stock, load, group, count);
      if (units === 0) continue;
      // What a bin holds of this group alone, were there enough of it: else small bins always seem the better.
      const full = Math.min(room(stock, load, group, 1e9), 1e9);
      const price = cost / full;
      if (best === null || price < best.price) best = { load, units, price };
    }
    if (best === null) return;
    const { load, units } = best;
    place(stock, load, group, units);
    load.copies = 1;
    const domain = prepared.groups[group]?.domainMost ?? Infinity;
    if (domain === Infinity) {
      load.copies = Math.min(stock.available[load.type] as number, Math.max(1, Math.floor(count / units)));
    }
    commit(stock, load);
    loads.push(load);
  }
}

export function weightOf(prepared: Prepared, group: number, weights: readonly number[]): number {
  const { dims, sizes, reference } = prepared;
  let sum = 0;
  for (let d = 0; d < dims; d += 1) {
    const whole = reference[d] as number;
    if (whole > 0) sum += ((weights[d] as number) * (sizes[group * dims + d] as number)) / whole;
  }
  return sum;
}

export function bySize(
  prepared: Prepared,
  groups: readonly number[],
  weights: readonly number[],
  noise: () => number = () => 1,
): number[] {
  const keyed = groups.map((group) => [group, weightOf(prepared, group, weights) * noise()] as const);
  return keyed.sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([group]) => group);
}

function byFill(prepared: Prepared, loads: readonly Load[], weights: readonly number[]): Load[] {
  const rest = ({ left }: Load) =>
    left.reduce(
      (sum, value, d) =>
        sum + ((weights[d] as number) * value) / Math.max(prepared.reference[d] as number, 1e-300),
      0,
    );
  const keyed = loads.map((load) => [load, rest(load)] as const);
  return keyed.sort((a, b) => a[1] - b[1]).map(([load]) => load);
}

/** Per position in the order, the least of each dimension from there on. */
function smallestAfter(prepared: Prepared, order: readonly number[]): readonly Float64Array[] {
  const { dims, sizes } = prepared;
  const all: Float64Array[] = [];
  let least = new Float64Array(dims).fill(Infinity);
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const group = order[at] as number;
    const own = sizes.subarray(group * dims, (group + 1) * dims);
    least = least.map((value, d) => Math.min(value, own[d] as number));
    all[at] = least;
  }
  return all;
}
