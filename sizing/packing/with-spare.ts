/**
 * Packing with room for a loss: bins are opened beyond what the items need and the items spread over them, until
 * every loss replays. What is held back grows a step at a time, so that the answer is the least that was tried.
 */
import type { Packing, Problem } from './model.ts';
import { packQuickly } from './pack.ts';
import { surviveLoss, type Loss, type Survival } from './spare.ts';

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
  const most = packing.count + (loss.kind === 'bins' ? loss.count : 0);
  for (let extra = 0; extra <= most; extra += 1) {
    const empty = spares(problem, packing, base, extra, loss);
    if (empty === null) return null;
    const held = [...packing.bins, ...empty.map(({ type, copies }) => ({ type, contents: [], copies }))];
    const survival = surviveLoss(problem, { bins: held }, loss);
    if (!survival.survived) continue;
    const costs = new Map(problem.bins.map(({ id, cost }) => [id, cost]));
    const cost = empty.reduce((sum, { type, copies }) => sum + copies * (costs.get(type) ?? 0), packing.cost);
    return { packing, survival, empty, count: packing.count + extra, cost };
  }
  return null;
}

/** The types in use, largest first, as far as there are more; over the domains in turn where a domain may go. */
function spares(
  problem: Problem,
  packing: Packing,
  base: ReadonlyMap<string, number>,
  extra: number,
  loss: Loss,
): { type: string; copies: number }[] | null {
  const volume = (capacity: readonly number[]) =>
    capacity.reduce((sum, value) => sum + Math.log(value + 1), 0);
  const used = problem.bins.filter(
    ({ id }) => loss.kind === 'domain' || base.has(id) || packing.bins.length === 0,
  );
  const order = used.toSorted((a, b) => volume(b.capacity) - volume(a.capacity));
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
    if (first === undefined) return null;
    added.set(first.id, (added.get(first.id) ?? 0) + 1);
  }
  return [...added].map(([type, copies]) => ({ type, copies }));
}
