/** The published reserve rules at known values, defaults with their sources, and what a bad file is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCatalogue } from './catalogue.ts';
import { parseNetworkRate } from './fields.ts';
import { licenceCost } from '../licence.ts';
import { defaultPolicy, parseSizingPolicy } from './policy.ts';
import { effectiveCores, reservedBy } from './reserve.ts';

const gib = 2 ** 30;
const mib = 2 ** 20;
const example = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/sizing', name), 'utf8');

test.each([
  ['gke', 8, 32, 3.56 * gib, 0.09],
  ['gke', 32, 128, 9.32 * gib, 0.15],
  ['gke', 1, 0.5, 255 * mib, 0.06],
  ['eks', 8, 32, 1465 * mib, 0.09],
  ['aks', 8, 32, 2250e6, 0.18],
  ['aks', 1, 4, 1 * gib, 0.06],
  ['aks', 6, 64, 2250e6, 0.16],
  ['aks', 96, 64, 2250e6, 1.06],
  ['none', 8, 32, 0, 0],
] as const)('%s keeps of %d threads and %d GiB what it publishes', (rule, cpuThreads, memory, bytes, cpu) => {
  const kept = reservedBy(rule, { cpuThreads, memoryBytes: memory * gib, maxInstances: 110 });
  expect(kept.memoryBytes).toBeCloseTo(bytes, -1);
  expect(kept.cpuThreads).toBeCloseTo(cpu, 9);
  expect(kept.evictionBytes).toBe(rule === 'none' ? 0 : 100 * mib);
});

test('no rule keeps more than there is', () => {
  const kept = reservedBy('eks', { cpuThreads: 0.01, memoryBytes: 64 * mib, maxInstances: 110 });
  expect(kept).toEqual({ cpuThreads: 0.0006, memoryBytes: 64 * mib, evictionBytes: 0 });
});

test('a second thread counts by the factor', () => {
  expect(effectiveCores(32, 64, 0.5)).toBe(48);
  expect(effectiveCores(32, 32, 0.5)).toBe(32);
});

test('every default names where it is published, and a policy its own lines', () => {
  const policy = defaultPolicy();
  expect(policy).toMatchObject({ fill: 0.8, smt: 0.5, survive: { least: 1, share: 0.1 } });
  expect(policy.choices.every(({ from, source }) => from === 'default' && source !== '')).toBe(true);
  expect(policy.choices.map(({ source }) => source).join()).not.toContain('[mem]');
  const own = parseSizingPolicy('fill: 70%\nreserved:\n  vm:\n    memory: 2GiB\n', 'p.yaml');
  expect(own.choices.filter(({ from }) => from === 'policy')).toEqual([
    { field: 'fill', value: '0.7', from: 'policy', source: 'p.yaml:1' },
    { field: 'reserved.vm.memory', value: '2.00 GiB', from: 'policy', source: 'p.yaml:4' },
  ]);
});

test('the example policy and catalogue are read', () => {
  const policy = parseSizingPolicy(example('policy.yaml'), 'policy.yaml');
  expect(policy.choices.every(({ from }) => from === 'policy')).toBe(true);
  const hosts = parseCatalogue(example('hosts.yaml'), 'hosts.yaml');
  expect(hosts.map(({ id, threads }) => [id, threads])).toEqual([
    ['small', 64],
    ['large', 192],
  ]);
  expect(hosts[0]?.disks).toHaveLength(4);
  expect(hosts[0]?.networkBytesPerSecond).toBe(25e9 / 8);
  expect(hosts.map((host) => [licenceCost(host, 'vm'), licenceCost(host, 'container')])).toEqual([
    [384, 0],
    [1192, 40],
  ]);
});

test('minimum cores are charged per socket', () => {
  const [host] = parseCatalogue(
    'hosts:\n  - id: a\n    sockets: 2\n    cores: 16\n    memory: 1GiB\n    licences: [{name: l, per: core, perMonth: 1, minimumCoresPerSocket: 16}]\n',
    'h.yaml',
  );
  expect(licenceCost(host!, 'vm')).toBe(32);
});

test('bits and bytes are told apart', () => {
  expect(parseNetworkRate('10Gbit/s')).toBe(1.25e9);
  expect(parseNetworkRate('1MiB/s')).toBe(mib);
  expect(() => parseNetworkRate('10Gb/s')).toThrow(/10Gbit/);
});

test.each([
  ['hosts:\n  - { id: a, cores: 8, memory: 64 }\n', /h\.yaml:2:.*memory/],
  ['hosts:\n  - { id: a, cores: 8, threads: 12, memory: 64GiB }\n', /h\.yaml:2:.*threads.*multiple/],
  ['hosts:\n  - { id: a, cores: 9, sockets: 2, memory: 64GiB }\n', /cores.*sockets/],
  ['hosts:\n  - { id: a, cores: -8, memory: 64GiB }\n', /cores/],
  [
    'hosts:\n  - { id: a, cores: 8, memory: 64GiB }\n  - { id: a, cores: 8, memory: 64GiB }\n',
    /h\.yaml:3:.*twice/,
  ],
  ['', /expected a mapping with hosts/],
])('a catalogue that is wrong is told where: %j', (text, problem) => {
  expect(() => parseCatalogue(text, 'h.yaml')).toThrow(problem);
});

test.each([
  ['fill: 0', /fill.*more than 0/],
  ['fill: 120%', /fill.*at most 100%/],
  ['smt: 2', /smt.*at most 1/],
  ['overcommit: { vm: { cpu: 0.5 } }', /overcommit\.vm\.cpu/],
  ['overcomit: {}', /overcomit/],
])('a policy that is wrong is told where: %j', (text, problem) => {
  expect(() => parseSizingPolicy(`${text}\n`, 'p.yaml')).toThrow(problem);
});

test.each([
  ['nothing', '', ['none', 0, 4e9], ['gke', 0, 0]],
  [
    'the reserve of virtual machines',
    'vm: { cpuThreads: 1, memory: 2GiB }',
    ['none', 1, 2 * gib],
    ['gke', 0, 0],
  ],
  ['a rule for containers', 'container: { rule: aks }', ['aks', 0, 0], ['aks', 0, 0]],
  ['both', 'vm: { memory: 2GiB }, container: { memory: 1GiB }', ['none', 0, gib], ['gke', 0, 0]],
  ['the rule inside machines', 'worker: { rule: eks }', ['none', 0, 4e9], ['eks', 0, 0]],
])(
  'hosts keep the same for their system whatever they run, unless declared: %s',
  (_, text, onHosts, inside) => {
    const { reserved } = parseSizingPolicy(`reserved: { ${text} }\n`, 'p.yaml');
    const of = ({ rule, cpuThreads, memoryBytes }: typeof reserved.container) => [
      rule,
      cpuThreads,
      memoryBytes,
    ];
    expect([of(reserved.container), of(reserved.worker)]).toEqual([onHosts, inside]);
  },
);
