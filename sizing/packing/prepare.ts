/**
 * The problem as the packers see it: flat arrays of numbers, every rule a number. Items that belong together
 * become one item, a limit of items per bin becomes a dimension, names become indices, and what can never be
 * placed is taken out with the reason. Groups of equal shape and rules become one.
 */
import { UserError } from '../../model/errors.ts';
import { tolerance, type BinType, type ItemGroup, type Problem, type Unplaced } from './model.ts';

export interface Prepared {
  readonly problem: Problem;
  /** Dimensions, the limit of items per bin included. */
  readonly dims: number;
  readonly names: readonly string[];
  readonly groups: readonly Group[];
  readonly types: readonly Type[];
  /** Size of group g in dimension d at g * dims + d. */
  readonly sizes: Float64Array;
  readonly counts: Float64Array;
  /** Per key of items kept apart: how many may share a bin. */
  readonly most: readonly number[];
  readonly domains: number;
  /** The largest capacity per dimension: what sizes are weighed against. */
  readonly reference: Float64Array;
  readonly impossible: readonly Unplaced[];
}

export interface Group {
  readonly index: number;
  /** Which items one unit of the group stands for; several where items belong together. */
  readonly members: readonly Member[];
  /** Per type: may it be there, and does it fit into an empty bin? */
  readonly allowed: readonly boolean[];
  readonly apart: readonly { readonly key: number; readonly weight: number }[];
  /** Groups that share no bin with it. */
  readonly foes: ReadonlySet<number>;
  /** Units in one failure domain. */
  readonly domainMost: number;
  /** Size and type decide alone. */
  readonly isPlain: boolean;
}

/** `count`: items of the group `item` in the problem; `perUnit` of them make a unit. */
export interface Member {
  readonly item: number;
  readonly perUnit: number;
  readonly count: number;
}

export interface Type {
  readonly index: number;
  /** With the tolerance. */
  readonly capacity: Float64Array;
  readonly cost: number;
  readonly available: number;
  readonly domain: number;
}

interface Unit {
  readonly members: readonly Member[];
  readonly size: readonly number[];
  readonly count: number;
  readonly apart: readonly { readonly key: number; readonly weight: number }[];
  readonly marks: readonly string[];
  readonly avoids: readonly string[];
  readonly domainMost: number;
  readonly bins: readonly (readonly string[])[];
}

const none: readonly never[] = [];
const known = new WeakMap<Problem, Prepared>();

/**
 * Checks the numbers and flattens them, once for each problem: nothing of either is changed afterwards. Throws
 * UserError naming the item or bin with a number that is none.
 */
export function prepare(problem: Problem): Prepared {
  const prepared = known.get(problem) ?? flattened(problem);
  known.set(problem, prepared);
  return prepared;
}

function flattened(problem: Problem): Prepared {
  checkNumbers(problem);
  const keys = new Map<string, number>();
  const most: number[] = [];
  for (const apart of problem.items.flatMap((item) => (item.count > 0 ? (item.apart ?? []) : []))) {
    const key = keys.get(apart.key) ?? keys.size;
    keys.set(apart.key, key);
    most[key] = Math.min(most[key] ?? Infinity, apart.most);
  }
  const limited = problem.bins.some(({ maxItems }) => maxItems !== undefined);
  const names = limited ? [...problem.dimensions, 'items per bin'] : problem.dimensions;
  const domains = new Map<string, number>();
  const types = problem.bins.map((bin, index) => typeOf(bin, index, limited, domains));
  const impossible: Unplaced[] = [];
  const groups: (Group & { readonly foes: Set<number> })[] = [];
  const placeable: Unit[] = [];
  const flat: number[] = [];
  const counts: number[] = [];
  const units = unitsOf(problem, keys, limited);
  // Of a million groups most share what they may be in and avoid nothing.
  const choices = new Map<string, readonly boolean[]>();
  const anyAvoids = units.some(({ avoids }) => avoids.length > 0);
  const nothing = new Set<number>();
  for (const unit of units) {
    const own = types.map((type) => mayBeIn(unit, problem.bins[type.index]) && fits(unit.size, type));
    const allowed = choices.get(own.join()) ?? own;
    choices.set(own.join(), allowed);
    const reason = allowed.includes(true)
      ? contradiction(unit, most, keys)
      : whyNowhere(unit, problem, names, types);
    if (reason !== null) {
      for (const { item, count } of unit.members) {
        impossible.push({ item: problem.items[item]?.id ?? '', count, reason });
      }
    } else {
      const { members, apart, domainMost } = unit;
      groups.push({
        index: groups.length,
        members,
        allowed,
        apart,
        foes: anyAvoids ? new Set() : nothing,
        domainMost,
        isPlain: !anyAvoids && apart.length === 0 && domainMost === Infinity,
      });
      placeable.push(unit);
      for (const value of unit.size) flat.push(value);
      counts.push(unit.count);
    }
  }
  nameFoes(groups, placeable);
  const reference = new Float64Array(names.length);
  for (const { capacity } of types)
    capacity.forEach((c, d) => (reference[d] = Math.max(reference[d] ?? 0, c)));
  return {
    problem,
    dims: names.length,
    names,
    groups,
    types,
    sizes: Float64Array.from(flat),
    counts: Float64Array.from(counts),
    most,
    domains: Math.max(1, domains.size),
    reference,
    impossible,
  };
}

