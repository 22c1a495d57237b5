/**
 * Marginal cost: instances are added step by step and left idle, and the slope over their number is
 * what one more costs (METHODOLOGY B14). The slope cancels whatever else the host holds at that time.
 */
import { z } from 'zod';
import type { LadderQuantity, MetricDeclaration } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import { seconds } from '../../model/quantity-options.ts';
import type { LadderWorkload } from './workload.ts';

const options = z.strictObject({
  instances: z.int().min(2).max(1000).default(10).describe('Instances running at the top of the ladder.'),
  step: z.int().min(1).default(1).describe('Instances added between two readings.'),
  settle: seconds('500ms').describe('Left alone before each reading.'),
});
type Options = z.infer<typeof options>;

function slope(
  id: string,
  title: string,
  unit: Unit,
  of: LadderQuantity,
  definition: string,
  needsRealCpu = false,
): MetricDeclaration {
  return {
    id,
    family: 'tare',
    title,
    unit,
    better: 'lower',
    source: { kind: 'slope', of },
    definition: `${definition} Theil-Sen slope over the number of idle instances.`,
    threshold: 0.03,
    needsRealCpu,
  };
}

/** 0, step, 2 step, ... and the top, however far the last step is. */
export function countsUpTo(top: number, step: number): readonly number[] {
  const counts = [0];
  for (let count = step; count < top; count += step) counts.push(count);
  return [...counts, top];
}

export const ladder: LadderWorkload<Options> = {
  kind: 'ladder',
  id: 'ladder',
  family: 'tare',
  title: 'Idle instances added step by step',
  programs: [],
  options,
  estimateSeconds: ({ instances, step, settle }) => Math.ceil(instances / step) * settle * 1.5,
  steps: ({ instances, step, settle }) => {
    return { counts: countsUpTo(instances, step), settleSeconds: settle };
  },
  metrics: [
    slope(
      'tare.memory-per-instance',
      'Host memory per instance',
      'B',
      'kernelPlusPssBytes',
      'Kernel memory (MemTotal - MemFree - Buffers - Cached - AnonPages) plus PSS of every instance process, an emulator’s translated code apart.',
    ),
    slope(
      'tare.available-per-instance',
      'MemAvailable per instance',
      'B',
      'hostBytes',
      'MemTotal - MemAvailable, which also moves with everything else on the host, and holds an emulator’s translated code.',
    ),
    slope(
      'tare.processes-per-instance',
      'Processes per instance',
      'count',
      'processes',
      'Tasks in the instances’ cgroups.',
    ),
    slope(
      'tare.idle-cpu-per-instance',
      'Idle CPU per instance',
      'cores',
      'idleCores',
      'CPU seconds per second of the instances’ cgroups while settled.',
      true,
    ),
    slope(
      'tare.disk-per-instance',
      'Disk per instance',
      'B',
      'diskBytes',
      'Bytes allocated on the host’s disk for the instances, the shared image apart.',
    ),
  ],
};
