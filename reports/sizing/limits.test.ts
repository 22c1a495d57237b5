/** The headline: what sets the count, what easing it saves, and what separates virtual machines and containers. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packLightly } from '../../sizing/explain/counts.ts';
import { easedOf, limitOf } from '../../sizing/explain/limits.ts';
import { inventoryOf } from '../../sizing/inventories/index.ts';
import { parseCatalogue } from '../../sizing/policy/catalogue.ts';
import { parseSizingPolicy } from '../../sizing/policy/policy.ts';
import { size } from '../../sizing/size.ts';
import { weightsOf } from '../../sizing/weights.ts';
import { headline } from './limit-words.ts';

const bare = `
fill: 100%
survive: { least: 0, share: 0% }
reserved: { vm: { memory: 0B }, worker: { rule: none } }
assume: { vm: { memory: 0B }, container: { memory: 0B } }
`;
const plain = 'hosts: [{ id: h, cores: 32, memory: 256GiB }]';

async function told(apps: string, hostsText = plain, policyText = bare) {
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(apps) }]);
  const policy = parseSizingPolicy(policyText, 'policy.yaml');
  const hosts = parseCatalogue(hostsText, 'hosts.yaml');
  const weights = weightsOf(null, policy);
  const question = { inventory, hosts, policy, weights };
  const sizing = await size(question, packLightly);
  const limits = await easedOf(question, sizing.answers);
  return { sizing, policy, limits, lines: headline({ sizing, policy, weights, limits }) };
}

test('a rule that sets every count is named before the isolation, with what dropping it saves', async () => {
  const { lines, limits } = await told(
    'apps: [{ app: shop, replicas: 60, cpu: 0.1, memory: 1GiB, apart: 4 }]',
  );
  expect(lines).toEqual([
    'The same 15 hosts each way: `apart: 4` of shop decides, not the isolation.',
    expect.stringMatching(/^Without `apart: 4` of shop: 1 each way\.$|as virtual machines/),
  ]);
  expect(limits.eased.vm).toMatchObject({ how: 'dropped', hosts: -14 });
});

test('a limit of instances is one too', async () => {
  const { lines, sizing } = await told(
    'apps: [{ app: a, replicas: 100, cpu: 0.1, memory: 1GiB }]',
    plain,
    `${bare}maxInstances: { vm: 10, container: 10 }\n`,
  );
  expect(limitOf(sizing.answers[1] as (typeof sizing.answers)[number])).toMatchObject({
    kind: 'instances',
    hosts: 10,
  });
  expect(lines.join(' ')).toContain('the limit of 10 instances on a host');
});

test('a resource is named, and a quarter more of it tried', async () => {
  const { lines, limits } = await told(
    'apps: [{ app: a, replicas: 100, cpu: 0.1, memory: 25GiB }]',
    plain,
    `${bare}worker: { cpuThreads: 16, memory: 256GiB }\n`,
  );
  expect(lines[0]).toBe(
    'The same 10 hosts each way: memory decides, and what the isolation adds is less than a host.',
  );
  expect(limits.eased.container).toEqual({ how: 'a quarter more per host', hosts: -1, cost: null });
  expect(limits.decision).toBeNull();
});

test.each([
  ['the weight of the isolation', 'assume: { vm: { memory: 4GiB }, container: { memory: 0B } }\n'],
  ['what hosts reserve', 'reserved: { vm: { memory: 0B }, container: { memory: 128GiB } }\n'],
  ['how many a host may hold', 'maxInstances: { vm: 100, container: 10 }\n'],
])('%s is named where it alone separates virtual machines and containers', async (words, change) => {
  const [key = ''] = change.split(':');
  const policy = `${bare.replace(new RegExp(`^${key}:.*$`, 'm'), '')}\n${change}`;
  const { lines } = await told('apps: [{ app: a, replicas: 256, cpu: 0.1, memory: 4GiB }]', plain, policy);
  expect(lines.filter((line) => line.startsWith('What separates'))).toEqual([
    expect.stringContaining(`What separates virtual machines and containers: ${words}`),
  ]);
});

test('the shipped example has three answers, and their reasons are said', async () => {
  const text = (name: string) =>
    readFileSync(path.join(import.meta.dirname, '../../docs/sizing', name), 'utf8');
  const { sizing, lines } = await told(text('apps.yaml'), text('hosts.yaml'), text('policy.yaml'));
  expect(new Set(sizing.answers.map(({ hosts }) => hosts)).size).toBe(3);
  expect(lines.join(' ')).toContain('the weight of the isolation');
});
