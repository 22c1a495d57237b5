import { expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import { parseScenarioList } from './list.ts';

const problems = (text: string): string => {
  try {
    parseScenarioList(text, 'l.yaml');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
};

test('a list names its entries with their places; anything else is no list', () => {
  const list = parseScenarioList('name: all\nscenarios:\n  - a.yaml\n  - sub/b.yaml\n', 'l.yaml');
  expect(list).toEqual({
    name: 'all',
    description: '',
    entries: [
      { path: 'a.yaml', place: 'l.yaml:3:5' },
      { path: 'sub/b.yaml', place: 'l.yaml:4:5' },
    ],
  });
  for (const text of ['name: x\nworkloads: {}\n', 'scenarios: [', '- a\n', '', 'scenarios']) {
    expect(parseScenarioList(text, 'l.yaml')).toBeNull();
  }
});

test.each([
  ['name: all\nscenarios: []\n', 'l.yaml:2:1: scenarios: must have at least 1 entry, got []'],
  ['name: all\nscenarios: a.yaml\n', 'l.yaml:2:1: scenarios: must be an array, got "a.yaml"'],
  ['name: all\nscenarios: [1]\n', 'l.yaml:2:13: scenarios.0: must be a string, got 1'],
  ['scenarios: [a.yaml]\n', 'name: is missing; add it'],
  ['name: all\nblocks: 5\nscenarios: [a.yaml]\n', 'l.yaml:2:1: blocks: unknown key'],
  ['name: A B\nscenarios: [a.yaml]\n', 'l.yaml:1:1: name: must be lower-case letters'],
])('a wrong list is told with its place: %j', (text, expected) => {
  expect(problems(text)).toContain(expected);
});
