/** What would change the count, how sure it is, and from where on an alternative wins: by hand where a hand can. */
import { describe, expect, test } from 'vitest';
import { blockerOf } from './explain/blocker.ts';
import { breakEvenOf, scaledTo } from './explain/break-even.ts';
import { parseCatalogue } from './policy/catalogue.ts';
import { lightAnswer } from './explain/counts.ts';
import { grownCounts } from './demand.ts';
import { inventoryOf } from './inventories/index.ts';
import { cvOf } from './inventories/spread.ts';
import { controls, liveData, questionOf, type LiveData } from './live.ts';
import { parseSizingPolicy } from './policy/policy.ts';
import { policyYaml } from './policy/policy-yaml.ts';
import { alternatives } from './problem.ts';
import type { Profile, Tare } from './profile.ts';
import { sensitivityOf } from './explain/sensitivity.ts';
import type { Question } from './size.ts';
import { insideBytesAt, tareBytesAt } from './tare-curve.ts';
import { uncertaintyOf } from './explain/uncertainty.ts';
import { weightsOf } from './weights.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;
/** No rule but the tares. */
const bare = `
fill: 100%
survive: { least: 0, share: 0% }
overcommit: { vm: { cpu: 1 } }
reserved: { vm: { memory: 0B }, container: { rule: none } }
worker: { cpuThreads: 4, memory: 17GiB }
assume: { vm: { memory: 1GiB }, container: { memory: 0.25GiB } }
`;
const uniform = 'apps: [{ app: a, replicas: 64, cpu: 0.1, memory: 3GiB }]';

async function asked(apps = uniform, policyText = bare, price = 100): Promise<Question> {
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(apps) }]);
  expect(inventory.problems).toEqual([]);
  const policy = parseSizingPolicy(policyText, 'policy.yaml');
  const hosts = parseCatalogue(
    `currency: EUR\nhosts: [{ id: h, sockets: 1, cores: 16, memory: 64GiB, price: ${String(price)} }]`,
    'hosts.yaml',
  );
  return { inventory, hosts, policy, weights: weightsOf(null, policy) };
}

describe('break-even', () => {
  test('is the first step of the virtual machines that containers do not make', async () => {
    // 16 virtual machines a host, 19 containers: at 17 instances 2 hosts against 1; at 20 both need 2.
    const found = await breakEvenOf(await asked());
    const hosts = found!.crossings.find(
      ({ alternative, measure }) => alternative === 'container' && measure === 'hosts',
    );
    expect(hosts).toEqual({
      alternative: 'container',
      measure: 'hosts',
      from: 17,
      exact: true,
      upTo: 128,
      stays: false,
    });
    expect(
      found!.points.map(({ instances, by }) => [instances, by.vm.hosts, by.container.hosts]),
    ).toContainEqual([128, 8, 7]);
    const cost = found!.crossings.find(
      ({ alternative, measure }) => alternative === 'container' && measure === 'cost',
    );
    expect(cost?.from).toBe(17);
  });

  test('is nowhere where containers weigh more', async () => {
    const policy = bare.replace('container: { memory: 0.25GiB }', 'container: { memory: 1.5GiB }');
    const found = await breakEvenOf(await asked(uniform, policy));
    expect(found!.crossings.find(({ alternative }) => alternative === 'container')).toMatchObject({
      from: null,
      exact: true,
    });
  });

  test('a mix keeps its proportions at other sizes, to the instance', async () => {
    const { inventory } = await asked(
      'apps: [{ app: a, replicas: 30, cpu: 1, memory: 1GiB }, { app: b, replicas: 10, cpu: 1, memory: 1GiB }]',
    );
    for (const instances of [1, 7, 40, 80, 81]) {
      const { demand } = scaledTo(inventory, instances);
      expect(demand.reduce((sum, { count }) => sum + count, 0)).toBe(instances);
    }
    expect(scaledTo(inventory, 80).demand.map(({ count }) => count)).toEqual([60, 20]);
  });
});

