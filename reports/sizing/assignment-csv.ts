/** The assignment of a sizing as the CSV that `tare size --check` reads back. */
import type { Assigned } from '../../sizing/assignment.ts';
import { csvOf } from '../formats/csv.ts';

export function assignmentCsv(lines: readonly Assigned[]): string {
  return csvOf([
    ['answer', 'level', 'bin', 'type', 'item', 'count'],
    ...lines.map(({ alternative, level, bin, type, item, count }) => [
      alternative,
      level,
      bin,
      type,
      item,
      count,
    ]),
  ]);
}
