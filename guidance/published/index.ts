/**
 * The published numbers as one list, and how old one is on a given day.
 */
import { publishedMemory } from './memory.ts';
import type { PublishedGroup, PublishedRow } from './model.ts';
import { publishedSources } from './sources.ts';
import { publishedStartup } from './startup.ts';
import { publishedWork } from './work.ts';

export type { PublishedRow, PublishedSource } from './model.ts';
export { publishedSources } from './sources.ts';

export const publishedRows: readonly PublishedRow[] = rowsOfGroups([
  ...publishedStartup,
  ...publishedMemory,
  ...publishedWork,
]);

/** How far to trust the age of a number: amber beyond five years, red beyond ten. */
export type Age = 'recent' | 'amber' | 'red' | 'undated';

/** @param today the day it is read on */
export function ageOf(year: number | null, today: Date): Age {
  if (year === null) return 'undated';
  const years = today.getUTCFullYear() - year;
  if (years > 10) return 'red';
  return years > 5 ? 'amber' : 'recent';
}

/** The row of an id, for rules that cite one; undefined for one that may feed no rule (mark M) or is not there. */
export function citable(id: string, rows: readonly PublishedRow[] = publishedRows): PublishedRow | undefined {
  return rows.find((row) => row.id === id && row.mark !== 'M');
}

function rowsOfGroups(groups: readonly PublishedGroup[]): readonly PublishedRow[] {
  const years = new Map(publishedSources.map(({ key, year }) => [key, year]));
  return groups.flatMap(({ rows, year, ...shared }) =>
    rows.map(([id, subject, statistic, value]): PublishedRow => ({
      ...shared,
      id,
      subject,
      statistic,
      value,
      year: year === undefined ? (years.get(shared.source) ?? null) : year,
    })),
  );
}
