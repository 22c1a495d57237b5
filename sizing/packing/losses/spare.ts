/**
 * Packing with room for a loss: empty bins are added, of whatever types cost least, until every loss replays. What a
 * loss leaves without a place is packed into new bins by itself, which says what kinds are missing; then what turns
 * out not to be needed is taken away, the dearest first, and dear bins are exchanged for cheaper ones.
 */
import { combinatorialBound } from '../bounds.ts';
import type { Packing, Problem } from '../model.ts';
import { packQuickly } from '../pack.ts';
import { search } from '../search.ts';
import { countOf } from '../stock.ts';
import { fleetOf, withEmpty, type Fleet } from './fleet.ts';
import {
  mostReplays,
  shortage,
  surviveLoss,
  withoutSpread,
  type Loss,
  type Replay,
  type Survival,
} from './replay.ts';

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
  const fleet = fleetOf(problem, packing);
  const found = cheapest(
    fleet,
    startsOf(fleet, loss).flatMap((start) => {
      const grown = grow(fleet, loss, start);
      if (grown === null) return [];
      // Of very many hosts a proof for any loss, which needs no replay, is worth the few spares that could go.
      const isProof = grown.survival.evidence === 'taken over' && fleet.loads.length > mostReplays;
      return [isProof ? grown : exchanged(fleet, loss, lessened(fleet, loss, grown))];
    }),
  );
  if (found === null) return null;
  const empty = found.extra.flatMap((copies, type) =>
    copies > 0 ? [{ type: problem.bins[type]?.id ?? '', copies }] : [],
  );
  return {
    packing,
    survival: found.survival,
    empty,
    count: packing.count + sumOf(found.extra),
    cost: packing.cost + priceOf(fleet, found.extra),
  };
}

/** Empty bins by type, and the replays that they survive. */
interface Held {
  readonly extra: readonly number[];
  readonly survival: Survival;
}

/** Bins of each type that there are beyond those in use. */
function supplyOf({ prepared, loads }: Fleet): number[] {
  const supply = prepared.types.map(({ available }) => available);
  for (const { type, copies } of loads) supply[type] = (supply[type] ?? 0) - copies;
  return supply;
}

/** Share of the bins lost from which on one empty bin for each is taken instead of looking for fewer. */
const nearly = 0.75;

/** Where the search begins: at nothing, or at what sums alone ask for; and with a bin for each that is lost. */
function startsOf(fleet: Fleet, loss: Loss): number[][] {
  const { prepared, loads } = fleet;
  const none = prepared.types.map(() => 0);
  if (loss.kind === 'domain') return [none];
  const used = prepared.types.map(({ index }) => countOf(loads.filter(({ type }) => type === index)));
  const supply = supplyOf(fleet);
  const alike = used.map((count, type) => (count > 0 ? Math.min(loss.count, supply[type] ?? 0) : 0));
  const kinds = used.flatMap((count, type) => (count > 0 ? [type] : []));
  const [only] = kinds;
  if (kinds.length > 1 || only === undefined) return [none, alike];
  // Of one kind: as many as the sums of what is lost and of what room is left ask for.
  const capacity = prepared.types[only]?.capacity;
  const bySums = shortage(fleet, loss.count).map((value, d) =>
    Math.ceil(value / (capacity?.[d] ?? 0) - 1e-9),
  );
  const most = Math.min(supply[only] ?? 0, countOf(loads) + loss.count);
  const least = Math.min(most, Math.max(0, ...bySums.filter(Number.isFinite)));
  if (loads.length > mostReplays && least >= nearly * (alike[only] ?? Infinity)) return [alike];
  // What grows from fewer can end above a bin for each that is lost, which always holds; so both are tried where cheap.
  const skipped = least < (alike[only] ?? 0) && loads.length > mostReplays;
  return [none.with(only, least), ...(skipped ? [] : [alike])];
}

/** Beyond so many replays that failed, each further one adds twice as much. */
const patience = 12;
const mostFailures = 60;

