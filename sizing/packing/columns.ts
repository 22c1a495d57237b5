/**
 * Column generation (P. Gilmore and R. Gomory, 1961): a linear program over fillings of whole bins, to which the
 * most valuable fillings at its current prices are added until none is worth its bin. Prices are drawn towards the
 * best known (P. Wentges, 1997), which takes fewer rounds. The bound is Lagrange's, computed here from the prices and
 * from what no filling exceeds (A. Farley, 1990): it holds for any prices, so neither rounding nor an early end can
 * raise it above the optimum.
 */
import { liftCost, type Bound } from './bounds.ts';
import { mostValuable } from './knapsack.ts';
import type { Prepared } from './prepare.ts';
import { demandWeights } from './search.ts';
import { Simplex } from './simplex.ts';
import { weightOf } from './first-fit.ts';

export interface Column {
  readonly type: number;
  readonly contents: ReadonlyMap<number, number>;
}

/** What is still to be placed: units of each group, bins of each type, and places in each failure domain. */
export interface Rest {
  readonly counts: Float64Array;
  readonly available: readonly number[];
  /** By row of the program; see `Master`. */
  readonly domain: readonly number[];
}

export interface Limits {
  /** Monotonic, in seconds. */
  readonly now: () => number;
  readonly until: number;
}

/** Branches of the knapsack at first, and where they found nothing and were cut short. */
const nodesAtFirst = 4000;
const nodesAtMost = 60_000;
/** How far prices are drawn towards the best known. */
const smoothing = 0.6;

/** The program with the columns found so far, for the whole problem and for what is left of it in a dive. */
export class Master {
  readonly columns: Column[] = [];
  readonly program: Simplex;
  readonly whole: Rest;
  readonly #prepared: Prepared;
  readonly #known = new Set<string>();
  readonly #supplyRow: readonly (number | null)[];
  /** Group, domain and row of each limit of a group in a domain. */
  readonly #spread: readonly { readonly group: number; readonly domain: number; readonly row: number }[];
  readonly #spreadRow = new Map<string, number>();
  /** Prices of the best bound. */
  #center: Float64Array | null = null;

