/**
 * Does everything still fit after a loss? Not by a percentage: each bin (or failure domain, or the fullest k
 * bins) is taken away in turn and all that was in it is placed again in the room of the others, rules kept.
 * A loss that is said to be survived comes with a placement; one that is not may only have been packed badly,
 * unless what is lost exceeds the room that is left.
 */
import { fitAll } from './first-fit.ts';
import type { Packing, Problem } from './model.ts';
import { prepare, type Prepared } from './prepare.ts';
import { demandWeights } from './search.ts';
import { commit, newLoad, newStock, place, type Load, type Stock } from './stock.ts';

export type Loss = { readonly kind: 'bins'; readonly count: number } | { readonly kind: 'domain' };

export interface Replay {
  /** Which bins went: a type's, or a domain's. */
  readonly lost: string;
  readonly survived: boolean;
  /** Items that found no place, largest group first. */
  readonly homeless: readonly { readonly item: string; readonly count: number }[];
  /** What is lost exceeds all room that is left in this dimension, so that no placement exists. */
  readonly proven: string | null;
}

export interface Survival {
  readonly survived: boolean;
  /** One for each loss that differs: bins of equal contents are lost alike. */
  readonly replays: readonly Replay[];
}

/**
 * Replays every loss of one bin; of k > 1, each bin lost together with the k - 1 fullest others; or of each domain.
 */
export function surviveLoss(problem: Problem, packing: Pick<Packing, 'bins'>, loss: Loss): Survival {
  const prepared = prepare(problem);
  const loads = loadsOf(prepared, packing);
  const replays =
    loss.kind === 'domain' ? domainLosses(prepared, loads) : binLosses(prepared, loads, loss.count);
  return { survived: replays.every(({ survived }) => survived), replays };
}

function binLosses(prepared: Prepared, loads: readonly Load[], count: number): Replay[] {
  if (count < 1) return [];
  const order = loads.toSorted((a, b) => fullness(prepared, b) - fullness(prepared, a));
  return order.map((first, at) => {
    const gone: number[] = order.map((_, other) => (other === at ? 1 : 0));
    let left = count - 1;
    order.forEach(({ copies }, other) => {
      const taken = Math.min(left, copies - (gone[other] ?? 0));
      gone[other] = (gone[other] ?? 0) + taken;
      left -= taken;
    });
    const name = prepared.problem.bins[first.type]?.id ?? '';
    return replay(
      prepared,
      order,
      gone,
      count === 1 ? `a ${name}` : `a ${name} and the ${String(count - 1)} fullest`,
    );
  });
}

function domainLosses(prepared: Prepared, loads: readonly Load[]): Replay[] {
  const domains = [...new Set(prepared.problem.bins.map(({ domain }) => domain ?? ''))];
  return domains.map((name) => {
    const gone = loads.map(({ type, copies }) =>
      (prepared.problem.bins[type]?.domain ?? '') === name ? copies : 0,
    );
    return replay(prepared, loads, gone, name === '' ? 'all without a domain' : `domain ${name}`);
  });
}

function replay(prepared: Prepared, loads: readonly Load[], gone: readonly number[], lost: string): Replay {
  // After a loss the spread over domains cannot be asked for any more: there are fewer of them.
  const relaxed: Prepared = {
    ...prepared,
    groups: prepared.groups.map((group) => ({ ...group, domainMost: Infinity })),
  };
  const stock: Stock = { ...newStock(relaxed), available: prepared.types.map(() => 0) };
  stock.counts.fill(0);
  const kept: Load[] = [];
  const need = new Float64Array(prepared.dims);
  const room = new Float64Array(prepared.dims);
  loads.forEach((load, at) => {
    const taken = gone[at] ?? 0;
    if (load.copies > taken) {
      kept.push({
        ...load,
        left: load.left.slice(),
        contents: new Map(load.contents),
        keys: new Map(load.keys),
        copies: load.copies - taken,
      });
      load.left.forEach((left, d) => (room[d] = (room[d] as number) + left * (load.copies - taken)));
    }
    for (const [group, units] of load.contents) {
      stock.counts[group] = (stock.counts[group] as number) + units * taken;
      for (let d = 0; d < prepared.dims; d += 1) {
        need[d] = (need[d] as number) + units * taken * (prepared.sizes[group * prepared.dims + d] as number);
      }
    }
  });
  const counts = stock.counts.slice();
  let homeless: Replay['homeless'] = [];
  const ways = [demandWeights({ ...prepared, counts }), prepared.names.map(() => 1)];
  for (const weights of ways) {
    for (const fit of ['best', 'first'] as const) {
      stock.counts.set(counts);
      const groups = prepared.groups.flatMap(({ index }) => ((counts[index] as number) > 0 ? [index] : []));
      fitAll(stock, groups, fit, weights, kept);
      homeless = homelessIn(prepared, stock.counts);
      if (homeless.length === 0) return { lost, survived: true, homeless, proven: null };
    }
  }
  const short = prepared.names.find((_, d) => (need[d] as number) > (room[d] as number) * (1 + 1e-9));
  return { lost, survived: false, homeless, proven: short ?? null };
}

function homelessIn({ groups, problem }: Prepared, counts: Float64Array): Replay['homeless'] {
  return groups.flatMap(({ index, members }) => {
    const left = counts[index] as number;
    const [first] = members;
    return left > 0 && first !== undefined
      ? [{ item: problem.items[first.item]?.id ?? '', count: left * first.perUnit }]
      : [];
  });
}

/** The assignment by index; what the problem does not name is an error of the caller's, not of a user's. */
function loadsOf(prepared: Prepared, { bins }: Pick<Packing, 'bins'>): Load[] {
  const { problem } = prepared;
  const typeOf = new Map(problem.bins.map(({ id }, at) => [id, at]));
  const groupOf = new Map<string, { group: number; perUnit: number; lead: boolean }>();
  prepared.groups.forEach(({ index, members }) => {
    members.forEach(({ item, perUnit, count }, at) => {
      // Of items in one joint unit the first stands for all.
      const joint = members.length > 1 && (prepared.counts[index] as number) === 1;
      groupOf.set(problem.items[item]?.id ?? '', {
        group: index,
        perUnit: joint ? count : perUnit,
        lead: !joint || at === 0,
      });
    });
  });
  const stock = newStock(prepared);
  return bins.map(({ type, contents, copies }) => {
    const index = typeOf.get(type);
    if (index === undefined) throw new Error(`There is no bin type ${type}.`);
    const load = newLoad(prepared, index);
    for (const { item, count } of contents) {
      const found = groupOf.get(item);
      if (found === undefined) throw new Error(`There is no item ${item} that fits.`);
      if (found.lead && count > 0) place(stock, load, found.group, count / found.perUnit);
    }
    load.copies = copies;
    commit(stock, load);
    return load;
  });
}

function fullness(prepared: Prepared, { type, left }: Load): number {
  const full = prepared.types[type]?.capacity;
  return Math.max(...left.map((rest, d) => ((full?.[d] ?? 0) > 0 ? 1 - rest / (full?.[d] as number) : 0)));
}
