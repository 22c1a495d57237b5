/**
 * The engine's front: a problem in, a packing with its proof out. `packQuickly` is heuristics and arithmetic
 * only, synchronous, without Node and the same everywhere; `prove.ts` goes on from there.
 */
import { combinatorialBound } from './bounds.ts';
import type { Packing, Problem } from './model.ts';
import { prepare } from './prepare.ts';
import { toPacking } from './result.ts';
import { effortFor, search, type SearchOptions } from './search.ts';

/** Heuristics against the bounds from sums. Throws UserError for numbers that are none. */
export function packQuickly(problem: Problem, options: Partial<SearchOptions> = {}): Packing {
  const prepared = prepare(problem);
  const bound = combinatorialBound(prepared);
  const effort = { ...effortFor(prepared, options.seed ?? 1), ...options };
  return toPacking(prepared, search(prepared, effort, bound), bound);
}
