/**
 * Who is being weighed: names for cells, what ran behind each name, and which comparisons matter first.
 * A sentence's subject is always a runner in a configuration on this host, never "VMs" in general (C29).
 */
import type { CellRecord, Comparison, MetricDeclaration, RunnerKind, RunRecord } from '../bench/model.ts';
import { formatValue } from '../bench/units.ts';
import { accelerationWords, count } from './words.ts';

/** How a runner isolates; decides which pairs answer the question "VM or container". */
export type Isolation = 'virtual machine' | 'container' | 'process';

const isolations: Readonly<Record<RunnerKind, Isolation>> = {
  fake: 'process',
  process: 'process',
  namespace: 'container',
  oci: 'container',
  qemu: 'virtual machine',
};

/** A record's cells by id, with what reports call them. */
export interface Subjects {
  readonly cells: readonly CellRecord[];
  readonly of: (cellId: string) => CellRecord | null;
  /** Short and unique: the runner's id, with workload and shape only where they vary. */
  readonly label: (cellId: string) => string;
  /** The runner's id alone. */
  readonly runner: (cellId: string) => string;
  /** "vm vs namespace", with workload and shape once where both share them. */
  readonly pair: (comparison: Pick<Comparison, 'subject' | 'reference'>) => string;
  /** Runner, version, acceleration, shape. */
  readonly configuration: (cellId: string) => string;
  readonly isolation: (cellId: string) => Isolation;
  /** A stable number for the cell's colour: the place of its runner in the scenario. */
  readonly color: (cellId: string) => number;
  readonly metric: (id: string) => MetricDeclaration | null;
}

export function subjectsOf(record: RunRecord): Subjects {
  const { cells, metrics } = record.header;
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const metricById = new Map(metrics.map((metric) => [metric.id, metric]));
  const runners = [...new Set(cells.map((cell) => cell.runner))];
  const severalWorkloads = new Set(cells.map((cell) => cell.workload)).size > 1;
  const severalShapes = new Set(cells.map((cell) => cell.shape.id)).size > 1;
  const own = (cell: CellRecord) => cell.runner + (cell.role === 'control' ? ' (A/A)' : '');
  const circumstances = (cell: CellRecord) => [
    ...(severalWorkloads ? [cell.workload] : []),
    ...(severalShapes ? [cell.shape.id] : []),
  ];
  const label = (id: string) => {
    const cell = byId.get(id);
    if (cell === undefined) return id;
    return [own(cell), ...circumstances(cell)].join(' · ');
  };
  return {
    cells,
    of: (id) => byId.get(id) ?? null,
    label,
    runner: (id) => byId.get(id)?.runner ?? id,
    pair: ({ subject, reference }) => {
      const [first, second] = [byId.get(subject), byId.get(reference)];
      if (first === undefined || second === undefined) return `${label(subject)} vs ${label(reference)}`;
      const shared = circumstances(first).join(' · ');
      if (shared !== circumstances(second).join(' · ')) return `${label(subject)} vs ${label(reference)}`;
      return `${own(first)} vs ${own(second)}${shared === '' ? '' : `, ${shared}`}`;
    },
    configuration: (id) => {
      const cell = byId.get(id);
      return cell === undefined ? id : configurationOf(cell);
    },
    isolation: (id) => isolations[byId.get(id)?.runnerKind ?? 'process'],
    color: (id) => Math.max(0, runners.indexOf(byId.get(id)?.runner ?? '')),
    metric: (id) => metricById.get(id) ?? null,
  };
}

function configurationOf(cell: CellRecord): string {
  const what = [cell.runnerKind, versionOf(cell), cell.identity['machine']].filter(
    (part) => part !== undefined,
  );
  const parts = [what.join(' ')];
  if (cell.acceleration.class !== 'none') parts.push(accelerationWords[cell.acceleration.class]);
  parts.push(shapeWords(cell));
  return parts.join(', ');
}

/** The version that ran: under "version", or under the name its runner records it by. */
export function versionOf(cell: CellRecord): string | undefined {
  return cell.identity['version'] ?? cell.identity['runtime'] ?? cell.identity['qemu'];
}

/** "1 CPU, 256 MiB". */
export function shapeWords(cell: CellRecord): string {
  return `${count(cell.shape.cpus, 'CPU')}, ${formatValue(cell.shape.memoryBytes, 'B')}`;
}

/**
 * Comparisons in reading order: VM against container first, then container or VM against the
 * baseline, then the rest; within that, as the metrics are declared.
 */
export function inReadingOrder(
  comparisons: readonly Comparison[],
  subjects: Subjects,
): readonly Comparison[] {
  const rank = (comparison: Comparison) => {
    const pair = `${subjects.isolation(comparison.subject)}/${subjects.isolation(comparison.reference)}`;
    if (pair === 'virtual machine/container') return 0;
    return subjects.isolation(comparison.reference) === 'process' ? 1 : 2;
  };
  const indexed = comparisons.map((comparison, index) => ({ comparison, index, rank: rank(comparison) }));
  indexed.sort((a, b) => a.rank - b.rank || a.index - b.index);
  return indexed.map((entry) => entry.comparison);
}
