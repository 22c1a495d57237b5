/**
 * Does everything still fit after a loss? Not by a percentage: each bin (or failure domain, or the fullest k
 * bins) is taken away in turn and all that was in it is placed again in the room of the others, rules kept.
 * A loss that is said to be survived comes with a placement; one that is not may only have been packed badly,
 * unless what is lost exceeds the room that is left.
 */
import { fitAll } from '../first-fit.ts';
import { byFullness, type Fleet } from './fleet.ts';
import type { Prepared } from '../prepare.ts';
import { demandWeights } from '../search.ts';
import { copyOf, newStock, place, room, type Load, type Stock } from '../stock.ts';

export type Loss = { readonly kind: 'bins'; readonly count: number } | { readonly kind: 'domain' };

export interface Replay {
  /** Which bins went: a type's, or a domain's. */
  readonly lost: string;
  readonly survived: boolean;
  /** Items that found no place, largest group first. */
  readonly homeless: readonly { readonly item: string; readonly count: number }[];
  /** What is lost exceeds all room that is left in this dimension, so that no placement exists. */
  readonly proven: string | null;
  /** The failure domain that went, by name; null: single bins did. */
  readonly domain: string | null;
  /** Units without a place, per group; null where all have one. */
  readonly left: Float64Array | null;
}

/**
 * `replayed`: every loss there can be. `with the fullest`: of k > 1, each bin lost together with the k - 1 fullest
 * others, for there are too many losses to replay. `taken over`: of as many empty bins as are lost, each holds the
 * whole of any bin that has something in it, which needs no replay.
 */
export type Evidence = 'replayed' | 'with the fullest' | 'taken over';

export interface Survival {
  readonly survived: boolean;
  readonly evidence: Evidence;
  /** One for each loss that differs: bins of equal contents are lost alike. */
  readonly replays: readonly Replay[];
}

export interface ReplayOptions {
  /** The first that is not survived is the last. */
  readonly untilFailure?: boolean;
  /**
   * Is shown every placement that a replay came to: what is left of the fleet, with all that was lost in it. No
   * short cuts are taken then.
   */
  readonly witness?: (loads: readonly Load[]) => void;
}

/** Replays the losses of any `count` bins, or of each domain; see `Evidence` for what is left to a shorter proof. */
export function surviveLoss(fleet: Fleet, loss: Loss, options: ReplayOptions = {}): Survival {
  const { untilFailure = false, witness } = options;
  const { prepared, loads } = fleet;
  if (loss.kind === 'domain')
    return replayed(domainLosses(prepared, loads, witness), untilFailure, 'replayed');
  const { count } = loss;
  if (count < 1) return { survived: true, evidence: 'replayed', replays: [] };
  const isAny = areTakenOver(fleet, count);
  if (isAny && loads.length > mostReplays) return { survived: true, evidence: 'taken over', replays: [] };
  // A replay places heuristically, so one that fails is no disproof where the empty bins alone take over.
  const proof: Survival = { survived: true, evidence: 'taken over', replays: [] };
  const isEvery = count === 1 || workOfEvery(loads, count) <= mostWork;
  const quick = replayed(binLosses(prepared, loads, count, witness), untilFailure, 'with the fullest');
  if (isAny && !quick.survived) return proof;
  if (count === 1 || (untilFailure && !quick.survived)) return { ...quick, evidence: 'replayed' };
  if (isEvery) {
    const every = replayed(everyLoss(prepared, loads, count, witness), untilFailure, 'replayed');
    return isAny && !every.survived ? proof : every;
  }
  return isAny ? { ...quick, survived: true, evidence: 'taken over' } : quick;
}

function replayed(losses: Iterable<Replay>, untilFailure: boolean, evidence: Evidence): Survival {
  const replays: Replay[] = [];
  for (const one of losses) {
    replays.push(one);
    if (untilFailure && !one.survived) break;
  }
  return { survived: replays.every(({ survived }) => survived), evidence, replays };
}

/** Bins of differing contents beyond which a proof without replays is preferred to them. */
export const mostReplays = 2000;
/** Pairs of a shape lost and a bin kept that replaying every loss may meet: some tens of milliseconds. */
const mostWork = 2e6;

/** What replaying each choice of `count` bins would take; Infinity where there are too many of them. */
function workOfEvery(loads: readonly Load[], count: number): number {
  const kinds = loads.length;
  // At least (n / k)^k of n kinds: most fleets are told by that at once.
  if (kinds > count && count * Math.log(kinds / count) > Math.log(mostWork)) return Infinity;
  // Choices of each size from the kinds seen so far, where bins of equal contents are one kind.
  let choices = [1, ...Array.from({ length: count }, () => 0)];
  for (const { copies } of loads) {
    choices = choices.map((_, size) => {
      let sum = 0;
      for (let taken = 0; taken <= Math.min(copies, size); taken += 1) sum += choices[size - taken] ?? 0;
      return sum;
    });
    if ((choices[count] as number) > mostWork) return Infinity;
  }
  const shapes = loads.reduce((sum, { contents }) => sum + contents.size, 0) / Math.max(1, loads.length);
  return (choices[count] as number) * count * shapes * loads.length;
}

function* everyLoss(
  prepared: Prepared,
  loads: readonly Load[],
  count: number,
  witness: ReplayOptions['witness'],
): Generator<Replay> {
  const order = byFullness(prepared, loads);
  const gone = order.map(() => 0);
  function* from(at: number, left: number): Generator<Replay> {
    const load = order[at];
    if (left === 0 || load === undefined) {
      // Of fewer bins than are lost, all are.
      if (left > 0 && order.some(({ copies }, index) => (gone[index] as number) < copies)) return;
      const names = order.flatMap(({ type }, index) => {
        const taken = gone[index] as number;
        return taken > 0 ? [`${String(taken)} ${prepared.problem.bins[type]?.id ?? ''}`] : [];
      });
      yield replay(prepared, order, [...gone], names.join(' and '), witness);
      return;
    }
    for (let taken = Math.min(left, load.copies); taken >= 0; taken -= 1) {
      gone[at] = taken;
      yield* from(at + 1, left - taken);
    }
    gone[at] = 0;
  }
  yield* from(0, count);
}

