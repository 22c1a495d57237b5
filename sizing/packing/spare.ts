/**
 * Does everything still fit after a loss? Not by a percentage: each bin (or failure domain, or the fullest k
 * bins) is taken away in turn and all that was in it is placed again in the room of the others, rules kept.
 * A loss that is said to be survived comes with a placement; one that is not may only have been packed badly,
 * unless what is lost exceeds the room that is left.
 */
import { fitAll } from './first-fit.ts';
import type { Packing, Problem } from './model.ts';
import { prepare, type Prepared } from './prepare.ts';
import { demandWeights } from './search.ts';
import { commit, copyOf, newLoad, newStock, place, room, type Load, type Stock } from './stock.ts';

export type Loss = { readonly kind: 'bins'; readonly count: number } | { readonly kind: 'domain' };

export interface Replay {
  /** Which bins went: a type's, or a domain's. */
  readonly lost: string;
  readonly survived: boolean;
  /** Items that found no place, largest group first. */
  readonly homeless: readonly { readonly item: string; readonly count: number }[];
  /** What is lost exceeds all room that is left in this dimension, so that no placement exists. */
  readonly proven: string | null;
}

export interface Survival {
  readonly survived: boolean;
  /** One for each loss that differs: bins of equal contents are lost alike. */
  readonly replays: readonly Replay[];
}

/** A packing by index, as losses are replayed in it; bins of equal contents are one load. */
export interface Fleet {
  readonly prepared: Prepared;
  readonly loads: readonly Load[];
}

export function fleetOf(problem: Problem, { bins }: Pick<Packing, 'bins'>): Fleet {
  const prepared = prepare(problem);
  return { prepared, loads: alike(loadsOf(prepared, bins)) };
}

/** The fleet and bins beside it that hold nothing. */
export function withEmpty(
  { prepared, loads }: Fleet,
  empty: readonly { readonly type: string; readonly copies: number }[],
): Fleet {
  const bins = empty.map(({ type, copies }) => ({ type, contents: [], copies }));
  return { prepared, loads: [...loads, ...loadsOf(prepared, bins)] };
}

/**
 * Replays every loss of one bin; of k > 1, each bin lost together with the k - 1 fullest others; or of each domain.
 * `untilFailure`: the first that is not survived is the last.
 */
export function surviveLoss({ prepared, loads }: Fleet, loss: Loss, untilFailure = false): Survival {
  const replays: Replay[] = [];
  const each =
    loss.kind === 'domain' ? domainLosses(prepared, loads) : binLosses(prepared, loads, loss.count);
  for (const one of each) {
    replays.push(one);
    if (untilFailure && !one.survived) break;
  }
  return { survived: replays.every(({ survived }) => survived), replays };
}

/** The dimension in which the k fullest bins hold more than all others have room for; null: none. */
export function shortFor({ prepared, loads }: Fleet, count: number): string | null {
  const order = byFullness(prepared, loads);
  const gone = fullest(order, count);
  const { need, room } = balance(prepared, order, gone);
  return shortest(prepared, need, room);
}

function byFullness(prepared: Prepared, loads: readonly Load[]): Load[] {
  const keyed = loads.map((load) => [load, fullness(prepared, load)] as const);
  return keyed.sort((a, b) => b[1] - a[1]).map(([load]) => load);
}

/** How many copies of each load are among the first `count` bins. */
function fullest(order: readonly Load[], count: number): number[] {
  let left = count;
  return order.map(({ copies }) => {
    const taken = Math.min(left, copies);
    left -= taken;
    return taken;
  });
}

/**
 * The k - 1 fullest are lost in every replay: they are placed once, and each other bin is then emptied into what is
 * left, which is a placement after both. Only where that fails is the loss replayed by itself, with more effort.
 */
function* binLosses(prepared: Prepared, loads: readonly Load[], count: number): Generator<Replay> {
  if (count < 1) return;
  const order = byFullness(prepared, loads).map((load, origin): Load => ({ ...load, origin }));
  const common = fullest(order, count - 1);
  const after = afterLoss(prepared, order, common);
  const targets = after === null ? null : roomiest(after.prepared, after.loads);
  const stock = newStock(after?.prepared ?? prepared);
  const copies = new Map<number, Load>();
  for (const load of after?.loads ?? []) {
    const known = copies.get(load.origin);
    // Copies are alike before the loss: which of them is lost, and so what it has taken in, is ours to say.
    if (known === undefined || sumOf(load) < sumOf(known)) copies.set(load.origin, load);
  }
  for (const [at, first] of order.entries()) {
    if (first.copies <= (common[at] as number)) continue;
    const name = prepared.problem.bins[first.type]?.id ?? '';
    const lost = count === 1 ? `a ${name}` : `a ${name} and the ${String(count - 1)} fullest`;
    const copy = copies.get(at);
    if (targets !== null && copy !== undefined && empties(stock, copy, targets)) {
      yield { lost, survived: true, homeless: [], proven: null };
      continue;
    }
    yield replay(
      prepared,
      order,
      common.map((gone, other) => gone + (other === at ? 1 : 0)),
      lost,
    );
  }
}

