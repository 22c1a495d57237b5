/**
 * Who is being weighed: names for cells, what ran behind each name, and which comparisons matter first.
 * A sentence's subject is always a runner in a configuration on this host, never "VMs" in general (C29).
 */
import type { Comparison } from '../../model/analysis.ts';
import type { Isolation } from '../../model/instance.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord, RunRecord } from '../../model/record.ts';
import { formatValue } from '../../model/units.ts';
import { accelerationWords, count } from './words.ts';

/** A record's cells by id, with what reports call them. */
export interface Subjects {
  readonly cells: readonly CellRecord[];
  readonly of: (cellId: string) => CellRecord | null;
  /** Short and unique: the runner's id, with workload and shape only where they vary. */
  readonly label: (cellId: string) => string;
  /** For links: the cell's id without what all cells share, "vm", "vm/cpu" or "vm/cpu/large". */
  readonly place: (cellId: string) => string;
  /** The runner's id alone. */
  readonly runner: (cellId: string) => string;
  /** "vm vs namespace", with workload and shape once where both share them. */
  readonly pair: (comparison: Pick<Comparison, 'subject' | 'reference'>) => string;
  /** The runner's id with the product and version behind it, once that says more: "microvm (QEMU 7.2.22)". */
  readonly named: (cellId: string) => string;
  /** What it is in everyday words, with its product: "VM (QEMU 7.2.22, q35)"; the runner's id where it takes one to tell it apart. */
  readonly everyday: (cellId: string) => string;
  /** The same without the product, where one of its kind was measured: "container". */
  readonly briefly: (cellId: string) => string;
  /** Product, version, machine, acceleration, shape. */
  readonly configuration: (cellId: string) => string;
  /** null: not known, or nothing ran. */
  readonly isolation: (cellId: string) => Isolation | null;
  /** A stable number for the cell's colour: the place of its runner in the scenario. */
  readonly color: (cellId: string) => number;
  readonly metric: (id: string) => MetricDeclaration | null;
  /** False where a cell can have no value by nature: a restored VM passes no boot milestones. */
  readonly applies: (cellId: string, metricId: string) => boolean;
}

export function subjectsOf(record: RunRecord): Subjects {
  const { cells, metrics } = record.header;
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const metricById = new Map(metrics.map((metric) => [metric.id, metric]));
  const runners = [...new Set(cells.map((cell) => cell.runner))];
  const severalWorkloads = new Set(cells.map((cell) => cell.workload)).size > 1;
  const shapesOf = new Map<string, Set<string>>();
  for (const { workload, shape } of cells) {
    shapesOf.set(workload, (shapesOf.get(workload) ?? new Set<string>()).add(shape.id));
  }
  const own = (cell: CellRecord) => cell.runner + (cell.role === 'control' ? ' (A/A)' : '');
  const circumstances = (cell: CellRecord) => [
    ...(severalWorkloads ? [cell.workload] : []),
    // Where a workload has one shape only, its name says which.
    ...((shapesOf.get(cell.workload)?.size ?? 0) > 1 ? [cell.shape.id] : []),
  ];
  const marks = marksOfRestored(record);
  const label = (id: string) => {
    const cell = byId.get(id);
    if (cell === undefined) return id;
    return [own(cell), ...circumstances(cell)].join(' · ');
  };
  return {
    cells,
    of: (id) => byId.get(id) ?? null,
    label,
    place: (id) => {
      const cell = byId.get(id);
      if (cell === undefined) return id;
      const { runner, workload, shape, role } = cell;
      const severalShapes = [...shapesOf.values()].some((shapes) => shapes.size > 1);
      return [
        runner,
        ...(severalWorkloads ? [workload] : []),
        ...(severalShapes ? [shape.id] : []),
        ...(role === 'control' ? ['control'] : []),
      ].join('/');
    },
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
    isolation: (id) => byId.get(id)?.isolation ?? null,
    color: (id) => Math.max(0, runners.indexOf(byId.get(id)?.runner ?? '')),
    named: (id) => {
      const cell = byId.get(id);
      return cell === undefined ? id : namedRunner(cell);
    },
    everyday: (id) => everydayWords(byId.get(id), cells, true),
    briefly: (id) => everydayWords(byId.get(id), cells, false),
    metric: (id) => metricById.get(id) ?? null,
    applies: (cell, metric) => {
      const source = metricById.get(metric)?.source;
      const passed = marks.get(cell);
      if (passed === undefined || source?.kind !== 'interval') return true;
      return passed.has(source.from) && passed.has(source.to);
    },
  };
}

