/**
 * Runs the steps of our CI files as their services would: GitHub's composite actions and jobs, GitLab's jobs.
 * Knows just the expressions those files use, and throws on any other.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parse } from 'yaml';

export const root = join(import.meta.dirname, '..', '..');

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

export function readYaml(file: string): unknown {
  return parse(readFileSync(join(root, file), 'utf8')) as unknown;
}

export interface Ran {
  readonly code: number;
  readonly log: string;
  /** What steps wrote to $GITHUB_OUTPUT. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Names of the steps that ran, in order. */
  readonly steps: readonly string[];
}

export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A composite action up to its first failing step. */
export function runAction(
  action: Action,
  actionPath: string,
  given: Readonly<Record<string, string>>,
  place: Place,
): Ran {
  const unknown = Object.keys(given).filter((name) => !(name in action.inputs));
  if (unknown.length > 0) throw new Error(`no such input: ${unknown.join(', ')}`);
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [name, given[name] ?? input.default ?? '']),
  );
  const valueOf = (expression: string): string => {
    const input = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
    if (input !== undefined) return inputs[input] ?? missing(expression);
    return expression === 'github.action_path' ? actionPath : missing(expression);
  };
  return runSteps(action.runs.steps, valueOf, place);
}

export function runSteps(steps: readonly Step[], valueOf: (expression: string) => string, place: Place): Ran {
  const scratch = mkdtempSync(join(tmpdir(), 'tare-ci-'));
  const [output, summary] = [join(scratch, 'output'), join(scratch, 'summary')];
  const ran: string[] = [];
  let log = '';
  let code = 0;
  for (const step of steps) {
    if (step.run === undefined || !holds(step.if, valueOf)) continue;
    const env = Object.entries(step.env ?? {}).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_all, expression: string) => valueOf(expression)),
    ]);
    const files = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, CI: 'true' };
    const result = runBash(step.run, {
      cwd: place.cwd,
      env: { ...place.env, ...files, ...(Object.fromEntries(env) as Record<string, string>) },
    });
    ran.push(step.name ?? step.run);
    log += result.log;
    code = result.code;
    if (code !== 0) break;
  }
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const [written, told] = [read(output), read(summary)];
  rmSync(scratch, { recursive: true });
  const outputs = Object.fromEntries(
    written
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { code, log, outputs, summary: told, steps: ran };
}

/** A script the way GitHub runs `shell: bash`. */
export function runBash(
  script: string,
  { cwd, env }: Place,
): { readonly code: number; readonly log: string } {
  // The Node that runs these tests comes before any other of the machine, which may be too old.
  const search = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const { status, stdout, stderr, error } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
    {
      cwd,
      env: { ...process.env, NO_COLOR: '1', PATH: search, ...env },
      encoding: 'utf8',
    },
  );
  if (error !== undefined) throw error;
  return { code: status ?? -1, log: stdout + stderr };
}

function holds(condition: string | undefined, valueOf: (expression: string) => string): boolean {
  if (condition === undefined) return true;
  const [, expression = '', sign, wanted] = /^([\w.]+) (==|!=) '(.*)'$/.exec(condition) ?? [];
  if (sign === undefined) return missing(condition) === '';
  return (valueOf(expression) === wanted) === (sign === '==');
}

function missing(expression: string): never {
  throw new Error(`an expression these tests do not know: ${expression}`);
}
