/** A packing with what a policy holds back for losses: how many hosts there are to be, and that it was replayed. */
import type { SizingPolicy } from './model.ts';
import type { Packing, Problem } from './packing/model.ts';
import { packWithSpare, type Spared } from './packing/with-spare.ts';

export interface Surviving {
  /** Hosts to have; null: there is no room for all, or no number of hosts survives the loss. */
  readonly hosts: number | null;
  readonly losses: number;
  readonly spared: Spared | null;
}

/** Losses are the larger of `least` and `share` of the working hosts, rounded up. */
export function surviving(problem: Problem, packing: Packing, { survive }: SizingPolicy): Surviving {
  const losses = Math.max(survive.least, Math.ceil(survive.share * packing.count));
  const loss =
    survive.unit === 'domain' ? ({ kind: 'domain' } as const) : ({ kind: 'bins', count: losses } as const);
  const spared = losses === 0 ? null : packWithSpare(problem, loss, () => packing);
  const complete = packing.unplaced.length === 0;
  return {
    hosts: !complete ? null : losses === 0 ? packing.count : (spared?.count ?? null),
    losses: survive.unit === 'domain' ? Math.min(1, losses) : losses,
    spared,
  };
}
