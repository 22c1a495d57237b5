import { expect, test } from 'vitest';
import { citations, citedRules } from './rules.ts';

test('finds rules where a text cites them, and only there', () => {
  expect(citedRules('refused: rule C17, C19')).toEqual(['C17', 'C19']);
  expect(citedRules('rules C4 and C25 withhold it (C4)')).toEqual(['C4', 'C25']);
  expect(citedRules('C26: not comparable (rule C3, see the refusals)')).toEqual(['C26', 'C3']);
  // Ids of other things: rules of the advice, cells of a sheet, hosts, and numbers that no rule has.
  expect(citedRules('C1, for container; column B12; host C3; (C99); rule C99')).toEqual([]);
});

test('loses no letter of the text', () => {
  for (const text of ['', 'rule C17', 'a (C3), b; rules B1 and B2.', '(C99) rule C1x'])
    expect(
      citations(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
});