test('a step costs what a hand finds, and many small ones add up to a host', async () => {
  const rows = await sensitivityOf(await asked());
  const of = (id: string) => rows.find((row) => row.id === id)!.by;
  // 4 GiB each fill 4 hosts of 16; a MiB more leaves 15 a host: ceil(64 / 15) = 5. 64 MiB are 1/1024 of a host.
  expect(of('memory+1MiB').vm).toMatchObject({ hosts: 1, cost: 100 });
  expect(of('memory+1MiB').vm.share).toBeCloseTo((64 * mib) / (64 * gib), 9);
  expect(of('memory+1MiB').container).toMatchObject({ hosts: 0, cost: 0 });
  expect(of('survive+1').vm).toMatchObject({ hosts: 1 });
  // Nothing is used that headroom could be added to, and no request is a virtual machine's of today.
  expect(of('headroom.memory+1').vm).toMatchObject({ hosts: 0 });
  expect(of('overcommit.vm.cpu+1').vm).toMatchObject({ hosts: 0 });
  expect(rows).toHaveLength(11);
});

test('a heavier hypervisor is not taken off what a virtual machine of today holds', async () => {
  const question = await asked();
  const demand = question.inventory.demand.map((row) => ({ ...row, today: 'vm' as const }));
  const rows = await sensitivityOf({ ...question, inventory: { ...question.inventory, demand } });
  const more = rows.find(({ id }) => id === 'memory+128MiB')!.by;
  expect(more.vm.share).toBeCloseTo((64 * 128 * mib) / (64 * gib), 9);
  expect(more.container.share).toBeGreaterThan(0);
});

describe('uncertainty', () => {
  const declared = `${bare}uncertainty: { demandCv: 20%, draws: 60, seed: 5 }\n`;
  const found = { vm: 4, container: 4, 'containers-in-vms': 6 };

  test('a declared spread is drawn, the same for the same seed', async () => {
    const question = await asked(uniform, declared);
    const run = () => uncertaintyOf(question, found, null, () => question.weights);
    const first = await run();
    expect(first).toMatchObject({ draws: 60, seed: 5, varied: 1, tares: false });
    const { low, high, misfits } = first!.by.vm!;
    expect(low).toBeLessThanOrEqual(4);
    expect(high).toBeGreaterThan(4);
    expect(misfits).toBe(0);
    expect(await run()).toEqual(first);
    const other = {
      ...question,
      policy: { ...question.policy, uncertainty: { demandCv: 0.2, draws: 60, seed: 6 } },
    };
    expect((await uncertaintyOf(other, found, null, () => question.weights))!.by).not.toBeNull();
  });

  test('tares are drawn from their launches where there are enough', async () => {
    const question = await asked();
    const launches = [0.2, 0.6, 1, 1, 1.4, 1.8, 2].map((size) => size * gib);
    const tare = {
      runner: 'vm',
      shape: { cpus: 1, memoryBytes: gib },
      memoryBytes: { median: gib, interval: { low: 0.2 * gib, high: 2 * gib }, launches },
    } as unknown as Tare;
    const profile = { tares: [tare] } as unknown as Profile;
    const drawn: number[] = [];
    const result = await uncertaintyOf(question, found, profile, (pick) => {
      drawn.push(pick(tare));
      const vm = question.weights.vm;
      return {
        ...question.weights,
        vm: { ...vm, memory: { ...vm.memory, points: [{ at: 0, bytes: pick(tare) }] } },
      };
    });
    expect(result).toMatchObject({ tares: true, varied: 0 });
    expect(result!.by.vm!.high).toBeGreaterThan(4);
    expect(result!.by.container).toEqual({ low: 4, high: 4, misfits: 0 });
    expect(Math.min(...drawn)).toBeLessThan(gib);
  });

  test('without any spread there is no interval', async () => {
    const question = await asked();
    expect(await uncertaintyOf(question, found, null, () => question.weights)).toBeNull();
  });

  test('two percentiles tell a spread', () => {
    // ln(p95 / p50) / 1.644854 = 0.5: cv = sqrt(e^0.25 - 1).
    expect(cvOf({ p50: 1, p95: Math.exp(0.5 * 1.644854) })).toBeCloseTo(Math.sqrt(Math.exp(0.25) - 1), 6);
    expect(cvOf({ p95: 3, max: 4 })).toBeNull();
    expect(cvOf({ p50: 0, p95: 4 })).toBeNull();
    expect(cvOf({ p50: 2, p99: 2 })).toBe(0);
  });

  test('a plain CSV with two percentiles tells it per row', async () => {
    const csv = 'name,cpu,memory_mib,cpu_p50,cpu_p95,memory_p95_mib\nweb,4,4096,1,2,2048\n';
    const { demand } = await inventoryOf([{ name: 'd.csv', bytes: Buffer.from(csv) }]);
    expect(demand[0]?.usage).toMatchObject({ cpuThreads: 2, statistic: 'p95' });
    expect(demand[0]?.usage?.cv?.cpu).toBeCloseTo(cvOf({ p50: 1, p95: 2 })!, 9);
    expect(demand[0]?.usage?.cv?.memory).toBeNull();
  });
});

