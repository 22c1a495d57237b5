/** Published numbers beside measured ones: only where the definition is the same, and told apart in every way. */
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analyse.ts';
import type { RunRecord } from '../../model/record.ts';
import { buildRecord } from '../../bench/record/testing/builder.ts';
import { publishedRows } from '../../guidance/published/index.ts';
import { chartSvg } from '../formats/svg/svg.ts';
import type { Block, Chart } from '../parts/parts.ts';
import { viewOf } from '../run/view.ts';
import { rowsOf, shared } from './definitions.ts';
import { ageWords, markWords } from './words.ts';

const record = buildRecord();
const view = viewOf(record, analyse(record, { resamples: 100 }));
const chartsOf = (block: Block): readonly Chart[] =>
  block.kind === 'fold' ? block.blocks.flatMap(chartsOf) : block.kind === 'charts' ? block.charts : [];
const beside = view.sections
  .flatMap(({ blocks }) => blocks.flatMap(chartsOf))
  .filter((chart) => chart.kind === 'beside');
const section = (of: RunRecord) =>
  viewOf(of, analyse(of, { resamples: 100 })).sections.find(({ id }) => id === 'published');

test('every shared definition finds its rows, and none of them is from memory', () => {
  for (const item of shared) {
    expect(rowsOf(item).length, item.id).toBeGreaterThan(0);
    expect(rowsOf(item).filter(({ mark }) => mark === 'M')).toEqual([]);
  }
});

test('what is drawn of a run lasts between the very instants that were published', () => {
  const guest = beside.find(({ id }) => id === 'chart-beside-guest-init');
  // The built VM takes 84 % of its 2.4 s from T1 to T4.
  expect(guest?.measured.map(({ runner }) => runner)).toEqual(['vm']);
  expect(guest?.measured[0]?.median).toBeCloseTo(2.4 * 0.84, 1);
  expect(guest?.published.map(({ value }) => value)).toEqual([0.1917, 0.1395, 0.1338]);
});

test('measured rows are dots on a band, published ones hollow on a hatched ground', () => {
  const [chart] = beside;
  if (chart === undefined) throw new Error('nothing drawn');
  const { markup } = chartSvg(chart);
  expect(markup).toContain('Published by others');
  expect(markup.match(/l8 8l-8 8l-8-8z/g)).toHaveLength(chart.published.length);
  expect(chart.measured[0]?.label).toBe('vm, emulated');
});

test('no comparison, claim or summary holds a published number', () => {
  const plain = JSON.stringify(analyse(record, { resamples: 100 }));
  for (const { id } of publishedRows) expect(plain).not.toContain(`"${id}"`);
});

test('rows from memory are listed as unverified, and ages turn amber and red', () => {
  const wide = buildRecord({
    metrics: [...record.header.metrics].map((metric) => ({ ...metric, family: 'isolation' as const })),
  });
  const text = JSON.stringify(section(wide));
  expect(text).toContain('unverified');
  const row = publishedRows.find(({ mark }) => mark === 'M');
  expect(row && markWords(row)).toEqual({ text: 'unverified', tone: 'warn' });
  const day = new Date('2026-06-01');
  const aged = (year: number | null) => row && ageWords({ ...row, year }, day).tone;
  expect([aged(2021), aged(2020), aged(2015), aged(null)]).toEqual(['plain', 'warn', 'more', 'unsure']);
});

test('families that were not measured are not told of', () => {
  expect(JSON.stringify(section(record))).not.toContain('stressor');
  expect(section(buildRecord({ metrics: [] }))).toBeUndefined();
});
