/**
 * Beside a family's own measurements: what others published of the very same definition. Context with year,
 * conditions and mark, in a drawing and a table of their own; no number of it enters anything else (C16).
 */
import { median } from '../../model/descriptive.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { Family } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import type { RunRecord } from '../../model/record.ts';
import { absent, scaleFor } from '../../model/units.ts';
import type { PublishedRow } from '../../guidance/published/index.ts';
import { spansWidely } from '../parts/charts.ts';
import {
  badge,
  columns,
  narrow,
  number,
  table,
  text,
  type Block,
  type Chart,
  type Table,
} from '../parts/parts.ts';
import type { Subjects } from '../parts/subjects.ts';
import { accelerationTags, accelerationWords, count } from '../parts/words.ts';
import { rowsOf, shared, type Shared } from './definitions.ts';
import { measuredBeside, type MeasuredBeside } from './measured.ts';
import { ageWords, definitionWords, markWords, sentences } from './words.ts';

export function besideBlocks(
  record: RunRecord,
  analysis: Analysis,
  subjects: Subjects,
  family: Family,
): readonly Block[] {
  const day = new Date(record.header.startedAt);
  return shared
    .filter((item) => item.family === family)
    .flatMap((item): Block[] => {
      const own = measuredBeside(item, record, analysis, subjects);
      const rows = rowsOf(item);
      if (own.length === 0 || rows.length === 0) return [];
      const unit: Unit = item.definition.kind === 'interval' ? 's' : 'B';
      return [
        {
          kind: 'fold',
          title: `Beside what others published: ${item.title}`,
          blocks: [
            { kind: 'charts', charts: [chartOf(item, own, rows, unit, subjects, day)] },
            { kind: 'table', table: tableOf(item, own, rows, unit, subjects, day) },
          ],
        },
      ];
    });
}

const classOf = (cell: string, subjects: Subjects) => subjects.of(cell)?.acceleration.class ?? 'none';

function chartOf(
  item: Shared,
  own: readonly MeasuredBeside[],
  rows: readonly PublishedRow[],
  unit: Unit,
  subjects: Subjects,
  day: Date,
): Chart {
  const values = [...own.flatMap((each) => each.values), ...rows.map(({ value }) => value)];
  const log = spansWidely(values);
  return {
    kind: 'beside',
    id: `chart-beside-${item.id}`,
    title: item.title,
    description: `${log ? 'Log axis' : 'Linear axis'}, lower is better. Above: each dot one launch measured here, the line their median, the band its interval. Below, hatched: published numbers, one diamond each, amber beyond five years and red beyond ten.`,
    unit,
    log,
    measured: own.map((each) => ({
      label: [subjects.label(each.cell), accelerationTags[classOf(each.cell, subjects)]]
        .filter((part) => part !== '')
        .join(', '),
      runner: subjects.runner(each.cell),
      color: subjects.color(each.cell),
      median: median(each.values),
      interval: each.interval,
      dots: each.values.map((value, block) => ({ block, value })),
      modes: [],
    })),
    published: rows.map((row) => ({
      label: row.subject,
      value: row.value,
      tone: ageWords(row, day).tone,
    })),
  };
}

function tableOf(
  item: Shared,
  own: readonly MeasuredBeside[],
  rows: readonly PublishedRow[],
  unit: Unit,
  subjects: Subjects,
  day: Date,
): Table {
  const scale = scaleFor([...own.map((each) => each.median), ...rows.map(({ value }) => value)], unit);
  const measured = own.map((each) => ({
    head: subjects.label(each.cell),
    cells: [
      badge('measured here', 'same'),
      number(scale.format(each.median)),
      number(
        each.interval === null
          ? absent
          : `${scale.number(each.interval.low)} to ${scale.number(each.interval.high)}`,
      ),
      text(`median of ${count(each.values.length, 'launch', 'launches')}`),
      text(accelerationWords[classOf(each.cell, subjects)]),
      text('this record'),
      text(''),
    ],
  }));
  const published = rows.map((row) => {
    const age = ageWords(row, day);
    return {
      head: row.subject,
      cells: [
        badge('published', 'unsure'),
        number(scale.format(row.value)),
        number(absent),
        text(row.statistic),
        narrow(sentences(row.conditions, row.caveat ?? '')),
        text(`${row.source}, ${markWords(row).text}`),
        badge(age.text, age.tone),
      ],
    };
  });
  return table(
    `beside-${item.id}`,
    `${item.title}, in numbers`,
    columns('What', 'Kind', '#Value', '#95 % interval', 'Which', 'Conditions', 'Source', 'Year'),
    [...measured, ...published],
    [
      `The same definition on both sides: published ${rows[0] === undefined ? '' : definitionWords(rows[0])}. Other hosts, other versions: read the order of magnitude, draw no ratio. No published number enters a verdict or a claim of this report.`,
    ],
  );
}
