/**
 * Scale-out: so many instances idle, then more of them are requested at one instant. How long until all
 * are ready is what an autoscaler waits for, tare's own preparations of each launch included.
 */
import { z } from 'zod';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import { seconds } from '../../model/quantity-options.ts';
import type { ScaleOutWorkload } from './workload.ts';

const options = z.strictObject({
  idle: z.int().min(0).max(5000).default(5).describe('Instances that run, idle, before the request.'),
  more: z.int().min(1).max(1000).default(10).describe('Instances requested at once.'),
  parallel: z.int().min(1).max(1000).optional().describe('Starts in flight at once; default: all of them.'),
  settle: seconds('500ms').describe('Left alone between the last idle start and the request.'),
});
type Options = z.infer<typeof options>;

function metric(
  id: string,
  title: string,
  unit: Unit,
  better: MetricDeclaration['better'],
  source: MetricDeclaration['source'],
  definition: string,
): MetricDeclaration {
  return {
    id,
    family: 'scale-out',
    title,
    unit,
    better,
    source,
    definition,
    threshold: 0.05,
    needsRealCpu: true,
  };
}

/** Starts of the idle ones in flight at once: nothing is timed there. */
const idleInFlight = 4;

export const scaleOut: ScaleOutWorkload<Options> = {
  kind: 'scale-out',
  id: 'scale-out',
  family: 'scale-out',
  title: 'More instances at once',
  programs: [],
  options,
  estimateSeconds: ({ settle }) => settle,
  fleet: ({ idle, more, parallel }) => ({ starts: idle + more, inFlight: parallel ?? more }),
  wave: ({ idle, more, parallel, settle }) => ({
    idle,
    idleInFlight,
    more,
    inFlight: parallel ?? more,
    settleSeconds: settle,
  }),
  metrics: [
    metric(
      'scale-out.all-ready',
      'Until all are ready',
      's',
      'lower',
      { kind: 'interval', from: 'wave requested', to: 'wave ready' },
      'From the one request for all further instances to the first correct reply (T6) of the last of them.',
    ),
    metric(
      'scale-out.half-ready',
      'Until half are ready',
      's',
      'lower',
      { kind: 'sample' },
      'From the request to the reply of the instance that completes the first half.',
    ),
    metric(
      'scale-out.most-ready',
      'Until nine in ten are ready',
      's',
      'lower',
      { kind: 'sample' },
      'From the request to the reply of the instance that completes nine tenths: what remains after it is the tail.',
    ),
    metric(
      'scale-out.rate',
      'Instances made ready per second',
      '1/s',
      'higher',
      { kind: 'sample' },
      'Instances requested, over the time until all were ready.',
    ),
  ],
};
