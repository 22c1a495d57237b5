/** A packing with what a policy holds back for losses: how many hosts there are to be, and that it was replayed. */
import type { SizingPolicy } from './model.ts';
import type { Packing, Problem } from './packing/model.ts';
import type { Loss } from './packing/losses/replay.ts';
import { packWithSpare, type Spared } from './packing/losses/spare.ts';

export interface Surviving {
  /** Hosts to have; null: there is no room for all, or no number of hosts survives the loss. */
  readonly hosts: number | null;
  readonly losses: number;
  readonly spared: Spared | null;
}

/** Losses are the larger of `least` and `share` of the working hosts, rounded up; null: none are asked for. */
export function lossOf({ least, share, unit }: SizingPolicy['survive'], working: number): Loss | null {
  const count = Math.max(least, Math.ceil(share * working));
  if (count === 0) return null;
  return unit === 'domain' ? { kind: 'domain' } : { kind: 'bins', count };
}

export function surviving(problem: Problem, packing: Packing, { survive }: SizingPolicy): Surviving {
  const loss = lossOf(survive, packing.count);
  const spared = loss === null ? null : packWithSpare(problem, loss, () => packing);
  const complete = packing.unplaced.length === 0;
  return {
    hosts: !complete ? null : loss === null ? packing.count : (spared?.count ?? null),
    losses: loss === null ? 0 : loss.kind === 'domain' ? 1 : loss.count,
    spared,
  };
}
