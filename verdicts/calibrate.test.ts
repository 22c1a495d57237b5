/** Noise of known worlds, and policies that follow from it. */
import { expect, test } from 'vitest';
import { calibrate, policyFrom } from './calibrate.ts';
import { gateRuns } from './gate.ts';
import { parsePolicy } from './policy.ts';
import { proveGate } from './prove.ts';
import { world } from './testing/worlds.ts';

const several = () =>
  [1, 2, 3, 4, 5, 6].map((id) => world({ id, noise: 0.05, drift: 1 + 0.05 * (id - 3.5) }));
const find = (calibration: ReturnType<typeof calibrate>, metric: string, runner: string) =>
  calibration.rows.find(({ key }) => key.metric === metric && key.runner === runner)!;

test('noise within and between runs is told apart', () => {
  const noise = find(calibrate(several()), 'startup.ready', 'namespace');
  expect(noise.within).toBeGreaterThan(0.03);
  expect(noise.within).toBeLessThan(0.08);
  // Standard deviation of the drifts 0.875 to 1.125: 0.094.
  expect(noise.between).toBeGreaterThan(0.06);
  expect(noise.between).toBeLessThan(0.13);
  expect(noise.comparisons).toBe(15);
  const one = find(calibrate([world({ id: 1, noise: 0.05 })]), 'startup.ready', 'namespace');
  expect(one.between).toBeNull();
  expect(one.falseAlarms).toBeLessThan(0.1);
});

test('the policy it writes lets its own runs pass or leaves them open, and a real change fails', () => {
  const runs = several();
  const policy = parsePolicy(policyFrom(calibrate(runs), 'mine'), 'gate.yaml');
  expect(policy.rules.some(({ noise }) => noise !== null)).toBe(true);
  expect(
    policy.rules.some(({ patterns }) => patterns.runner === 'vm' && patterns.metric === 'startup.ready'),
  ).toBe(false);
  for (const head of runs.slice(1))
    expect(gateRuns(policy, [runs[0]!], [head], { resamples: 500 }).state).not.toBe('fail');
  const slow = world({ id: 9, slower: 3 });
  expect(gateRuns(policy, [runs[0]!], [slow], { resamples: 500 }).state).toBe('fail');
  expect(proveGate(policy, [runs[0]!], 500).proofs.length).toBe(policy.rules.length);
});

test('a gate of all its limits is proven, of many runs and of one', () => {
  for (const runs of [several(), [world({ id: 1, noise: 0.2 })]]) {
    const policy = parsePolicy(policyFrom(calibrate(runs, 500), 'mine'), 'gate.yaml');
    const { proofs, proven } = proveGate(policy, runs, 500);
    expect(proofs.length).toBeGreaterThan(3);
    expect(proven).toBe(true);
  }
});

test('other hosts, other work, and too few launches are told', () => {
  expect(() => calibrate([world({ id: 1 }), world({ id: 2, host: 'elsewhere' })])).toThrow(
    /noise belongs to one host/,
  );
  expect(() => policyFrom(calibrate([world({ id: 1, blocks: 6 })]), 'few')).toThrow(
    /6 launches, and it takes 10/,
  );
});

test('a busy host is named as the reason, and more blocks are not the remedy', () => {
  const run = world({ id: 1, blocks: 12 });
  const voided = Array.from({ length: 11 }, (_, block) => ({
    kind: 'void' as const,
    block,
    rule: 'foreign-load',
    detail: '1.20 cores in trial 3',
  }));
  const busy = { ...run, record: { ...run.record, voided } };
  expect(() => policyFrom(calibrate([busy]), 'busy')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('11 of 12 blocks were voided (foreign-load)') as string,
      hint: expect.stringContaining('more blocks do not help') as string,
    }),
  );
});