test('rows that grow alike grow together: 300 single machines at 1 % are 303', async () => {
  const { inventory, policy } = await asked();
  const row = inventory.demand[0]!;
  const rows = Array.from({ length: 300 }, (_, at) => ({ ...row, id: String(at), count: 1 }));
  const growing = { ...policy, growth: { perYear: 0.01, years: 1 } };
  const counts = grownCounts(rows, growing);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(303);
  expect(counts.filter((count) => count === 2)).toHaveLength(3);
  // One of its own rate is rounded up by itself, and shrinking is possible.
  expect(grownCounts([{ ...row, count: 3, growthPerYear: 0.2 }, ...rows], growing)[0]).toBe(4);
  expect(grownCounts(rows, { ...policy, growth: { perYear: 0, years: 3 } })).toEqual(rows.map(() => 1));
});

test.each([
  [1, 1, 258],
  [4, 2, 272],
  [16, 4, 312],
])('KubeVirt takes of %d GiB and %d vCPUs %d MiB, outside the guest', (size, cpus, expected) => {
  const policy = parseSizingPolicy('assume: { vm: { rule: kubevirt, guest: 300MiB } }', 'p.yaml');
  const { vm, ...rest } = policy.assume;
  const { vm: weights } = weightsOf(null, { ...policy, assume: { ...rest, vm, container: vm } });
  expect(tareBytesAt(weights.memory, size * gib, cpus) / mib).toBeCloseTo(expected + 300, 9);
  expect(insideBytesAt(weights.memory, size * gib, cpus)).toBe(300 * mib);
  expect(weights.source).toContain('KubeVirt source');
});

test('an assumption that tells nothing is refused with its line', () => {
  expect(() => parseSizingPolicy('assume:\n  vm: { guest: 1GiB }\n', 'p.yaml')).toThrow(
    /p\.yaml:2:\d+: assume\.vm: must tell memory or name a rule/,
  );
});

test('what blocks one host fewer is named', async () => {
  const { problem, packing } = await lightAnswer('vm', await asked());
  // Four full hosts: whichever is emptied, its sixteen have no place and memory is what is short.
  expect(blockerOf(problem, packing)).toMatchObject({ type: 'h', item: 'a', all: 16, exceeded: 'memory' });
});

test('a policy written as YAML reads back the same', () => {
  const text = `
headroom: { cpu: 7%, memory: 12% }
growth: { perYear: 15%, years: 3 }
reserved: { container: { rule: eks, memory: 1GiB } }
uncertainty: { demandCv: 10% }
assume: { vm: { rule: kubevirt, guest: 512MiB }, container: { memory: 8MiB } }
`;
  const policy = parseSizingPolicy(text, 'a.yaml');
  const again = parseSizingPolicy(policyYaml(policy), 'a.yaml');
  expect({ ...again, choices: [] }).toEqual({ ...policy, choices: [] });
});

test('a page carries the question whole: the same counts, at every rule that can be moved', async () => {
  const apps = `apps:
  - { app: web, replicas: 40, cpu: 0.5, memory: 2GiB, apart: 10, usage: { cpu: 0.2, memory: 1GiB, statistic: p95 } }
  - { app: win, replicas: 2, cpu: 2, memory: 8GiB, os: Windows Server 2022 }
`;
  const question = await asked(apps);
  const carried = questionOf(JSON.parse(JSON.stringify(liveData(question))) as LiveData);
  for (const control of controls) {
    const value = Math.min(control.most, control.read(question) + 2 * control.step);
    expect(control.read(control.write(question, value))).toBeCloseTo(value, 9);
    for (const name of alternatives) {
      const [here, there] = [
        await lightAnswer(name, control.write(question, value)),
        await lightAnswer(name, control.write(carried, value)),
      ];
      expect([control.id, there.hosts, there.cost]).toEqual([control.id, here.hosts, here.cost]);
    }
  }
});
