/**
 * What no packing can beat, from sums alone. Volume: all sizes must fit into the capacities bought. Large items:
 * dual-feasible functions (S. Martello and P. Toth's L2, S. Fekete and J. Schepers' u(k), 2001) round sizes so
 * that a bin still holds at most 1 of what fits into it, one dimension at a time, against the largest bin.
 * Items kept apart: so many bins as the limit demands. Each part of the problem that shares no bin type with
 * the others is bounded alone, and the bounds add up.
 */
import type { Prepared } from './prepare.ts';
import { newLoad, newStock, place, room } from './stock.ts';

export interface Bound {
  readonly cost: number;
  readonly count: number;
  /** Which argument the cost rests on, and for which dimension. */
  readonly method: string;
}

/** Below any packing of all that can be placed, whatever is available. */
export function combinatorialBound(prepared: Prepared): Bound {
  const parts = components(prepared).map((part) => boundOf(prepared, part));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const cost = parts.reduce((sum, part) => sum + part.cost, 0);
  const [first, ...others] = [...new Set(parts.map(({ method }) => method))];
  const method = others.length === 0 ? (first ?? 'nothing to place') : 'sum over islands of bins';
  return { cost: liftCost(prepared, cost), count, method };
}

interface Part {
  readonly groups: readonly number[];
  readonly types: readonly number[];
}

function boundOf(prepared: Prepared, part: Part): Bound {
  let best: Bound = { cost: 0, count: 0, method: 'nothing to place' };
  const offer = (cost: number, count: number, method: string) => {
    best = {
      cost: Math.max(best.cost, cost),
      count: Math.max(best.count, count),
      method: cost > best.cost || (best.count === 0 && count > 0) ? method : best.method,
    };
  };
  for (let d = 0; d < prepared.dims; d += 1) {
    const name = prepared.names[d] ?? '';
    const volume = volumeBound(prepared, part, d);
    offer(volume.cost, volume.count, `volume of ${name}`);
    const large = dualFeasibleBound(prepared, part, d);
    offer(cheapest(prepared, part, large), large, `large items in ${name}`);
  }
  if (prepared.dims > 1) {
    const all = dualFeasibleBound(prepared, part, null);
    offer(cheapest(prepared, part, all), all, 'large items in the sum of all');
  }
  const apart = apartBound(prepared, part);
  offer(cheapest(prepared, part, apart), apart, 'items kept apart');
  const strangers = strangersBound(prepared, part);
  offer(cheapest(prepared, part, strangers), strangers, 'kinds that never share a bin');
  // Each argument may bound the count alone: the bins it proves cost at least the cheapest.
  offer(cheapest(prepared, part, best.count), best.count, 'number of bins');
  return best;
}

/** Buys capacity where it is cheapest, in fractions of bins, as far as there is any. */
function volumeBound(
  prepared: Prepared,
  { groups, types }: Part,
  d: number,
): { cost: number; count: number } {
  const { sizes, counts, dims } = prepared;
  let volume = 0;
  for (const group of groups) volume += (sizes[group * dims + d] as number) * (counts[group] as number);
  if (volume === 0) return { cost: 0, count: 0 };
  const bins = types
    .map((index) => prepared.types[index])
    .flatMap((type) => (type === undefined ? [] : [{ ...type, room: type.capacity[d] as number }]))
    .filter(({ room }) => room > 0);
  const buy = (order: typeof bins, price: (bin: (typeof bins)[number]) => number): number => {
    let left = volume;
    let sum = 0;
    for (const bin of order) {
      const taken = Math.min(bin.available, left / bin.room);
      sum += taken * price(bin);
      left -= taken * bin.room;
      if (left <= 0) break;
    }
    return sum;
  };
  const cost = buy(
    [...bins].sort((a, b) => a.cost / a.room - b.cost / b.room),
    (bin) => bin.cost,
  );
  const count = buy(
    [...bins].sort((a, b) => b.room - a.room),
    () => 1,
  );
  return { cost, count: roundUp(count) };
}

