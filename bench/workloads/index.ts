/** Every workload by the name scenarios use; adding one is a file here and a line below. */
import type { MetricDeclaration } from '../../model/metric.ts';
import { contextSwitch, cpu, matrix } from './cpu.ts';
import { density } from './density.ts';
import { idle } from './idle.ts';
import { fio } from './io/io.ts';
import { ladder } from './ladder.ts';
import { ladderNginx, ladderRedis, memoryNginx, memoryRedis } from './memory-load.ts';
import { faults, memory } from './memory.ts';
import { neighbour } from './neighbour/neighbour.ts';
import { networkHttp, networkNginx, networkRedis } from './network.ts';
import { scaleOut } from './scale-out.ts';
import { sharedMetrics, startupMetrics, stopMetrics } from './startup.ts';
import { program } from './program.ts';
import { portability } from './portability.ts';
import { surface } from './surface.ts';
import type { Workload } from './workload.ts';

const all: readonly Workload[] = [
  idle,
  ladder,
  cpu,
  matrix,
  contextSwitch,
  ladderRedis,
  ladderNginx,
  memoryRedis,
  memoryNginx,
  memory,
  faults,
  fio,
  networkRedis,
  networkNginx,
  networkHttp,
  density,
  scaleOut,
  portability,
  program,
  surface,
  neighbour,
];

export const workloads: ReadonlyMap<string, Workload> = new Map(
  all.map((workload) => [workload.id, workload]),
);

/** Every metric tare can report, in reading order. */
export const metrics: readonly MetricDeclaration[] = [
  ...startupMetrics,
  ...sharedMetrics,
  ...stopMetrics,
  ...new Set(all.flatMap((workload) => workload.metrics)),
];
