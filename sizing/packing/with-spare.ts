/**
 * Packing with room for a loss: bins are opened beyond what the items need and the items spread over them, until
 * every loss replays. What is held back is the least that was tried: from the room that any loss needs upwards.
 */
import type { BinType, Packing, Problem } from './model.ts';
import { packQuickly } from './pack.ts';
import { fleetOf, shortFor, surviveLoss, withEmpty, type Loss, type Survival } from './spare.ts';

export interface Spared {
  readonly packing: Packing;
  readonly survival: Survival;
  /** Bins that hold nothing until another is lost, by type; they are part of the count. */
  readonly empty: readonly { readonly type: string; readonly copies: number }[];
  readonly count: number;
  readonly cost: number;
}

/** Null if no number of bins that there are survives the loss. `make` packs; the heuristics unless given. */
export function packWithSpare(
  problem: Problem,
  loss: Loss,
  make: (problem: Problem) => Packing = (given) => packQuickly(given),
): Spared | null {
  const packing = make(problem);
  if (packing.unplaced.length > 0) return null;
  const base = new Map<string, number>();
  for (const { type, copies } of packing.bins) base.set(type, (base.get(type) ?? 0) + copies);
  const types = problem.bins.filter(
    ({ id }) => loss.kind === 'domain' || base.has(id) || packing.bins.length === 0,
  );
  const supply = types.reduce(
    (sum, { id, available }) => sum + (available ?? Infinity) - (base.get(id) ?? 0),
    0,
  );
  const most = Math.min(supply, packing.count + (loss.kind === 'bins' ? loss.count : 0));
  const fleet = fleetOf(problem, packing);
  const costs = new Map(problem.bins.map(({ id, cost }) => [id, cost]));
  const attempt = (extra: number): Spared | null => {
    const empty = spares(types, base, extra, loss);
    const survival = surviveLoss(withEmpty(fleet, empty), loss, true);
    if (!survival.survived) return null;
    const cost = empty.reduce((sum, { type, copies }) => sum + copies * (costs.get(type) ?? 0), packing.cost);
    return { packing, survival, empty, count: packing.count + extra, cost };
  };
  let failed = -1;
  if (loss.kind === 'bins') {
    const isShort = (extra: number) =>
      shortFor(withEmpty(fleet, spares(types, base, extra, loss)), loss.count) !== null;
    // More room is never less: the last number that is short, by halves.
    for (let step = 2 ** 30; step >= 1; step /= 2) {
      if (failed + step <= most && isShort(failed + step)) failed += step;
    }
  }
  // Below, the room alone does not do. Above, strides that double until one holds, then the halves between.
  let found: Spared | null = null;
  for (let stride = 1; found === null && failed < most; stride *= 2) {
    const extra = Math.min(most, failed + stride);
    found = attempt(extra);
    if (found === null) failed = extra;
  }
  while (found !== null && found.count - packing.count - failed > 1) {
    const middle = Math.floor((failed + found.count - packing.count) / 2);
    const less = attempt(middle);
    if (less === null) failed = middle;
    else found = less;
  }
  return found;
}

/** The types in use, largest first, as far as there are more; over the domains in turn where a domain may go. */
function spares(
  types: readonly BinType[],
  base: ReadonlyMap<string, number>,
  extra: number,
  loss: Loss,
): { type: string; copies: number }[] {
  const volume = (capacity: readonly number[]) =>
    capacity.reduce((sum, value) => sum + Math.log(value + 1), 0);
  const order = types.toSorted((a, b) => volume(b.capacity) - volume(a.capacity));
  const added = new Map<string, number>();
  const rank = ({ id, domain }: (typeof order)[number]) =>
    loss.kind === 'domain'
      ? order.reduce(
          (sum, bin) =>
            sum + (bin.domain === domain ? (added.get(bin.id) ?? 0) + (base.get(bin.id) ?? 0) : 0),
          0,
        )
      : order.findIndex((bin) => bin.id === id);
  for (let step = 0; step < extra; step += 1) {
    const open = order.filter(
      ({ id, available }) => (base.get(id) ?? 0) + (added.get(id) ?? 0) < (available ?? Infinity),
    );
    const [first] = open.toSorted((a, b) => rank(a) - rank(b));
    if (first === undefined) break;
    added.set(first.id, (added.get(first.id) ?? 0) + 1);
  }
  return [...added].map(([type, copies]) => ({ type, copies }));
}
