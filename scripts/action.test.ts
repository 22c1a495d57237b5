/** The GitHub action's own scripts, around a stand-in for tare that notes how it was called and ends as told. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readYaml, runAction } from './testing/workflow.ts';
import type { Action, Ran } from './testing/workflow.ts';

const action = readYaml('action.yml') as Action;
const standIn = `
import { appendFileSync } from 'node:fs';
const words = process.argv.slice(2);
appendFileSync(process.env.CALLS, JSON.stringify(words) + '\\n');
const name = words[0] + (words.includes('--prove') ? '-prove' : '');
process.exitCode = JSON.parse(process.env.CODES)[name] ?? 0;
`;

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tare-action-'));
  mkdirSync(join(cwd, 'action', 'cli'), { recursive: true });
  mkdirSync(join(cwd, 'action', 'node_modules'));
  writeFileSync(join(cwd, 'action', 'cli', 'main.ts'), standIn);
  writeFileSync(join(cwd, 'calls'), '');
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function act(
  inputs: Record<string, string>,
  codes: Record<string, number> = {},
): Ran & { calls: string[][] } {
  const env = { CALLS: join(cwd, 'calls'), CODES: JSON.stringify(codes) };
  const ran = runAction(action, join(cwd, 'action'), inputs, { cwd, env });
  const calls = readFileSync(env.CALLS, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string[]);
  return { ...ran, calls };
}

test('every input and output is described, and scripts get inputs by environment alone', () => {
  for (const each of [...Object.values(action.inputs), ...Object.values(action.outputs)]) {
    expect(each.description).toMatch(/\.$/);
  }
  expect(action.runs.using).toBe('composite');
  for (const step of action.runs.steps) {
    expect(step.shell).toBe('bash');
    // An expression in a script would be pasted into it: whoever names a branch could run commands.
    expect(step.run).not.toContain('${{');
  }
});

test('it measures, proves and judges, in this order', () => {
  const { code, calls, outputs } = act({ scenario: 's.yaml', baseline: 'base', set: 'blocks=2\nseed=7\n' });
  expect(code).toBe(0);
  expect(calls).toEqual([
    ['run', 's.yaml', '--out', 'results/head', '--set=blocks=2', '--set=seed=7'],
    ['gate', '--prove', '--policy', 'gate.yaml', '--baseline=base'],
    [
      ...['gate', 'results/head', '--policy', 'gate.yaml', '--baseline=base', '--github'],
      ...[
        '--junit',
        'tare-gate/junit.xml',
        '--openmetrics',
        'tare-gate/openmetrics.txt',
        '--comment',
        'tare-gate/comment.md',
      ],
    ],
  ]);
  expect(outputs).toEqual({
    verdict: 'pass',
    comment: 'tare-gate/comment.md',
    junit: 'tare-gate/junit.xml',
  });
});

test.each([
  [0, 'fail', 0, 'pass'],
  [1, 'fail', 1, 'fail'],
  [5, 'fail', 5, 'inconclusive'],
  [5, 'pass', 0, 'inconclusive'],
  [1, 'pass', 1, 'fail'],
  [2, 'pass', 2, undefined],
  [70, 'fail', 70, undefined],
])(
  'tare gate ends in %d, inconclusive %s: the job ends in %d, verdict %s',
  (gate, inconclusive, code, verdict) => {
    const ran = act({ inconclusive }, { gate });
    expect([ran.code, ran.outputs['verdict']]).toEqual([code, verdict]);
  },
);

test('failed launches are left to the gate, a run that failed itself is not', () => {
  expect(act({ scenario: 's.yaml' }, { run: 4 })).toMatchObject({ code: 0, outputs: { verdict: 'pass' } });
  expect(act({ scenario: 's.yaml' }, { run: 3 })).toMatchObject({
    code: 3,
    steps: [expect.anything(), 'Measure'],
  });
});

test('a gate that cannot fail judges nothing', () => {
  const { code, calls, outputs } = act({}, { 'gate-prove': 1 });
  expect([code, calls.length, outputs]).toEqual([1, 1, {}]);
  expect(act({ prove: 'false' }, { 'gate-prove': 1 }).code).toBe(0);
});

test('several records, odd names and names that are commands stay words', () => {
  const odd = ['a b', "it's", '$(touch broken)', '`touch broken`', '; touch broken', '*', '--help'];
  const { calls, code } = act({
    head: odd.join('\n'),
    baseline: odd.join('\n'),
    prove: 'false',
    policy: odd[2] ?? '',
  });
  expect(code).toBe(0);
  const [words = []] = calls;
  expect(words.slice(1, words.indexOf('--policy'))).toEqual([...odd.slice(0, -1), './--help']);
  expect(words.filter((word) => word.startsWith('--baseline='))).toEqual(
    odd.map((name) => `--baseline=${name}`),
  );
  expect(words[words.indexOf('--policy') + 1]).toBe('$(touch broken)');
});

test('a folder with a line break sets no output of its own', () => {
  const { outputs } = act({ reports: 'x\nverdict=forged', prove: 'false' }, { gate: 1 });
  expect(outputs).toMatchObject({ verdict: 'fail', junit: 'xverdict=forged/junit.xml' });
});
