/**
 * A packing with the best proof that the time allows: heuristics first, then column generation for the bound, and
 * dives from its columns for the packing while an integer program over them is solved in a thread of its own.
 * Whatever ends early leaves a valid packing and a valid bound. What is done in which order does not depend on the
 * time there is, and the best packing is kept: with more time none is worse.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createRandom } from '../../model/random.ts';
import { combinatorialBound } from './bounds.ts';
import { Master, raised, wholeProgram, type Column, type Limits } from './columns.ts';
import { costOfAttempt, dive, loadsOf } from './dive.ts';
import { fitAll } from './first-fit.ts';
import { openSolver, type Solver } from './highs.ts';
import type { Packing, Problem } from './model.ts';
import { prepare, type Prepared } from './prepare.ts';
import { toPacking } from './result.ts';
import { demandWeights, effortFor, search } from './search.ts';
import { isBetter, missingIn, newStock, type Attempt } from './stock.ts';

export interface ProofOptions {
  readonly seed: number;
  /** For bound and whole packings together, on top of the heuristics; 3 unless said. */
  readonly seconds: number;
  /** Monotonic, in seconds; a test gives one that counts. */
  readonly now: () => number;
  /** The integer program in a thread of its own: its end is the machine's, so that a test leaves it out. */
  readonly threads: boolean;
}

/** With more shapes, the linear program is larger than the time it is given. */
const mostShapes = 700;
/** Columns that an integer program is given. */
const mostColumns = 4000;
/** A packing from the columns so far is tried after this long, and each time twice as late. */
const firstRounding = 0.25;

/** Throws UserError for numbers that are none. Deterministic from the seed unless the time ends it. */
export async function pack(problem: Problem, options: Partial<ProofOptions> = {}): Promise<Packing> {
  const { seed = 1, seconds = 3, now = () => performance.now() / 1000, threads = true } = options;
  const prepared = prepare(problem);
  let bound = combinatorialBound(prepared);
  const shapes = prepared.groups.length;
  let best = search(prepared, effortFor(prepared, seed), bound);
  const offer = (attempt: Attempt) => {
    if (isBetter(prepared, attempt, best)) best = attempt;
  };
  const isDone = () => costOfAttempt(prepared, best) <= bound.cost * (1 + 1e-9);
  if (isDone() || shapes > mostShapes || seconds <= 0) return toPacking(prepared, best, bound);

  const limits: Limits = { now, until: now() + seconds };
  const master = new Master(prepared);
  for (const { type, contents } of best.loads) master.add({ type, contents });
  const random = createRandom(seed);
  const rest = breather();
  const start = limits.until - seconds;
  let next = start + firstRounding;
  const converging = master.converge(master.whole, limits, (proven, objective) => {
    bound = raised(prepared, bound, proven);
    return isDone() || bound.cost >= raised(prepared, bound, objective).cost * (1 - 1e-12);
  });
  for (let step = converging.next(); step.done !== true; step = converging.next()) {
    if (now() >= next) {
      next += next - start;
      for (const attempt of rounded(prepared, master)) offer(attempt);
    }
    await rest();
  }
  // Nothing is done because the time ends: it would not be done with more time, and might be missed then.
  if (!isDone() && now() < limits.until) for (const attempt of rounded(prepared, master)) offer(attempt);
  if (isDone() || now() >= limits.until) return toPacking(prepared, best, bound);

  await using solver = threads ? openSolver() : null;
  const columns = master.columns.slice(0, mostColumns);
  const whole = solver === null ? null : wholeColumns(prepared, columns, solver, limits.until - now());
  const diving = dive(
    { prepared, master, limits, random, offer, toBeat: () => costOfAttempt(prepared, best) },
    bound.cost,
  );
  let other: Attempt | null | undefined;
  void whole?.then((attempt) => (other = attempt));
  for (const _ of diving) {
    await rest();
    if (other != null) {
      offer(other);
      other = null;
    }
    if (isDone()) break;
  }
  if (!isDone() && whole !== null) {
    const attempt = await whole;
    if (attempt !== null) offer(attempt);
  }
  return toPacking(prepared, best, bound);
}

/** Lets other work of the process have its turn, some twenty times a second. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await setImmediate();
    last = performance.now();
  };
}

/** Whole numbers near the fractions, from rounding nearly all up to rounding down, and the rest packed after them. */
function* rounded(prepared: Prepared, { columns, program }: Master): Generator<Attempt> {
  const amounts = [...program.amounts()].sort((a, b) => b[1] - a[1]);
  const weights = demandWeights(prepared);
  for (const threshold of [1, 0.8, 0.6, 0.4]) {
    const stock = newStock(prepared);
    const loads = amounts.flatMap(([at, amount]) => {
      const down = Math.floor(amount + 1e-6);
      return loadsOf(stock, columns[at] as Column, down + (amount - down >= threshold ? 1 : 0));
    });
    const groups = prepared.groups.flatMap(({ index }) =>
      (stock.counts[index] as number) > 0 ? [index] : [],
    );
    const all = fitAll(stock, groups, 'best', weights, loads);
    yield { loads: all, missing: missingIn(stock), method: 'column generation, rounded' };
  }
}

/** The best that the columns at hand can do, if the solver finds it in the time. */
async function wholeColumns(
  prepared: Prepared,
  columns: readonly Column[],
  solver: Solver,
  seconds: number,
): Promise<Attempt | null> {
  const { values } = await solver.solve(wholeProgram(prepared, columns), Math.max(0.1, seconds));
  if (values.size === 0) return null;
  const stock = newStock(prepared);
  const loads = columns.flatMap((column, at) =>
    loadsOf(stock, column, Math.round(values.get(`x${String(at)}`) ?? 0)),
  );
  const groups = prepared.groups.flatMap(({ index }) => ((stock.counts[index] as number) > 0 ? [index] : []));
  const all = fitAll(stock, groups, 'best', demandWeights(prepared), loads);
  return { loads: all, missing: missingIn(stock), method: 'integer program over columns' };
}