function* domainLosses(prepared: Prepared, loads: readonly Load[]): Generator<Replay> {
  const domains = [...new Set(prepared.problem.bins.map(({ domain }) => domain ?? ''))];
  for (const name of domains) {
    const gone = loads.map(({ type, copies }) =>
      (prepared.problem.bins[type]?.domain ?? '') === name ? copies : 0,
    );
    yield replay(prepared, loads, gone, name === '' ? 'all without a domain' : `domain ${name}`);
  }
}

/** Emptiest bins first; of equal ones a few, for each is asked by itself. */
function roomiest(prepared: Prepared, loads: readonly Load[]): Load[] {
  return byFullness(prepared, loads)
    .toReversed()
    .flatMap((load) => Array.from({ length: Math.min(load.copies, 8) }, () => load));
}

/** Whether all that is in a bin goes into the others, one group after the other into the emptiest. */
function empties(stock: Stock, lost: Load, targets: readonly Load[]): boolean {
  const changed = new Map<number, Load>();
  for (const [group, units] of [...lost.contents].sort((a, b) => a[0] - b[0])) {
    let left = units;
    for (let at = 0; at < targets.length && left > 0; at += 1) {
      const target = targets[at];
      if (target === undefined || target === lost) continue;
      const load = changed.get(at) ?? target;
      const fit = room(stock, load, group, left);
      if (fit === 0) continue;
      const into = changed.get(at) ?? copyOf(target, 1);
      place(stock, into, group, fit);
      changed.set(at, into);
      left -= fit;
    }
    if (left > 0) return false;
  }
  return true;
}

interface After {
  readonly prepared: Prepared;
  readonly loads: readonly Load[];
}

/** What is left, with all that was lost placed in it; null where the heuristics cannot. */
function afterLoss(prepared: Prepared, loads: readonly Load[], gone: readonly number[]): After | null {
  const relaxed = withoutSpread(prepared);
  const { need, room: free, kept, counts } = balance(prepared, loads, gone);
  if (shortest(prepared, need, free) !== null) return null;
  const { loads: placed, homeless } = placeAgain(relaxed, kept, counts);
  return homeless.length === 0 ? { prepared: relaxed, loads: placed } : null;
}

function replay(prepared: Prepared, loads: readonly Load[], gone: readonly number[], lost: string): Replay {
  const { need, room: free, kept, counts } = balance(prepared, loads, gone);
  const { homeless } = placeAgain(withoutSpread(prepared), kept, counts);
  if (homeless.length === 0) return { lost, survived: true, homeless, proven: null };
  return { lost, survived: false, homeless, proven: shortest(prepared, need, free) };
}

/** After a loss the spread over domains cannot be asked for any more: there are fewer of them. */
function withoutSpread(prepared: Prepared): Prepared {
  if (prepared.groups.every(({ domainMost }) => domainMost === Infinity)) return prepared;
  return {
    ...prepared,
    groups: prepared.groups.map((group) => ({ ...group, domainMost: Infinity })),
  };
}

interface Balance {
  readonly kept: readonly Load[];
  /** Units lost, per group. */
  readonly counts: Float64Array;
  readonly need: Float64Array;
  readonly room: Float64Array;
}

function balance(prepared: Prepared, loads: readonly Load[], gone: readonly number[]): Balance {
  const { dims, sizes } = prepared;
  const counts = new Float64Array(prepared.groups.length);
  const kept: Load[] = [];
  const need = new Float64Array(dims);
  const free = new Float64Array(dims);
  loads.forEach((load, at) => {
    const taken = gone[at] ?? 0;
    const stay = load.copies - taken;
    if (stay > 0) {
      kept.push(taken === 0 ? load : copyOf(load, stay));
      for (let d = 0; d < dims; d += 1) free[d] = (free[d] as number) + (load.left[d] as number) * stay;
    }
    if (taken === 0) return;
    for (const [group, units] of load.contents) {
      counts[group] = (counts[group] as number) + units * taken;
      for (let d = 0; d < dims; d += 1) {
        need[d] = (need[d] as number) + units * taken * (sizes[group * dims + d] as number);
      }
    }
  });
  return { kept, counts, need, room: free };
}