/** Both ways: who avoids is avoided. */
function nameFoes(groups: readonly { readonly foes: Set<number> }[], units: readonly Unit[]): void {
  const carriers = new Map<string, number[]>();
  units.forEach(({ marks }, group) => {
    for (const mark of marks) carriers.set(mark, [...(carriers.get(mark) ?? []), group]);
  });
  units.forEach(({ avoids }, group) => {
    for (const other of avoids.flatMap((mark) => carriers.get(mark) ?? [])) {
      groups[group]?.foes.add(other);
      groups[other]?.foes.add(group);
    }
  });
}

function typeOf(bin: BinType, index: number, limited: boolean, domains: Map<string, number>): Type {
  const name = bin.domain ?? '';
  const domain = domains.get(name) ?? domains.size;
  domains.set(name, domain);
  // A number that no bin reaches, and not Infinity, which has no shares.
  const slots = limited ? [bin.maxItems ?? 1e9] : [];
  return {
    index,
    capacity: Float64Array.from([...bin.capacity, ...slots], (value) => value * (1 + tolerance)),
    cost: bin.cost,
    available: bin.available ?? Infinity,
    domain,
  };
}

/** Largest shapes first, whatever the order they came in: packings do not depend on it. */
function unitsOf(problem: Problem, keys: ReadonlyMap<string, number>, limited: boolean): readonly Unit[] {
  const alike = new Map<string, number | number[]>();
  problem.items.forEach((item, at) => {
    if (item.count === 0) return;
    const key = item.together === undefined ? sortOf(item) : `together ${item.together}`;
    const known = alike.get(key);
    if (known === undefined) alike.set(key, at);
    else if (typeof known === 'number') alike.set(key, [known, at]);
    else known.push(at);
  });
  const slots = limited ? [1] : [];
  const units: Unit[] = [];
  for (const found of alike.values()) {
    const indices = typeof found === 'number' ? [found] : found;
    const items = indices.map((at) => [at, problem.items[at]] as const).filter(isDefined);
    const first = items[0]?.[1];
    if (first === undefined) continue;
    const { together, domains } = first;
    if (together !== undefined) units.push(jointUnit(problem, items, keys, slots));
    else {
      const count = items.reduce((sum, [, item]) => sum + item.count, 0);
      units.push({
        members: items.map(([item, { count: own }]) => ({ item, perUnit: 1, count: own })),
        size: limited ? [...first.size, 1] : first.size,
        count,
        apart: first.apart?.map(({ key, weight = 1 }) => ({ key: keys.get(key) ?? 0, weight })) ?? none,
        marks: first.marks ?? none,
        avoids: first.avoids ?? none,
        domainMost: domains === undefined ? Infinity : Math.ceil(count / domains),
        bins: first.bins === undefined ? none : [first.bins],
      });
    }
  }
  const idOf = ({ members }: Unit) => problem.items[members[0]?.item ?? 0]?.id ?? '';
  return units.sort((a, b) => compareSizes(b.size, a.size) || (idOf(a) < idOf(b) ? -1 : 1));
}

/** What makes two items alike: their size and their rules. */
function sortOf({ id, size, apart, domains, bins, marks, avoids }: ItemGroup): string {
  if (!(apart ?? domains ?? bins ?? marks ?? avoids)) return size.join();
  return JSON.stringify([
    size,
    (apart ?? []).map(({ key, weight }) => [key, weight ?? 1]).sort(),
    [...(bins ?? ['*'])].sort(),
    [...(marks ?? [])].sort(),
    [...(avoids ?? [])].sort(),
    // Items to be spread are counted by group, and so stay on their own.
    domains === undefined ? '' : id,
  ]);
}

type Indexed = readonly [number, ItemGroup];

function isDefined(pair: readonly [number, ItemGroup | undefined]): pair is Indexed {
  return pair[1] !== undefined;
}

function jointUnit(
  problem: Problem,
  items: readonly Indexed[],
  keys: ReadonlyMap<string, number>,
  slots: readonly number[],
): Unit {
  const weights = new Map<number, number>();
  let domainMost = Infinity;
  for (const [, { apart, count, domains }] of items) {
    for (const { key: name, weight = 1 } of apart ?? []) {
      const key = keys.get(name);
      if (key !== undefined) weights.set(key, (weights.get(key) ?? 0) + count * weight);
    }
    if (domains !== undefined && Math.ceil(count / domains) < count) domainMost = 0;
  }
  const total = items.reduce((sum, [, { count }]) => sum + count, 0);
  const sums = problem.dimensions.map((_, d) =>
    items.reduce((sum, [, { size, count }]) => sum + (size[d] ?? 0) * count, 0),
  );
  return {
    members: items.map(([item, { count }]) => ({ item, perUnit: count, count })),
    size: [...sums, ...slots.map(() => total)],
    count: 1,
    apart: [...weights].map(([key, weight]) => ({ key, weight })),
    marks: [...new Set(items.flatMap(([, { marks = [] }]) => marks))],
    avoids: [...new Set(items.flatMap(([, { avoids = [] }]) => avoids))],
    domainMost,
    bins: items.flatMap(([, { bins }]) => (bins === undefined ? [] : [bins])),
  };
}