/** Names of all marks ever seen in the good launches of each cell that starts from a saved state. */
function marksOfRestored(record: RunRecord): ReadonlyMap<string, ReadonlySet<string>> {
  const restored = record.header.cells.filter(isRestored);
  const found = new Map(restored.map((cell) => [cell.id, new Set<string>()]));
  for (const { cell, outcome, marks } of record.trials) {
    if (outcome.state === 'ok') for (const mark of marks) found.get(cell)?.add(mark.name);
  }
  // Where no launch succeeded nothing is known, so nothing is excused.
  return new Map([...found].filter(([, names]) => names.size > 0));
}

function isRestored(cell: CellRecord): boolean {
  return cell.traits.startState?.startsWith('restored') === true;
}

function configurationOf(cell: CellRecord): string {
  return `${kindOf(cell)}, ${shapeWords(cell)}`;
}

/** What ran, without its size: "QEMU 7.2.22 q35, emulated (TCG)". */
export function kindOf(cell: CellRecord): string {
  const parts = [cell.product];
  if (isRestored(cell)) parts.push('restored');
  if (cell.acceleration.class !== 'none') parts.push(accelerationWords[cell.acceleration.class]);
  return parts.join(', ');
}

/** A product that has a version of its own; in parentheses stands that of the tools it is made with. */
const ownVersion = /^[^(]* v?\d/;

/** Namespaces and processes are the kernel's, so that their tools' version is no part of the name. */
function namedRunner({ runner, product, isolation }: CellRecord): string {
  if (isolation === null || !ownVersion.test(product)) return runner;
  if (product.startsWith(`${runner} `)) return product;
  const machine = ` ${runner}`;
  const without = product.endsWith(machine) ? product.slice(0, -machine.length) : product;
  return `${runner} (${without})`;
}

const everydayKinds: Readonly<Record<Isolation, string>> = {
  'virtual machine': 'VM',
  sandbox: 'sandbox',
  container: 'container',
  process: 'plain process',
};

/** The kind of thing first, so that no runner's name is taken for it. */
function everydayWords(cell: CellRecord | undefined, cells: readonly CellRecord[], full: boolean): string {
  if (cell === undefined) return 'instance';
  const { isolation, runner } = cell;
  if (isolation === null) return `run of ${cell.product}`;
  const kind = everydayKinds[isolation];
  const alike = new Set(cells.filter((one) => one.isolation === isolation).map((one) => one.runner));
  const machine = cell.identity['machine'];
  // The version of the tools that something is made with, in parentheses, is no part of the name.
  const named = cell.product.replace(/ \([^)]*\)$/, '');
  const product = machine === undefined ? named : named.replace(` ${machine}`, `, ${machine}`);
  const isNamed = full && product.startsWith(`${runner} `);
  const details = [
    ...(alike.size > 1 && !isNamed ? [`runner ${runner}`] : []),
    ...(full && isolation !== 'process' ? [product] : []),
  ];
  return details.length === 0 ? kind : `${kind} (${details.join(', ')})`;
}

/** "1 CPU, 256 MiB". */
export function shapeWords(cell: CellRecord): string {
  if (cell.shape.cpus === 0) return 'size unknown';
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