function shortest({ names }: Prepared, need: Float64Array, free: Float64Array): string | null {
  return names.find((_, d) => (need[d] as number) > (free[d] as number) * (1 + 1e-9)) ?? null;
}

/** Beyond so many pairs of a group and a bin, one way of placing is tried and not four. */
const mostPairs = 200_000;

/** The lost units into the room of the kept bins, in the best of a few ways. */
function placeAgain(
  prepared: Prepared,
  kept: readonly Load[],
  counts: Float64Array,
): { readonly loads: readonly Load[]; readonly homeless: Replay['homeless'] } {
  const stock: Stock = { ...newStock(prepared), available: prepared.types.map(() => 0) };
  const groups = prepared.groups.flatMap(({ index }) => ((counts[index] as number) > 0 ? [index] : []));
  const demand = demandWeights({ ...prepared, counts });
  const equal = prepared.names.map(() => 1);
  const ways = [
    // The fullest first is what best-fit comes to where nothing is sorted anew.
    { fit: 'first', weights: demand, into: byFullness(prepared, kept) },
    { fit: 'best', weights: demand, into: kept },
    { fit: 'first', weights: equal, into: kept },
    { fit: 'best', weights: equal, into: kept },
  ] as const;
  let result: { loads: readonly Load[]; homeless: Replay['homeless'] } = { loads: kept, homeless: [] };
  for (const { fit, weights, into } of groups.length * kept.length > mostPairs ? ways.slice(0, 1) : ways) {
    stock.counts.set(counts);
    const loads = fitAll(stock, groups, fit, weights, into);
    result = { loads, homeless: homelessIn(prepared, stock.counts) };
    if (result.homeless.length === 0) return result;
  }
  return result;
}

function homelessIn({ groups, problem }: Prepared, counts: Float64Array): Replay['homeless'] {
  return groups.flatMap(({ index, members }) => {
    const left = counts[index] as number;
    const [first] = members;
    return left > 0 && first !== undefined
      ? [{ item: problem.items[first.item]?.id ?? '', count: left * first.perUnit }]
      : [];
  });
}

/** The assignment by index; what the problem does not name is an error of the caller's, not of a user's. */
function loadsOf(prepared: Prepared, bins: Packing['bins']): Load[] {
  const { problem } = prepared;
  const typeOf = new Map(problem.bins.map(({ id }, at) => [id, at]));
  const groupOf = new Map<string, { group: number; perUnit: number; lead: boolean }>();
  prepared.groups.forEach(({ index, members }) => {
    members.forEach(({ item, perUnit, count }, at) => {
      // Of items in one joint unit the first stands for all.
      const joint = members.length > 1 && (prepared.counts[index] as number) === 1;
      groupOf.set(problem.items[item]?.id ?? '', {
        group: index,
        perUnit: joint ? count : perUnit,
        lead: !joint || at === 0,
      });
    });
  });
  const stock = newStock(prepared);
  return bins.map(({ type, contents, copies }) => {
    const index = typeOf.get(type);
    if (index === undefined) throw new Error(`There is no bin type ${type}.`);
    const load = newLoad(prepared, index);
    for (const { item, count } of contents) {
      const found = groupOf.get(item);
      if (found === undefined) throw new Error(`There is no item ${item} that fits.`);
      if (found.lead && count > 0) place(stock, load, found.group, count / found.perUnit);
    }
    load.copies = copies;
    commit(stock, load);
    return load;
  });
}

/** Which of the equal items a bin holds makes no difference to its loss. */
function alike(loads: readonly Load[]): Load[] {
  const known = new Map<string, Load>();
  for (const load of loads) {
    const key = `${String(load.type)}:${[...load.contents]
      .sort((a, b) => a[0] - b[0])
      .map((pair) => pair.join('x'))
      .join()}`;
    const same = known.get(key);
    if (same === undefined) known.set(key, copyOf(load, load.copies));
    else same.copies += load.copies;
  }
  return [...known.values()];
}

function sumOf({ contents }: Load): number {
  let sum = 0;
  for (const units of contents.values()) sum += units;
  return sum;
}

function fullness(prepared: Prepared, { type, left }: Load): number {
  const full = prepared.types[type]?.capacity;
  let most = 0;
  for (let d = 0; d < prepared.dims; d += 1) {
    const whole = full?.[d] ?? 0;
    if (whole > 0) most = Math.max(most, 1 - (left[d] as number) / whole);
  }
  return most;
}
