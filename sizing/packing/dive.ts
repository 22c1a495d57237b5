/**
 * From fractions of bins to whole ones, by diving (R. Sadykov et al., "Primal heuristics for branch and price: the
 * assets of diving methods", 2019): what the linear program buys whole is kept, else the column it buys most of, and
 * for what is left the program is solved again with columns of its own. A dive that ends badly is taken up again at
 * its first steps with another column; further dives choose at random. At each depth the heuristics pack the rest.
 */
import type { Random } from '../../model/random.ts';
import { liftCost } from './bounds.ts';
import type { Column, Limits, Master, Rest } from './columns.ts';
import { fillAll } from './fill.ts';
import { fitAll } from './first-fit.ts';
import type { Prepared } from './prepare.ts';
import { demandWeights } from './search.ts';
import { commit, costOf, missingIn, newLoad, newStock, place, repeats as repeatsIn, room } from './stock.ts';
import type { Attempt, Load, Stock } from './stock.ts';

export interface Dive {
  readonly prepared: Prepared;
  readonly master: Master;
  readonly limits: Limits;
  readonly random: Random;
  /** Shown everything that was packed; says what is to be beaten. */
  readonly offer: (attempt: Attempt) => void;
  readonly toBeat: () => number;
}

/** How deep a dive is taken up again with another column, and how often on one way down. */
const deepest = 3;
const mostOther = 2;
const roundsAtDepth = 40;

interface Step {
  readonly rest: Rest;
  readonly fixed: readonly { readonly column: Column; readonly copies: number }[];
  readonly depth: number;
  readonly others: number;
  /** 0: the column bought most; more: how far chance chooses. */
  readonly noise: number;
}

/** Dives until nothing better is possible (`toBeat` is at its bound) or the time is up; yields now and then. */
export function* dive(on: Dive, target: number): Generator<void> {
  const isDone = () => on.toBeat() <= target * (1 + 1e-9) || on.limits.now() >= on.limits.until;
  const start: Step = { rest: on.master.whole, fixed: [], depth: 0, others: mostOther, noise: 0 };
  yield* descend(on, start, isDone);
  for (let again = 1; !isDone(); again += 1)
    yield* descend(on, { ...start, others: 0, noise: Math.min(1, 0.1 * again) }, isDone);
}

function* descend(on: Dive, step: Step, isDone: () => boolean): Generator<void> {
  const { master, prepared, limits } = on;
  const { rest, fixed, depth } = step;
  const spent = fixed.reduce(
    (sum, { column, copies }) => sum + copies * (prepared.types[column.type]?.cost ?? 0),
    0,
  );
  const cannotBeat = (bound: number) => liftCost(prepared, spent + bound) >= on.toBeat() * (1 - 1e-9);
  const { bound } = yield* master.converge(
    rest,
    limits,
    // As soon as the program's own value, rounded up, is proven, more columns do not change what can be hoped for.
    (proven, objective) =>
      cannotBeat(proven) ||
      liftCost(prepared, spent + proven) >= liftCost(prepared, spent + objective) * (1 - 1e-12),
    depth === 0 ? 4 * roundsAtDepth : roundsAtDepth,
  );
  if (cannotBeat(bound) || isDone()) return;
  complete(on, fixed, depth);
  yield;
  const tabu = new Set<number>();
  for (let other = 0; ; other += 1) {
    if (isDone()) return;
    const chosen = choose(on, rest, tabu, step.noise);
    if (chosen === null) return;
    let after = rest;
    const kept = [...fixed];
    for (const { at, copies } of chosen) {
      const column = clipped(on.master.columns[at] as Column, after);
      if (column === null) continue;
      const times = Math.min(copies, repeats(column, after));
      if (times < 1) continue;
      kept.push({ column, copies: times });
      after = master.restAfter(after, column, times);
    }
    if (kept.length === fixed.length) return;
    if (after.counts.every((count) => count === 0)) complete(on, kept, depth + 1);
    else
      yield* descend(
        on,
        { ...step, rest: after, fixed: kept, depth: depth + 1, others: step.others - other },
        isDone,
      );
    if (depth >= deepest || other >= step.others || isDone()) return;
    for (const { at } of chosen) tabu.add(at);
    master.solve(rest);
  }
}

