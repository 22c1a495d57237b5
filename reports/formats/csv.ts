/**
 * Tables for spreadsheets (RFC 4180): all digits, no units in cells, numbers as numbers. Text that a spreadsheet
 * would compute is led by an apostrophe.
 */
import { oneLine } from '../../model/visible-text.ts';

export type CsvCell = string | number | null;

/** Lines of cells as one file; absent values are empty cells. */
export function csvOf(lines: readonly (readonly CsvCell[])[]): string {
  return lines.map((line) => `${line.map(cellText).join(',')}\r\n`).join('');
}

/** Signs that make a spreadsheet compute a cell, in the width of East Asian keyboards too. */
const computed = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = oneLine(cell);
  const safe = computed.test(text) || /^[\t\r]/.test(cell) ? `'${text}` : text;
  return /[",']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
