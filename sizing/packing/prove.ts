/**
 * A packing with the best proof that the time allows: heuristics first, then column generation for the bound
 * and, from its columns, for the packing. Whatever ends early leaves a valid packing and a valid bound.
 */
import { performance } from 'node:perf_hooks';
import { combinatorialBound } from './bounds.ts';
import { relax } from './columns.ts';
import { openSolver } from './highs.ts';
import type { Packing, Problem } from './model.ts';
import { prepare } from './prepare.ts';
import { toPacking } from './result.ts';
import { isDone, roundDown, wholeColumns } from './round.ts';
import { effortFor, search } from './search.ts';
import { costOf, isBetter } from './stock.ts';

export interface ProofOptions {
  readonly seed: number;
  /** For bound and integer program together, on top of the heuristics; 3 unless said. */
  readonly seconds: number;
}

/** With more shapes, the linear program is larger than the time it is given. */
const mostShapes = 1200;

/** Throws UserError for numbers that are none. Deterministic from the seed unless the time ends it. */
export async function pack(problem: Problem, options: Partial<ProofOptions> = {}): Promise<Packing> {
  const { seed = 1, seconds = 3 } = options;
  const prepared = prepare(problem);
  let bound = combinatorialBound(prepared);
  const effort = effortFor(prepared, seed);
  const shapes = prepared.groups.length;
  // Local search comes after the columns, which are the better start where there are any.
  const first = shapes > 200 ? { starts: 0, steps: 50 } : { starts: 2, steps: 200 };
  const quick = shapes <= mostShapes && seconds > 0 ? { ...effort, ...first } : effort;
  let attempt = search(prepared, quick, bound);
  if (isDone(prepared, attempt, bound.cost) || shapes > mostShapes || seconds <= 0) {
    return toPacking(prepared, attempt, bound);
  }
  await using solver = openSolver();
  const now = () => performance.now() / 1000;
  const until = now() + seconds;
  const target = attempt.missing === 0 ? costOf(prepared, attempt.loads) : Infinity;
  const relaxation = await relax(prepared, attempt, bound, target, solver, {
    now,
    until: now() + seconds * 0.6,
  });
  bound = relaxation.bound;
  const rounding = { seed, target: bound.cost, steps: shapes > 200 ? 200 : 600 };
  if (!isDone(prepared, attempt, bound.cost)) attempt = roundDown(prepared, relaxation, attempt, rounding);
  if (!isDone(prepared, attempt, bound.cost)) {
    attempt = await wholeColumns(prepared, relaxation, attempt, solver, Math.max(0.2, until - now()));
  }
  if (!isDone(prepared, attempt, bound.cost) && now() < until) {
    const other = search(prepared, effort, bound);
    if (isBetter(prepared, other, attempt)) attempt = other;
  }
  return toPacking(prepared, attempt, bound);
}
