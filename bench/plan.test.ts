import { expect, test } from 'vitest';
import type { Scenario } from './model.ts';
import { cellsOf, createPlan, estimateSeconds } from './plan.ts';

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
      blocks: null,
    },
    {
      id: 'l',
      programs: [{ use: 'ladder', options: { instances: 4, step: 1, settle: 1 } }],
      service: null,
      runners: null,
      baseline: null,
      volume: null,
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

test('the estimate adds programs, launches and rests', () => {
  const plan = createPlan(scenario, 7, cellsOf(scenario).slice(0, 1));
  const cost = { startSeconds: 1, stopSeconds: 0.5, programOverheadSeconds: 0 };
  // 11 launches of 1 + 3 + 0.5 s, each followed by a rest of 0.5 s.
  expect(estimateSeconds(scenario, plan, () => cost)).toBeCloseTo(11 * 5, 6);
});
