/** What a gate could see, told before it is asked: its prediction must agree with what the gate then does. */
import { expect, test } from 'vitest';
import { gateRuns } from './gate.ts';
import { parsePolicy } from './policy.ts';
import { powerOf, type Planned } from './power-check.ts';
import { withSamples, world } from './testing/worlds.ts';

const policyOf = (rules: string) => parsePolicy(`rules:\n${rules}`, 'gate.yaml');
const ready = (limit: string, more = '') =>
  policyOf(`  - {metric: startup.ready, runner: namespace, limit: ${limit}${more}}\n`);
const base = world({ id: 1 });
const plan: Planned = { blocks: null, runs: 1, cells: null };
const sightsOf = (policy: ReturnType<typeof ready>) => powerOf(policy, [base], plan, 1000).sights;
const sightOf = (policy: ReturnType<typeof ready>, planned = plan, runs = [base]) =>
  powerOf(policy, runs, planned, 1000).sights[0]!;

test('more launches see more, a change of what is seen is found by the gate, half of it is not', () => {
  const [few, all] = [sightOf(ready('10%'), { blocks: 12, runs: 1, cells: null }), sightOf(ready('10%'))];
  expect(few).toMatchObject({ n: 12, unit: 'launch' });
  expect(few.sees!).toBeGreaterThan(all.sees!);
  const limit = `${(100 * all.sees!).toFixed(2)}%`;
  const found = (slower: number) =>
    [2, 3, 4, 5, 6].filter((id) => {
      const { state } = gateRuns(ready(limit), [base], [world({ id, slower })], { resamples: 1000 });
      return state === 'fail';
    }).length;
  expect(found(1 + 1.5 * all.sees!)).toBeGreaterThanOrEqual(4);
  expect(found(1 + all.sees! / 2)).toBeLessThanOrEqual(1);
});

test('a limit below what can be seen is blind, with the launches it takes', () => {
  const noisy = world({ id: 1, noise: 0.5 });
  const report = powerOf(ready('5%'), [noisy], plan, 1000);
  expect(report.sharp).toBe(false);
  expect(report.sights[0]!.needed).toBeGreaterThan(100);
  const soft = `rules:
  - {metric: startup.ready, runner: namespace, limit: 5%, level: warn}
  - {metric: startup.ready, runner: process, max: 5s}
`;
  expect(powerOf(parsePolicy(soft, 'gate.yaml'), [noisy], plan, 1000).sharp).toBe(true);
  const hours = sightOf(ready('5%', ', noise: 20%'));
  expect(hours).toMatchObject({ needed: null, note: expect.stringContaining('several runs') as string });
});

test('one run on each side of unknown noise sees only what a ratio confirms, and says so', () => {
  expect(sightOf(ready('10%')).note).toContain('ratio to another runner');
  expect(sightOf(ready('10%', ', noise: 1%')).note).toBeNull();
});

test('several runs are told by how much they differ', () => {
  const runs = [1, 2, 3, 4, 5].map((id) => world({ id, drift: 1 + id / 100 }));
  const [one, three] = [1, 3].map((count) =>
    sightOf(ready('10%'), { blocks: null, runs: count, cells: null }, runs),
  );
  expect(one).toMatchObject({ unit: 'run', n: 1, note: null });
  expect(three!.sees!).toBeLessThan(one!.sees!);
});

test('runs that never differed show any growth, and the gate finds it; of zeros nothing can be told', () => {
  const rate = policyOf('  - {metric: cpu.throughput, runner: namespace, limit: 3%}\n');
  const run = (id: number, value: number) => world({ id, alter: withSamples('cpu.throughput', () => value) });
  const runs = (value: number) => [1, 2, 3, 4, 5].map((id) => run(id, value));
  expect(sightOf(rate, plan, runs(1000))).toMatchObject({ unit: 'run', sees: 0, note: null });
  const { state, checks, power } = gateRuns(rate, runs(1000), [run(6, 950)]);
  expect([state, checks[0]?.line]).toEqual(['fail', expect.stringContaining('p < 1e-99 (Holm, 1 test)')]);
  expect(power).toEqual([expect.stringContaining('1 run shows any growth, as nothing ever differed (limit')]);
  expect(sightOf(rate, plan, runs(0))).toMatchObject({ sees: null });
});

test('what cannot fire is refused before anything is measured', () => {
  expect(() => powerOf(ready('10%'), [base], { blocks: 5, runs: 1, cells: null })).toThrow(
    /cannot fire: with 30 blocks/,
  );
  expect(() => powerOf(ready('10%'), [base, world({ id: 2 })], plan)).toThrow(/cannot fire: of several/);
  const bound = policyOf('  - {metric: startup.ready, runner: namespace, max: 1s}\n');
  expect(() => powerOf(bound, [base], plan)).toThrow(/limits no change/);
});

test('a check that the planned scenario does not measure sees nothing', () => {
  const cell = { scenario: base.record.header.scenario.name, workload: 'idle', shape: 'small' };
  const cells = [{ ...cell, runner: 'process' }];
  const report = powerOf(ready('10%'), [base], { ...plan, cells }, 1000);
  expect([report.sharp, report.sights[0]?.note]).toEqual([
    false,
    expect.stringContaining('does not measure it'),
  ]);
  const measured = { ...plan, cells: [{ ...cell, runner: 'namespace' }] };
  expect(powerOf(ready('10%'), [base], measured, 1000)).toMatchObject({ sights: sightsOf(ready('10%')) });
});