/** The sizes that matter to a rounding: at most so many distinct ones are tried. */
const mostThresholds = 60;
const mostSteps = 12;
const grid = 2048;

/** Of one dimension, or (null) of the sum of them all, each as its share of the largest bin: it fits where each does. */
function dualFeasibleBound(prepared: Prepared, { groups, types }: Part, d: number | null): number {
  const { sizes, counts, dims, reference } = prepared;
  const over =
    d === null ? prepared.names.flatMap((_, at) => ((reference[at] as number) > 0 ? [at] : [])) : [d];
  const scale = (at: number) => (d === null ? 1 / (reference[at] as number) : 1);
  const sumOf = (values: Float64Array, start: number) =>
    over.reduce((sum, at) => sum + (values[start + at] as number) * scale(at), 0);
  const largest = Math.max(
    0,
    ...types.map((index) => {
      const type = prepared.types[index];
      return type === undefined ? 0 : sumOf(type.capacity, 0);
    }),
  );
  if (largest === 0) return 0;
  const shares = new Map<number, number>();
  for (const group of groups) {
    const exact = sumOf(sizes, group * dims) / largest;
    // Of very many sizes neighbours are taken together, at the lesser: a bound still, and the volume's is exact.
    const share = groups.length > grid ? Math.floor(exact * grid) / grid : exact;
    if (share > 0) shares.set(share, (shares.get(share) ?? 0) + (counts[group] as number));
  }
  const entries = [...shares].sort((a, b) => a[0] - b[0]);
  const sum = (of: (share: number) => number) =>
    entries.reduce((total, [share, n]) => total + n * of(share), 0);
  let best = 0;
  const thresholds = entries
    .flatMap(([share]) => (share <= 0.5 ? [share] : [1 - share]))
    .filter((e) => e > 0);
  for (const epsilon of even(thresholds, mostThresholds)) {
    // At the edges the lesser value is taken, so that rounding errors never raise the bound.
    best = Math.max(
      best,
      sum((x) => (x > 1 - epsilon + 1e-9 ? 1 : x < epsilon - 1e-9 ? 0 : x)),
    );
    for (let k = 2; k <= 4; k += 1) {
      best = Math.max(
        best,
        sum((x) => (x > 1 - epsilon + 1e-9 ? 1 : x < epsilon - 1e-9 ? 0 : stepped(x, k))),
      );
    }
  }
  for (let k = 1; k <= mostSteps; k += 1)
    best = Math.max(
      best,
      sum((x) => stepped(x, k)),
    );
  return roundUp(best);
}

/** u(k): a size that is no multiple of 1 / (k + 1) counts its whole multiples as 1 / k each. */
function stepped(share: number, k: number): number {
  const multiple = share * (k + 1);
  return Math.abs(multiple - Math.round(multiple)) < 1e-8 ? share : Math.floor(multiple) / k;
}

function even(values: readonly number[], most: number): readonly number[] {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  if (distinct.length <= most) return distinct;
  return Array.from({ length: most }, (_, i) => distinct[Math.floor((i * distinct.length) / most)] as number);
}

/** Beyond so many kinds, none is looked at for those that never meet. */
const mostStrangers = 2000;

/**
 * Kinds of which no two ever share a bin, however few of each: each needs bins of its own, as many as hold it alone.
 * Chosen one after the other, in a few orders, with each those that it can meet left out.
 */
