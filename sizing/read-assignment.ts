/** The CSV of an assignment -> its lines, or every line that is none. */
import { UserError } from '../model/errors.ts';
import type { Assigned } from './assignment.ts';
import { csvGrid } from './inventories/csv.ts';
import { createNotes } from './inventories/notes.ts';

const header = ['answer', 'level', 'bin', 'type', 'item', 'count'] as const;

/** @throws UserError naming file, line and field of everything that cannot be read */
export function readAssignment(text: string, file: string): Assigned[] {
  const notes = createNotes();
  const [first = [], ...rows] = csvGrid(text, file, notes);
  const columns = header.map((name) => first.findIndex((cell) => cell.trim() === name));
  const missing = header.filter((_, at) => columns[at] === -1);
  const [broken] = notes.problems;
  if (broken !== undefined) throw new UserError(`${file}: ${broken.problem}: ${broken.got}`, broken.remedy);
  if (missing.length > 0) {
    throw new UserError(
      `${file}:1: no column ${missing.join(', ')}`,
      `the columns are ${header.join(',')}; --format csv writes an example`,
    );
  }
  const faults: string[] = [];
  const lines = rows.flatMap((row, at): Assigned[] => {
    if (row.every((cell) => cell.trim() === '')) return [];
    // An apostrophe keeps a spreadsheet from computing a cell; it is no part of the name.
    const [alternative = '', level = '', bin = '', type = '', item = '', count = ''] = columns.map((column) =>
      (row[column] ?? '').replace(/^'(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/, ''),
    );
    for (const [name, value] of [
      ['bin', bin],
      ['count', count],
    ] as const) {
      if (!/^\d{1,9}$/.test(value))
        faults.push(`${file}:${at + 2}: ${name}: ${JSON.stringify(value)} is no whole number`);
    }
    const line = { level, bin: Number(bin), type, item, count: Number(count) };
    return [{ alternative: alternative as Assigned['alternative'], ...line }];
  });
  if (faults.length > 0)
    throw new UserError(faults.slice(0, 20).join('\n'), 'counts and bins are whole numbers from 0');
  return lines;
}
