/** Problems at random: small ones with every rule for properties, and estates of any size from a seed. */
import fc from 'fast-check';
import { createRandom } from '../../../model/random.ts';
import type { BinType, ItemGroup, Problem } from '../model.ts';

interface Size {
  readonly groups: number;
  readonly count: number;
  readonly limited: boolean;
}

export function anyProblem({ groups, count, limited }: Size): fc.Arbitrary<Problem> {
  const rules = fc.record(
    {
      apart: fc.uniqueArray(
        fc.record({
          key: fc.constantFrom('a', 'b'),
          most: fc.integer({ min: 1, max: 2 }),
          weight: fc.integer({ min: 1, max: 2 }),
        }),
        { minLength: 1, maxLength: 2, selector: ({ key }) => key },
      ),
      domains: fc.integer({ min: 1, max: 2 }),
      together: fc.constantFrom('t', 'u'),
      bins: fc.constantFrom(['small'], ['big', 'small'], ['label']),
      role: fc.constantFrom(
        { marks: ['m'] },
        { avoids: ['m'] },
        { marks: ['n'], avoids: ['m'] },
        { marks: ['m', 'o'], avoids: ['n'] },
      ),
    },
    { requiredKeys: [] },
  );
  const item = fc.tuple(
    fc.record({
      count: fc.integer({ min: 0, max: count }),
      size: fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 11 })),
    }),
    fc.option(rules, { nil: { role: {} }, freq: 2 }),
  );
  const bin = fc.record(
    {
      capacity: fc.tuple(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 4, max: 12 })),
      cost: fc.integer({ min: 1, max: 4 }),
      available: fc.integer({ min: 0, max: 4 }),
      domain: fc.constantFrom('x', 'y'),
      labels: fc.constant(['label']),
      maxItems: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['capacity', 'cost'] },
  );
  return fc
    .record({
      items: fc.array(item, { minLength: 1, maxLength: groups }),
      bins: fc.array(bin, { minLength: 1, maxLength: 2 }),
    })
    .map(({ items, bins }) => ({
      dimensions: ['cpu', 'memory'],
      items: items.map(([group, { role, ...extra }], at): ItemGroup => ({
        id: `i${String(at)}`,
        ...group,
        ...role,
        ...extra,
      })),
      bins: bins.map(({ available, ...rest }, at): BinType => ({
        id: ['big', 'small'][at] ?? '',
        ...rest,
        ...(limited && available !== undefined ? { available } : {}),
      })),
    }));
}

/** Instances of so many shapes as fleets have them: sizes in steps, memory in proportion, six dimensions. */
export function estate(seed: number, instances: number, shapes: number, types = 1): Problem {
  const random = createRandom(seed);
  const steps = [1, 2, 2, 4, 4, 8, 16];
  const items = Array.from({ length: shapes }, (_, at): ItemGroup => {
    const smooth = shapes > 1000 ? 0.5 + random.next() : 1;
    const cpu = (steps[random.integer(steps.length)] ?? 1) * smooth;
    const memory = cpu * (1 + 7 * random.next());
    const share = Math.floor(((at + 1) * instances) / shapes) - Math.floor((at * instances) / shapes);
    const size = [cpu, memory, 1, memory * random.next(), 20 * random.next(), 5 * random.next()];
    return { id: `shape-${String(at)}`, count: share, size };
  });
  const scales = [1, 0.5, 2];
  return {
    dimensions: ['cpu', 'memory', 'slots', 'disk', 'iops', 'net'],
    items,
    bins: scales.slice(0, types).map((scale, at) => ({
      id: `host-${String(at)}`,
      capacity: [128, 768, 250, 700, 900, 250].map((value) => value * scale),
      cost: [100, 54, 190][at] ?? 1,
    })),
  };
}

/** Falkenauer's triplets: every three items fill a bin of 1000 exactly, so that count / 3 bins are optimal. */
export function triplets(seed: number, bins: number): Problem {
  const random = createRandom(seed);
  const sizes = Array.from({ length: bins }, () => {
    const first = 380 + random.integer(111);
    const low = 250;
    const second = low + random.integer(Math.floor((1000 - first) / 2) - low + 1);
    return [first, second, 1000 - first - second];
  }).flat();
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return {
    dimensions: ['size'],
    items: [...counts].map(([size, count]) => ({ id: `size-${String(size)}`, count, size: [size] })),
    bins: [{ id: 'bin', capacity: [1000], cost: 1 }],
  };
}
