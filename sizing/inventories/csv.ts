/**
 * CSV text -> rows of cells; the only door to csv-parse. The delimiter is the one between the most known names in one
 * of the first lines, else the one that the first line uses most.
 */
import { parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../../model/errors.ts';
import { addProblem, type Notes } from './notes.ts';

/** So many fit into the memory that a process has by default. */
const mostRows = 3_000_000;

/** Rows of a CSV text, blank ones included so that rows can be counted; a broken one is told. */
export function csvGrid(
  text: string,
  file: string,
  notes: Notes,
  isKnown: (name: string) => boolean = () => false,
): string[][] {
  const source = { file, sheet: null, row: null };
  const rows = lineCount(text);
  if (rows > mostRows) {
    throw new UserError(
      `${file}: has ${String(rows)} lines, more than ${String(mostRows)}`,
      'give equal instances as one row with a count, or split the file',
    );
  }
  const body = text.replace(/^sep=.\r?\n/i, '\n');
  const delimiter = delimiterOf(body, isKnown);
  const options = { delimiter, relax_column_count: true, skip_empty_lines: false, max_record_size: 1 << 20 };
  try {
    return parse(body, options);
  } catch (error) {
    addProblem(
      notes,
      source,
      '(text)',
      messageOf(error),
      'is no sound CSV',
      'export it again; quotes inside quoted text are doubled. It was read without quoting',
      'value used',
    );
  }
  try {
    return parse(body, { ...options, quote: null });
  } catch (error) {
    addProblem(notes, source, '(text)', messageOf(error), 'is no CSV', 'export it again', 'file not read');
    return [];
  }
}

function delimiterOf(body: string, isKnown: (name: string) => boolean): string {
  const lines = body
    .split(/\r?\n/, 60)
    .filter((line) => line.trim() !== '' && !/^"?#TYPE\b/.test(line))
    .slice(0, 40);
  const known = (mark: string) =>
    Math.max(
      0,
      ...lines.map((line) => line.split(mark).filter((cell) => isKnown(cell.replaceAll('"', ''))).length),
    );
  const uses = (mark: string) => (lines[0] ?? '').split(mark).length;
  const marks = [',', ';', '\t', '|'].map((mark) => ({ mark, known: known(mark), uses: uses(mark) }));
  return marks.toSorted((a, b) => b.known - a.known || b.uses - a.uses)[0]?.mark ?? ',';
}

function lineCount(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
