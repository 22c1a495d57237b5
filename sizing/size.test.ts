import { expect, test } from 'vitest';
import { parseCatalogue } from './policy/catalogue.ts';
import { inventoryOf } from './inventories/index.ts';
import { checkPacking } from './packing/check.ts';
import { packQuickly } from './packing/pack.ts';
import { parseSizingPolicy } from './policy/policy.ts';
import { size, type Sizing } from './size.ts';
import { tareBytesAt } from './tare-curve.ts';
import { weightsOf } from './weights.ts';

const gib = 2 ** 30;
const hostsYaml = `
currency: EUR
hosts:
  - { id: h, sockets: 1, cores: 16, memory: 64GiB, price: 100, watts: { idle: 100, full: 300 } }
`;
/** No rule but the tares, so that a hand can do the sum. */
const bare = `
fill: 100%
survive: { least: 0, share: 0% }
overcommit: { vm: { cpu: 1 } }
reserved: { vm: { memory: 0B }, container: { rule: none } }
worker: { cpuThreads: 4, memory: 17GiB }
assume: { vm: { memory: 1GiB }, container: { memory: 0.25GiB } }
`;

async function sized(apps: string, policyText = bare, hosts = hostsYaml): Promise<Sizing> {
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(apps) }]);
  expect(inventory.problems).toEqual([]);
  const policy = parseSizingPolicy(policyText, 'policy.yaml');
  const question = {
    inventory,
    hosts: parseCatalogue(hosts, 'hosts.yaml'),
    policy,
    weights: weightsOf(null, policy),
  };
  return await size(question, (problem) => packQuickly(problem));
}

const of = ({ answers }: Sizing, alternative: string) => {
  const found = answers.find((answer) => answer.alternative === alternative);
  if (found === undefined) throw new Error(`no ${alternative}`);
  return found;
};

test('a small case as by hand', async () => {
  // 64 instances of 3 GiB and 0.1 thread. As VMs 4 GiB each: 16 a host, 4 hosts. As containers 3.25 GiB: 19 a
  // host (61.75 of 64 GiB), ceil(64 / 19) = 4. In machines: 17 - 1 = 16 GiB hold 4 containers, so 16 machines
  // of 17 GiB, 3 a host: 6 hosts.
  const result = await sized('apps: [{ app: a, replicas: 64, cpu: 0.1, memory: 3GiB }]');
  expect(result.answers.map(({ alternative, hosts, bound }) => [alternative, hosts, bound])).toEqual([
    ['vm', 4, 4],
    ['container', 4, 4],
    ['containers-in-vms', 6, 6],
  ]);
  expect(of(result, 'vm').tareBytes).toBe(64 * gib);
  expect(of(result, 'container').tareBytes).toBe(16 * gib);
  expect(of(result, 'containers-in-vms').tareBytes).toBe(16 * gib + 16 * gib);
  expect(of(result, 'containers-in-vms').machines).toBe(16);
  expect(of(result, 'vm').cost).toEqual({ perMonth: 400, currency: 'EUR' });
  // 6.4 of 64 threads are busy: each host draws 100 + 0.1 x 200 watts.
  expect(of(result, 'vm').watts).toBeCloseTo(480, 6);
  for (const { problem, packing } of result.answers) expect(checkPacking(problem, packing)).toEqual([]);
});

test('what must be a virtual machine stays one among containers', async () => {
  const result = await sized(`apps:
  - { app: win, replicas: 2, cpu: 1, memory: 4GiB, os: Windows Server 2022 }
  - { app: web, replicas: 10, cpu: 1, memory: 1GiB }
`);
  expect(of(result, 'container')).toMatchObject({ hosts: 1, machines: 2, instances: 12 });
  expect(of(result, 'containers-in-vms')).toMatchObject({ instances: 12, workers: { alone: 2 } });
});

test('losses are held back for and replayed', async () => {
  const result = await sized(
    'apps: [{ app: a, replicas: 64, cpu: 0.1, memory: 3GiB }]',
    bare.replace('least: 0', 'least: 1'),
  );
  const vm = of(result, 'vm');
  expect(vm).toMatchObject({ working: 4, hosts: 5, survives: { losses: 1, unit: 'host' } });
  expect(vm.spared?.survival.survived).toBe(true);
});

test('growth, and an item larger than any host, which is named', async () => {
  const grown = await sized(
    'apps: [{ app: a, replicas: 64, cpu: 0.1, memory: 3GiB }]',
    `${bare}growth: { perYear: 100%, years: 1 }\n`,
  );
  expect(of(grown, 'vm')).toMatchObject({ hosts: 8, instances: 128 });
  const large = await sized('apps: [{ app: big, replicas: 1, cpu: 1, memory: 65GiB }]');
  for (const { hosts, unplaced } of large.answers) {
    expect(hosts).toBeNull();
    expect(unplaced[0]?.item).toContain('big');
  }
});

test('what is kept apart is so on the hosts below the machines too', async () => {
  const apps = 'apps: [{ app: a, replicas: 6, cpu: 0.1, memory: 3GiB, apart: 2 }]';
  const result = await sized(apps);
  for (const answer of result.answers)
    expect([answer.alternative, answer.hosts]).toEqual([answer.alternative, 3]);
  const free = await sized(apps, `${bare}affinity: false\n`);
  expect(of(free, 'containers-in-vms').hosts).toBe(1);
});

test('what belongs together and is more than a machine is machines on one host', async () => {
  const apps = 'apps: [{ app: a, replicas: 3, cpu: 0.1, memory: 8GiB, together: x }]';
  expect(of(await sized(apps), 'containers-in-vms')).toMatchObject({ hosts: 1, workers: { alone: 3 } });
});

test('a container that no machine may hold is missed in the answer', async () => {
  const result = await sized(
    'apps: [{ app: a, replicas: 3, cpu: 0.1, memory: 1GiB, apart: 1, together: x }]',
  );
  for (const { hosts, unplaced } of result.answers) {
    expect(hosts).toBeNull();
    expect(unplaced[0]?.item).toContain('a');
  }
});

test('more tare never takes fewer hosts than the bound of less', async () => {
  const bounds: number[] = [];
  for (const memory of ['0.5GiB', '1GiB', '2GiB', '5GiB']) {
    const result = await sized(
      'apps: [{ app: a, replicas: 64, cpu: 0.1, memory: 3GiB }]',
      bare.replace('memory: 1GiB }', `memory: ${memory} }`),
    );
    bounds.push(of(result, 'vm').bound);
  }
  expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
  expect(bounds.at(-1)).toBeGreaterThan(bounds[0] ?? 0);
});

test('a virtual machine that nobody weighed weighs what is published, and says so', () => {
  const policy = parseSizingPolicy('name: bare\n', 'policy.yaml');
  const { vm, container } = weightsOf(null, policy);
  // KubeVirt: 248 MiB, 8 MiB for each vCPU and 1/512 of the guest's memory.
  expect(tareBytesAt(vm.memory, 4 * gib, 2)).toBe((248 + 16 + 8) * 2 ** 20);
  expect(tareBytesAt(container.memory, 4 * gib, 2)).toBe(0);
  expect([vm, container].map(({ evidence, isDefault }) => [evidence, isDefault])).toEqual([
    ['assumed', true],
    ['assumed', true],
  ]);
});
