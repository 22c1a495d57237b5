/** Volumes on arrays: a case by hand, what has no place and why, copies that never meet, and growth that moves nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storageLines } from '../assignment.ts';
import { checkAssignment } from '../check-assignment.ts';
import { parseArrays } from '../policy/catalogue.ts';
import { inventoryOf } from '../inventories/index.ts';
import { checkPacking } from '../packing/check.ts';
import { packQuickly } from '../packing/pack.ts';
import { parseSizingPolicy } from '../policy/policy.ts';
import { placeVolumes, type StorageAnswer } from './place.ts';

const policy = parseSizingPolicy('name: bare\n', 'policy.yaml');
const host = 'hosts: [{ id: h, cores: 16, memory: 64GiB }]\n';

async function placed(volumes: string, arrays: string, replicas = 1): Promise<StorageAnswer> {
  const apps = `apps: [{ app: a, replicas: ${String(replicas)}, cpu: 1, memory: 1GiB, volumes: [${volumes}] }]`;
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(apps) }]);
  expect(inventory.problems).toEqual([]);
  const question = { inventory, arrays: parseArrays(`${host}arrays: [${arrays}]`, 'hosts.yaml'), policy };
  const answer = await placeVolumes(question, (problem) => packQuickly(problem));
  if (answer === null) throw new Error('nothing to place');
  return answer;
}

test('a case by hand: 25 volumes of 1 TB and 4,000 operations', async () => {
  // 10 TB hold ten, 30,000 operations only seven: ceil(25 / 7) = 4; of 2 x 25 volumes eight, of 5 x 25 eighteen.
  const answer = await placed(
    '{ size: 1TB, iops: 4000 }',
    '{ id: s, access: block, capacity: 10TB, iops: 30000, price: 5 }',
    25,
  );
  expect(answer).toMatchObject({ arrays: 4, volumes: 25, bytes: 25e12, iops: 100_000 });
  expect(answer.cost).toEqual({ perMonth: 20, currency: 'EUR' });
  expect(answer.packing).toMatchObject({ optimal: true, countBound: 4 });
  expect(answer.growth.map(({ times, arrays, added, atLeast }) => [times, arrays, added, atLeast])).toEqual([
    [1, 4, 0, 4],
    [1.5, 6, 2, 6],
    [2, 8, 2, 8],
    [3, 11, 3, 11],
    [5, 18, 7, 18],
  ]);
});

test('a share goes to a filer, a class to who offers it', async () => {
  const arrays =
    '{ id: s, access: block, class: gold, capacity: 10TB }, { id: f, access: file, capacity: 10TB }, { id: b, access: [block, file], class: [silver], capacity: 2TB }';
  const answer = await placed(
    '{ size: 1TB, access: file }, { size: 1TB, class: gold }, { size: 1TB, class: silver, access: file }',
    arrays,
  );
  const at = new Map(
    answer.packing.bins.flatMap(({ type, contents }) => contents.map(({ item }) => [item, type])),
  );
  expect(at.get('a/2')).toBe('s');
  expect(at.get('a/3')).toBe('b');
  expect(['f', 'b']).toContain(at.get('a/1'));
});

test('what has no place is named with the reason', async () => {
  const array = '{ id: s, access: block, class: gold, capacity: 10TB, fill: 50%, available: 1 }';
  const large = await placed('{ size: 6TB }', array);
  expect(large.arrays).toBeNull();
  expect(large.packing.unplaced).toMatchObject([
    { item: 'a/1', reason: expect.stringContaining('larger than any bin') },
  ]);
  const strange = await placed('{ size: 1TB, access: file, class: tin }', array);
  expect(strange.packing.unplaced[0]?.reason).toBe('no bin is an array for file of class tin');
  expect((await placed('{ size: 5TB }', array, 2)).packing.unplaced[0]?.reason).toContain('1 available');
});

test('copies of a volume never meet on an array, nor in a failure domain where that is asked', async () => {
  const arrays = ['x', 'y']
    .flatMap((domain) =>
      [1, 2].map(
        (n) =>
          `{ id: ${domain}${String(n)}, access: block, capacity: 100TB, available: 1, domain: ${domain} }`,
      ),
    )
    .join(', ');
  const apart = await placed('{ size: 1TB, replicas: 3 }', arrays, 10);
  expect(apart).toMatchObject({ arrays: 3, volumes: 10, copies: 30 });
  const domains = await placed('{ size: 1TB, replicas: 2, replicasApart: domain }', arrays, 10);
  expect(domains.arrays).toBe(2);
  const three = await placed('{ size: 1TB, replicas: 3, replicasApart: domain }', arrays, 10);
  expect(three.arrays).toBeNull();
});

test('the certificate of storage is judged with the others', async () => {
  const answer = await placed('{ size: 3TB, replicas: 2 }', '{ id: s, access: block, capacity: 10TB }', 5);
  const lines = storageLines(answer);
  const faults = (changed: typeof lines) => checkAssignment({ answers: [] }, changed, answer);
  expect(faults(lines)).toEqual([]);
  expect(faults(lines.slice(1)).join()).toContain('lost');
  expect(faults(lines.map((line) => ({ ...line, bin: 1 }))).join()).toMatch(/capacity .* > /);
  expect(faults(lines.map((line) => ({ ...line, alternative: 'vm' as const })))).toEqual([
    'there is no answer "vm"',
    'storage: not one line of it (--answer leaves out what is not there)',
  ]);
});

test('under every rule: the checker agrees, no copies meet when dealt out, and growth never needs fewer', async () => {
  const volume = fc.record({
    size: fc.integer({ min: 1, max: 12 }),
    iops: fc.integer({ min: 1, max: 9 }),
    access: fc.constantFrom('block', 'file'),
    replicas: fc.integer({ min: 1, max: 3 }),
    replicasApart: fc.constantFrom('array', 'domain'),
  });
  const array = fc.record({
    access: fc.constantFrom('block', 'file', '[block, file]'),
    capacity: fc.integer({ min: 6, max: 30 }),
    iops: fc.integer({ min: 5, max: 40 }),
    domain: fc.constantFrom('x', 'y', 'z'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(volume, { minLength: 1, maxLength: 4 }),
      fc.array(array, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (volumes, arrays, replicas) => {
        const answer = await placed(
          volumes
            .map(
              (one) =>
                `{ size: ${String(one.size)}TB, iops: ${String(one.iops)}, access: ${one.access}, replicas: ${String(one.replicas)}, replicasApart: ${one.replicasApart} }`,
            )
            .join(', '),
          arrays
            .map(
              (one, at) =>
                `{ id: a${String(at)}, access: ${one.access}, capacity: ${String(one.capacity)}TB, iops: ${String(one.iops)}, domain: ${one.domain} }`,
            )
            .join(', '),
          replicas,
        );
        expect(checkPacking(answer.problem, answer.packing)).toEqual([]);
        expect(answer.packing.count).toBeGreaterThanOrEqual(
          answer.arrays === null ? 0 : answer.packing.countBound,
        );
        volumes.forEach((_, at) => {
          expect(meets(answer, `a/${String(at + 1)}`, replicas)).toBe(false);
        });
        for (const [at, step] of answer.growth.entries()) {
          if (step.arrays === null) continue;
          expect(step.arrays).toBeGreaterThanOrEqual(step.atLeast);
          expect(step.arrays).toBeGreaterThanOrEqual(answer.growth[at - 1]?.arrays ?? 0);
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Deals the copies on each array to the volumes in turn and looks whether one volume got two of the same array. */
function meets({ packing }: StorageAnswer, id: string, volumes: number): boolean {
  const piles = packing.bins.flatMap((bin) => {
    const count = bin.contents.find(({ item }) => item === id)?.count ?? 0;
    return Array.from({ length: bin.copies }, () => count);
  });
  const seen = new Set<string>();
  let next = 0;
  for (const [array, count] of piles.entries()) {
    for (let n = 0; n < count; n += 1, next += 1) {
      const key = `${String(next % volumes)} ${String(array)}`;
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}
