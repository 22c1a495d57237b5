/**
 * The counts of a question and nothing else, by heuristics alone: for many variants of one question, whose
 * differences are what is looked at. The same packer on both sides of each.
 */
import type { Packing, Problem } from '../packing/model.ts';
import { packQuickly } from '../packing/pack.ts';
import type { Alternative } from '../problem.ts';
import { sizeAs, type Answer, type Question } from '../size.ts';

export interface Count {
  /** null: there is no room for all. */
  readonly hosts: number | null;
  /** Per month; null: not everything has a price. */
  readonly cost: number | null;
}

/** Of `--seconds 0` and of the page: heuristics and few steps of local search, some milliseconds for hundreds. */
export function packLightly(problem: Problem): Packing {
  return packQuickly(problem, { starts: 0, steps: 200 });
}

export async function lightAnswer(alternative: Alternative, question: Question): Promise<Answer> {
  return await sizeAs(alternative, question, packLightly);
}

export function countOf({ hosts, cost }: Answer): Count {
  return { hosts, cost: hosts === null ? null : (cost?.perMonth ?? null) };
}

export function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

/** One value for each alternative, made one after another. */
export async function byAlternative<T>(
  make: (alternative: Alternative) => Promise<T>,
): Promise<Record<Alternative, T>> {
  return {
    vm: await make('vm'),
    container: await make('container'),
    'containers-in-vms': await make('containers-in-vms'),
  };
}
