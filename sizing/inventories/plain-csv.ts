/**
 * A list of instances -> demand: a CSV of one's own (name, count, cpu, memory_mib, disk_gib, iops, os, usage as cpu_p95
 * and memory_p95_mib), or what PowerCLI, Hyper-V and Proxmox export. The unit is part of a column's name or of its
 * cells ("16 GiB"); a number without one is not read. What is off takes no host; its disk is kept.
 */
import type { Claim, DemandRow, UsageStatistic } from '../model.ts';
import { cpuNames, flavourOf, type Amounts, type Flavour } from './machines.ts';
import { addProblem, tally, type Notes } from './notes.ts';
import { powerOf, whyNotRunning } from './power.ts';
import { blankRow, bounds, systemOf } from './rows.ts';
import { cvOf } from './spread.ts';
import {
  columnsOf,
  filledOf,
  hasColumn,
  isTruth,
  numberAt,
  sourceOf,
  type Table,
  type TableRow,
  textAt,
} from './table.ts';

const units = {
  mib: 2 ** 20,
  mb: 1e6,
  gib: 2 ** 30,
  gb: 1e9,
  tib: 2 ** 40,
  tb: 1e12,
  kib: 2 ** 10,
  kb: 1e3,
  bytes: 1,
} as const;
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

const names = [
  'name',
  'vm',
  'vmname',
  'app',
  'server',
  'servername',
  'instance',
  'hostname',
  'machine',
  'virtualmachine',
  'displayname',
];
const memoryNames = ['memory', 'ram', 'mem', 'memorysize', 'memorytotal'];
const diskNames = ['disk', 'storage', 'disksize', 'provisionedspace', 'provisionedstorage', 'usedspace'];
const powerNames = ['powerstate', 'power', 'state', 'status'];
const templateNames = ['template', 'istemplate'];
const countNames = ['count', 'replicas', 'instances'];

/** "memory" in MiB, GB and so on; last the name alone, whose cells must tell their unit. */
function amountsOf(words: readonly string[]): Amounts {
  const withUnit = Object.entries(units).map(
    ([unit, factor]) => [words.map((word) => word + unit), factor] as const,
  );
  return [...withUnit, [words, NaN]];
}
const memoryAmounts = amountsOf(memoryNames);
const diskAmounts = amountsOf(diskNames);

/** Names of a list of one's own, to tell a header from a title. */
export const plainNames: ReadonlySet<string> = new Set([
  ...[names, cpuNames, powerNames, templateNames, countNames, ['os', 'iops', 'cluster', 'site']].flat(),
  ...[...memoryAmounts, ...diskAmounts].flatMap(([all]) => all),
]);

/** Which list of machines the table is; null: none. */
export function listKindOf(table: Table): Flavour['kind'] | 'csv' | null {
  const flavour = flavourOf(table);
  if (flavour !== null) return flavour.kind;
  const hasMemory = memoryAmounts.some(([all]) => hasColumn(table, all));
  return hasColumn(table, names) && (hasMemory || hasColumn(table, cpuNames)) ? 'csv' : null;
}

/** Which column holds what: asked of the header once, not of every row. */
interface Layout {
  readonly flavour: Flavour | null;
  /** Columns without a unit, told once. */
  readonly silent: Set<number>;
  readonly name: readonly number[];
  readonly cpu: readonly number[];
  readonly count: readonly number[];
  readonly iops: readonly number[];
  readonly os: readonly number[];
  readonly power: readonly number[];
  readonly template: readonly number[];
  readonly type: readonly number[];
  readonly cluster: readonly number[];
  readonly site: readonly number[];
  readonly memory: readonly Amount[];
  readonly disk: readonly Amount[];
  readonly usedMemory: readonly Amount[];
  readonly usedCpuShare: readonly number[];
  /** The most telling first. */
  readonly usage: readonly {
    readonly statistic: UsageStatistic;
    readonly cpu: readonly number[];
    readonly memory: readonly Amount[];
  }[];
}

/** A column of bytes with what its unit is worth; NaN: the cell tells it. */
interface Amount {
  readonly column: number;
  readonly factor: number;
}

