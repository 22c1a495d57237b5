/**
 * Local search on single bins: the emptiest bin and a few others are emptied and packed again in another order.
 * Kept is what costs less, and at equal cost what leaves the free room in fewer bins: so one bin after the
 * other runs empty. Steps are counted, not timed, for the same result on every machine.
 */
import type { Random } from '../../model/random.ts';
import { fillAll } from './fill.ts';
import { fitAll } from './first-fit.ts';
import { commit, copyOf, costOf, countOf, type Attempt, type Load, type Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

/** Bins looked at one by one; of more than that, the emptiest. */
const mostSingles = 1500;

export interface Effort {
  readonly steps: number;
  /** Stop as soon as the cost is this low. */
  readonly target: number;
}

export function improve(prepared: Prepared, attempt: Attempt, random: Random, effort: Effort): Attempt {
  if (attempt.missing > 0) return attempt;
  const { singles, others } = single(prepared, attempt.loads);
  const rest = costOf(prepared, others);
  const stock = stockAfter(prepared, attempt.loads);
  let cost = rest + costOf(prepared, singles);
  let improved = false;
  for (let step = 0; step < effort.steps; step += 1) {
    if (cost <= effort.target * (1 + 1e-12) || singles.length < 2) break;
    const chosen = choose(prepared, singles, random);
    const old = [...chosen].map((at) => singles[at]).filter((load) => load !== undefined);
    for (const load of old) commit(stock, load, -1);
    const groups = [...new Set(old.flatMap(({ contents }) => [...contents.keys()]))].sort((a, b) => a - b);
    const made = repack(stock, groups, random);
    const missing = groups.some((group) => (stock.counts[group] as number) > 0);
    if (!missing && isNoWorse(prepared, made, old)) {
      const before = costOf(prepared, old);
      const after = costOf(prepared, made);
      if (after < before || countOf(made) < countOf(old)) improved = true;
      cost += after - before;
      const kept = singles.filter((_, at) => !chosen.has(at));
      singles.splice(0, singles.length, ...kept, ...expand(made));
    } else {
      for (const load of made) commit(stock, load, -1);
      for (const load of old) commit(stock, load);
    }
  }
  if (!improved) return attempt;
  return { loads: [...others, ...singles], missing: 0, method: `${attempt.method} + local search` };
}

function repack(stock: Stock, groups: readonly number[], random: Random): readonly Load[] {
  const weights = Array.from({ length: stock.prepared.dims }, () => 0.1 + random.next());
  const way = random.integer(4);
  if (way === 0) return fillAll(stock, groups, 'dot product', weights);
  if (way === 1) return fillAll(stock, groups, 'least norm', weights);
  // In one dimension weights change nothing: the order has to vary by itself.
  const spread = random.next();
  const noise = () => Math.exp(spread * random.normal());
  return fitAll(stock, groups, way === 2 ? 'best' : 'first', weights, [], noise);
}

function choose(prepared: Prepared, singles: readonly Load[], random: Random): ReadonlySet<number> {
  const fills = singles.map((load) => fillOf(prepared, load));
  let emptiest = random.integer(singles.length);
  // Mostly the emptiest; else the search ends where the emptiest cannot be helped.
  if (random.next() < 0.7)
    fills.forEach((fill, at) => {
      if (fill < (fills[emptiest] as number)) emptiest = at;
    });
  const chosen = new Set([emptiest]);
  const size = Math.min(singles.length, 2 + random.integer(4));
  while (chosen.size < size) chosen.add(random.integer(singles.length));
  return chosen;
}

function fillOf(prepared: Prepared, { type, left }: Load): number {
  const capacity = prepared.types[type]?.capacity;
  let sum = 0;
  left.forEach((rest, d) => {
    const full = capacity?.[d] ?? 0;
    if (full > 0) sum += 1 - rest / full;
  });
  return sum / prepared.dims;
}

function isNoWorse(prepared: Prepared, made: readonly Load[], old: readonly Load[]): boolean {
  const [after, before] = [costOf(prepared, made), costOf(prepared, old)];
  const slack = 1e-9 * Math.max(after, before);
  if (Math.abs(after - before) > slack) return after < before;
  if (countOf(made) !== countOf(old)) return countOf(made) < countOf(old);
  const uneven = (loads: readonly Load[]) =>
    loads.reduce((sum, load) => sum + load.copies * fillOf(prepared, load) ** 2, 0);
  return uneven(made) >= uneven(old);
}

function expand(loads: readonly Load[]): Load[] {
  return loads.flatMap((load) => Array.from({ length: load.copies }, () => copyOf(load, 1)));
}

function single(prepared: Prepared, loads: readonly Load[]): { singles: Load[]; others: Load[] } {
  const order = loads.map((load) => [load, fillOf(prepared, load)] as const).sort((a, b) => a[1] - b[1]);
  const singles: Load[] = [];
  const others: Load[] = [];
  for (const [load] of order) {
    const taken = Math.min(load.copies, mostSingles - singles.length);
    singles.push(...expand([copyOf(load, taken)]));
    if (taken < load.copies) others.push(copyOf(load, load.copies - taken));
  }
  return { singles, others };
}

/** As it stands with all of it placed. */
function stockAfter(prepared: Prepared, loads: readonly Load[]): Stock {
  const stock: Stock = {
    prepared,
    counts: prepared.counts.slice(),
    available: prepared.types.map(({ available }) => available),
    inDomain: new Map(),
  };
  for (const load of loads) commit(stock, load);
  return stock;
}
