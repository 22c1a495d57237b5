/**
 * The published numbers as one list, how old one is on a given day, and what is wrong with a list: the linter
 * that the data must pass in the tests.
 */
import type { Unit } from '../../model/quantities.ts';
import { publishedMemory } from './memory.ts';
import type { Mark, PublishedGroup, PublishedRow, PublishedSource } from './model.ts';
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

const units: Readonly<Record<Unit, true>> = {
  s: true,
  B: true,
  'B/s': true,
  '1/s': true,
  's/op': true,
  cores: true,
  count: true,
  ratio: true,
  share: true,
};
const marks: Readonly<Record<Mark, true>> = { D: true, T: true, S: true, M: true };

/** Every fault of the data, one sentence each: an empty list is what the tests ask for. */
export function lintPublished(
  rows: readonly PublishedRow[],
  sources: readonly PublishedSource[],
  today: Date,
): readonly string[] {
  const keys = new Set(sources.map(({ key }) => key));
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const row of rows) {
    const say = (fault: string) => problems.push(`${row.id}: ${fault}`);
    if (seen.has(row.id)) say('the id is there twice');
    seen.add(row.id);
    if (!Object.hasOwn(units, row.unit)) say(`unknown unit ${row.unit}`);
    if (!Object.hasOwn(marks, row.mark)) say(`unknown mark ${row.mark}`);
    if (!keys.has(row.source)) say(`unknown source ${row.source}`);
    if (!Number.isFinite(row.value) || row.value < 0) say(`${row.value} is no number that could be measured`);
    if (row.conditions.trim() === '') say('no conditions');
    const lasts = row.start !== null && row.end !== null;
    if (row.unit === 's' && !lasts) say('a duration without the instants it lasts between');
    else if (!lasts && (row.method ?? '').trim() === '') say('no definition: neither instants nor a method');
    if (row.year !== null && (row.year < 2000 || row.year > today.getUTCFullYear())) {
      say(`${row.year} is no plausible year`);
    }
  }
  const used = new Set(rows.map(({ source }) => source));
  for (const { key } of sources) if (!used.has(key)) problems.push(`${key}: no row is from it`);
  if (keys.size < sources.length) problems.push('a source is there twice');
  return problems;
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
