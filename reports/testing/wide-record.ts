/**
 * A record as wide as a report must bear: many metrics over every family, several runners, thirty launches,
 * values that differ like measurements do. For tests and benches of the page; nothing in it was measured.
 */
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import type { RunRecord } from '../../model/record.ts';
import { createRandom } from '../../model/random.ts';
import { buildRecord, type BuiltRunner } from '../../bench/record/testing/builder.ts';

export interface Width {
  readonly metrics: number;
  readonly blocks: number;
}

/** What a report must open within two seconds, and carry in less than three megabytes. */
export const fullWidth: Width = { metrics: 200, blocks: 30 };

const MiB = 1024 * 1024;
const container = { acceleration: 'none', readySeconds: 0.02, memoryBytes: MiB, throughput: 990 } as const;
const machine = {
  kind: 'qemu',
  acceleration: 'tcg',
  readySeconds: 2.4,
  memoryBytes: 95 * MiB,
  throughput: 90,
} as const;

/** Six ways to run one workload. */
const runners: readonly BuiltRunner[] = [
  { ...container, id: 'process', kind: 'process', readySeconds: 0.003 },
  { ...container, id: 'namespace', kind: 'namespace', readySeconds: 0.0045 },
  { ...container, id: 'runc', kind: 'oci' },
  { ...container, id: 'podman', kind: 'podman', readySeconds: 0.4 },
  { ...machine, id: 'vm' },
  { ...machine, id: 'microvm', readySeconds: 1.9 },
];

const spread: readonly Family[] = ['cpu', 'memory', 'io', 'network', 'app'];
const units: readonly Unit[] = ['s', 'B', '1/s', 's/op', 'B/s'];

function declared(metrics: number): MetricDeclaration[] {
  return Array.from({ length: metrics }, (_, index) => {
    const family = spread[index % spread.length] ?? 'app';
    return {
      id: `${family}.measure-${index}`,
      family,
      title: `Measure ${index} of ${family}`,
      unit: units[index % units.length] ?? 'ratio',
      better: index % 3 === 2 ? 'higher' : 'lower',
      source: { kind: 'sample' },
      definition: `Made for the width of the page, number ${index}; read from the host when the program had ended.`,
      threshold: 0.05,
      needsRealCpu: index % 2 === 0,
    };
  });
}

export function wideRecord({ metrics, blocks }: Width): RunRecord {
  const own = declared(metrics);
  const random = createRandom(7);
  const cost = new Map(runners.map((runner, index) => [runner.id, 1 + index * 0.7]));
  return buildRecord({
    metrics: own,
    blocks,
    runners,
    alter: (trial) => ({
      ...trial,
      ladder: [],
      samples: own.map(({ id }, index) => ({
        metric: id,
        value:
          (cost.get(trial.cell.split('/')[0] ?? '') ?? 1) * (index + 1) * Math.exp(0.04 * random.normal()),
      })),
    }),
  });
}
