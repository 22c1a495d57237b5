import { expect, test } from 'vitest';
import { compareRuns } from '../verdicts/compare.ts';
import { gateRuns } from '../verdicts/gate.ts';
import { parsePolicy } from '../verdicts/policy.ts';
import { world, type Wanted } from '../verdicts/testing/worlds.ts';
import { builtMetrics, builtRunners } from '../bench/record/testing/builder.ts';
import { fleetOfCompare, fleetOfGate } from './fleet-change.ts';
import { parseFleet } from './fleet.ts';

const mib = 2 ** 20;
const fleetText = `
instances: [{ count: 1000, cpu: 0.1, memory: 500MiB }]
host: { cores: 64, memory: 50000MiB, maxInstances: 1000 }
fill: 100%
reserved: {}
survive: { least: 0, share: 0% }
`;
const fleet = parseFleet(fleetText, 'fleet.yaml');
const memory = 'tare.hostMemory';

/** Namespaces and VMs of so many MiB. */
const weighing = (bytes: number, wanted: Wanted = {}) =>
  world({
    noise: 0.001,
    runners: builtRunners.map((runner) => ({ ...runner, memoryBytes: bytes })),
    ...wanted,
  });

test('a change of memory is told in hosts, with both ends of its interval', () => {
  expect(builtMetrics.map(({ id }) => id)).toContain(memory);
  const [base, head] = [weighing(40 * mib, { id: 1 }), weighing(52 * mib, { id: 2 })];
  const policy = parsePolicy(`rules: [{ metric: ${memory}, limit: 50%, noise: 0.1% }]`, 'gate.yaml');
  const report = gateRuns(policy, [base], [head]);
  const { costs, remarks } = fleetOfGate(fleet, 'fleet.yaml', report, [base, head]);
  expect(remarks).toEqual([]);
  expect(costs.map(({ key }) => key.runner)).toEqual(['namespace']);
  // By hand (fleet.test.ts): 100 of 500 MiB a host, 97 of 512 MiB.
  expect(costs[0]).toMatchObject({ hosts: { before: 10, after: 11, more: 1 }, isProven: true });
  expect(costs[0]?.bytes.change).toBeCloseTo(12 * mib, -5);
  const { low, high } = costs[0]?.bytes.interval ?? { low: NaN, high: NaN };
  expect(low).toBeLessThan(12 * mib);
  expect(high).toBeGreaterThan(12 * mib);
  expect(costs[0]?.hosts.interval).toMatchObject({ low: 1, high: 1, level: 0.95 });
  expect(costs[0]?.line).toMatch(
    /^tare\.hostMemory of namespace\/\S+: \+1[12]\.?\d* MiB per instance \(95 % interval .* to .*\) = \+1 host \(\+1 to \+1\) at 1,000 containers: 10 -> 11, the fewest possible, memory binds$/,
  );
});

test('compare tells the same, and less memory is fewer hosts', () => {
  const [base, head] = [weighing(300 * mib, { id: 1 }), weighing(50 * mib, { id: 2 })];
  const report = compareRuns([base], [head], { noise: 0.001 });
  const { costs } = fleetOfCompare(fleet, 'fleet.yaml', report, [base, head]);
  expect(costs).toHaveLength(1);
  expect(costs[0]?.hosts).toMatchObject({ before: 10, after: 5, more: -5 });
});

test('a fleet of virtual machines is told of virtual machines', () => {
  const [base, head] = [weighing(40 * mib, { id: 1 }), weighing(52 * mib, { id: 2 })];
  const report = compareRuns([base], [head], { noise: 0.001 });
  const machines = parseFleet(`form: vm\n${fleetText}`, 'fleet.yaml');
  const { costs } = fleetOfCompare(machines, 'fleet.yaml', report, [base, head]);
  expect(costs.map(({ key, form }) => [key.runner, form])).toEqual([['vm', 'vm']]);
});

test('where nothing can be told in hosts, that is said', () => {
  const [base, head] = [weighing(40 * mib, { id: 1 }), weighing(52 * mib, { id: 2 })];
  const policy = parsePolicy('rules: [{ metric: startup.ready, limit: 50%, noise: 1% }]', 'gate.yaml');
  const report = gateRuns(policy, [base], [head]);
  expect(fleetOfGate(fleet, 'fleet.yaml', report, [base, head])).toMatchObject({
    costs: [],
    remarks: ['No memory of an idle container is compared: the policy limits no change of it.'],
  });
  const huge = weighing(60_000 * mib, { id: 3 });
  const compared = compareRuns([base], [huge], { noise: 0.001 });
  const { costs } = fleetOfCompare(fleet, 'fleet.yaml', compared, [base, huge]);
  expect(costs[0]).toMatchObject({ hosts: { after: null, more: null, interval: null } });
  expect(costs[0]?.line).toContain(
    'there is no room for all at 1,000 containers, which need 10 hosts without it',
  );
});

test('numbers that are refused are not told in hosts', () => {
  const [base, head] = [weighing(40 * mib, { id: 1 }), weighing(52 * mib, { id: 2 })];
  const report = compareRuns([base], [head], { noise: 0.001 });
  const refused = {
    ...report,
    rows: report.rows.map((row) => ({
      ...row,
      refusals: [{ rule: 'C25' as const, message: 'swap', remedy: '' }],
    })),
  };
  const { costs, remarks } = fleetOfCompare(fleet, 'fleet.yaml', refused, [base, head]);
  expect(costs).toEqual([]);
  expect(remarks[0]).toContain('refused (C25), so that no hosts are told');
});
