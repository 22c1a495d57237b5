/**
 * Instances of the published classes, drawn by their documented generators, so that any number of them can be
 * had without a download:
 * - uniform and triplets: E. Falkenauer, "A hybrid grouping genetic algorithm for bin packing", 1996;
 * - hard: A. Scholl, R. Klein and C. Juergens, "BISON", 1997, data set 3 (200 sizes of 20,000 to 35,000 into 100,000);
 * - Schwerin: P. Schwerin and G. Waescher, 1997 (sizes of 150 to 200 into 1,000);
 * - vector classes 1 to 10 in two dimensions: A. Caprara and P. Toth, "Lower bounds and algorithms for the
 *   2-dimensional vector packing problem", 2001;
 * - vector triplets: C. Mommessin, T. Erlebach and N. Shakhlevich, "Classification and evaluation of the algorithms
 *   for vector bin packing", 2024, Falkenauer's triplets in each dimension, whose optimum is a third of the items.
 */
import { createRandom, type Random } from '../../../model/random.ts';
import type { ItemGroup, Problem } from '../model.ts';

export interface Instance {
  readonly name: string;
  readonly problem: Problem;
  /** Known from how it was made; null: the bound has to say. */
  readonly optimum: number | null;
}

const between = (random: Random, low: number, high: number) => low + random.integer(high - low + 1);

function instance(
  name: string,
  sizes: readonly (readonly number[])[],
  capacity: readonly number[],
  optimum: number | null = null,
): Instance {
  const counts = new Map<string, { size: readonly number[]; count: number }>();
  for (const size of sizes) {
    const known = counts.get(size.join());
    if (known === undefined) counts.set(size.join(), { size, count: 1 });
    else known.count += 1;
  }
  const items = [...counts].map(([key, { size, count }]): ItemGroup => ({ id: key, count, size }));
  const dimensions = capacity.map((_, d) => `d${String(d + 1)}`);
  return { name, problem: { dimensions, items, bins: [{ id: 'bin', capacity, cost: 1 }] }, optimum };
}

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

export function uniform(seed: number, n: number): Instance {
  const random = createRandom(seed);
  return instance(
    `u${String(n)}`,
    times(n, () => [between(random, 20, 100)]),
    [150],
  );
}

export function hard(seed: number): Instance {
  const random = createRandom(seed);
  return instance(
    'hard',
    times(200, () => [between(random, 20_000, 35_000)]),
    [100_000],
  );
}

export function schwerin(seed: number, n: number): Instance {
  const random = createRandom(seed);
  return instance(
    `schwerin${String(n)}`,
    times(n, () => [between(random, 150, 200)]),
    [1000],
  );
}

function triplet(random: Random): readonly [number, number, number] {
  const first = between(random, 38, 49);
  const second = between(random, 25, Math.floor((100 - first) / 2));
  return [first, second, 100 - first - second];
}

/** Every bin of the optimum is full in every dimension. */
export function vectorTriplets(seed: number, n: number, dims: number): Instance {
  const random = createRandom(seed);
  const sizes = times(Math.floor(n / 3), () => {
    const each = times(dims, () => triplet(random));
    return [0, 1, 2].map((role) => each.map((three) => three[role] ?? 0));
  }).flat();
  return instance(
    `triplets${String(n)}x${String(dims)}`,
    sizes,
    times(dims, () => 100),
    Math.floor(n / 3),
  );
}

const ranges = [
  [100, 400, 1000],
  [1, 1000, 1000],
  [200, 800, 1000],
  [50, 200, 1000],
  [25, 100, 1000],
  [20, 100, 150],
] as const;

/** Class 1 to 10 of Caprara and Toth. */
export function vectorClass(seed: number, kind: number, n: number): Instance {
  const random = createRandom(seed);
  const name = `class${String(kind)}-${String(n)}`;
  const range = ranges[kind - 1];
  if (range !== undefined) {
    const [low, high, capacity] = range;
    return instance(
      name,
      times(n, () => [between(random, low, high), between(random, low, high)]),
      [capacity, capacity],
    );
  }
  if (kind < 9) {
    const sizes = times(n, () => {
      const first = between(random, 20, 100);
      return [
        first,
        kind === 7 ? between(random, first - 10, first + 10) : between(random, 110 - first, 130 - first),
      ];
    });
    return instance(name, sizes, [150, 150]);
  }
  if (kind === 9) {
    const sizes = times(n, () => [between(random, 100, 400), between(random, 100, 400)]);
    const sums = [0, 1].map((d) => sizes.reduce((sum, size) => sum + (size[d] ?? 0), 0));
    const bins = Math.ceil(Math.max(...sums) / 1000);
    return instance(
      name,
      sizes,
      sums.map((sum) => Math.ceil(sum / bins)),
    );
  }
  const third = Math.floor(n / 3);
  const sizes = times(2 * third, () => [between(random, 25, 50), between(random, 25, 50)]);
  const last = times(third, (at) =>
    [0, 1].map((d) => 100 - (sizes[2 * at]?.[d] ?? 0) - (sizes[2 * at + 1]?.[d] ?? 0)),
  );
  return instance(name, [...sizes, ...last], [100, 100], third);
}
