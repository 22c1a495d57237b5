/** The sheets of an RVTools export: which one a table is, and its rows joined by the machine that they are of. */
import { flavourOf } from './machines.ts';
import * as columns from './rvtools-columns.ts';
import { columnsOf, hasColumn, plainName, type Table, type TableRow, textAt, textOf } from './table.ts';

const tabs = ['vinfo', 'vcpu', 'vmemory', 'vdisk', 'vhost'] as const;
/** Sheets that no count needs. */
const others =
  /v(cluster|network|partition|snapshot|tools|source|rp|hba|nic|switch|port|sc_?vmk|datastore|multipath|license|fileinfo|health|metadata|cd|usb|floppy)$|dv(switch|port)$/;
export type Tab = (typeof tabs)[number];

/** Which tab a sheet or file is, by its name or else by its columns; null: none that is read. */
export function tabOf(table: Table): Tab | null {
  const named = plainName(table.sheet ?? table.file.replace(/\.[^.]*$/, ''));
  const byName = tabs.find((tab) => named.endsWith(tab));
  if (byName !== undefined) return byName;
  // The exports of other tools share some names.
  if (flavourOf(table) !== null) return null;
  const has = (...all: (readonly string[])[]) => all.every((names) => hasColumn(table, names));
  const { vinfo, vhost } = columns;
  if (has(vinfo.vm, vinfo.power, vinfo.cpus, vinfo.memory)) return 'vinfo';
  if (has(vhost.host, vhost.sockets, vhost.cores, vhost.speed)) return 'vhost';
  return null;
}

/** A sheet of RVTools that is not needed. */
export function isOtherTab({ sheet, file }: Table): boolean {
  return others.test(plainName(sheet ?? file.replace(/\.[^.]*$/, '')));
}

/** A row with the table that names its cells. */
export interface Place {
  readonly table: Table;
  readonly row: TableRow;
}

/**
 * Names and ids hold within one vCenter only: its UUID or server tells which, else the workbook. The CSVs of an export
 * have neither in common, and are taken for those of one. A sheet without the column is looked up by its workbook.
 */
export function keysWithin(table: Table, row: TableRow, key: string): readonly [string, string] {
  const center = textOf(table, row, columns.vinfo.center);
  const whole = JSON.stringify([table.sheet === null ? '' : table.file, key]);
  return [center === '' ? whole : JSON.stringify([center, key]), whole];
}

export type DetailTab = 'vcpu' | 'vmemory' | 'vdisk';
export type Details = Readonly<Record<DetailTab, ReadonlyMap<string, readonly Place[]>>>;

export function detailsOf(tables: readonly Table[]): Details {
  const of = (tab: DetailTab) => joined(tables.filter((table) => tabOf(table) === tab));
  return { vcpu: of('vcpu'), vmemory: of('vmemory'), vdisk: of('vdisk') };
}

/** Rows by each of the machine's ids and, for exports without, by its name. */
function joined(tables: readonly Table[]): ReadonlyMap<string, readonly Place[]> {
  const rows = new Map<string, Place[]>();
  for (const table of tables) {
    for (const row of table.rows) {
      const name = textOf(table, row, columns.vinfo.vm);
      const keys = [
        ...(name === '' ? [] : [`name:${keysWithin(table, row, name)[0]}`]),
        ...idKeys(table, row),
      ];
      for (const key of keys) {
        const known = rows.get(key);
        if (known === undefined) rows.set(key, [{ table, row }]);
        else known.push({ table, row });
      }
    }
  }
  return rows;
}

function idKeys(table: Table, row: TableRow): string[] {
  const ids = columnsOf(table, columns.vinfo.id).map((column) => textAt(row, column));
  return [...new Set(ids)].flatMap((id) => (id === '' ? [] : [`id:${keysWithin(table, row, id)[0]}`]));
}

/**
 * The rows of a machine in another sheet: by its ids, by their form without a vCenter, or by its name where only one
 * machine has it.
 */
export function rowsOfMachine(
  { table, row }: Place,
  rows: ReadonlyMap<string, readonly Place[]>,
  isNamesake: boolean,
): readonly Place[] {
  const ids = columnsOf(table, columns.vinfo.id).flatMap((column) => {
    const id = textAt(row, column);
    return id === '' ? [] : keysWithin(table, row, id).map((key) => `id:${key}`);
  });
  const name = textOf(table, row, columns.vinfo.vm);
  const names = isNamesake ? [] : keysWithin(table, row, name).map((key) => `name:${key}`);
  for (const key of [...ids, ...names]) {
    const found = rows.get(key);
    if (found !== undefined) return found;
  }
  return [];
}
