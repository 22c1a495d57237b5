/**
 * A plain CSV -> demand: name, count, cpu, memory_mib (or _mb, _gib, _gb), disk_..., iops, os, and usage as
 * cpu_p95, memory_p95_mib and so on. The unit is part of the column's name; one without is not read.
 */
import type { DemandRow, UsageStatistic } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import { blankRow, bounds, osFamily, uniqueIds } from './rows.ts';
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

export function readPlain(table: Table, notes: Notes): DemandRow[] {
  const unique = uniqueIds();
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
  return table.rows.flatMap((row) => {
    const source = sourceOf(table, row);
    const name = textAt(row, columnOf(table, names));
    const cpuThreads = numberAt(
      table,
      row,
      columnOf(table, cpuNames),
      { least: 0.001, most: 1024, whole: false },
      notes,
    );
    const memoryBytes = bytesAt(table, row, ['memory', 'ram'], 1, notes);
    const countColumn = columnOf(table, ['count', 'replicas', 'instances']);
    const count = numberAt(table, row, countColumn, { least: 0, most: 1e7, whole: true }, notes);
    const out = (why: string): [] => {
      notes.leftOut.push({ source, what: name === '' ? '(no name)' : name, why });
      return [];
    };
    if (name === '') return out('a row without a name');
    if (cpuThreads === null && memoryBytes === null) return out('neither CPU nor memory can be read');
    if (count === 0) return out('its count is 0');
    if (count === null && textAt(row, countColumn) !== '') return out('its count cannot be read');
    const os = textAt(row, columnOf(table, ['os']));
    return [
      {
        ...blankRow(unique(name), source),
        app: name,
        count: count ?? 1,
        cpuThreads,
        memoryBytes,
        diskBytes: bytesAt(table, row, ['disk', 'storage'], 0, notes),
        iops: numberAt(table, row, columnOf(table, ['iops']), bounds.amount, notes),
        usage: usageOf(table, row, notes),
        os: { name: os, family: osFamily(os) },
      },
    ];
  });
}

function bytesAt(
  table: Table,
  row: TableRow,
  words: readonly string[],
  least: number,
  notes: Notes,
): number | null {
  for (const [unit, factor] of Object.entries(units)) {
    const column = columnOf(
      table,
      words.map((word) => word + unit),
    );
    if (column === -1) continue;
    const value = numberAt(
      table,
      row,
      column,
      { least: least / factor, most: 2 ** 50 / factor, whole: false },
      notes,
    );
    return value === null ? null : Math.round(value * factor);
  }
  return null;
}

/** The most telling statistic, and the spread where there are two percentiles. */
function usageOf(table: Table, row: TableRow, notes: Notes): DemandRow['usage'] {
  const cpu: Partial<Record<UsageStatistic, number | null>> = {};
  const memory: Partial<Record<UsageStatistic, number | null>> = {};
  for (const statistic of statistics) {
    const words = statistic === 'max' ? ['max', 'peak'] : [statistic];
    const column = columnOf(
      table,
      words.map((word) => `cpu${word}`),
    );
    cpu[statistic] = numberAt(table, row, column, { least: 0, most: 1024, whole: false }, notes);
    memory[statistic] = bytesAt(
      table,
      row,
      words.map((word) => `memory${word}`),
      0,
      notes,
    );
  }
  const statistic = statistics.find((name) => cpu[name] != null || memory[name] != null);
  if (statistic === undefined) return null;
  const cv = { cpu: cvOf(cpu), memory: cvOf(memory) };
  return {
    cpuThreads: cpu[statistic] ?? null,
    memoryBytes: memory[statistic] ?? null,
    statistic,
    windowSeconds: null,
    ...(cv.cpu === null && cv.memory === null ? {} : { cv }),
  };
}
