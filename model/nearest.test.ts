/** The word that was meant, and none where no word is near. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

const commands = ['run', 'report', 'compare', 'gate', 'size', 'quick'];

test.each([
  ['qiuck', 'quick'],
  ['rn', 'run'],
  ['rnu', 'run'],
  ['comapre', 'compare'],
  ['REPORT', 'report'],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, commands)).toBe(meant);
});

test.each(['', 'x', 'kubernetes', 'zzzzz'])('nothing is near %j', (word) => {
  expect(nearest(word, commands)).toBeNull();
  expect(didYouMean(word, commands)).toBe('');
});

test('one letter more, less or other is always found again', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('report', 'compare', 'quick'),
      fc.nat(4),
      fc.constantFrom('', 'x', 'xy'),
      (word, at, put) => {
        const typed = word.slice(0, at) + put + word.slice(at + 1);
        expect(nearest(typed, commands)).toBe(word);
      },
    ),
  );
});
