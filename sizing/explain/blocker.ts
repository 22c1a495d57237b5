/**
 * What stands in the way of one host fewer: the host that is easiest to do without is emptied, and what finds no
 * room on the others is named. It says why this packing needs it, not that no other could do without.
 */
import type { Packing, Problem } from '../packing/model.ts';
import { fleetOf } from '../packing/losses/fleet.ts';
import { surviveLoss } from '../packing/losses/replay.ts';

export interface Blocker {
  /** Type of the host that was emptied. */
  readonly type: string;
  readonly item: string;
  /** How many of it, and of everything, have no place. */
  readonly count: number;
  readonly all: number;
  /** Resource of which what is moved asks for more than all room that is left; null: room is there, in pieces. */
  readonly exceeded: string | null;
  /** Which of the item's rules stands in the way where room does not; null: none, the room is in pieces. */
  readonly rule: 'apart' | 'spread' | null;
}

/** Beyond so many hosts of differing contents the replay would take longer than the packing did. */
const mostKinds = 300;

export function blockerOf(problem: Problem, packing: Packing): Blocker | null {
  if (packing.bins.length === 0 || packing.bins.length > mostKinds) return null;
  const { replays } = surviveLoss(fleetOf(problem, packing), { kind: 'bins', count: 1 });
  const homeless = (at: (typeof replays)[number]) => at.homeless.reduce((sum, { count }) => sum + count, 0);
  const [easiest] = replays.toSorted((a, b) => homeless(a) - homeless(b));
  const [first] = easiest?.homeless ?? [];
  if (easiest === undefined) return null;
  const type = easiest.lost.replace(/^a /, '');
  if (first === undefined) {
    // A replay forgets the spread over domains: where all fits then, it is the spread that needs the host.
    const spread = problem.items.find(({ domains }) => domains !== undefined);
    return spread === undefined
      ? null
      : { type, item: spread.id, count: 0, all: 0, exceeded: null, rule: 'spread' };
  }
  const item = problem.items.find(({ id }) => id === first.item);
  return {
    type,
    item: first.item,
    count: first.count,
    all: homeless(easiest),
    exceeded: easiest.proven,
    rule: (item?.apart ?? []).length > 0 || (item?.avoids ?? []).length > 0 ? 'apart' : null,
  };
}
