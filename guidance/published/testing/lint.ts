/** What is wrong with a list of published numbers: the data must pass it in the tests. */
import type { Unit } from '../../../model/quantities.ts';
import type { Mark, PublishedRow, PublishedSource } from '../model.ts';

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