  constructor(prepared: Prepared) {
    const { groups, types, counts, domains } = prepared;
    this.#prepared = prepared;
    let rows = groups.length;
    this.#supplyRow = types.map(({ available }) => (available === Infinity ? null : rows++));
    const spread: { group: number; domain: number; row: number }[] = [];
    for (const { index, domainMost } of groups) {
      if (domainMost === Infinity) continue;
      for (let domain = 0; domain < domains; domain += 1) {
        this.#spreadRow.set(`${String(index)}:${String(domain)}`, rows);
        spread.push({ group: index, domain, row: rows++ });
      }
    }
    this.#spread = spread;
    this.whole = {
      counts: counts.slice(),
      available: types.map(({ available }) => available),
      domain: spread.map(({ group }) => groups[group]?.domainMost ?? 0),
    };
    // A unit short costs more than any bin: no program is without a solution, and a shortage shows in its cost.
    const dear = 100 * Math.max(1e-3, ...types.map(({ cost }) => cost));
    const isCover = Array.from({ length: rows }, (_, row) => row < groups.length);
    this.program = new Simplex(this.#demandOf(this.whole), isCover, dear);
  }

  add({ type, contents }: Column): boolean {
    if (contents.size === 0) return false;
    const key = `${String(type)}:${[...contents].sort((a, b) => a[0] - b[0]).join(';')}`;
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    const rows: number[] = [];
    const values: number[] = [];
    const domain = this.#prepared.types[type]?.domain ?? 0;
    for (const [group, units] of contents) {
      rows.push(group);
      values.push(units);
      const row = this.#spreadRow.get(`${String(group)}:${String(domain)}`);
      if (row === undefined) continue;
      rows.push(row);
      values.push(units);
    }
    const supply = this.#supplyRow[type];
    if (supply != null) {
      rows.push(supply);
      values.push(1);
    }
    this.columns.push({ type, contents });
    this.program.add(this.#prepared.types[type]?.cost ?? 0, { rows, values });
    return true;
  }

  /** The rest after bins of a type with such contents. */
  restAfter(rest: Rest, { type, contents }: Column, copies: number): Rest {
    const domain = this.#prepared.types[type]?.domain ?? 0;
    const counts = rest.counts.slice();
    for (const [group, units] of contents)
      counts[group] = Math.max(0, (counts[group] as number) - units * copies);
    return {
      counts,
      available: rest.available.with(type, (rest.available[type] as number) - copies),
      domain: rest.domain.map((left, at) => {
        const own = this.#spread[at];
        if (own === undefined || own.domain !== domain) return left;
        return Math.max(0, left - (contents.get(own.group) ?? 0) * copies);
      }),
    };
  }

  /** Optimal over the columns at hand. */
  solve(rest: Rest): void {
    this.program.setDemand(this.#demandOf(rest));
    this.program.solve(20_000);
  }

  /**
   * Adds columns until none is worth its bin, or `isEnough` says so of the bound, or the time is up. Returns the
   * best bound on what the rest costs (not lifted), and whether it is the program's own.
   */
  *converge(
    rest: Rest,
    limits: Limits,
    isEnough: (bound: number, objective: number) => boolean,
    mostRounds = Infinity,
  ): Generator<void, { bound: number; complete: boolean }> {
    let bound = 0;
    this.#center = null;
    this.solve(rest);
    if (rest === this.whole) {
      const first = this.#price(rest, this.#pricesBySize(), nodesAtFirst);
      bound = first.bound;
      this.#center = this.#pricesBySize();
      for (const column of first.columns) this.add(column);
      this.program.solve(20_000);
    }
    for (let round = 0; round < mostRounds; round += 1) {
      if (limits.now() >= limits.until) break;
      const own = this.program.prices.slice();
      const center: Float64Array | null = this.#center;
      const drawn =
        center === null
          ? own
          : own.map((price, row) => smoothing * (center[row] as number) + (1 - smoothing) * price);
      let added = false;
      // Prices drawn away from the program's may find nothing that helps it: then its own are asked.
      for (const [prices, nodes] of center === null
        ? ([
            [own, nodesAtFirst],
            [own, nodesAtMost],
          ] as const)
        : ([
            [drawn, nodesAtFirst],
            [own, nodesAtFirst],
            [own, nodesAtMost],
          ] as const)) {
        const priced = this.#price(rest, prices, nodes);
        if (priced.bound > bound) {
          bound = priced.bound;
          this.#center = prices;
        }
        for (const column of priced.columns) added = this.add(column) || added;
        if (added || (prices === own && priced.isExact) || isEnough(bound, this.program.objective)) break;
        if (limits.now() >= limits.until) break;
      }
      if (isEnough(bound, this.program.objective)) break;
      if (!added) return { bound, complete: limits.now() < limits.until };
      this.program.solve(5000);
      yield;
    }
    return { bound, complete: false };
  }

  /** A unit is worth its share of the cheapest room: near enough to begin with. */
  #pricesBySize(): Float64Array {
    const { types, counts, dims } = this.#prepared;
    const weights = demandWeights(this.#prepared);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const room = Math.min(
      ...types.map(({ cost, capacity }) => {
        let size = 0;
        for (let d = 0; d < dims; d += 1)
          size +=
            ((weights[d] as number) * (capacity[d] as number)) /
            Math.max(this.#prepared.reference[d] as number, 1e-300);
        return size > 0 ? (cost * sum) / size : Infinity;
      }),
    );
    const prices = new Float64Array(this.program.size);
    counts.forEach((_, group) => (prices[group] = (room * weightOf(this.#prepared, group, weights)) / sum));
    return prices;
  }

  #demandOf({ counts, available, domain }: Rest): Float64Array {
    const demand = new Float64Array(
      counts.length + this.#supplyRow.filter((row) => row !== null).length + domain.length,
    );
    demand.set(counts);
    this.#supplyRow.forEach((row, type) => {
      if (row !== null) demand[row] = available[type] as number;
    });
    this.#spread.forEach(({ row }, at) => (demand[row] = domain[at] as number));
    return demand;
  }

  /** The best fillings of each type at these prices, and the bound that they prove. */
  #price(
    rest: Rest,
    prices: Float64Array,
    nodes: number,
  ): { columns: Column[]; bound: number; isExact: boolean } {
    const { types, groups } = this.#prepared;
    const columns: Column[] = [];
    const most: number[] = [];
    let isExact = true;
    const supplyOf = (type: number) => {
      const row = this.#supplyRow[type];
      return row == null ? 0 : Math.min(0, prices[row] as number);
    };
    for (const { index, cost, domain } of types) {
      const profits = new Float64Array(groups.length);
      for (let group = 0; group < groups.length; group += 1) {
        const row = this.#spreadRow.get(`${String(group)}:${String(domain)}`);
        const price = Math.max(0, prices[group] as number);
        profits[group] = row === undefined ? price : price + Math.min(0, prices[row] as number);
      }
      const above = Math.max(0, (cost - supplyOf(index)) * (1 + 1e-9));
      const filling = mostValuable(this.#prepared, {
        type: index,
        profits,
        nodes,
        counts: rest.counts,
        above,
      });
      most.push(filling.most);
      isExact &&= filling.nodes < nodes;
      if ((rest.available[index] as number) < 1) continue;
      for (const contents of [filling.contents, ...filling.others])
        if (contents.size > 0) columns.push({ type: index, contents });
    }
    return { columns, bound: this.#lagrange(rest, prices, most), isExact };
  }

  /** Prices are scaled until no filling of an unlimited type is worth more than its bin; limited ones are paid for. */
  #lagrange(rest: Rest, prices: Float64Array, most: readonly number[]): number {
    const { types } = this.#prepared;
    const scale = Math.min(
      1,
      ...types.map(({ index, cost, available }) =>
        available === Infinity ? cost / Math.max(cost, most[index] as number, 1e-300) : 1,
      ),
    );
    let sum = 0;
    rest.counts.forEach((count, group) => (sum += count * Math.max(0, prices[group] as number)));
    this.#spread.forEach(
      ({ row }, at) => (sum += Math.min(0, prices[row] as number) * (rest.domain[at] as number)),
    );
    const paid = types.reduce(
      (total, { index, cost, available }) =>
        available === Infinity
          ? total
          : total + (rest.available[index] as number) * Math.max(0, scale * (most[index] as number) - cost),
      0,
    );
    return scale * sum - paid;
  }
}

/** The known bound, or a higher one in cost that rests on column generation. */
export function raised(prepared: Prepared, known: Bound, cost: number): Bound {
  const lifted = liftCost(prepared, cost);
  return lifted > known.cost ? { ...known, cost: lifted, method: 'column generation' } : known;
}

/** Least cost of whole numbers of the columns that cover every group, as a program in CPLEX LP format. */
export function wholeProgram(prepared: Prepared, columns: readonly Column[]): string {
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
  const integers = ['General', ...columns.map((_, at) => `x${String(at)}`)];
  return ['Minimize', `cost: ${wrapped(objective)}`, 'Subject To', ...rows, ...integers, 'End'].join('\n');
}

/** Lines of the format are limited in length; terms may go on in the next. */
function wrapped(terms: readonly string[]): string {
  return terms.join(' +\n');
}