function layoutOf(table: Table): Layout {
  const at = (any: readonly string[]) => columnsOf(table, any);
  const amounts = (of: Amounts): Amount[] =>
    of.flatMap(([all, factor]) => at(all).map((column) => ({ column, factor })));
  const flavour = flavourOf(table);
  const usage = statistics.map((statistic) => {
    const words = statistic === 'max' ? ['max', 'peak'] : [statistic];
    const memory = amountsOf(words.map((word) => `memory${word}`)).slice(0, -1);
    return { statistic, cpu: at(words.map((word) => `cpu${word}`)), memory: amounts(memory) };
  });
  return {
    flavour,
    silent: new Set(),
    name: at(flavour?.name ?? names),
    cpu: at(flavour?.cpu ?? cpuNames),
    count: at(countNames),
    iops: at(['iops']),
    os: at(flavour?.os ?? ['os', 'osname', 'operatingsystem']),
    power: at(flavour?.power ?? powerNames),
    template: at(flavour?.template ?? templateNames),
    type: at(flavour?.type ?? []),
    cluster: at(flavour?.cluster ?? ['cluster']),
    site: at(flavour?.site ?? ['site', 'datacenter', 'datacentre']),
    memory: amounts(flavour?.memory ?? memoryAmounts),
    disk: amounts(flavour?.disk ?? diskAmounts),
    usedMemory: amounts(flavour?.usedMemory ?? []),
    usedCpuShare: at(flavour?.usedCpuShare ?? []),
    usage: usage.filter(({ cpu, memory }) => cpu.length > 0 || memory.length > 0),
  };
}

const cpuBounds = { least: 0.001, most: 1024, whole: false };
const countBounds = { least: 0, most: 1e7, whole: true };
const usedCpuBounds = { least: 0, most: 1024, whole: false };

export interface ListResult {
  readonly demand: readonly DemandRow[];
  /** Disks of what is off. */
  readonly claims: readonly Claim[];
}

export function readPlain(table: Table, notes: Notes): ListResult {
  const layout = layoutOf(table);
  const claims: Claim[] = [];
  const demand: DemandRow[] = [];
  for (const row of table.rows) {
    const read = readRow(table, row, layout, notes);
    if (read === null) continue;
    if (read.why === null) demand.push(read.instance);
    else {
      notes.leftOut.push({ source: read.instance.source, what: read.instance.id, why: read.why });
      const { id, count, diskBytes, source } = read.instance;
      if (read.keepsDisk && diskBytes !== null && diskBytes > 0)
        claims.push({ volume: volumeOf(`${id}/disk`, diskBytes), count, source });
    }
  }
  return { demand, claims };
}

function volumeOf(id: string, bytes: number): Claim['volume'] {
  return { id, bytes, iops: null, access: 'block', storageClass: null, replicas: 1, replicasApart: 'array' };
}

/** A row with why it takes no host; null: it holds no instance, which is noted. */
function readRow(
  table: Table,
  row: TableRow,
  layout: Layout,
  notes: Notes,
): { readonly instance: DemandRow; readonly why: string | null; readonly keepsDisk: boolean } | null {
  const source = sourceOf(table, row);
  const text = (columns: readonly number[]) => textAt(row, filledOf(row, columns));
  const name = text(layout.name);
  const out = (why: string): null => {
    notes.leftOut.push({ source, what: name === '' ? '(no name)' : name, why });
    return null;
  };
  const { flavour } = layout;
  const type = text(layout.type).toLowerCase();
  if (type !== '' && !/^(qemu|lxc|vm|ct|openvz)$/.test(type)) return out(`a ${type}, not a machine`);
  if (name === '') return out('a row without a name');
  const cpuThreads = numberAt(table, row, filledOf(row, layout.cpu), cpuBounds, notes);
  const memoryBytes = bytesAt(table, row, layout.memory, 1, layout, notes);
  if (cpuThreads === null && memoryBytes === null) return out('neither CPU nor memory can be read');
  const counted = text(layout.count);
  const count = numberAt(table, row, filledOf(row, layout.count), countBounds, notes);
  if (count === 0) return out('its count is 0');
  if (count === null && counted !== '') return out('its count cannot be read');
  const state = text(layout.power);
  const power = flavour?.powerCodes[state] ?? powerOf(state);
  if (state !== '' && power === 'unknown')
    tally(notes, `states that say nothing of power ("${state.slice(0, 30)}") count as running`, name);
  const isTemplate = isTruth(text(layout.template));
  const isContainer = type === 'lxc' || type === 'ct' || type === 'openvz';
  const isOfToday = flavour !== null || layout.power.length > 0;
  const orNull = (value: string) => (value === '' ? null : value);
  const instance: DemandRow = {
    ...blankRow(name, source),
    count: count ?? 1,
    cpuThreads,
    memoryBytes,
    diskBytes: bytesAt(table, row, layout.disk, 0, layout, notes),
    iops: numberAt(table, row, filledOf(row, layout.iops), bounds.amount, notes),
    usage: usageOf(table, row, layout, cpuThreads, notes),
    os: systemOf(isContainer ? 'linux' : text(layout.os)),
    today: isContainer ? 'container' : isOfToday ? 'vm' : null,
    cluster: orNull(text(layout.cluster)),
    site: orNull(text(layout.site)),
  };
  const why = isTemplate ? 'a template, not a machine' : whyNotRunning(power);
  return { instance, why, keepsDisk: why !== null };
}

