/** Everything that others published of the families of this run, and why most of it stands beside no measurement. */
import { publishedRows, publishedSources } from '../../guidance/published/index.ts';
import type { RunRecord } from '../../model/record.ts';
import { formatValue } from '../../model/units.ts';
import { badge, columns, measured, narrow, reference, table, text, type Section } from '../parts/parts.ts';
import { count } from '../parts/words.ts';
import { rowsOf, shared, toldIn } from './definitions.ts';
import { ageWords, definitionWords, markWords, sentences } from './words.ts';

export function publishedSection(record: RunRecord): Section {
  const day = new Date(record.header.startedAt);
  const families = new Set(record.header.metrics.map(({ family }) => family));
  const rows = publishedRows.filter((row) => toldIn[row.family].some((family) => families.has(family)));
  const drawn = new Set(shared.flatMap(rowsOf));
  const unverified = rows.filter(({ mark }) => mark === 'M').length;
  const used = new Set(rows.map(({ source }) => source));
  const base = {
    id: 'published',
    title: 'What others published',
    link: 'Published',
  };
  if (rows.length === 0) return { ...base, lead: [], blocks: [] };
  const all = table(
    'published',
    `${count(rows.length, 'published number')} on what this run measured`,
    columns('Subject', 'Measure', '#Value', 'Definition and conditions', 'Source', 'Confirmed', 'Year'),
    rows.map((row) => {
      const age = ageWords(row, day);
      const mark = markWords(row);
      return {
        head: row.subject,
        key: row.id,
        cells: [
          narrow(drawn.has(row) ? `${row.metric} (drawn beside ours)` : row.metric),
          measured(formatValue(row.value, row.unit), row.statistic),
          text(sentences(definitionWords(row), row.conditions, row.caveat ?? '')),
          text(row.source),
          badge(mark.text, mark.tone),
          badge(age.text, age.tone),
        ],
      };
    }),
  );
  const sources = publishedSources
    .filter(({ key }) => used.has(key))
    .map(({ key, citation }) => ({ head: key, cells: [narrow(citation)] }));
  return {
    ...base,
    lead: [
      'Context, never evidence: a published number stands beside a measurement only where both begin and end at the same instants or count the same way, and none enters a verdict or a claim of this report (C16).',
      ...(unverified === 0
        ? []
        : [
            `${count(unverified, 'row is', 'rows are')} unverified (mark M): quoted from memory, drawn nowhere.`,
          ]),
    ],
    blocks: [
      reference(all),
      reference(
        table('published-sources', `Sources (${sources.length})`, columns('Key', 'Citation'), sources),
      ),
    ],
  };
}
