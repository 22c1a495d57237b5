/**
 * The tare proper: one instance left alone, weighed from the host.
 * Memory here is the level of one instance; the marginal cost of one more is the ladder's slope.
 */
import { z } from 'zod';
import type { MetricDeclaration } from '../../model/metric.ts';
import { seconds } from '../../model/quantity-options.ts';
import type { IdleWorkload } from './workload.ts';

const options = z.strictObject({
  settle: seconds('500ms').describe('Left alone before the meter is read.'),
  duration: seconds('1s').describe('Span over which idle CPU is read.'),
});
type Options = z.infer<typeof options>;

function metric(
  part: Pick<MetricDeclaration, 'id' | 'title' | 'unit' | 'definition' | 'threshold' | 'needsRealCpu'>,
): MetricDeclaration {
  return { ...part, family: 'tare', better: 'lower', source: { kind: 'sample' } };
}

export const idle: IdleWorkload<Options> = {
  kind: 'idle',
  id: 'idle',
  family: 'tare',
  title: 'Idle instance',
  programs: [],
  options,
  estimateSeconds: ({ settle, duration }) => settle + duration,
  timing: ({ settle, duration }) => ({ settleSeconds: settle, seconds: duration }),
  metrics: [
    metric({
      id: 'tare.memory',
      title: 'Memory of one idle instance',
      unit: 'B',
      threshold: 0.03,
      needsRealCpu: false,
      definition:
        'Anonymous, kernel and shared memory of the instance’s cgroup, VMM included, page cache apart; read when idle. Without the code that an emulator has translated (tare.translation).',
    }),
    metric({
      id: 'tare.pss',
      title: 'Proportional set size, idle',
      unit: 'B',
      threshold: 0.03,
      needsRealCpu: false,
      definition:
        'Sum of PSS over every process of the instance, VMM and helpers included; shared pages divided by their users. Without the code that an emulator has translated.',
    }),
    metric({
      id: 'tare.translation',
      title: 'Translated code of the emulator',
      unit: 'B',
      threshold: 0.03,
      needsRealCpu: false,
      definition:
        'Memory of the code that QEMU has translated for an emulated guest, up to the buffer that it is given: the emulator’s and not the machine’s, and none under hardware virtualization.',
    }),
    metric({
      id: 'tare.processes',
      title: 'Processes on the host',
      unit: 'count',
      threshold: 0.03,
      needsRealCpu: false,
      definition: 'Tasks in the instance’s cgroup when idle: what the host’s PID table carries.',
    }),
    metric({
      id: 'tare.disk',
      title: 'Disk of one instance',
      unit: 'B',
      threshold: 0.03,
      needsRealCpu: false,
      definition: 'Bytes allocated on the host’s disk for this instance alone, the shared image apart.',
    }),
    metric({
      id: 'tare.idle-cpu',
      title: 'Idle CPU',
      unit: 'cores',
      threshold: 0.1,
      needsRealCpu: true,
      definition: 'CPU seconds per second of the instance’s cgroup while nothing is asked of it.',
    }),
  ],
};
