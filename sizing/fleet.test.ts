import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostsOfChange, parseFleet } from './fleet.ts';

const mib = 2 ** 20;
const plain = `
instances: [{ count: 1000, cpu: 0.1, memory: 500MiB }]
host: { cores: 64, memory: 50000MiB, maxInstances: 1000 }
fill: 100%
reserved: {}
survive: { least: 0, share: 0% }
`;
const memory = (bytes: number) => ({ memoryBytes: bytes, cpuThreads: 0 });

test('the difference is that of a sum by hand', () => {
  // 50000 / 500 = 100 a host, so 10 hosts; 512 MiB: 97 a host, 11 hosts; 1000 MiB: 50 a host, 20 hosts.
  const fleet = parseFleet(plain, 'fleet.yaml');
  const more = (bytes: number) => hostsOfChange(fleet, memory(bytes)).more;
  expect([0, 12 * mib, 500 * mib, -250 * mib].map(more)).toEqual([0, 1, 10, -5]);
  expect(hostsOfChange(fleet, memory(12 * mib))).toMatchObject({
    instances: 1000,
    before: { hosts: 10, working: 10, bound: 10, binding: 'memory' },
    after: { hosts: 11 },
    isProven: true,
  });
  // 0.1 + 0.54 = 0.64 of 64 threads: 100 a host still; a little more, and it is 99.
  expect(hostsOfChange(fleet, { memoryBytes: 0, cpuThreads: 0.54 }).more).toBe(0);
  expect(hostsOfChange(fleet, { memoryBytes: 0, cpuThreads: 0.541 }).more).toBe(1);
});

test('headroom and overcommit are of the needs, not of the change; losses are held back', () => {
  const fleet = parseFleet(`${plain.replace('least: 0', 'least: 2')}headroom: 25%\n`, 'fleet.yaml');
  // 625 MiB: 80 a host, 13 hosts and 2; 635 MiB: 78 a host, 13 hosts; 650 MiB: 76 a host, 14 hosts.
  expect(hostsOfChange(fleet, memory(10 * mib))).toMatchObject({ before: { hosts: 15 }, more: 0 });
  expect(hostsOfChange(fleet, memory(25 * mib)).more).toBe(1);
});

test('what no longer fits has no difference', () => {
  expect(hostsOfChange(parseFleet(plain, 'f.yaml'), memory(60_000 * mib))).toMatchObject({
    after: { hosts: null },
    more: null,
  });
});

test('heavier instances never need fewer hosts, and the answer is the same each time', () => {
  const text = readFileSync(new URL('../docs/sizing/fleet.yaml', import.meta.url), 'utf8');
  const fleet = parseFleet(text, 'fleet.yaml');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600 }), (more) => {
      const found = hostsOfChange(fleet, memory(more * mib));
      expect(found.more).toBeGreaterThanOrEqual(0);
      expect(hostsOfChange(fleet, memory(more * mib))).toEqual(found);
      expect(hostsOfChange(fleet, memory(-more * mib)).more).toBeLessThanOrEqual(0);
    }),
    { numRuns: 8 },
  );
});

test('a fleet that is none is told with its place', () => {
  expect(() => parseFleet('instances: []\nhost: { cores: 4, memory: 4 }\n', 'fleet.yaml')).toThrow(
    /fleet\.yaml:1.*instances[\s\S]*fleet\.yaml:2.*memory/u,
  );
  const written = (count: number, least: number) =>
    `instances: [{ count: ${count}, cpu: 1, memory: 1GiB }]\nhost: { cores: 4, memory: 4GiB }\nsurvive: { least: ${least} }\n`;
  expect(() => parseFleet(written(0, 2), 'fleet.yaml')).toThrow(
    'instances.0.count: must be more than 0, got 0',
  );
  // As many spare hosts would be packed one by one.
  expect(() => parseFleet(written(1, 1e9), 'fleet.yaml')).toThrow(
    'survive.least: must be at most 100000, got',
  );
});
