/** Signals by every name that images give them, and their numbers. */
import { expect, test } from 'vitest';
import { signalName, signalNumber } from './signals.ts';

test.each([
  ['term', 'SIGTERM', 15],
  ['SIGINT', 'SIGINT', 2],
  ['3', 'SIGQUIT', 3],
  ['37', 'SIGRTMIN+3', 37],
  ['SIGRTMIN+3', 'SIGRTMIN+3', 37],
  ['RTMAX-1', 'SIGRTMIN+29', 63],
  ['RTMIN', 'SIGRTMIN', 34],
])('%s is %s, number %i', (text, name, number) => {
  expect(signalName(text)).toBe(name);
  expect(signalNumber(name)).toBe(number);
});

test.each(['', 'SIGNONE', '0', '65', 'SIGRTMIN+40', '-9'])('%j is none', (text) => {
  expect(signalName(text)).toBeNull();
});
