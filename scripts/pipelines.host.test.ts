/**
 * The pipelines to copy (docs/ci), each step run by bash in a workspace of its own: calibrate, keep a baseline,
 * prove, judge. Only `tare run` and `npm install` are stand-ins; the numbers are made up and fixed. Among the host
 * tests because it starts some thirty programs, one after another.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readYaml, root, runAction, runBash, runSteps } from './testing/workflow.ts';
import type { Action, Place, Workflow } from './testing/workflow.ts';

interface GitlabJob {
  readonly script: readonly string[];
  readonly artifacts: { readonly reports?: Readonly<Record<string, string>> };
}
type Gitlab = Readonly<Record<'baseline' | 'gate', GitlabJob>> & {
  readonly variables: Readonly<Record<string, string>>;
  readonly default: { readonly before_script: readonly string[] };
};

const patience = 120_000;
let scratch = '';
const place = (name: string, env: Readonly<Record<string, string>> = {}): Place => {
  const cwd = join(scratch, name);
  mkdirSync(join(cwd, 'perf'), { recursive: true });
  const search = [join(scratch, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''];
  return { cwd, env: { PATH: search.join(delimiter), ...env } };
};
const noExpression = (expression: string): never => {
  throw new Error(`an expression in a script: ${expression}`);
};

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tare-pipelines-'));
  const command = (name: string, line: string) => {
    const file = join(scratch, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${line}\n`);
    chmodSync(file, 0o755);
  };
  mkdirSync(join(scratch, 'bin'));
  command('tare', `exec '${process.execPath}' '${join(root, 'scripts/testing/tare-stand-in.ts')}' "$@"`);
  command('npm', 'echo "stand-in: npm $*"');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('GitHub', () => {
  const workflow = readYaml('docs/ci/github.yml') as Workflow;
  const job = (name: string, env: Readonly<Record<string, string>> = {}) =>
    runSteps(workflow.jobs[name]?.steps ?? [], noExpression, place('github', { ...workflow.env, ...env }));

  test('by hand it measures, calibrates, keeps a baseline and proves the gate', { timeout: patience }, () => {
    const { code, log, steps } = job('baseline');
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(steps).toHaveLength(5);
    expect(log).toContain('proven');
    for (const file of ['perf/gate.yaml', 'perf/main.jsonl']) {
      expect(existsSync(join(scratch, 'github', file))).toBe(true);
    }
  });

  test('a pull request that changes nothing does not fail', { timeout: patience }, () => {
    const { code, log, summary } = job('gate');
    expect([0, 5]).toContain(code);
    expect(log).toMatch(/PASS|INCONCLUSIVE/);
    expect(summary).toMatch(/^## Gate /);
  });

  test('one that costs half as much again fails, on the line of the policy', { timeout: patience }, () => {
    const { code, log, summary } = job('gate', { SLOWER: '1.5' });
    expect(code).toBe(1);
    expect(log).toMatch(/^::error file=perf\/gate\.yaml,line=\d+,title=FAIL startup/m);
    expect(log).toMatch(/^FAIL +startup\.ready of namespace\/idle\/small: .* -> .*limit \+/m);
    expect(summary).toContain('**FAIL: ');
    const written = (file: string) => readFileSync(join(scratch, 'github', file), 'utf8');
    expect(written('junit.xml')).toContain('<failure ');
    expect(written('comment.md')).toMatch(/^<!-- tare-gate [0-9a-f]{12} -->\n/);
  });

  test('the action judges the same records alike', { timeout: patience }, () => {
    const action = readYaml('action.yml') as Action;
    const { cwd, env } = place('github');
    const inputs = { policy: 'perf/gate.yaml', baseline: 'perf/main.jsonl', head: 'results/head' };
    const { code, outputs, log, summary } = runAction(action, root, inputs, { cwd, env });
    expect([code, outputs['verdict']]).toEqual([1, 'fail']);
    expect(log).toContain('proven');
    expect(summary).toContain('**FAIL: ');
    expect(existsSync(join(cwd, outputs['comment'] ?? ''))).toBe(true);
  });
});

describe('GitLab', () => {
  const pipeline = readYaml('docs/ci/gitlab.yml') as Gitlab;
  /** GitLab runs the lines as one script and stops at the first that fails. */
  const job = (name: 'baseline' | 'gate', env: Readonly<Record<string, string>> = {}) => {
    const lines = [...pipeline.default.before_script, ...pipeline[name].script];
    return runBash(lines.join('\n'), place('gitlab', { ...pipeline.variables, ...env }));
  };

  test('by hand it calibrates, keeps a baseline and proves the gate', { timeout: patience }, () => {
    const { code, log } = job('baseline');
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(log).toContain('proven');
  });

  test('a merge request is judged, and leaves the reports that it names', { timeout: patience }, () => {
    expect([0, 5]).toContain(job('gate').code);
    expect(job('gate', { SLOWER: '1.5' }).code).toBe(1);
    const reports = Object.values(pipeline.gate.artifacts.reports ?? {});
    expect(reports).toHaveLength(3);
    for (const file of reports) {
      expect(readFileSync(join(scratch, 'gitlab', file), 'utf8')).not.toBe('');
    }
  });
});
