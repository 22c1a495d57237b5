/**
 * Is an assignment what it claims? Reads problem and packing and nothing else: it shares no code with the
 * packers, so that an error of theirs cannot hide in it, and judges assignments of others as well.
 */
import {
  tolerance,
  type BinType,
  type ItemGroup,
  type PackedBin,
  type Packing,
  type Problem,
} from './model.ts';

export type Claim = Pick<Packing, 'bins'> & Partial<Pick<Packing, 'unplaced' | 'cost' | 'count'>>;

/** Every rule that the assignment breaks, in words; none if it holds. */
export function checkPacking(problem: Problem, packing: Claim): readonly string[] {
  const items = new Map(problem.items.map((item) => [item.id, item]));
  const types = new Map(problem.bins.map((type) => [type.id, type]));
  const limits = limitsOf(problem);
  const faults: string[] = [];
  packing.bins.forEach((bin, at) => {
    const name = `bin ${String(at + 1)} (${bin.type})`;
    const type = types.get(bin.type);
    if (type === undefined) faults.push(`${name}: there is no such type`);
    else faults.push(...binFaults(problem, items, limits, type, bin).map((fault) => `${name}: ${fault}`));
  });
  faults.push(...countFaults(problem, items, packing), ...supplyFaults(problem, packing));
  faults.push(...domainFaults(problem, types, packing), ...togetherFaults(problem, packing));
  faults.push(...claimFaults(types, packing));
  return faults;
}

function binFaults(
  { dimensions }: Problem,
  items: ReadonlyMap<string, ItemGroup>,
  limits: ReadonlyMap<string, number>,
  type: BinType,
  bin: PackedBin,
): string[] {
  const faults: string[] = [];
  const used = dimensions.map(() => 0);
  const keys = new Map<string, number>();
  let total = 0;
  if (!isCount(bin.copies) || bin.copies === 0) faults.push(`${String(bin.copies)} copies`);
  for (const { item: id, count } of bin.contents) {
    const item = items.get(id);
    if (item === undefined) {
      faults.push(`there is no item ${id}`);
      continue;
    }
    if (!isCount(count)) faults.push(`${String(count)} of ${id}`);
    total += count;
    item.size.forEach((size, at) => {
      used[at] = (used[at] ?? 0) + size * count;
    });
    for (const { key, weight = 1 } of item.apart ?? []) keys.set(key, (keys.get(key) ?? 0) + count * weight);
    const names = [type.id, ...(type.labels ?? [])];
    if (item.bins !== undefined && !item.bins.some((name) => names.includes(name))) {
      faults.push(`${id} may only be in ${item.bins.join(', ')}`);
    }
  }
  dimensions.forEach((dimension, at) => {
    const capacity = type.capacity[at] ?? 0;
    const sum = used[at] ?? 0;
    if (sum > capacity * (1 + 2 * tolerance))
      faults.push(`${dimension} ${String(sum)} > ${String(capacity)}`);
  });
  faults.push(
    ...avoidFaults(bin.contents.flatMap(({ item, count }) => (count > 0 ? [items.get(item)] : []))),
  );
  if (type.maxItems !== undefined && total > type.maxItems) {
    faults.push(`${String(total)} items > ${String(type.maxItems)}`);
  }
  for (const [key, count] of keys) {
    const most = limits.get(key) ?? Infinity;
    if (count > most) faults.push(`${String(count)} of ${key}, which are kept apart (${String(most)})`);
  }
  return faults;
}

/** Items in one bin of which one has a mark that the other avoids. */
function avoidFaults(here: readonly (ItemGroup | undefined)[]): string[] {
  return here.flatMap((item) =>
    (item?.avoids ?? []).flatMap((mark) => {
      const other = here.find((it) => it?.marks?.includes(mark) === true);
      return other === undefined ? [] : [`${item?.id ?? ''} and ${other.id}, which it avoids`];
    }),
  );
}

