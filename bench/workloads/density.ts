/**
 * How many fit: instances added in steps until a service objective is no longer held, the host would be
 * hurt by the next step, or enough is known. What one more costs comes out beside it, as a slope.
 */
import { z } from 'zod';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Seconds } from '../../model/quantities.ts';
import { duration, seconds, size } from '../../model/quantity-options.ts';
import type { DensityWorkload } from './workload.ts';

const share = z.number().min(0.01).max(1);

const options = z.strictObject({
  instances: z.int().min(1).max(10_000).default(50).describe('Go no further than this.'),
  step: z.int().min(1).max(1000).default(5).describe('Instances added between two readings.'),
  parallel: z.int().min(1).max(64).default(4).describe('Starts in flight at once.'),
  settle: seconds('500ms').describe('Left alone before each reading.'),
  startWithin: duration.optional().describe('Objective: the quantile of a step’s start times stays below.'),
  startQuantile: share.default(0.9).describe('Which quantile of the start times; 1: the slowest.'),
  requestWithin: duration
    .optional()
    .describe('Objective: the quantile of the service’s reply times, asked from inside, stays below.'),
  requestQuantile: share.default(0.9).describe('Which quantile of the reply times; 1: the slowest.'),
  requests: z.int().min(1).max(200).default(5).describe('Requests to each sampled instance.'),
  workAtLeast: share
    .optional()
    .describe('Objective: a working instance keeps this share of the throughput it has alone.'),
  sampled: z.int().min(1).max(64).default(1).describe('Instances that work, or are asked, at the same time.'),
  workFor: seconds('1s').describe('How long they work (sysbench cpu; whole seconds).'),
  memoryReserve: size
    .optional()
    .describe('Memory that stays available on the host; default: a tenth of it, at least 1GiB.'),
  enough: share
    .optional()
    .describe('Stop when memory per instance is known to within this share; absent: go on.'),
  failuresInARow: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('So many failed starts in a row end the sweep.'),
});
type Options = z.infer<typeof options>;

const metrics: readonly MetricDeclaration[] = [
  {
    id: 'density.instances',
    family: 'density',
    title: 'Instances that fit',
    unit: 'count',
    better: 'higher',
    source: { kind: 'density', of: 'instances' },
    definition:
      'The largest number running at once at which every declared objective was held; a lower bound where the maximum asked for was reached.',
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'density.memory-per-instance',
    family: 'density',
    title: 'Memory per instance while their number grows',
    unit: 'B',
    better: 'lower',
    source: { kind: 'density', of: 'memory' },
    definition:
      'Kernel memory plus PSS of every instance process (MemAvailable where PSS may not be read), Theil-Sen slope over the steps of the sweep.',
    threshold: 0.05,
    needsRealCpu: false,
  },
];

/** Seconds of one reading beside the starts. */
function stepSeconds({ settle, workAtLeast, workFor, requestWithin, requests }: Options): Seconds {
  const work = workAtLeast === undefined ? 0 : Math.max(1, Math.round(workFor)) + 0.2;
  return settle + work + (requestWithin === undefined ? 0 : requests * 0.02);
}

export const density: DensityWorkload<Options> = {
  kind: 'density',
  id: 'density',
  family: 'density',
  title: 'Instances until an objective fails',
  programs: ['sysbench'],
  programsFor: ({ workAtLeast }) => (workAtLeast === undefined ? [] : ['sysbench']),
  options,
  estimateSeconds: (given) => (Math.ceil(given.instances / given.step) + 1) * stepSeconds(given),
  fleet: ({ instances, parallel }) => ({ starts: instances, inFlight: parallel }),
  needsService: ({ requestWithin }) => requestWithin !== undefined,
  sweep: (given) => ({
    ...given,
    startWithin: given.startWithin ?? null,
    requestWithin: given.requestWithin ?? null,
    workAtLeast: given.workAtLeast ?? null,
    memoryReserve: given.memoryReserve ?? null,
    enough: given.enough ?? null,
  }),
  metrics,
};
