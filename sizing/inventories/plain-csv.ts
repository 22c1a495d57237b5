/**
 * A plain CSV -> demand: name, count, cpu, memory_mib (or _mb, _gib, _gb), disk_..., iops, os, and usage as
 * cpu_p95, memory_p95_mib and so on. The unit is part of the column's name; one without is not read.
 */
import type { DemandRow, UsageStatistic } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import { blankRow, bounds, systemOf } from './rows.ts';
import { cvOf } from './spread.ts';
import { columnOf, numberAt, sourceOf, type Table, type TableRow, textAt } from './table.ts';

const units = { mib: 2 ** 20, mb: 1e6, gib: 2 ** 30, gb: 1e9, bytes: 1 } as const;
/** The most telling first. */
const statistics = [
  'p99',
  'p95',
  'p90',
  'max',
  'p50',
  'mean',
  'now',
] as const satisfies readonly UsageStatistic[];

const names = ['name', 'vm', 'vmname', 'app', 'server', 'instance'];
const cpuNames = ['cpu', 'cpus', 'vcpu', 'vcpus', 'threads'];

/** Whether the columns are those of a plain CSV. */
export function isPlain(table: Table): boolean {
  const hasMemory = Object.keys(units).some(
    (unit) => columnOf(table, [`memory${unit}`, `ram${unit}`]) !== -1,
  );
  return columnOf(table, names) !== -1 && (hasMemory || columnOf(table, cpuNames) !== -1);
}

/** Which column holds what: asked of the header once, not of every row. -1: there is none. */
interface Layout {
  readonly name: number;
  readonly cpu: number;
  readonly count: number;
  readonly iops: number;
  readonly os: number;
  readonly memory: Amount;
  readonly disk: Amount;
  /** The most telling first. */
  readonly usage: readonly {
    readonly statistic: UsageStatistic;
    readonly cpu: number;
    readonly memory: Amount;
  }[];
}

/** A column of bytes, with what its unit is worth. */
interface Amount {
  readonly column: number;
  readonly factor: number;
}

function layoutOf(table: Table): Layout {
  const at = (...any: readonly string[]) => columnOf(table, any);
  const usage = statistics.map((statistic) => {
    const words = statistic === 'max' ? ['max', 'peak'] : [statistic];
    const cpu = at(...words.map((word) => `cpu${word}`));
    return { statistic, cpu, memory: amountOf(table, ...words.map((word) => `memory${word}`)) };
  });
  return {
    name: at(...names),
    cpu: at(...cpuNames),
    count: at('count', 'replicas', 'instances'),
    iops: at('iops'),
    os: at('os'),
    memory: amountOf(table, 'memory', 'ram'),
    disk: amountOf(table, 'disk', 'storage'),
    usage: usage.filter(({ cpu, memory }) => cpu !== -1 || memory.column !== -1),
  };
}

function amountOf(table: Table, ...words: readonly string[]): Amount {
  for (const [unit, factor] of Object.entries(units)) {
    const column = columnOf(
      table,
      words.map((word) => word + unit),
    );
    if (column !== -1) return { column, factor };
  }
  return { column: -1, factor: 1 };
}

const cpuBounds = { least: 0.001, most: 1024, whole: false };
const countBounds = { least: 0, most: 1e7, whole: true };
const usedCpuBounds = { least: 0, most: 1024, whole: false };

export function readPlain(table: Table, notes: Notes): DemandRow[] {
  for (const word of ['memory', 'ram', 'disk']) {
    if (columnOf(table, [word]) === -1) continue;
    addProblem(
      notes,
      sourceOf(table, null),
      word,
      word,
      'has no unit',
      `name it ${word}_mib, ${word}_mb, ${word}_gib or ${word}_gb`,
      'value not used',
    );
  }
  const layout = layoutOf(table);
  const rows: DemandRow[] = [];
  for (const row of table.rows) {
    const source = sourceOf(table, row);
    const name = textAt(row, layout.name);
    const cpuThreads = numberAt(table, row, layout.cpu, cpuBounds, notes);
    const memoryBytes = bytesAt(table, row, layout.memory, 1, notes);
    const count = numberAt(table, row, layout.count, countBounds, notes);
    const why =
      name === ''
        ? 'a row without a name'
        : cpuThreads === null && memoryBytes === null
          ? 'neither CPU nor memory can be read'
          : count === 0
            ? 'its count is 0'
            : count === null && textAt(row, layout.count) !== ''
              ? 'its count cannot be read'
              : null;
    if (why !== null) {
      notes.leftOut.push({ source, what: name === '' ? '(no name)' : name, why });
      continue;
    }
    rows.push({
      ...blankRow(name, source),
      count: count ?? 1,
      cpuThreads,
      memoryBytes,
      diskBytes: bytesAt(table, row, layout.disk, 0, notes),
      iops: numberAt(table, row, layout.iops, bounds.amount, notes),
      usage: usageOf(table, row, layout, notes),
      os: systemOf(textAt(row, layout.os)),
    });
  }
  return rows;
}

function bytesAt(
  table: Table,
  row: TableRow,
  { column, factor }: Amount,
  least: number,
  notes: Notes,
): number | null {
  if (column === -1) return null;
  const limits = { least: least / factor, most: 2 ** 50 / factor, whole: false };
  const value = numberAt(table, row, column, limits, notes);
  return value === null ? null : Math.round(value * factor);
}

/** The most telling statistic, and the spread where there are two percentiles. */
function usageOf(table: Table, row: TableRow, { usage }: Layout, notes: Notes): DemandRow['usage'] {
  if (usage.length === 0) return null;
  const cpu: Partial<Record<UsageStatistic, number | null>> = {};
  const memory: Partial<Record<UsageStatistic, number | null>> = {};
  for (const { statistic, cpu: column, memory: amount } of usage) {
    cpu[statistic] = numberAt(table, row, column, usedCpuBounds, notes);
    memory[statistic] = bytesAt(table, row, amount, 0, notes);
  }
  const statistic = statistics.find((name) => cpu[name] != null || memory[name] != null);
  if (statistic === undefined) return null;
  const cv = usage.length < 2 ? null : { cpu: cvOf(cpu), memory: cvOf(memory) };
  return {
    cpuThreads: cpu[statistic] ?? null,
    memoryBytes: memory[statistic] ?? null,
    statistic,
    windowSeconds: null,
    ...(cv === null || (cv.cpu === null && cv.memory === null) ? {} : { cv }),
  };
}
