/** What may share a host and on which it may be, from a demand to its answers. */
import { expect, test } from 'vitest';
import { parseCatalogue } from './policy/catalogue.ts';
import { inventoryOf } from './inventories/index.ts';
import { checkPacking } from './packing/check.ts';
import { packQuickly } from './packing/pack.ts';
import { parseSizingPolicy } from './policy/policy.ts';
import { size } from './size.ts';
import { weightsOf } from './weights.ts';

const policy = parseSizingPolicy(
  `
fill: 80%
survive: { least: 0, share: 0% }
reserved: { vm: { memory: 0B }, container: { rule: none } }
assume: { vm: { memory: 0B }, container: { memory: 0B } }
`,
  'policy.yaml',
);

async function sized(text: string, hosts: string) {
  const inventory = await inventoryOf([{ name: 'a', bytes: Buffer.from(text) }]);
  expect(inventory.problems.filter(({ field }) => !field.startsWith('requests.'))).toEqual([]);
  const catalogue = parseCatalogue(`hosts: [${hosts}]`, 'hosts.yaml');
  const question = { inventory, hosts: catalogue, policy, weights: weightsOf(null, policy) };
  const sizing = await size(question, (problem) => packQuickly(problem));
  for (const { problem, packing } of sizing.answers) expect(checkPacking(problem, packing)).toEqual([]);
  return sizing;
}

const hostsOf = ({ answers }: Awaited<ReturnType<typeof sized>>) => answers.map(({ hosts }) => hosts);
const plain = '{ id: h, cores: 64, memory: 512GiB }';

test('apps that avoid each other share no host in any of the three ways', async () => {
  const apps = (avoid: string) =>
    `apps: [{ app: web, replicas: 3, cpu: 1, memory: 1GiB, avoid: [${avoid}] }, { app: cache, replicas: 2, cpu: 1, memory: 1GiB }]`;
  expect(hostsOf(await sized(apps(''), plain))).toEqual([1, 1, 1]);
  expect(hostsOf(await sized(apps('cache'), plain))).toEqual([2, 2, 2]);
  expect(hostsOf(await sized(apps('nobody'), plain))).toEqual([1, 1, 1]);
});

test('devices are whole, count whatever the fill target, and go nowhere without', async () => {
  const apps = 'apps: [{ app: train, replicas: 8, cpu: 1, memory: 1GiB, devices: { nvidia.com/gpu: 1 } }]';
  const eight = '{ id: h, cores: 64, memory: 512GiB, devices: { nvidia.com/gpu: 8 } }';
  expect(hostsOf(await sized(apps, eight))).toEqual([1, 1, 1]);
  expect(hostsOf(await sized(apps, eight.replace('8 }', '4 }')))).toEqual([2, 2, 2]);
  const none = await sized(apps, plain);
  expect(hostsOf(none)).toEqual([null, null, null]);
  expect(none.answers[0]?.unplaced[0]?.reason).toContain('nvidia.com/gpu 1 > 0');
});

test('local storage of pods counts where all hosts tell theirs, and is named where they do not', async () => {
  const requests = { cpu: '1', memory: '1Gi', 'ephemeral-storage': '10Gi' };
  const pod = { kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ resources: { requests } }] } };
  const text = JSON.stringify({ items: [pod, pod, pod] });
  const silent = await sized(text, plain);
  expect(hostsOf(silent)).toEqual([1, 1, 1]);
  expect(silent.remarks.join()).toContain('ephemeral-storage is requested and not counted');
  const told = (units: number) =>
    `{ id: h, cores: 64, memory: 512GiB, devices: { ephemeral-storage: ${units} } }`;
  // In bytes, as the dump has them: three of 10 GiB, one to a host of 15 GB.
  expect(hostsOf(await sized(text, told(15e9))).slice(0, 2)).toEqual([3, 3]);
});

test('a daemon set takes room only of hosts that it selects', async () => {
  const spec = (memory: string) => ({ containers: [{ resources: { requests: { cpu: '1', memory } } }] });
  const agent = {
    kind: 'Pod',
    metadata: { name: 'agent', ownerReferences: [{ kind: 'DaemonSet', name: 'agent' }] },
    spec: { ...spec('400Gi'), nodeSelector: { pool: 'x' } },
  };
  const text = JSON.stringify({
    items: [agent, { kind: 'Pod', metadata: { name: 'a' }, spec: spec('300Gi') }],
  });
  const elsewhere = await sized(text, plain);
  expect(hostsOf(elsewhere)).toEqual([1, 1, 1]);
  expect(elsewhere.remarks.join()).toContain(
    'default/agent runs once per host and selects none of these (pool=x)',
  );
  const here = '{ id: h, cores: 64, memory: 512GiB, labels: { pool: x } }';
  expect(hostsOf(await sized(text, here)).slice(0, 2)).toEqual([null, null]);
  const both = await sized(text, `${plain}, ${here.replace('id: h', 'id: x')}`);
  expect(both.answers[1]?.byType).toEqual([{ type: 'h', hosts: 1 }]);
});

test('a taint keeps off who does not tolerate it', async () => {
  const tainted = '{ id: h, cores: 64, memory: 512GiB, taints: [{ key: gpu }] }';
  const apps = (more: string) => `apps: [{ app: a, cpu: 1, memory: 1GiB${more} }]`;
  expect(hostsOf(await sized(apps(''), tainted))).toEqual([null, null, null]);
  expect(hostsOf(await sized(apps(', tolerations: [{ key: gpu }]'), tainted))).toEqual([1, 1, 1]);
  expect(hostsOf(await sized(apps(', tolerations: [{ key: ssd }]'), tainted))).toEqual([null, null, null]);
});
