/** Records of a VM against a container that were never run, for tests of advice: what each side takes is told. */
import type { AccelerationClass } from '../../model/instance.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { RunRecord } from '../../model/record.ts';
import { buildRecord, builtMetrics, builtRunners } from '../../bench/record/testing/builder.ts';
import { runOf } from '../../verdicts/runs.ts';
import { profilesOf, type Profile } from '../profiles.ts';

type Pair = readonly [vm: number, container: number];

/** What one launch of each side takes; absent: not measured. */
export interface Taken {
  readonly memory?: Pair;
  readonly start?: Pair;
  readonly cpu?: Pair;
  readonly fit?: Pair;
  readonly slowdown?: Pair;
  readonly p99?: Pair;
}

export interface Built extends Taken {
  readonly acceleration?: AccelerationClass;
  readonly blocks?: number;
  readonly host?: string;
  readonly facts?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly seed?: number;
}

const metrics: Readonly<Record<keyof Taken, MetricDeclaration>> = {
  memory: sample('tare.memory', 'tare', 'B', false),
  start: sample('startup.ready', 'startup', 's'),
  cpu: sample('cpu.events-cost', 'cpu', 's/op'),
  fit: { ...sample('density.instances', 'density', 'count'), better: 'higher' },
  slowdown: sample('isolation.cpu', 'isolation', 'ratio'),
  p99: sample('network.p99-at-50', 'network', 's'),
};

function sample(
  id: string,
  family: MetricDeclaration['family'],
  unit: MetricDeclaration['unit'],
  needsRealCpu = true,
): MetricDeclaration {
  const [any] = builtMetrics;
  if (any === undefined) throw new Error('there are metrics');
  return {
    ...any,
    id,
    family,
    title: id,
    unit,
    better: 'lower',
    source: { kind: 'sample' },
    needsRealCpu,
    threshold: 0.05,
  };
}

/** A quiet host on which launches differ by a hundredth. */
export function builtRun(built: Built): RunRecord {
  const [, namespace, vm] = builtRunners;
  if (namespace === undefined || vm === undefined) throw new Error('there are runners');
  const seed = built.seed ?? 1;
  const told = (Object.keys(metrics) as (keyof Taken)[]).filter((name) => built[name] !== undefined);
  const hash = `${built.host ?? 'here'}-0123456789`;
  const record = buildRecord({
    seed,
    blocks: built.blocks ?? 30,
    runners: [namespace, { ...vm, acceleration: built.acceleration ?? 'kvm-hw' }],
    baseline: 'namespace',
    control: null,
    workloads: ['nginx'],
    metrics: told.map((name) => metrics[name]),
    alter: (trial) => ({
      ...trial,
      samples: told.map((name) => {
        const [ofVm, ofContainer] = built[name] ?? [1, 1];
        const wobble = 1 + 0.005 * (((trial.index * 7) % 5) - 2);
        return {
          metric: metrics[name].id,
          value: (trial.cell.startsWith('vm') ? ofVm : ofContainer) * wobble,
        };
      }),
    }),
  });
  const { header, end } = record;
  const host = { ...header.host, hostname: built.host ?? 'here', must: { ...built.facts }, hash };
  return {
    ...record,
    header: { ...header, host, runId: `${header.runId}-${hash}` },
    end: end === null ? null : { ...end, hostHashAfter: hash },
  };
}

export function builtProfiles(...all: readonly Built[]): Profile[] {
  return profilesOf(
    all.map((built, index) =>
      runOf(builtRun({ seed: index + 1, ...built }), built.path ?? `run-${index + 1}`),
    ),
  );
}

const mib = 2 ** 20;

/** What a server with hardware virtualization might show: the VM dearer in all, and quieter beside a neighbour. */
export const onHardware: Built = {
  memory: [60 * mib, 2 * mib],
  start: [0.4, 0.05],
  cpu: [1.06e-3, 1e-3],
  fit: [100, 900],
  slowdown: [1.1, 2.2],
  p99: [3e-3, 1.2e-3],
};
