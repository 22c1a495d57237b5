/** Policies as text: what is read, and what its author is told. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { UserError } from '../bench/errors.ts';
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
  ['no rules', 'rules: []', /rules: must be at least 1/],
  [
    'a key that is none',
    'rules:\n  - metric: a\n    limt: 5%\n',
    /gate\.yaml:3:5: rules\.0\.limt: unknown key/,
  ],
  ['a limit of nothing', 'rules:\n  - {metric: a, limit: 0%}', /rules\.0\.limit: must be more than 0/],
  ['a limit that is no number', 'rules:\n  - {metric: a, limit: NaN}', /percentage such as "5%".*got "NaN"/],
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
  expect(boundOf('300ms', 's', false, 'gate.yaml:3')).toBe(0.3);
  expect(boundOf('64MiB', 'B', false, '')).toBe(64 * 2 ** 20);
  expect(boundOf('5%', 'share', false, '')).toBe(0.05);
  expect(boundOf('1200/s', '1/s', false, '')).toBe(1200);
  expect(boundOf(1.5, 's', true, '')).toBe(1.5);
  expect(() => boundOf('64MiB', 's', false, 'gate.yaml:3')).toThrow(
    /gate\.yaml:3.*duration such as 300ms.*"64MiB"/,
  );
  expect(() => boundOf(300, 's', false, 'gate.yaml:3')).toThrow(/duration/);
  expect(() => boundOf('NaN', 'count', false, 'gate.yaml:3')).toThrow(/plain number/);
});