/**
 * Whether each bin that holds something fits whole into `count` empty ones or more: whichever `count` are lost, one
 * after the other finds an empty bin that no other has taken.
 */
function areTakenOver({ prepared, loads }: Fleet, count: number): boolean {
  const empty = loads.filter(({ contents }) => contents.size === 0);
  const free = new Map<number, number>();
  for (const { type, copies } of empty) free.set(type, (free.get(type) ?? 0) + copies);
  const { groups, types, dims } = prepared;
  return loads.every(({ type, left, contents }) => {
    if (contents.size === 0) return true;
    let places = free.get(type) ?? 0;
    for (const [other, copies] of free) {
      if (places >= count) break;
      if (other === type) continue;
      let fits = [...contents.keys()].every((group) => groups[group]?.allowed[other] === true);
      for (let d = 0; fits && d < dims; d += 1) {
        const used = (types[type]?.capacity[d] ?? 0) - (left[d] as number);
        fits = used <= (types[other]?.capacity[d] ?? 0);
      }
      if (fits) places += copies;
    }
    return places >= count;
  });
}

/** Per dimension, how much more the k fullest bins hold than all others have room for; below 0: they have room. */
export function shortage({ prepared, loads }: Fleet, count: number): Float64Array {
  const order = byFullness(prepared, loads);
  const { need, room } = balance(prepared, order, fullest(order, count));
  return need.map((value, d) => value - (room[d] as number) * (1 + 1e-9));
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
function* binLosses(
  prepared: Prepared,
  loads: readonly Load[],
  count: number,
  witness: ReplayOptions['witness'],
): Generator<Replay> {
  if (count < 1) return;
  const order = byFullness(prepared, loads).map((load, origin): Load => ({ ...load, origin }));
  const common = fullest(order, count - 1);
  const after = witness === undefined ? afterLoss(prepared, order, common) : null;
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
      yield { lost, survived: true, homeless: [], proven: null, domain: null, left: null };
      continue;
    }
    yield replay(
      prepared,
      order,
      common.map((gone, other) => gone + (other === at ? 1 : 0)),
      lost,
      witness,
    );
  }
}

function* domainLosses(
  prepared: Prepared,
  loads: readonly Load[],
  witness: ReplayOptions['witness'],
): Generator<Replay> {
  const domains = [...new Set(prepared.problem.bins.map(({ domain }) => domain ?? ''))];
  for (const name of domains) {
    const gone = loads.map(({ type, copies }) =>
      (prepared.problem.bins[type]?.domain ?? '') === name ? copies : 0,
    );
    const lost = name === '' ? 'all without a domain' : `domain ${name}`;
    yield { ...replay(prepared, loads, gone, lost, witness), domain: name };
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

function replay(
  prepared: Prepared,
  loads: readonly Load[],
  gone: readonly number[],
  lost: string,
  witness: ReplayOptions['witness'],
): Replay {
  const { need, room: free, kept, counts } = balance(prepared, loads, gone);
  const { loads: placed, homeless, left } = placeAgain(withoutSpread(prepared), kept, counts);
  if (homeless.length === 0) witness?.(placed);
  const proven = homeless.length === 0 ? null : shortest(prepared, need, free);
  return {
    lost,
    survived: homeless.length === 0,
    homeless,
    proven,
    domain: null,
    left: homeless.length === 0 ? null : left,
  };
}

/** After a loss the spread over domains cannot be asked for any more: there are fewer of them. */
export function withoutSpread(prepared: Prepared): Prepared {
  if (prepared.groups.every(({ domainMost }) => domainMost === Infinity)) return prepared;
  return {
    ...prepared,
    groups: prepared.groups.map((group) => ({
      ...group,
      domainMost: Infinity,
      isPlain: group.apart.length === 0 && group.foes.size === 0,
    })),
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

interface Placed {
  readonly loads: readonly Load[];
  readonly homeless: Replay['homeless'];
  /** Units without a place, per group. */
  readonly left: Float64Array;
}

/** The lost units into the room of the kept bins, in the best of a few ways. */
function placeAgain(prepared: Prepared, kept: readonly Load[], counts: Float64Array): Placed {
  const stock: Stock = { ...newStock(prepared), available: prepared.types.map(() => 0) };
  const groups = prepared.groups.flatMap(({ index }) => ((counts[index] as number) > 0 ? [index] : []));
  const demand = demandWeights({ ...prepared, counts });
  const equal = prepared.names.map(() => 1);
  const ways = [
    // The fullest first is what best-fit comes to where nothing is sorted again.
    { fit: 'first', weights: demand, into: byFullness(prepared, kept) },
    { fit: 'best', weights: demand, into: kept },
    { fit: 'first', weights: equal, into: kept },
    { fit: 'best', weights: equal, into: kept },
  ] as const;
  let result: Placed = { loads: kept, homeless: [], left: stock.counts };
  for (const { fit, weights, into } of groups.length * kept.length > mostPairs ? ways.slice(0, 1) : ways) {
    stock.counts.set(counts);
    const loads = fitAll(stock, groups, fit, weights, into);
    result = { loads, homeless: homelessIn(prepared, stock.counts), left: stock.counts };
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

function sumOf({ contents }: Load): number {
  let sum = 0;
  for (const units of contents.values()) sum += units;
  return sum;
}
