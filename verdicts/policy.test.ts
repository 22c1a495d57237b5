/** Policies as text: what is read, and what its author is told. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { UserError } from '../model/errors.ts';
import type { Unit } from '../model/quantities.ts';
import { boundOf, isAbout, parsePolicy, policySchema } from './policy.ts';

const key = { metric: 'startup.ready', scenario: 'quick', workload: 'idle', shape: 'small', runner: 'vm' };

test('the policy in the documents is a policy, with every key there is', () => {
  const text = readFileSync(new URL('../docs/verdicts.md', import.meta.url), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';
  expect(parsePolicy(example, 'docs/verdicts.md').rules).toHaveLength(4);
  const { rules, ...others } = policySchema.shape;
  for (const key of [...Object.keys(others), ...Object.keys(rules.element.shape)]) {
    expect(text).toMatch(new RegExp(`\\b${key}\\b`));
  }
});

test('a policy is read with the places of its rules', () => {
  const policy = parsePolicy(
    'name: nightly\nlevel: warn\nrules:\n  - metric: startup.*\n    limit: 5%\n  - metric: tare.memory\n    runner: vm\n    over: namespace\n    max: 500\n    level: error\n',
    'gate.yaml',
  );
  expect(policy).toMatchObject({
    name: 'nightly',
    failures: 0,
    implausible: 'inconclusive',
    acrossHosts: false,
  });
  expect(policy.rules.map(({ limit, level, source, over }) => ({ limit, level, source, over }))).toEqual([
    { limit: 0.05, level: 'warn', source: 'gate.yaml:4', over: null },
    { limit: null, level: 'error', source: 'gate.yaml:6', over: 'namespace' },
  ]);
  const [first, second] = policy.rules;
  expect(isAbout(first!, { ...key, reference: null })).toBe(true);
  expect(isAbout(first!, { ...key, metric: 'startupXready', reference: null })).toBe(false);
  expect(isAbout(first!, { ...key, reference: 'namespace' })).toBe(false);
  expect(isAbout(second!, { ...key, metric: 'tare.memory', reference: 'namespace' })).toBe(true);
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['no YAML', 'rules: [', /^gate\.yaml:1:\d+: /],
  ['nothing', '', /expected a mapping with rules/],
  ['no rules', 'rules: []', /rules: must have at least 1 entry/],
  ['no name', 'name: ""\nrules:\n  - {metric: a, limit: 5%}', /name: must have at least 1 character, got ""/],
  [
    'a key that is none',
    'rules:\n  - metric: a\n    limt: 5%\n',
    /gate\.yaml:3:5: rules\.0\.limt: unknown key/,
  ],
  ['a limit of nothing', 'rules:\n  - {metric: a, limit: 0%}', /rules\.0\.limit: must be more than 0/],
  ['a limit that is no number', 'rules:\n  - {metric: a, limit: NaN}', /percentage such as "5%".*got "NaN"/],
  [
    'a limit that is YAML for no number',
    'rules:\n  - {metric: a, limit: .nan}',
    /has the wrong form, got NaN/,
  ],
  [
    'failures that no cell can exceed',
    'failures: 100%\nrules:\n  - {metric: a, limit: 5%}',
    /less than 100%/,
  ],
  ['a negative limit', 'rules:\n  - {metric: a, limit: -5%}', /percentage such as/],
  [
    'a percentage without its sign',
    'rules:\n  - {metric: a, limit: 5}',
    /gate\.yaml:2:\d+: rules\.0\.limit: would be 500 %; write "5%".*got 5/,
  ],
  ['a rule that asks for nothing', 'rules:\n  - metric: a', /asks for nothing/],
  [
    'a rule that asks and ignores',
    'rules:\n  - {metric: a, limit: 5%, ignore: true}',
    /both ignores and asks/,
  ],
  [
    'a level that is none',
    'rules:\n  - {metric: a, limit: 5%, level: fatal}',
    /must be one of error, warn, got "fatal"/,
  ],
];
test.each(wrong)('%s is told with its place and what to do', (_what, text, message) => {
  expect(() => parsePolicy(text, 'gate.yaml')).toThrow(message);
  expect(() => parsePolicy(text, 'gate.yaml')).toThrow(UserError);
});

test('bounds are read in the unit of their metric, or told with their place', () => {
  const of = (max: string | number, unit: Unit, isRatio = false) =>
    boundOf({ max, min: null, source: 'gate.yaml:3' }, { id: 'm', unit }, isRatio);
  expect(of('300ms', 's')).toBe(0.3);
  expect(of('64MiB', 'B')).toBe(64 * 2 ** 20);
  expect(of('5%', 'share')).toBe(0.05);
  expect(of('1200/s', '1/s')).toBe(1200);
  expect(of(1.5, 's', true)).toBe(1.5);
  expect(() => of('64MiB', 's')).toThrow(
    'gate.yaml:3: max of m must be a duration such as 300ms, got "64MiB"',
  );
  expect(() => of(300, 's')).toThrow(/duration/);
  expect(() => of('3GiB', 'B', true)).toThrow(/max of a ratio of m must be a plain number/);
  expect(() => of('NaN', 'count')).toThrow(/plain number/);
  expect(() => of(NaN, 'count')).toThrow(/plain number such as 1\.5, got NaN/);
});