function compareSizes(a: readonly number[], b: readonly number[]): number {
  for (let d = 0; d < a.length; d += 1) {
    const difference = (a[d] ?? 0) - (b[d] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function mayBeIn({ bins }: Unit, type: BinType | undefined): boolean {
  if (type === undefined) return false;
  return bins.every((names) => names.some((name) => name === type.id || type.labels?.includes(name)));
}

function fits(size: readonly number[], { capacity }: Type): boolean {
  return size.every((value, d) => value <= (capacity[d] ?? 0));
}

function contradiction(
  unit: Unit,
  most: readonly number[],
  keys: ReadonlyMap<string, number>,
): string | null {
  if (unit.domainMost === 0) return 'is to be in one bin and spread over failure domains';
  const avoided = unit.avoids.find((mark) => unit.marks.includes(mark));
  if (avoided !== undefined) return `is to be in one bin with what it avoids (${avoided})`;
  for (const { key, weight } of unit.apart) {
    const limit = most[key] ?? Infinity;
    const name = [...keys].find(([, index]) => index === key)?.[0] ?? '';
    if (weight > limit && unit.members.some(({ perUnit }) => perUnit > 1 || unit.members.length > 1)) {
      return `${String(weight)} of ${name} are to be in one bin and kept apart (${String(limit)})`;
    }
  }
  return null;
}

/** Named against the bin that comes closest. */
function whyNowhere(unit: Unit, problem: Problem, names: readonly string[], types: readonly Type[]): string {
  const open = types.filter(({ index }) => mayBeIn(unit, problem.bins[index]));
  if (types.length === 0) return 'there are no bins';
  if (open.length === 0) return `no bin is ${unit.bins.map((any) => any.join(' or ')).join(' and ')}`;
  const excess = ({ capacity }: Type) =>
    Math.max(...unit.size.map((value, d) => (value <= (capacity[d] ?? 0) ? 0 : value / (capacity[d] ?? 0))));
  const nearest = open.reduce((best, type) => (excess(type) < excess(best) ? type : best));
  const bin = problem.bins[nearest.index];
  const over = unit.size.flatMap((value, d) => {
    const limit = d < problem.dimensions.length ? bin?.capacity[d] : bin?.maxItems;
    return value > (nearest.capacity[d] ?? 0)
      ? [`${names[d] ?? ''} ${String(value)} > ${String(limit)}`]
      : [];
  });
  return `larger than any bin: ${over.join(', ')} of ${bin?.id ?? ''}`;
}

function checkNumbers({ dimensions, items, bins }: Problem): void {
  const bad = (where: string, got: string, hint: string) => new UserError(`${where}: got ${got}.`, hint);
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  const vector = (where: string, values: readonly number[]) => {
    if (values.length !== dimensions.length) {
      throw bad(where, `${String(values.length)} numbers`, `Give one for each of ${dimensions.join(', ')}.`);
    }
    values.forEach((value, d) => {
      if (!Number.isFinite(value) || value < 0) {
        throw bad(`${where}, ${dimensions[d] ?? ''}`, String(value), 'Give a number that is not negative.');
      }
    });
  };
  const seen = new Set<string>();
  for (const { id } of [...items, ...bins.map((bin) => ({ id: `bin ${bin.id}` }))]) {
    if (seen.has(id)) throw bad(id, 'the same name twice', 'Give each item and each bin a name of its own.');
    seen.add(id);
  }
  for (const { id, count, size, apart, domains } of items) {
    vector(`Size of ${id}`, size);
    if (count > Number.MAX_SAFE_INTEGER) {
      throw bad(
        `Count of ${id}`,
        String(count),
        'Ask for fewer or let it grow less: nobody can count so many.',
      );
    }
    if (!whole(count)) throw bad(`Count of ${id}`, String(count), 'Give a whole number.');
    for (const { key, most, weight = 1 } of apart ?? []) {
      if (!whole(weight)) throw bad(`Weight of ${key}`, String(weight), 'Give a whole number.');
      if (whole(most) && most > 0) continue;
      throw bad(`Most of ${key} in one bin`, String(most), 'Give a whole number from 1.');
    }
    if (domains !== undefined && (!whole(domains) || domains === 0)) {
      throw bad(`Domains of ${id}`, String(domains), 'Give a whole number from 1.');
    }
  }
  for (const { id, capacity, cost, available, maxItems } of bins) {
    vector(`Capacity of ${id}`, capacity);
    if (!Number.isFinite(cost) || cost < 0) throw bad(`Cost of ${id}`, String(cost), 'Give a number from 0.');
    for (const value of [available, maxItems]) {
      if (value !== undefined && !whole(value))
        throw bad(`Bins of ${id}`, String(value), 'Give a whole number.');
    }
  }
}
