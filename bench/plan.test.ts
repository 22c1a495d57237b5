import { expect, test } from 'vitest';
import type { Scenario } from '../model/scenario.ts';
import { cellsOf, createPlan, estimateSeconds } from './plan.ts';
import { workloads } from './workloads/index.ts';

const scenario: Scenario = {
  name: 's',
  description: '',
  image: 'mini',
  runners: ['a', 'b', 'c'].map((id) => ({ id, kind: 'fake', options: {} })),
  baseline: 'a',
  control: 'b',
  shapes: [{ id: 'small', cpus: 1, memoryBytes: 2 ** 28 }],
  workloads: [
    {
      id: 'w',
      programs: [{ use: 'idle', options: { settle: 1, duration: 2 } }],
      service: null,
      runners: null,
      baseline: null,
      volume: null,
      requires: null,
      blocks: null,
    },
    {
      id: 'l',
      programs: [{ use: 'ladder', options: { instances: 4, step: 1, settle: 1 } }],
      service: null,
      runners: null,
      baseline: null,
      volume: null,
      requires: null,
      blocks: 3,
    },
  ],
  blocks: 10,
  warmup: 1,
  seed: null,
  cooldownSeconds: 0.5,
  trialTimeoutSeconds: 60,
  pidsLimit: 64,
  metrics: [],
};

test('each block holds every cell once, the control twin beside its own', () => {
  const plan = createPlan(scenario, 7);
  expect(plan.cells.map(({ id }) => id)).toEqual([
    'a/w/small',
    'b/w/small',
    'c/w/small',
    'a/l/small',
    'b/l/small',
    'c/l/small',
    'b/w/small/control',
  ]);
  for (let block = 0; block < 10; block += 1) {
    const order = plan.trials.filter((trial) => trial.block === block).map(({ cell }) => cell);
    expect(new Set(order).size).toBe(order.length);
    expect(order).toEqual(
      expect.arrayContaining(['a/w/small', 'b/w/small', 'c/w/small', 'b/w/small/control']),
    );
  }
  expect(plan.trials.map(({ index }) => index)).toEqual(plan.trials.map((_, index) => index));
  const positions = plan.trials.filter(({ block }) => block === 4).map(({ position }) => position);
  expect(positions).toEqual(positions.map((_, index) => index));
});

test('a workload with fewer blocks is spread over the run; warm-ups leave ladders out', () => {
  const { trials } = createPlan(scenario, 7);
  const ladders = trials.filter(({ cell }) => cell === 'a/l/small').map(({ block }) => block);
  expect(ladders).toEqual([3, 6, 9]);
  expect(trials.filter(({ block }) => block === -1).map(({ cell }) => cell)).toEqual([
    'a/w/small',
    'b/w/small',
    'c/w/small',
  ]);
});

test('the order depends on the seed alone, and no cell always comes first', () => {
  expect(createPlan(scenario, 7)).toEqual(createPlan(scenario, 7));
  expect(createPlan(scenario, 7).trials).not.toEqual(createPlan(scenario, 8).trials);
  const first = createPlan({ ...scenario, blocks: 60 }, 7)
    .trials.filter(({ block, position }) => block >= 0 && position === 0)
    .map(({ cell }) => cell);
  expect(new Set(first).size).toBeGreaterThan(3);
});

test('fleets are estimated by their size, with starts in flight shared by two CPUs', () => {
  const cost = { startSeconds: 1, stopSeconds: 1, programOverheadSeconds: 0.5 };
  const fleet = (use: string, options: object): Scenario => ({
    ...scenario,
    control: null,
    blocks: 1,
    warmup: 0,
    cooldownSeconds: 0,
    runners: scenario.runners.slice(0, 1),
    workloads: [{ ...scenario.workloads[0]!, programs: [{ use, options: { ...options } }] }],
  });
  const wave = fleet('scale-out', { idle: 5, more: 10, settle: 0.5 });
  // The first start and stop, 14 more and 15 proofs of half a second by two at once, the rest.
  expect(estimateSeconds(wave, createPlan(wave, 1), () => cost)).toBeCloseTo(2 + (28 + 7.5) / 2 + 0.5, 6);
  const sweep = fleet('density', { instances: 11, step: 5, parallel: 1, settle: 1 });
  // One alone, then at 5, 10 and 11: four readings of a second; one start at a time.
  expect(estimateSeconds(sweep, createPlan(sweep, 1), () => cost)).toBeCloseTo(2 + 20 + 5.5 + 4, 6);
});

test('the estimate of a loaded service counts what loading takes inside', () => {
  const program = (use: string, options: object) => ({
    programs: [{ use, options: workloads.get(use)?.options.parse(options) as Record<string, unknown> }],
  });
  const secondsOf = (programs: object, overhead: number) => {
    const workload = { ...scenario.workloads[0]!, ...programs };
    const alone = { ...scenario, cooldownSeconds: 0, workloads: [workload] };
    const [cell] = cellsOf(alone);
    const plan = { ...createPlan(alone, 1, [cell!]), cells: [cell!] };
    const one = { ...plan, trials: plan.trials.slice(0, 1) };
    const cost = { startSeconds: 0, stopSeconds: 0, programOverheadSeconds: overhead };
    return estimateSeconds(alone, one, () => cost);
  };
  // No keys to speak of: five programs; fifty million bytes: ten times a second more.
  const small = program('memory-redis', { keys: 1, value: '1B' });
  const large = program('memory-redis', { keys: 50_000, value: '800B' });
  expect(secondsOf(small, 1) - secondsOf(small, 0)).toBeCloseTo(15, 1);
  expect(secondsOf(large, 1) - secondsOf(large, 0)).toBeCloseTo(25, 1);
  const ladder = program('ladder-nginx', { instances: 4 });
  expect(secondsOf(ladder, 1) - secondsOf(ladder, 0)).toBeCloseTo(4 * 5, 6);
});

test('the estimate adds programs, launches and rests', () => {
  const plan = createPlan(scenario, 7, cellsOf(scenario).slice(0, 1));
  const cost = { startSeconds: 1, stopSeconds: 0.5, programOverheadSeconds: 0 };
  // 11 launches of 1 + 3 + 0.5 s, each followed by a rest of 0.5 s.
  expect(estimateSeconds(scenario, plan, () => cost)).toBeCloseTo(11 * 5, 6);
});
