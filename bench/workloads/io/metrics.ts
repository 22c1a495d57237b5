/** The metrics of fio's patterns: which a pattern reports, and what each means. */
import type { MetricDeclaration } from '../../../model/metric.ts';

export const patterns = ['randread', 'randwrite', 'read', 'write', 'randrw', 'fsync'] as const;
export type Pattern = (typeof patterns)[number];

type MetricParts = Pick<MetricDeclaration, 'id' | 'title' | 'unit' | 'better' | 'source' | 'definition'>;

function metric(parts: MetricParts): MetricDeclaration {
  return { ...parts, family: 'io', threshold: 0.1, needsRealCpu: true };
}

/** A distribution and the two of its percentiles that are compared between runners. */
function latencyMetrics(id: string, what: string, definition: string): MetricDeclaration[] {
  const of = `io.${id}-latency`;
  const parts = { unit: 's', better: 'lower', definition } as const;
  const percentile = (q: number, name: string) =>
    metric({
      ...parts,
      id: `io.${id}-${name}`,
      title: `${what}, ${name}`,
      source: { kind: 'quantile', of, q },
    });
  return [
    percentile(0.5, 'p50'),
    percentile(0.99, 'p99'),
    metric({ ...parts, id: of, title: what, source: { kind: 'distribution' } }),
  ];
}

const words: Readonly<Record<Pattern, string>> = {
  randread: 'Random reads',
  randwrite: 'Random writes',
  read: 'Sequential reads',
  write: 'Sequential writes',
  randrw: 'Mixed random I/O',
  fsync: 'Write and fsync',
};
const clock =
  'Timed by fio with the clock of its kernel, from submission to completion. Closed loop: the latency at this queue depth, not under a given load';

/** What a run of one pattern reports. */
export function metricsOf(pattern: Pattern): MetricDeclaration[] {
  const what = words[pattern];
  const sample = { kind: 'sample' } as const;
  const rate = (id: string, title: string, unit: '1/s' | 'B/s', definition: string) =>
    metric({ id: `io.${pattern}-${id}`, title, unit, better: 'higher', source: sample, definition });
  const cost = metric({
    id: `io.${pattern}-cost`,
    title: `CPU time per I/O, ${what.toLowerCase()}`,
    unit: 's/op',
    better: 'lower',
    source: sample,
    definition:
      "CPU seconds of the whole instance on the host, fio's start included, per I/O. Kernel threads work outside it: what a loop device costs is missing.",
  });
  switch (pattern) {
    case 'randread':
    case 'randwrite':
      return [
        rate('iops', `${what} per second`, '1/s', "fio's own count over its run time."),
        ...latencyMetrics(pattern, `Latency of ${what.toLowerCase()}`, `${clock}.`),
        cost,
      ];
    case 'read':
    case 'write':
      return [
        rate('bandwidth', `${what}, bytes per second`, 'B/s', "fio's own count of bytes over its run time."),
        ...latencyMetrics(pattern, `Latency of ${what.toLowerCase()}`, `${clock}.`),
        cost,
      ];
    case 'randrw':
      return [
        rate(
          'iops',
          `${what} per second`,
          '1/s',
          "Reads and writes, half each: fio's own count over its run time.",
        ),
        ...latencyMetrics('randrw-read', 'Latency of reads among writes', `${clock}.`),
        ...latencyMetrics('randrw-write', 'Latency of writes among reads', `${clock}.`),
        cost,
      ];
    case 'fsync':
      return [
        rate(
          'rate',
          'Writes with fsync per second',
          '1/s',
          "Pairs of write and fsync: fio's own count over its run time.",
        ),
        ...latencyMetrics(
          pattern,
          'Latency of fsync',
          "The fsync alone, of one block written into a file that is there already, timed by fio with its kernel's clock.",
        ),
        cost,
      ];
  }
}
