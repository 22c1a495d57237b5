/** Certificates of every kind of rule hold; whatever line is taken out of one, or instance moved amiss, is found. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignmentOf, storageLines, type Assigned } from './assignment.ts';
import { parseArrays, parseCatalogue } from './policy/catalogue.ts';
import { checkAssignment, unjudged } from './check-assignment.ts';
import { inventoryOf } from './inventories/index.ts';
import { packQuickly } from './packing/pack.ts';
import type { Problem } from './packing/model.ts';
import { parseSizingPolicy } from './policy/policy.ts';
import { size } from './size.ts';
import { placeVolumes } from './storage/place.ts';
import { weightsOf } from './weights.ts';

const catalogue = `
currency: EUR
hosts:
  - { id: small, sockets: 1, cores: 16, memory: 64GiB, price: 100, domain: a }
  - { id: gold, sockets: 1, cores: 32, memory: 128GiB, price: 300, labels: { tier: gold }, domain: b }
arrays:
  - { id: flash, access: block, capacity: 2TB, iops: 9000, price: 10 }
  - { id: slow, access: [block, file], capacity: 9TB, iops: 3000, price: 7 }
`;
const policyText = (losses: number, unit = 'host') => `
fill: 100%
survive: { least: ${String(losses)}, share: 0%, unit: ${unit} }
overcommit: { vm: { cpu: 1 } }
reserved: { vm: { memory: 0B }, container: { rule: none } }
worker: { cpuThreads: 8, memory: 33GiB }
assume: { vm: { memory: 1GiB }, container: { memory: 0.25GiB } }
`;

async function sized(apps: string, losses: number, hosts = catalogue) {
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(`apps:\n${apps}`) }]);
  expect(inventory.problems).toEqual([]);
  const policy = parseSizingPolicy(policyText(losses), 'policy.yaml');
  const make = (problem: Problem) => packQuickly(problem, { starts: 1, steps: 50 });
  const question = {
    inventory,
    hosts: parseCatalogue(hosts, 'hosts.yaml'),
    policy,
    weights: weightsOf(null, policy),
  };
  const sizing = await size(question, make);
  const arrays = parseArrays(hosts, 'hosts.yaml');
  const storage = await placeVolumes({ inventory, arrays, policy }, make);
  const lines = [...assignmentOf(sizing), ...(storage === null ? [] : storageLines(storage))];
  return { sizing, storage, lines };
}

const app = fc
  .record({
    replicas: fc.integer({ min: 1, max: 9 }),
    cpu: fc.constantFrom(0.5, 1, 3),
    memory: fc.constantFrom(1, 5, 14),
    rule: fc.constantFrom(
      '',
      'apart: 2',
      'hostLabels: { tier: gold }',
      'together: pair',
      'os: Windows Server 2022',
    ),
    volume: fc.constantFrom('', 'volumes: [{ size: 300GB, iops: 500, replicas: 2 }]'),
  })
  .map(({ replicas, cpu, memory, rule, volume }) => (at: number) => {
    const own = [rule, volume].filter((text) => text !== '').map((text) => `, ${text}`);
    const count = rule.startsWith('together') ? 1 : replicas;
    return `  - { app: a${String(at)}, replicas: ${String(count)}, cpu: ${String(cpu)}, memory: ${String(memory)}GiB${own.join('')} }\n`;
  });
const anyApps = fc
  .array(app, { minLength: 1, maxLength: 5 })
  .map((apps) => apps.map((make, at) => make(at)).join(''));

describe('a certificate', () => {
  test('holds as it is written, and not without any one of its lines', async () => {
    await fc.assert(
      fc.asyncProperty(anyApps, fc.integer({ min: 0, max: 2 }), async (apps, losses) => {
        const { sizing, storage, lines } = await sized(apps, losses);
        for (const { hosts } of sizing.answers) fc.pre(hosts !== null);
        expect(checkAssignment(sizing, lines, storage)).toEqual([]);
        lines.forEach((line, at) => {
          const faults = checkAssignment(sizing, lines.toSpliced(at, 1), storage);
          expect([line, faults.length > 0]).toEqual([line, true]);
        });
      }),
      { numRuns: 40 },
    );
  });

  test('does not hold where an instance is on a host that it does not fit', async () => {
    await fc.assert(
      fc.asyncProperty(anyApps, async (apps) => {
        const { sizing, storage, lines } = await sized(apps, 1);
        for (const { hosts } of sizing.answers) fc.pre(hosts !== null);
        for (const { alternative, problem, workers } of sizing.answers) {
          const levels = [{ id: 'hosts', problem }, ...(workers?.pools ?? [])];
          for (const level of levels) {
            const own = lines.filter((line) => line.alternative === alternative && line.level === level.id);
            for (const line of own.filter(({ item }) => item !== '')) {
              for (const target of new Set(own.map(({ bin }) => bin))) {
                if (target === line.bin || fitsByHand(level.problem, own, line, target)) continue;
                const faults = checkAssignment(sizing, moved(lines, line, target), storage);
                expect([line, target, faults.length > 0]).toEqual([line, target, true]);
              }
            }
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  const two = '  - { app: a, replicas: 12, cpu: 1, memory: 20GiB }\n';

  test('counts its spares, and replays every loss on the hosts that it names', async () => {
    const { sizing, lines } = await sized(two, 1);
    const vm = lines.filter(({ alternative }) => alternative === 'vm');
    const spare = vm.find(({ item }) => item === '')!;
    const renumbered = vm
      .filter((line) => line !== spare)
      .map((line) => (line.bin > spare.bin ? { ...line, bin: line.bin - 1 } : line));
    expect(checkAssignment(sizing, renumbered, null, ['vm']).join('\n')).toMatch(
      /^vm, hosts: the loss of a \w+ is not survived: \d without a place, first \d of a$/m,
    );
    expect(unjudged(sizing, renumbered, null, ['vm'])).toEqual(['container', 'containers-in-vms']);
  });

  test('gives each number one kind of host, and leaves none out', async () => {
    const { sizing, lines } = await sized(two, 0);
    const first = lines.find(({ alternative }) => alternative === 'vm')!;
    const other = first.type === 'gold' ? 'small' : 'gold';
    const twice = [...lines, { ...first, type: other, item: '', count: 0 }];
    expect(checkAssignment(sizing, twice).join('\n')).toContain('is of 2 kinds');
    const far = lines.map((line) => (line === first ? { ...line, bin: 99 } : line));
    expect(checkAssignment(sizing, far).join('\n')).toMatch(
      /bin \d+ is missing: bins are numbered from 1 to 99/,
    );
  });

  test('has the machines on its hosts that its containers are in', async () => {
    const { sizing, lines } = await sized('  - { app: a, replicas: 8, cpu: 1, memory: 6GiB, apart: 2 }\n', 0);
    const inside = lines.filter(({ level }) => level === 'worker');
    const [one, two] = inside;
    // Three of what is kept apart by two, in a machine that its hosts know with two.
    const changed = lines.map((line) =>
      line === one
        ? { ...line, count: line.count - 1 }
        : line === two
          ? { ...line, count: line.count + 1 }
          : line,
    );
    expect(inside.length).toBeGreaterThan(1);
    expect(checkAssignment(sizing, changed).join('\n')).toMatch(/kept apart|machines/);
  });
});

function moved(lines: readonly Assigned[], line: Assigned, target: number): Assigned[] {
  const host = lines.find(
    (other) => other.alternative === line.alternative && other.level === line.level && other.bin === target,
  )!;
  const rest = lines.flatMap((other) =>
    other !== line ? [other] : line.count > 1 ? [{ ...line, count: line.count - 1 }] : [],
  );
  const kept = host.item === '' ? rest.filter((other) => other !== host) : rest;
  return [...kept, { ...line, bin: target, type: host.type, count: 1 }];
}

/** The sums by hand, for one instance more on a host. */
function fitsByHand(
  { dimensions, items, bins }: Problem,
  own: readonly Assigned[],
  line: Assigned,
  target: number,
) {
  const on = own.filter(({ bin, item }) => bin === target && item !== '');
  const type = bins.find(({ id }) => id === own.find(({ bin }) => bin === target)!.type)!;
  const item = items.find(({ id }) => id === line.item)!;
  if (item.bins !== undefined && !item.bins.includes(type.id)) return false;
  const of = (id: string) => items.find((one) => one.id === id)!;
  const isFull = dimensions.some((_, d) => {
    const used = on.reduce((sum, other) => sum + other.count * (of(other.item).size[d] ?? 0), 0);
    return used + (item.size[d] ?? 0) > (type.capacity[d] ?? 0) * (1 + 1e-6);
  });
  const meets = (item.apart ?? []).some(({ key, most, weight = 1 }) => {
    const there = on.reduce((sum, other) => {
      const rule = of(other.item).apart?.find((one) => one.key === key);
      return sum + other.count * (rule === undefined ? 0 : (rule.weight ?? 1));
    }, 0);
    return there + weight > most;
  });
  const parted = item.together !== undefined && line.count > 1;
  return !isFull && !meets && !parted;
}