/** Whole purchases of the program, all of them; else the one column that is nearest to whole. */
function choose(
  { master, random }: Dive,
  rest: Rest,
  tabu: ReadonlySet<number>,
  noise: number,
): { at: number; copies: number }[] | null {
  const amounts = [...master.program.amounts()].filter(
    ([at]) => !tabu.has(at) && (rest.available[master.columns[at]?.type ?? 0] as number) >= 1,
  );
  const whole = amounts.filter(([, amount]) => amount >= 1 - 1e-6);
  if (whole.length > 0 && tabu.size === 0 && noise === 0)
    return whole.map(([at, amount]) => ({ at, copies: Math.floor(amount + 1e-6) }));
  let best: { at: number; copies: number } | null = null;
  let bestScore = -1;
  for (const [at, amount] of amounts) {
    const part = amount >= 1 - 1e-6 ? 1 : amount;
    const score = part * Math.exp(noise * random.normal());
    if (score > bestScore) {
      bestScore = score;
      best = { at, copies: Math.max(1, Math.floor(amount + 1e-6)) };
    }
  }
  return best === null ? null : [best];
}

/** The column as far as there are units for it. */
function clipped({ type, contents }: Column, { counts, available }: Rest): Column | null {
  if ((available[type] as number) < 1) return null;
  const left = new Map<number, number>();
  for (const [group, units] of contents) {
    const there = Math.min(units, counts[group] as number);
    if (there > 0) left.set(group, there);
  }
  return left.size === 0 ? null : { type, contents: left };
}

function repeats({ type, contents }: Column, { counts, available }: Rest): number {
  let most = available[type] as number;
  for (const [group, units] of contents) most = Math.min(most, Math.floor((counts[group] as number) / units));
  return most;
}

/** Packs what is fixed and, by the heuristics, the rest; few ways where it is done at every depth. */
function complete({ prepared, offer }: Dive, fixed: Step['fixed'], depth: number): void {
  const weights = demandWeights(prepared);
  for (const way of depth < 2 ? ([0, 1, 2] as const) : ([0, 2] as const)) {
    const stock = newStock(prepared);
    const loads: Load[] = [];
    for (const { column, copies } of fixed) loads.push(...loadsOf(stock, column, copies));
    const groups = prepared.groups.flatMap(({ index }) =>
      (stock.counts[index] as number) > 0 ? [index] : [],
    );
    const all =
      way === 0
        ? fitAll(stock, groups, 'best', weights, loads)
        : [...loads, ...fillAll(stock, groups, way === 1 ? 'dot product' : 'least norm', weights)];
    offer({ loads: all, missing: missingIn(stock), method: 'column generation, diving' });
  }
}

/** The bins of a column, as far as every rule allows. */
export function loadsOf(stock: Stock, { type, contents }: Column, copies: number): Load[] {
  const loads: Load[] = [];
  for (let left = copies; left > 0 && (stock.available[type] as number) >= 1;) {
    const load = newLoad(stock.prepared, type);
    for (const [group, units] of contents) {
      const fit = room(stock, load, group, Math.min(units, stock.counts[group] as number));
      if (fit > 0) place(stock, load, group, fit);
    }
    if (load.contents.size === 0) break;
    load.copies = Math.max(1, Math.min(left, repeatsIn(stock, load)));
    left -= load.copies;
    commit(stock, load);
    loads.push(load);
  }
  return loads;
}

export function costOfAttempt(prepared: Prepared, { loads, missing }: Attempt): number {
  return missing > 0 ? Infinity : costOf(prepared, loads);
}
