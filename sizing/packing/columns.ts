/**
 * Column generation (P. Gilmore and R. Gomory, 1961): a linear program over fillings of whole bins, to which the
 * most valuable filling at its current prices is added until none is worth its bin. Its bound is Lagrange's,
 * computed here from the prices and from what no filling exceeds (A. Farley, 1990): it holds for any prices,
 * so neither the solver's rounding nor an early end can raise it above the optimum.
 */
import type { Bound } from './bounds.ts';
import { liftCost } from './bounds.ts';
import type { Solver } from './highs.ts';
import { mostValuable } from './knapsack.ts';
import type { Prepared } from './prepare.ts';
import type { Attempt } from './stock.ts';

export interface Column {
  readonly type: number;
  readonly contents: ReadonlyMap<number, number>;
}

export interface Relaxation {
  readonly columns: readonly Column[];
  /** How many bins of each column the last program buys, in fractions. */
  readonly amounts: readonly number[];
  readonly bound: Bound;
  readonly complete: boolean;
}

interface Prices {
  readonly cover: Float64Array;
  /** Not above 0: what one more bin of a limited type would save. */
  readonly supply: readonly number[];
  /** Not above 0, by `group:domain`. */
  readonly domain: ReadonlyMap<string, number>;
}

export interface Limits {
  /** Monotonic, in seconds. */
  readonly now: () => number;
  readonly until: number;
}

const nodesPerPricing = 20_000;

/** Until no column is worth adding, the bound meets `attempt`, or the time is up. */
export async function relax(
  prepared: Prepared,
  attempt: Attempt,
  known: Bound,
  target: number,
  solver: Solver,
  limits: Limits,
): Promise<Relaxation> {
  const columns: Column[] = [];
  const seen = new Set<string>();
  const add = (column: Column): boolean => {
    const key = `${String(column.type)}:${[...column.contents].sort((a, b) => a[0] - b[0]).join(';')}`;
    if (seen.has(key) || column.contents.size === 0) return false;
    seen.add(key);
    columns.push(column);
    return true;
  };
  for (const { type, contents } of attempt.loads) add({ type, contents });
  let bound = known;
  let amounts: readonly number[] = [];
  let complete = false;
  while (!complete) {
    const rest = limits.until - limits.now();
    if (rest <= 0) break;
    const solved = await solver.solve(masterProgram(prepared, columns), rest);
    if (solved.status !== 'Optimal') break;
    amounts = columns.map((_, at) => solved.values.get(`x${String(at)}`) ?? 0);
    const prices = pricesOf(prepared, solved.duals);
    const priced = price(prepared, prices, limits);
    if (priced === null) break;
    const cost = liftCost(prepared, priced.bound);
    if (cost > bound.cost) bound = { ...bound, cost, method: 'column generation' };
    if (bound.cost >= target * (1 - 1e-12)) break;
    // Exact where branch and bound ended by itself; at the same lifted cost more columns cannot raise the bound.
    complete =
      !priced.columns.map(add).includes(true) ||
      bound.cost >= liftCost(prepared, solved.objective) * (1 - 1e-12);
  }
  return { columns: columns.slice(0, Math.max(amounts.length, 0)), amounts, bound, complete };
}

function pricesOf(prepared: Prepared, duals: ReadonlyMap<string, number>): Prices {
  const cover = prepared.counts.map((_, group) => Math.max(0, duals.get(`c${String(group)}`) ?? 0));
  const supply = prepared.types.map(({ index }) => Math.min(0, duals.get(`s${String(index)}`) ?? 0));
  const domain = new Map<string, number>();
  for (const [name, dual] of duals) if (name.startsWith('d')) domain.set(name.slice(1), Math.min(0, dual));
  return { cover, supply, domain };
}

/** The best filling of each type at these prices, and the bound they prove. Null when the time is up. */
function price(
  prepared: Prepared,
  prices: Prices,
  { now, until }: Limits,
): { columns: Column[]; bound: number } | null {
  const columns: Column[] = [];
  const most: number[] = [];
  for (const { index, cost, domain } of prepared.types) {
    if (now() > until) return null;
    const profits = prices.cover.map(
      (value, group) => value + (prices.domain.get(`${String(group)}_${String(domain)}`) ?? 0),
    );
    const filling = mostValuable(prepared, index, profits, nodesPerPricing);
    most.push(filling.most);
    if (filling.value + (prices.supply[index] ?? 0) > cost * (1 + 1e-7) + 1e-9) {
      columns.push({ type: index, contents: filling.contents });
    }
  }
  return { columns, bound: lagrange(prepared, prices, most) };
}

/** Prices are scaled until no filling of an unlimited type is worth more than its bin; limited ones are paid for. */
function lagrange(prepared: Prepared, prices: Prices, most: readonly number[]): number {
  const { types, counts, groups } = prepared;
  const scale = Math.min(
    1,
    ...types.map(({ index, cost, available }) =>
      available === Infinity ? cost / (most[index] as number) : 1,
    ),
  );
  let sum = 0;
  counts.forEach((count, group) => (sum += count * (prices.cover[group] as number)));
  for (const [name, dual] of prices.domain) {
    sum += dual * (groups[Number(name.split('_')[0])]?.domainMost ?? 0);
  }
  const paid = types.reduce(
    (total, { index, cost, available }) =>
      available === Infinity
        ? total
        : total + available * Math.max(0, scale * (most[index] as number) - cost),
    0,
  );
  return scale * sum - paid;
}

/** Least cost of columns that cover every group; what cannot be covered is paid for dearly. */
export function masterProgram(prepared: Prepared, columns: readonly Column[], whole = false): string {
  const { types, groups, counts } = prepared;
  const dear = 100 * Math.max(1, ...types.map(({ cost }) => cost));
  const cover = groups.map((): string[] => []);
  const supply = types.map((): string[] => []);
  const spread = new Map<string, string[]>();
  const objective: string[] = [];
  columns.forEach(({ type, contents }, at) => {
    const name = `x${String(at)}`;
    objective.push(`${String(types[type]?.cost ?? 0)} ${name}`);
    supply[type]?.push(name);
    for (const [group, units] of contents) {
      cover[group]?.push(`${String(units)} ${name}`);
      if (groups[group]?.domainMost === Infinity) continue;
      const place = `${String(group)}_${String(types[type]?.domain ?? 0)}`;
      spread.set(place, [...(spread.get(place) ?? []), `${String(units)} ${name}`]);
    }
  });
  const rows = [
    ...cover.map(
      (terms, group) =>
        `c${String(group)}: ${wrapped([...terms, `a${String(group)}`])} >= ${String(counts[group])}`,
    ),
    ...supply.flatMap((terms, type) => {
      const available = types[type]?.available ?? Infinity;
      return available === Infinity || terms.length === 0
        ? []
        : [`s${String(type)}: ${wrapped(terms)} <= ${String(available)}`];
    }),
    ...[...spread].map(([place, terms]) => {
      const limit = groups[Number(place.split('_')[0])]?.domainMost ?? 0;
      return `d${place}: ${wrapped(terms)} <= ${String(limit)}`;
    }),
  ];
  objective.push(...groups.map(({ index }) => `${String(dear)} a${String(index)}`));
  const integers = whole ? ['General', ...columns.map((_, at) => `x${String(at)}`)] : [];
  return ['Minimize', `cost: ${wrapped(objective)}`, 'Subject To', ...rows, ...integers, 'End'].join('\n');
}

/** Lines of the format are limited in length; terms may go on in the next. */
function wrapped(terms: readonly string[]): string {
  return terms.join(' +\n');
}
