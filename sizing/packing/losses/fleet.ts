/** A packing by index, as losses are replayed in it: bins of equal contents are one load. */
import type { Packing, Problem } from '../model.ts';
import { prepare, type Prepared } from '../prepare.ts';
import { commit, copyOf, newLoad, newStock, place, type Load } from '../stock.ts';

export interface Fleet {
  readonly prepared: Prepared;
  readonly loads: readonly Load[];
}

export function fleetOf(problem: Problem, { bins }: Pick<Packing, 'bins'>): Fleet {
  const prepared = prepare(problem);
  return { prepared, loads: alike(loadsOf(prepared, bins)) };
}

/** The fleet and so many bins of each type beside it that hold nothing. */
export function withEmpty({ prepared, loads }: Fleet, extra: readonly number[]): Fleet {
  const empty = extra.flatMap((copies, type) =>
    copies > 0 ? [{ ...newLoad(prepared, type), copies } satisfies Load] : [],
  );
  return { prepared, loads: [...loads, ...empty] };
}

/** Fullest first, by the dimension that is fullest. */
export function byFullness(prepared: Prepared, loads: readonly Load[]): Load[] {
  const keyed = loads.map((load) => [load, fullness(prepared, load)] as const);
  return keyed.sort((a, b) => b[1] - a[1]).map(([load]) => load);
}

/** The assignment by index; what the problem does not name is an error of the caller's, not of a user's. */
function loadsOf(prepared: Prepared, bins: Packing['bins']): Load[] {
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

/** Which of the equal items a bin holds makes no difference to its loss. */
function alike(loads: readonly Load[]): Load[] {
  const known = new Map<string, Load>();
  for (const load of loads) {
    const key = `${String(load.type)}:${[...load.contents]
      .sort((a, b) => a[0] - b[0])
      .map((pair) => pair.join('x'))
      .join()}`;
    const same = known.get(key);
    if (same === undefined) known.set(key, copyOf(load, load.copies));
    else same.copies += load.copies;
  }
  return [...known.values()];
}

function fullness(prepared: Prepared, { type, left }: Load): number {
  const full = prepared.types[type]?.capacity;
  let most = 0;
  for (let d = 0; d < prepared.dims; d += 1) {
    const whole = full?.[d] ?? 0;
    if (whole > 0) most = Math.max(most, 1 - (left[d] as number) / whole);
  }
  return most;
}

/** Loads in the problem's words. Of items that are alike the first stands for all; those without rules may. */
export function binsOf({ problem, groups, counts }: Prepared, loads: readonly Load[]): Packing['bins'] {
  return loads.map(({ type, contents, copies }) => ({
    type: problem.bins[type]?.id ?? '',
    copies,
    contents: [...contents].flatMap(([group, units]) => {
      const members = groups[group]?.members ?? [];
      // The members of a joint unit are in it all; of others one is as good as the next.
      const present = members.length > 1 && counts[group] === 1 ? members : members.slice(0, 1);
      return present.map(({ item, perUnit }) => ({
        item: problem.items[item]?.id ?? '',
        count: units * perUnit,
      }));
    }),
  }));
}
