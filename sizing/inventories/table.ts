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
  /** Plain name of a column to where it is. */
  readonly columns: ReadonlyMap<string, number>;
  readonly rows: readonly TableRow[];
  readonly decimal: Decimal | null;
}

export interface TableRow {
  /** From 1, as a spreadsheet counts. */
  readonly row: number;
  readonly cells: readonly Cell[];
}

/** The table in a grid: its first row with at least two texts is the header; null where there is none. */
export function tableOf(
  file: string,
  sheet: string | null,
  grid: readonly (readonly Cell[])[],
): Table | null {
  const at = grid.findIndex(
    (cells) => cells.filter((it) => typeof it === 'string' && it.trim() !== '').length >= 2,
  );
  const header = grid[at];
  if (header === undefined) return null;
  const rows = grid
    .map((cells, index) => ({ row: index + 1, cells }))
    .slice(at + 1)
    .filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ''));
  const texts = function* () {
    for (const { cells } of rows.slice(0, 5000)) for (const it of cells) if (typeof it === 'string') yield it;
  };
  const names = header.map((it) => (typeof it === 'string' ? it.trim() : ''));
  return {
    file,
    sheet,
    header: names,
    columns: columnsIn(names),
    rows,
    decimal: decimalIn(texts()),
  };
}

/** "In Use MiB" -> "inusemib": letters and digits only, without accents. */
export function plainName(header: string): string {
  return header
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Index of the first column with one of these names, in their order; -1: none. */
export function columnOf({ columns }: Table, names: readonly string[]): number {
  for (const name of names) {
    const at = columns.get(name);
    if (at !== undefined) return at;
  }
  return -1;
}

/** Where each plain name is first: looked up for every cell, and so made once. */
function columnsIn(header: readonly string[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  header.forEach((name, at) => {
    const plain = plainName(name);
    if (plain !== '' && !columns.has(plain)) columns.set(plain, at);
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

export function isTrue(row: TableRow, column: number): boolean {
  return truths.has(textAt(row, column).toLowerCase());
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
  if (value < least) return tell(`is less than ${least}`, 'mend the cell or the export');
  if (value > most)
    return tell(`is absurd: more than ${most}`, 'mend the cell: is it in the unit of the header?');
  if (whole && !Number.isInteger(value)) return tell('is no whole number', 'mend the cell');
  return value;
}
