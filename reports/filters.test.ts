import { expect, test } from 'vitest';
import { filterBar, filterStyle, tagAttributes } from './filters.ts';
import type { Filter } from './parts.ts';

const hostile = '</style><script>alert(1)</script>';
const filters: readonly Filter[] = [
  { id: 'metric', title: 'Metric', choices: ['a', hostile] },
  { id: 'runner', title: 'Runner', choices: ['only'] },
];

test('only numbers of choices enter the style, whatever they are called', () => {
  expect(filterStyle(filters)).toMatch(
    /^(body:has\(#filter-metric option\[value="\d"\]:checked\) \[data-metric\]:not\(\[data-metric="\d"\]\)\{display:none\}\n?){2}$/,
  );
});

test('what has nothing to choose between is no filter', () => {
  expect(filterBar(filters)?.markup).not.toContain('filter-runner');
  expect(filterBar(filters.slice(1))).toBeNull();
  expect(filterBar(filters)?.markup).toContain('&lt;/style&gt;');
});

test('elements bear the number of their choice, and untagged ones none', () => {
  expect(tagAttributes({ metric: hostile, runner: 'only' }, filters)).toEqual({ 'data-metric': '1' });
  expect(tagAttributes(undefined, filters)).toEqual({ 'data-metric': null });
});