function strangersBound(prepared: Prepared, { groups, types }: Part): number {
  if (groups.length > mostStrangers) return 0;
  const stock = newStock(prepared);
  const places = types.flatMap((index) =>
    prepared.types[index] === undefined ? [] : [newLoad(prepared, index)],
  );
  const need = new Map<number, number>();
  for (const group of groups) {
    const count = prepared.counts[group] as number;
    const most = Math.max(1, ...places.map((load) => room(stock, load, group, count)));
    need.set(group, Math.ceil(count / most));
  }
  const meet = (a: number, b: number) =>
    places.some((load) => {
      if (room(stock, load, a, 1) === 0) return false;
      place(stock, load, a, 1);
      const fits = room(stock, load, b, 1) > 0;
      place(stock, load, a, -1);
      load.contents.delete(a);
      return fits;
    });
  const size = (group: number) => {
    let most = 0;
    for (let d = 0; d < prepared.dims; d += 1) {
      const full = prepared.reference[d] as number;
      if (full > 0) most = Math.max(most, (prepared.sizes[group * prepared.dims + d] as number) / full);
    }
    return most;
  };
  let best = 0;
  for (const key of [(group: number) => need.get(group) ?? 0, size]) {
    let open = groups
      .map((group) => [group, key(group)] as const)
      .sort((a, b) => b[1] - a[1])
      .map(([group]) => group);
    let sum = 0;
    for (let [first] = open; first !== undefined; [first] = open) {
      const chosen = first;
      sum += need.get(chosen) ?? 0;
      open = open.slice(1).filter((other) => !meet(chosen, other));
    }
    best = Math.max(best, sum);
  }
  return best;
}

function apartBound(prepared: Prepared, { groups }: Part): number {
  const units = new Map<number, number>();
  for (const group of groups) {
    for (const { key, weight } of prepared.groups[group]?.apart ?? []) {
      units.set(key, (units.get(key) ?? 0) + weight * (prepared.counts[group] as number));
    }
  }
  return Math.max(0, ...[...units].map(([key, sum]) => Math.ceil(sum / (prepared.most[key] as number))));
}

/** So many bins cost at least as much as the cheapest there are. */
function cheapest(prepared: Prepared, { types }: Part, count: number): number {
  let left = count;
  let sum = 0;
  const bins = types.map((index) => prepared.types[index]).filter((type) => type !== undefined);
  for (const { cost, available } of bins.sort((a, b) => a.cost - b.cost)) {
    const taken = Math.min(left, available);
    sum += taken * cost;
    left -= taken;
    if (left <= 0) break;
  }
  return sum;
}

/** So few bins, of the dearest there are, can cost as much: a packing that costs at least `cost` has no fewer. */
export function fewestFor({ types }: Prepared, cost: number): number {
  let left = cost;
  let count = 0;
  for (const type of types.toSorted((a, b) => b.cost - a.cost)) {
    if (left <= 0 || type.cost <= 0) break;
    const taken = Math.min(left / type.cost, type.available);
    count += taken;
    left -= taken * type.cost;
  }
  return roundUp(count);
}

/** Costs of bins add up to multiples of what divides them all: a bound between two is the higher one. */
export function liftCost({ types }: Prepared, cost: number): number {
  const costs = [...new Set(types.map((type) => type.cost))].filter((value) => value > 0);
  if (costs.length === 0) return 0;
  const [only] = costs;
  const whole = costs.every((value) => Number.isSafeInteger(value));
  const step = costs.length === 1 ? only : whole ? costs.reduce(gcd) : undefined;
  return step === undefined ? cost * (1 - 1e-9) : step * roundUp(cost / step);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Up, but not for a rounding error. */
function roundUp(value: number): number {
  return Math.ceil(value - 1e-6 - value * 1e-9);
}

/** Groups that share no allowed bin type are problems of their own. */
function components(prepared: Prepared): readonly Part[] {
  const parent = prepared.types.map(({ index }) => index);
  const find = (type: number): number => {
    const up = parent[type] as number;
    return up === type ? type : find(up);
  };
  const firstOf = prepared.groups.map(({ allowed }) => allowed.indexOf(true));
  prepared.groups.forEach(({ allowed }, at) => {
    allowed.forEach((yes, type) => {
      if (yes) parent[find(type)] = find(firstOf[at] as number);
    });
  });
  const parts = new Map<number, { groups: number[]; types: number[] }>();
  prepared.groups.forEach(({ index }, at) => {
    const root = find(firstOf[at] as number);
    const part = parts.get(root) ?? {
      groups: [],
      types: prepared.types.flatMap((_, t) => (find(t) === root ? [t] : [])),
    };
    part.groups.push(index);
    parts.set(root, part);
  });
  return [...parts.values()];
}
