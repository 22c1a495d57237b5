/**
 * What is still to be placed and into what: the one mutable state of the packers. A load is a bin being filled,
 * or many of equal contents; whether one more fits is asked and answered here alone, for every rule.
 */
import type { Prepared } from './prepare.ts';

export interface Stock {
  readonly prepared: Prepared;
  /** Per group. */
  readonly counts: Float64Array;
  /** Per type. */
  readonly available: number[];
  /** Units of group g in domain d at g * domains + d, of groups with a limit only. */
  readonly inDomain: Map<number, number>;
}

export interface Load {
  readonly type: number;
  readonly left: Float64Array;
  /** Group to units. */
  readonly contents: Map<number, number>;
  readonly keys: Map<number, number>;
  copies: number;
  /** Which bin of an earlier packing this one grew from; -1: none. */
  readonly origin: number;
}

export function newStock(prepared: Prepared): Stock {
  return {
    prepared,
    counts: prepared.counts.slice(),
    available: prepared.types.map(({ available }) => available),
    inDomain: new Map(),
  };
}

export function newLoad(prepared: Prepared, type: number): Load {
  const left = prepared.types[type]?.capacity.slice() ?? new Float64Array(prepared.dims);
  return { type, left, contents: new Map(), keys: new Map(), copies: 1, origin: -1 };
}

export function copyOf({ type, left, contents, keys, origin }: Load, copies: number): Load {
  return { type, left: left.slice(), contents: new Map(contents), keys: new Map(keys), copies, origin };
}

/** How many units of the group can still go into one bin of this load, at most `wanted`. */
export function room(stock: Stock, load: Load, group: number, wanted: number): number {
  const { dims, sizes, groups, most, types, domains } = stock.prepared;
  const { left } = load;
  let fit = wanted;
  for (let d = 0, at = group * dims; d < dims; d += 1, at += 1) {
    const size = sizes[at] as number;
    if (size === 0) continue;
    const rest = left[d] as number;
    if (size > rest) return 0;
    // Division can be a hair above what subtraction leaves room for: `place` never sees more than fits.
    if (size * fit > rest) fit = Math.floor(rest / size);
  }
  const rules = groups[group];
  if (rules === undefined || rules.allowed[load.type] !== true) return 0;
  if (rules.foes.size > 0) {
    for (const [other, units] of load.contents) if (units > 0 && rules.foes.has(other)) return 0;
  }
  for (const { key, weight } of rules.apart) {
    fit = Math.min(fit, Math.floor(((most[key] as number) - (load.keys.get(key) ?? 0)) / weight));
  }
  if (rules.domainMost !== Infinity) {
    const domain = types[load.type]?.domain ?? 0;
    const held = stock.inDomain.get(group * domains + domain) ?? 0;
    // A load that is being filled has not been counted yet.
    fit = Math.min(fit, rules.domainMost - held - (load.contents.get(group) ?? 0));
  }
  return Math.max(0, fit);
}

/** Into every copy of the load. The stock is not asked: see `commit`. */
export function place(stock: Stock, load: Load, group: number, units: number): void {
  const { dims, sizes, groups } = stock.prepared;
  const { left } = load;
  for (let d = 0, at = group * dims; d < dims; d += 1, at += 1) {
    left[d] = (left[d] as number) - units * (sizes[at] as number);
  }
  load.contents.set(group, (load.contents.get(group) ?? 0) + units);
  for (const { key, weight } of groups[group]?.apart ?? []) {
    load.keys.set(key, (load.keys.get(key) ?? 0) + units * weight);
  }
}

/** How many bins like this one the stock still allows. */
export function repeats(stock: Stock, load: Load): number {
  const { groups, types, domains } = stock.prepared;
  let copies = stock.available[load.type] ?? 0;
  for (const [group, units] of load.contents) {
    copies = Math.min(copies, Math.floor((stock.counts[group] as number) / units));
    const limit = groups[group]?.domainMost ?? Infinity;
    if (limit === Infinity) continue;
    const held = stock.inDomain.get(group * domains + (types[load.type]?.domain ?? 0)) ?? 0;
    copies = Math.min(copies, Math.floor((limit - held) / units));
  }
  return copies;
}

/** Takes the load out of the stock (or, with -1, gives it back). */
export function commit(stock: Stock, load: Load, sign: 1 | -1 = 1): void {
  stock.available[load.type] = (stock.available[load.type] ?? 0) - sign * load.copies;
  for (const [group, units] of load.contents) take(stock, load.type, group, sign * units * load.copies);
}

export function take(stock: Stock, type: number, group: number, units: number): void {
  const { groups, types, domains } = stock.prepared;
  stock.counts[group] = (stock.counts[group] as number) - units;
  if ((groups[group]?.domainMost ?? Infinity) === Infinity) return;
  const place = group * domains + (types[type]?.domain ?? 0);
  stock.inDomain.set(place, (stock.inDomain.get(place) ?? 0) + units);
}

export function costOf(prepared: Prepared, loads: readonly Load[]): number {
  return loads.reduce((sum, { type, copies }) => sum + copies * (prepared.types[type]?.cost ?? 0), 0);
}

export function countOf(loads: readonly Load[]): number {
  return loads.reduce((sum, { copies }) => sum + copies, 0);
}

/** Cheaper, or as cheap with fewer bins; more placed comes before both. */
export function isBetter(prepared: Prepared, one: Attempt, other: Attempt): boolean {
  if (one.missing !== other.missing) return one.missing < other.missing;
  const [a, b] = [costOf(prepared, one.loads), costOf(prepared, other.loads)];
  if (Math.abs(a - b) > 1e-9 * Math.max(a, b)) return a < b;
  return countOf(one.loads) < countOf(other.loads);
}

export interface Attempt {
  readonly loads: readonly Load[];
  /** Units that found no bin. */
  readonly missing: number;
  readonly method: string;
}

export function missingIn({ counts }: Stock): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
