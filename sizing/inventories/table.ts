/**
 * A table of cells with named columns, however it reached us: headers found by any of their names, cells read as
 * text, numbers and yes/no, and every cell that makes no sense told with its sheet and row.
 */
import type { Source } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import { type Decimal, decimalIn, readNumber } from './numbers.ts';

export type Cell = string | number | boolean | Date | null;

export interface Table {
  readonly file: string;
  readonly sheet: string | null;
  /** As written. */
  readonly header: readonly string[];
  /** Plain name of a column to where it is; of several with one name all, in their order. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
  readonly rows: readonly TableRow[];
  readonly decimal: Decimal | null;
  /** Filled rows above the header. */
  readonly above: number;
  /** What was asked for by its names: found once, and what was never asked for is not read. */
  readonly asked: Map<readonly string[], readonly number[]>;
}

export interface TableRow {
  /** From 1, as a spreadsheet counts. */
  readonly row: number;
  readonly cells: readonly Cell[];
}

/** A header stands within so many rows; above it titles, dates and blank ones. */
const mostPreamble = 40;

/**
 * The table in a grid; null where there is none. Its header is the row of which most names are known (`isKnown`, of
 * plain names), else the first with at least two texts. A mark of what was exported (`#TYPE`) is no row.
 */
export function tableOf(
  file: string,
  sheet: string | null,
  grid: readonly (readonly Cell[])[],
  isKnown: (name: string) => boolean = () => false,
): Table | null {
  const isText = (it: Cell) => typeof it === 'string' && it.trim() !== '';
  let at = grid.findIndex((cells) => cells.filter(isText).length >= 2);
  if (at === -1) return null;
  let most = 1;
  grid.slice(0, mostPreamble).forEach((cells, index) => {
    const plain = cells.map((cell) => (typeof cell === 'string' ? plainName(cell) : ''));
    const known = columnsIn(plain).size === 0 ? 0 : withoutPrefix(plain).filter(isKnown).length;
    if (known > most) [most, at] = [known, index];
  });
  const rows = grid
    .map((cells, index) => ({ row: index + 1, cells }))
    .slice(at + 1)
    .filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ''));
  const texts = function* () {
    for (const { cells } of rows.slice(0, 5000)) for (const it of cells) if (typeof it === 'string') yield it;
  };
  const names = (grid[at] ?? []).map((it) => (typeof it === 'string' ? it.trim() : ''));
  return {
    file,
    sheet,
    header: names,
    columns: columnsIn(names.map(plainName)),
    rows,
    decimal: decimalIn(texts()),
    above: grid.slice(0, at).filter((cells) => cells.some(isText) && !/^#TYPE/.test(String(cells[0]))).length,
    asked: new Map(),
  };
}

/** "In Use MiB" -> "inusemib": letters and digits only, without accents. */
export function plainName(header: string): string {
  return header
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** All columns with one of these names, in the order of the names. Give the same array for the same question. */
export function columnsOf({ columns, asked }: Table, names: readonly string[]): readonly number[] {
  const known = asked.get(names);
  if (known !== undefined) return known;
  const found = [...new Set(names.flatMap((name) => columns.get(name) ?? []))];
  asked.set(names, found);
  return found;
}

/** Whether there is such a column; it does not count as read by that. */
export function hasColumn({ columns }: Table, names: readonly string[]): boolean {
  return names.some((name) => columns.has(name));
}

/** The first column with one of these names, in their order; -1: none. */
export function columnOf(table: Table, names: readonly string[]): number {
  return columnsOf(table, names)[0] ?? -1;
}

/** Which of these columns is the first that the row fills; the first of them where it fills none; -1: no column. */
export function filledOf(row: TableRow, columns: readonly number[]): number {
  for (const column of columns) if (textAt(row, column) !== '') return column;
  return columns[0] ?? -1;
}

/** The first filled cell with one of these names; '' where there is none. */
export function textOf(table: Table, row: TableRow, names: readonly string[]): string {
  return textAt(row, filledOf(row, columnsOf(table, names)));
}

/** The same as a number. */
export function numberOf(
  table: Table,
  row: TableRow,
  names: readonly string[],
  limits: Bounds,
  notes: Notes,
): number | null {
  return numberAt(table, row, filledOf(row, columnsOf(table, names)), limits, notes);
}

/** Headers of columns that nobody asked for and that hold anything. */
export function unreadColumns(table: Table): string[] {
  const asked = new Set([...table.asked.values()].flat());
  return table.header.filter(
    (name, at) => name !== '' && !asked.has(at) && table.rows.some((row) => textAt(row, at) !== ''),
  );
}

/** Exports of databases write the table before the name of each column: vInfoVMName. */
const prefixes = ['vinfo', 'vcpu', 'vmemory', 'vdisk', 'vhost', 'vcluster'];

function withoutPrefix(plain: readonly string[]): readonly string[] {
  const filled = plain.filter((name) => name !== '');
  const prefix = prefixes.find(
    (word) => filled.length > 1 && 2 * filled.filter((name) => name.startsWith(word)).length > filled.length,
  );
  return prefix === undefined
    ? plain
    : plain.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
}

/** Where each plain name is: looked up for every cell, and so made once. */
function columnsIn(plain: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const columns = new Map<string, number[]>();
  withoutPrefix(plain).forEach((name, at) => {
    if (name === '') return;
    const known = columns.get(name);
    if (known === undefined) columns.set(name, [at]);
    else known.push(at);
  });
  return columns;
}

export function sourceOf(table: Table, row: TableRow | null): Source {
  return { file: table.file, sheet: table.sheet, row: row?.row ?? null };
}

/** The trimmed text of a cell; '' where there is none. */
export function textAt(row: TableRow, column: number): string {
  const cell = row.cells[column] ?? null;
  if (cell === null) return '';
  return cell instanceof Date ? cell.toISOString() : String(cell).trim();
}

const truths = new Set(['true', 'yes', '1', 'wahr', 'ja', 'vrai', 'oui', 'verdadero', 'si', 'sí', 'vero']);

/** Yes, in any of the languages read. */
export function isTruth(text: string): boolean {
  return truths.has(text.trim().toLowerCase());
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

/** A number within bounds; null where the cell is empty or makes no sense, which is then told. */
export function numberAt(
  table: Table,
  row: TableRow,
  column: number,
  { least, most, whole }: Bounds,
  notes: Notes,
): number | null {
  const cell = row.cells[column] ?? null;
  const text = textAt(row, column);
  if (column === -1 || text === '') return null;
  const value = typeof cell === 'number' ? cell : readNumber(text, table.decimal, whole);
  const tell = (problem: string, remedy: string): null => {
    addProblem(
      notes,
      sourceOf(table, row),
      table.header[column] ?? '',
      cell,
      problem,
      remedy,
      'value not used',
    );
    return null;
  };
  if (value === 'ambiguous') {
    return tell('could be a decimal or thousands', 'write it without separators of thousands');
  }
  if (value === null || cell instanceof Date || !Number.isFinite(value))
    return tell('is no number', 'write a number');
  if (value < least) return tell(`is less than ${least}`, 'fix the cell or the export');
  if (value > most)
    return tell(`is absurd: more than ${most}`, 'fix the cell: is it in the unit of the header?');
  if (whole && !Number.isInteger(value)) return tell('is no whole number', 'fix the cell');
  return value;
}
