/** The published numbers hold together, and the linter sees what does not. */
import { expect, it } from 'vitest';
import { lintPublished } from './testing/lint.ts';
import type { Unit } from '../../model/quantities.ts';
import { ageOf, citable, publishedRows, publishedSources, type PublishedRow } from './index.ts';

const today = new Date('2026-11-24');

it('has no fault, and enough rows of every family', () => {
  expect(lintPublished(publishedRows, publishedSources, today)).toEqual([]);
  expect(publishedRows.length).toBeGreaterThanOrEqual(60);
  const families = new Set(publishedRows.map(({ family }) => family));
  expect([...families].sort()).toEqual([
    'cpu',
    'io',
    'isolation',
    'memory',
    'network',
    'snapshot',
    'startup',
  ]);
});

it('keeps the numbers of the sources, in base units', () => {
  const value = (id: string) => publishedRows.find((row) => row.id === id)?.value;
  expect(value('start-fc-api-p50')).toBe(0.1609);
  expect(value('mapped-qemu')).toBeCloseTo(131.3 * 1_048_576, 0);
  expect(value('rx-fc')).toBe(1.95e9);
  expect(value('syscall-kvm')).toBeCloseTo(763e-9, 12);
});

it.each<[string, Partial<PublishedRow>]>([
  ['unknown unit', { unit: 'ms' as Unit }],
  ['unknown source', { source: 'NOBODY' }],
  ['no conditions', { conditions: ' ' }],
  ['a duration without the instants', { start: null }],
  ['no plausible year', { year: 2030 }],
  ['no number', { value: Number.NaN }],
  ['the id is there twice', { id: 'start-chv-p50' }],
])('finds %s', (fault, change) => {
  const [first, ...others] = publishedRows;
  if (first === undefined) throw new Error('there are rows');
  const faults = lintPublished([{ ...first, ...change }, ...others], publishedSources, today);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(fault);
});

it('lets no unconfirmed row feed a rule', () => {
  expect(publishedRows.find(({ id }) => id === 'pxz-kvm')?.mark).toBe('M');
  expect(citable('pxz-kvm')).toBeUndefined();
  expect(citable('nginx-kvm')?.value).toBe(104_455);
});

it('tells ages at their borders', () => {
  const ages = [2026, 2021, 2020, 2016, 2015, null].map((year) => ageOf(year, today));
  expect(ages).toEqual(['recent', 'recent', 'amber', 'amber', 'red', 'undated']);
});
