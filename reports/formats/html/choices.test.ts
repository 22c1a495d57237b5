import { expect, test } from 'vitest';
import { choiceBar, choiceStyle, tagAttributes } from './choices.ts';
import type { Choice } from '../../parts/parts.ts';

const hostile = '</style><script>alert(1)</script>';
const choices: readonly Choice[] = [
  { id: 'metric', title: 'Metric', options: ['a', hostile] },
  { id: 'runner', title: 'Runner', options: ['only'] },
];

test('only numbers of choices enter the style, whatever they are called', () => {
  expect(choiceStyle(choices)).toMatch(
    /^(body:has\(#choice-metric option\[value="\d"\]:checked\) \[data-metric\]:not\(\[data-metric="\d"\]\)\{display:none\}\n?){2}$/,
  );
});

test('what has nothing to choose between is no choice', () => {
  expect(choiceBar(choices)?.markup).not.toContain('choice-runner');
  expect(choiceBar(choices.slice(1))).toBeNull();
  expect(choiceBar(choices)?.markup).toContain('&lt;/style&gt;');
});

test('elements bear the number of their choice, and untagged ones none', () => {
  expect(tagAttributes({ metric: hostile, runner: 'only' }, choices)).toEqual({ 'data-metric': '1' });
  expect(tagAttributes(undefined, choices)).toEqual({ 'data-metric': null });
});