/** Adds what the loss that failed was short of, until none fails; null where nothing that there is helps. */
function grow(fleet: Fleet, loss: Loss, start: readonly number[]): Held | null {
  const supply = supplyOf(fleet);
  let extra = start;
  for (let failures = 0; failures < mostFailures; failures += 1) {
    const survival = surviveLoss(withEmpty(fleet, extra), loss, { untilFailure: true });
    if (survival.survived) return { extra, survival };
    const failed = survival.replays.at(-1);
    const more =
      failed === undefined
        ? null
        : binsFor(
            fleet,
            failed,
            supply.map((most, type) => most - (extra[type] ?? 0)),
          );
    if (more === null) return null;
    const times = 2 ** Math.max(0, failures - patience);
    extra = extra.map((count, type) => Math.min(supply[type] ?? 0, count + times * (more[type] ?? 0)));
  }
  return null;
}

/** The cheapest bins found that hold what a loss left without a place; null where there are not enough. */
function binsFor({ prepared }: Fleet, { left, domain }: Replay, supply: readonly number[]): number[] | null {
  if (left === null) return null;
  const relaxed = withoutSpread(prepared);
  const domainOf = (index: number) => prepared.problem.bins[index]?.domain ?? '';
  const wanted = {
    ...relaxed,
    counts: left,
    types: relaxed.types.map((type) => ({
      ...type,
      available: domain !== null && domainOf(type.index) === domain ? 0 : (supply[type.index] ?? 0),
    })),
  };
  const { loads, missing } = search(wanted, { seed: 1, starts: 0, steps: 100 }, combinatorialBound(wanted));
  if (missing > 0) return null;
  return prepared.types.map(({ index }) => countOf(loads.filter(({ type }) => type === index)));
}

/** Fewer of each type in turn, the dearest first, as far as every loss still replays. */
function lessened(fleet: Fleet, loss: Loss, held: Held): Held {
  let best = held;
  for (const type of byCost(fleet)) {
    const most = best.extra[type] ?? 0;
    if (most === 0) continue;
    let failed = -1;
    let enough = most;
    const step = fleet.loads.length > mostReplays ? Math.max(1, Math.ceil(most / 50)) : 1;
    while (enough - failed > step) {
      const tried = Math.floor((failed + enough) / 2);
      const extra = best.extra.with(type, tried);
      const survival = surviveLoss(withEmpty(fleet, extra), loss, { untilFailure: true });
      if (survival.survived) {
        best = { extra, survival };
        enough = tried;
      } else failed = tried;
    }
  }
  return best;
}

const mostExchanges = 24;

/** One bin of a type for one of a cheaper type, and what that makes superfluous taken away. */
function exchanged(fleet: Fleet, loss: Loss, held: Held): Held {
  const order = byCost(fleet);
  const supply = supplyOf(fleet);
  const cost = (type: number) => fleet.prepared.types[type]?.cost ?? 0;
  let best = held;
  let tries = 0;
  for (const dear of order) {
    for (const cheap of order.toReversed()) {
      while (tries < mostExchanges && cost(cheap) < cost(dear) && (best.extra[dear] ?? 0) > 0) {
        tries += 1;
        const more = (best.extra[cheap] ?? 0) + 1;
        if (more > (supply[cheap] ?? 0)) break;
        const extra = best.extra.with(dear, (best.extra[dear] ?? 0) - 1).with(cheap, more);
        const survival = surviveLoss(withEmpty(fleet, extra), loss, { untilFailure: true });
        if (!survival.survived) break;
        best = { extra, survival };
      }
    }
  }
  return best === held ? held : lessened(fleet, loss, best);
}

function byCost({ prepared }: Fleet): number[] {
  return prepared.types.toSorted((a, b) => b.cost - a.cost || b.index - a.index).map(({ index }) => index);
}

function cheapest(fleet: Fleet, all: readonly Held[]): Held | null {
  let best: Held | null = null;
  for (const held of all) {
    const less = best === null ? -1 : priceOf(fleet, held.extra) - priceOf(fleet, best.extra);
    if (best === null || less < 0 || (less === 0 && sumOf(held.extra) < sumOf(best.extra))) best = held;
  }
  return best;
}

function priceOf({ prepared }: Fleet, extra: readonly number[]): number {
  return extra.reduce((sum, copies, type) => sum + copies * (prepared.types[type]?.cost ?? 0), 0);
}

function sumOf(extra: readonly number[]): number {
  return extra.reduce((sum, copies) => sum + copies, 0);
}
