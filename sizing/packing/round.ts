/**
 * From fractions of bins to whole ones: what the linear program buys whole is kept, the little that remains is
 * packed by the heuristics, from several roundings; an integer program over the same columns has the last word.
 */
import { createRandom } from '../../model/random.ts';
import type { Column, Relaxation } from './columns.ts';
import { masterProgram } from './columns.ts';
import { fillAll } from './fill.ts';
import { fitAll } from './first-fit.ts';
import type { Solver } from './highs.ts';
import { improve } from './improve.ts';
import { demandWeights } from './search.ts';
import { commit, costOf, isBetter, missingIn, newLoad, newStock, place, repeats, room } from './stock.ts';
import type { Attempt, Load, Stock } from './stock.ts';
import type { Prepared } from './prepare.ts';

export interface Rounding {
  readonly seed: number;
  /** Least cost there can be: reached, nothing more is tried. */
  readonly target: number;
  readonly steps: number;
}

/** Whole numbers near the fractions, and what is left packed after them. Best of several. */
export function roundDown(
  prepared: Prepared,
  { columns, amounts }: Relaxation,
  start: Attempt,
  options: Rounding,
): Attempt {
  const random = createRandom(options.seed);
  let best = start;
  // Rounding up what is nearly whole, then less and less of it.
  for (const threshold of [1, 0.95, 0.8, 0.6, 0.5, 0.35]) {
    if (isDone(prepared, best, options.target)) return best;
    const whole = amounts.map((x) => Math.floor(x + 1e-6) + (x - Math.floor(x + 1e-6) >= threshold ? 1 : 0));
    for (let way = 0; way < 4; way += 1) {
      const attempt = finish(prepared, columns, whole, way, demandWeights(prepared));
      if (isBetter(prepared, attempt, best)) best = attempt;
    }
  }
  if (isDone(prepared, best, options.target)) return best;
  return improve(prepared, best, random, options);
}

/** The best that the columns at hand can do, if the solver finds it in the time. */
export async function wholeColumns(
  prepared: Prepared,
  { columns }: Relaxation,
  start: Attempt,
  solver: Solver,
  seconds: number,
): Promise<Attempt> {
  const { values } = await solver.solve(masterProgram(prepared, columns, true), seconds);
  if (values.size === 0) return start;
  const whole = columns.map((_, at) => Math.round(values.get(`x${String(at)}`) ?? 0));
  const attempt = finish(prepared, columns, whole, 0, demandWeights(prepared));
  const named = { ...attempt, method: 'integer program over columns' };
  return isBetter(prepared, named, start) ? named : start;
}

export function isDone(prepared: Prepared, { loads, missing }: Attempt, target: number): boolean {
  return missing === 0 && costOf(prepared, loads) <= target * (1 + 1e-9);
}

function finish(
  prepared: Prepared,
  columns: readonly Column[],
  whole: readonly number[],
  way: number,
  weights: readonly number[],
): Attempt {
  const stock = newStock(prepared);
  const loads: Load[] = [];
  columns.forEach((column, at) => {
    for (let left = whole[at] ?? 0; left > 0;) {
      const load = clipped(stock, column);
      if (load === null) break;
      load.copies = Math.min(left, repeats(stock, load));
      if (load.copies < 1) break;
      commit(stock, load);
      loads.push(load);
      left -= load.copies;
    }
  });
  const groups = prepared.groups.flatMap(({ index }) => ((stock.counts[index] as number) > 0 ? [index] : []));
  const equal = prepared.names.map(() => 1);
  // The rest goes into the room that columns cut short have left, before new bins are opened.
  const rest =
    way === 0
      ? fitAll(stock, groups, 'best', weights, loads)
      : way === 1
        ? fitAll(stock, groups, 'first', equal, loads)
        : [...loads, ...fillAll(stock, groups, way === 2 ? 'dot product' : 'least norm', weights)];
  return { loads: rest, missing: missingIn(stock), method: 'column generation, rounded' };
}

/** The column as far as there is stock for it; null where nothing of it is. */
function clipped(stock: Stock, { type, contents }: Column): Load | null {
  if ((stock.available[type] ?? 0) < 1) return null;
  const load = newLoad(stock.prepared, type);
  for (const [group, units] of contents) {
    const fit = room(stock, load, group, Math.min(units, stock.counts[group] as number));
    if (fit > 0) place(stock, load, group, fit);
  }
  return load.contents.size === 0 ? null : load;
}
