/**
 * Startup metrics: read from the milestones every launch passes, so no program is needed.
 * The stages between milestones are in the analysis; these are the three spans that may be compared
 * between technologies (METHODOLOGY B16), the CPU they took, and the way out.
 */
import type { MetricDeclaration } from '../../model/metric.ts';

const clock = 'Host monotonic clock; error bar: the run’s channel echo time.';

/** Of runners whose instances share processes outside all of them: an engine's daemons. */
export const sharedMetrics: readonly MetricDeclaration[] = [
  {
    id: 'startup.shared-cpu',
    family: 'startup',
    title: 'CPU time of the engine’s daemons until ready',
    unit: 's',
    better: 'lower',
    source: { kind: 'sample' },
    definition:
      'CPU seconds from T0 to T6 of the daemons that all containers of an engine share, beside the instance and not in its figures.',
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.shared-memory',
    family: 'startup',
    title: 'Memory of the engine’s daemons',
    unit: 'B',
    better: 'lower',
    source: { kind: 'sample' },
    definition:
      'Anonymous, kernel and shared memory of the daemons’ cgroup at T6: once per host, however many containers there are.',
    threshold: 0.1,
    needsRealCpu: false,
  },
];

/** Of the main program of an image from elsewhere. */
export const stopMetrics: readonly MetricDeclaration[] = [
  {
    id: 'startup.stop',
    family: 'startup',
    title: 'Stop signal to end',
    unit: 's',
    better: 'lower',
    source: { kind: 'sample' },
    definition: `From asking the agent inside for the image’s stop signal until its word that the main program has ended. Launches whose program had to be killed after the grace period have no value. ${clock}`,
    threshold: 0.1,
    needsRealCpu: true,
  },
];

export const startupMetrics: readonly MetricDeclaration[] = [
  {
    id: 'startup.pid1',
    family: 'startup',
    title: 'Request to PID 1',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'T0', to: 'T4' },
    definition: `From the request (T0) to the first line of PID 1 inside (T4). ${clock}`,
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.main',
    family: 'startup',
    title: 'Request to workload main',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'T0', to: 'T5' },
    definition: `From the request (T0) to the first line of the workload’s own program (T5). ${clock}`,
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.ready',
    family: 'startup',
    title: 'Request to ready',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'T0', to: 'T6' },
    definition: `From the request (T0) to the first correct reply from inside (T6). ${clock}`,
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.cpu',
    family: 'startup',
    title: 'CPU time until ready',
    unit: 's',
    better: 'lower',
    source: { kind: 'sample' },
    definition:
      'CPU seconds of the whole instance, VMM and runtime helpers included, read from its cgroup on the host at T6. Whether a service is ready is looked for from outside (containers) or told by the guest’s kernel (VMs), and is no part of it; where only the agent can look (a check to be run inside), its CPU time is subtracted, true to 0.04 s, as the record says.',
    threshold: 0.1,
    needsRealCpu: true,
  },
  {
    id: 'startup.gone',
    family: 'startup',
    title: 'Stop to gone',
    unit: 's',
    better: 'lower',
    source: { kind: 'interval', from: 'stop', to: 'T7' },
    definition:
      'From killing the instance until none of its processes is left (T7); a forced stop on every runner.',
    threshold: 0.1,
    needsRealCpu: true,
  },
];
