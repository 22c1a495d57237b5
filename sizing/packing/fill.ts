/**
 * Bin-centric packing (R. Panigrahy et al., "Heuristics for vector bin packing", 2011): one bin at a time takes
 * the item that suits what is left of it best: the largest dot product with the rest, or the least norm of the
 * rest after it. A filled bin is repeated as long as there is stock for it, so that the work grows with the
 * number of shapes. Of very many shapes a bin sees the largest and an even sample by size.
 */
import { bySize, weightOf } from './first-fit.ts';
import { commit, missingIn, newLoad, newStock, place, repeats, room } from './stock.ts';
import type { Attempt, Load, Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

export type Rule = 'dot product' | 'least norm';

/** How many shapes a bin chooses from; fewer where there are tens of thousands. */
const seen = 192;
const seenOfMany = 48;

export function packByFill(prepared: Prepared, rule: Rule, weights: readonly number[]): Attempt {
  const stock = newStock(prepared);
  const loads = fillAll(
    stock,
    prepared.groups.map(({ index }) => index),
    rule,
    weights,
  );
  return { loads, missing: missingIn(stock), method: rule };
}

/** Places what the stock holds of these groups into new bins. */
export function fillAll(
  stock: Stock,
  groups: readonly number[],
  rule: Rule,
  weights: readonly number[],
): readonly Load[] {
  const { prepared } = stock;
  let active = bySize(prepared, groups, weights).filter((group) => (stock.counts[group] as number) > 0);
  let exhausted = 0;
  let alive = new Alive(stock, active);
  const loads: Load[] = [];
  while (active.length > 0) {
    const candidates = sample(alive, active);
    const load = bestBin(stock, candidates, rule, weights, active.length === candidates.length);
    if (load === null) {
      // What is seen fits nowhere: the supply of its bins has ended. Others may still have some.
      const stuck = new Set(candidates);
      active = active.filter((group) => !stuck.has(group));
      alive = new Alive(stock, active);
      continue;
    }
    load.copies = repeats(stock, load);
    commit(stock, load);
    loads.push(load);
    for (const group of load.contents.keys()) if (stock.counts[group] === 0) exhausted += 1;
    if (active.length <= seen || exhausted * 8 > active.length) {
      active = active.filter((group) => (stock.counts[group] as number) > 0);
      alive = new Alive(stock, active);
      exhausted = 0;
    }
  }
  return loads;
}

/** The next group of which there is still some, past runs of any length that have been walked before. */
class Alive {
  readonly #counts: Float64Array;
  readonly #active: readonly number[];
  /** Per position, one further on before which nothing is left; made when first asked. */
  #next: Int32Array | null = null;

  constructor({ counts }: Stock, active: readonly number[]) {
    this.#counts = counts;
    this.#active = active;
  }

  from(start: number): number {
    const next = (this.#next ??= Int32Array.from(this.#active.keys()));
    let at = start;
    while (at < next.length && this.#counts[this.#active[at] as number] === 0) {
      const further = next[at] as number;
      at = further > at ? further : at + 1;
    }
    for (let walked = start; walked < at && walked < next.length;) {
      const further = Math.max(walked + 1, next[walked] as number);
      next[walked] = at;
      walked = further;
    }
    return at;
  }
}

function sample(alive: Alive, active: readonly number[]): readonly number[] {
  if (active.length <= seen) return active;
  const chosen: number[] = [];
  const wanted = active.length > 20_000 ? seenOfMany : seen;
  const step = active.length / wanted;
  let last = -1;
  for (let i = 0; i < wanted; i += 1) {
    const at = alive.from(Math.max(last + 1, Math.floor(i * step)));
    if (at >= active.length) break;
    chosen.push(active[at] as number);
    last = at;
  }
  return chosen;
}

function bestBin(
  stock: Stock,
  candidates: readonly number[],
  rule: Rule,
  weights: readonly number[],
  complete: boolean,
): Load | null {
  const { prepared } = stock;
  let best: { load: Load; price: number } | null = null;
  const whole = complete
    ? candidates.reduce((sum, group) => sum + (stock.counts[group] as number), 0)
    : Infinity;
  let last: { load: Load; cost: number } | null = null;
  for (const { index, cost } of prepared.types) {
    if ((stock.available[index] as number) < 1) continue;
    const load = fillBin(stock, index, candidates, rule, weights);
    if (load.contents.size === 0) continue;
    let value = 0;
    let units = 0;
    for (const [group, count] of load.contents) {
      value += count * weightOf(prepared, group, weights);
      units += count;
    }
    if (units === whole && (last === null || cost < last.cost)) last = { load, cost };
    const price = value > 0 ? cost / value : cost;
    if (best === null || price < best.price) best = { load, price };
  }
  return last?.load ?? best?.load ?? null;
}

function fillBin(
  stock: Stock,
  type: number,
  candidates: readonly number[],
  rule: Rule,
  weights: readonly number[],
): Load {
  const { prepared } = stock;
  const { dims, sizes, reference, groups } = prepared;
  const load = newLoad(prepared, type);
  const { left } = load;
  // Per dimension, what one unit of size counts against what is left.
  const scale = Float64Array.from(weights, (weight, d) => {
    const full = reference[d] as number;
    return full > 0 ? weight / (full * full) : 0;
  });
  const open = Int32Array.from(candidates);
  const rest = Float64Array.from(candidates, (group) => stock.counts[group] as number);
  let count = open.length;
  for (;;) {
    let best = -1;
    let bestScore = -Infinity;
    let kept = 0;
    for (let k = 0; k < count; k += 1) {
      const group = open[k] as number;
      const there = rest[k] as number;
      if (there <= 0) continue;
      let score = 0;
      let d = 0;
      for (let at = group * dims; d < dims; d += 1, at += 1) {
        const size = sizes[at] as number;
        const free = left[d] as number;
        if (size > free) break;
        // The norm of the rest, its constant part left off: (free - size)^2 - free^2.
        score += (scale[d] as number) * (rule === 'dot product' ? free * size : size * (2 * free - size));
      }
      if (d < dims) continue;
      // Sizes are looked at here, for speed; every other rule is the stock's to judge.
      if (groups[group]?.isPlain !== true ? room(stock, load, group, 1) === 0 : !groups[group].allowed[type])
        continue;
      open[kept] = group;
      rest[kept] = there;
      if (score > bestScore) {
        bestScore = score;
        best = kept;
      }
      kept += 1;
    }
    if (best < 0) return load;
    place(stock, load, open[best] as number, 1);
    rest[best] = (rest[best] as number) - 1;
    count = kept;
  }
}