const unitsInCells: ReadonlyMap<string, number> = new Map(Object.entries(units));
const cellUnit = /^\s*([\d.,\s\u00a0\u202f'’]+?)\s*(bytes|[kmgt]i?b)\s*$/i;

/** Bytes of the first filled column. */
function bytesAt(
  table: Table,
  row: TableRow,
  amounts: readonly Amount[],
  least: number,
  { silent }: Pick<Layout, 'silent'>,
  notes: Notes,
): number | null {
  // A machine that is off has 0 assigned, and what it starts with in another column.
  const filled =
    amounts.find(({ column }) => !/^0?$/.test(textAt(row, column))) ??
    amounts.find(({ column }) => textAt(row, column) !== '');
  if (filled === undefined) return null;
  const { column } = filled;
  const [, digits, unit] = cellUnit.exec(textAt(row, column)) ?? [];
  const factor = (unit === undefined ? undefined : unitsInCells.get(unit.toLowerCase())) ?? filled.factor;
  if (Number.isNaN(factor)) {
    const header = table.header[column] ?? '';
    if (!silent.has(column))
      addProblem(
        notes,
        sourceOf(table, null),
        header,
        row.cells[column],
        'has no unit',
        `name it ${header}_mib, ${header}_mb, ${header}_gib or ${header}_gb`,
        'value not used',
      );
    silent.add(column);
    return null;
  }
  const limits = { least: least / factor, most: 2 ** 50 / factor, whole: false };
  const cells = digits === undefined ? row : { ...row, cells: row.cells.with(column, digits) };
  const value = numberAt(table, cells, column, limits, notes);
  return value === null ? null : Math.round(value * factor);
}

/** The most telling statistic, and the spread where there are two percentiles; else one look, where the tool has it. */
function usageOf(
  table: Table,
  row: TableRow,
  layout: Layout,
  cpuThreads: number | null,
  notes: Notes,
): DemandRow['usage'] {
  const { usage, usedMemory, usedCpuShare } = layout;
  if (usedMemory.length > 0 || usedCpuShare.length > 0) {
    const memory = bytesAt(table, row, usedMemory, 0, layout, notes);
    const share = numberAt(
      table,
      row,
      filledOf(row, usedCpuShare),
      { least: 0, most: 1, whole: false },
      notes,
    );
    const cpu = share === null || cpuThreads === null ? null : share * cpuThreads;
    if (memory === null && cpu === null) return null;
    return { cpuThreads: cpu, memoryBytes: memory, statistic: 'now', windowSeconds: null };
  }
  if (usage.length === 0) return null;
  const cpu: Partial<Record<UsageStatistic, number | null>> = {};
  const memory: Partial<Record<UsageStatistic, number | null>> = {};
  for (const { statistic, cpu: columns, memory: amounts } of usage) {
    cpu[statistic] = numberAt(table, row, filledOf(row, columns), usedCpuBounds, notes);
    memory[statistic] = bytesAt(table, row, amounts, 0, layout, notes);
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