/** Per key the least that any item which is there asks for. */
function limitsOf({ items }: Problem): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { count, apart = [] } of items) {
    if (count === 0) continue;
    for (const { key, most } of apart) limits.set(key, Math.min(limits.get(key) ?? Infinity, most));
  }
  return limits;
}

function countFaults(problem: Problem, items: ReadonlyMap<string, ItemGroup>, packing: Claim): string[] {
  const placed = new Map<string, number>();
  const add = (id: string, count: number) => placed.set(id, (placed.get(id) ?? 0) + count);
  for (const { contents, copies } of packing.bins) {
    for (const { item, count } of contents) add(item, count * copies);
  }
  const faults: string[] = [];
  for (const { item, count } of packing.unplaced ?? []) {
    if (!items.has(item)) faults.push(`unplaced ${item}: there is no such item`);
    add(item, count);
  }
  for (const { id, count } of problem.items) {
    const found = placed.get(id) ?? 0;
    if (found < count) faults.push(`${id}: ${String(count - found)} of ${String(count)} lost`);
    if (found > count) faults.push(`${id}: ${String(found)} placed, ${String(count)} asked for`);
  }
  return faults;
}

function supplyFaults({ bins }: Problem, packing: Claim): string[] {
  return bins.flatMap(({ id, available }) => {
    if (available === undefined) return [];
    const used = packing.bins.reduce((sum, { type, copies }) => sum + (type === id ? copies : 0), 0);
    return used > available ? [`${id}: ${String(used)} bins used, ${String(available)} available`] : [];
  });
}

function domainFaults(problem: Problem, types: ReadonlyMap<string, BinType>, packing: Claim): string[] {
  const spread = new Map(
    problem.items.flatMap(({ id, count, domains }) =>
      domains === undefined ? [] : [[id, Math.ceil(count / domains)]],
    ),
  );
  const held = new Map<string, Map<string, number>>();
  for (const { type, contents, copies } of packing.bins) {
    const domain = types.get(type)?.domain ?? '';
    for (const { item, count } of contents) {
      if (!spread.has(item)) continue;
      const of = held.get(item) ?? new Map<string, number>();
      held.set(item, of.set(domain, (of.get(domain) ?? 0) + count * copies));
    }
  }
  return [...held].flatMap(([item, domains]) =>
    [...domains]
      .filter(([, count]) => count > (spread.get(item) ?? Infinity))
      .map(
        ([domain, count]) =>
          `${item}: ${String(count)} in domain ${domain === '' ? '(none)' : domain}, at most ${String(spread.get(item))}`,
      ),
  );
}

function togetherFaults(problem: Problem, packing: Claim): string[] {
  const keyOf = new Map(problem.items.map(({ id, together }) => [id, together]));
  const bins = new Map<string, number>();
  const out = new Set((packing.unplaced ?? []).map(({ item }) => keyOf.get(item)));
  for (const { contents, copies } of packing.bins) {
    const here = contents.filter(({ count }) => count > 0).map(({ item }) => keyOf.get(item));
    for (const key of new Set(here)) if (key !== undefined) bins.set(key, (bins.get(key) ?? 0) + copies);
  }
  return [...bins]
    .filter(([key, count]) => count + (out.has(key) ? 1 : 0) > 1)
    .map(
      ([key, count]) =>
        `${key}: belongs together, is in ${String(count)} bins${out.has(key) ? ' and unplaced' : ''}`,
    );
}

function claimFaults(types: ReadonlyMap<string, BinType>, packing: Claim): string[] {
  const faults: string[] = [];
  const count = packing.bins.reduce((sum, { copies }) => sum + copies, 0);
  const cost = packing.bins.reduce((sum, { type, copies }) => sum + copies * (types.get(type)?.cost ?? 0), 0);
  if (packing.count !== undefined && packing.count !== count) {
    faults.push(`says ${String(packing.count)} bins, has ${String(count)}`);
  }
  if (packing.cost !== undefined && Math.abs(packing.cost - cost) > 1e-9 * Math.max(1, cost)) {
    faults.push(`says cost ${String(packing.cost)}, has ${String(cost)}`);
  }
  return faults;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
