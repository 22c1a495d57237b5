/**
 * `npm test`: everything a change must pass, on the machine it runs on. Every step runs even after one failed;
 * each skipped test is printed with its reason; the last line adds up what really happened. Steps that are not
 * vitest (lint, types, the smoke run) count as one check each, so "0 failed" means what it says.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counts } from './count-reporter.ts';
import { root, run, tare, tool } from './process.ts';
import { setUp } from './setup.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tare-test-'));

async function vitest(project: string): Promise<Counts> {
  const file = join(scratch, `${project}.json`);
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/count-reporter.ts')}`];
  const { code } = await run(tool('vitest/vitest.mjs', 'run', '--project', project, ...reporters), {
    show: true,
    env: { TARE_TEST_COUNTS: file },
  });
  if (!existsSync(file)) return failure(`vitest (${project}) ended without a result`);
  const counts = JSON.parse(readFileSync(file, 'utf8')) as Counts;
  if (code !== 0 && counts.failed.length === 0) return failure(`vitest (${project}) exits ${String(code)}`);
  if (counts.passed === 0) return failure(`vitest (${project}) passed no test`);
  return counts;
}

function failure(what: string): Counts {
  return { passed: 0, failed: [what], skipped: [] };
}

/** A command as one check. */
async function check(name: string, argv: readonly string[]): Promise<Counts> {
  const { code } = await run(argv, { show: true });
  return code === 0 ? { passed: 1, failed: [], skipped: [] } : failure(`${name} exits ${String(code)}`);
}

/** One scenario through the whole pipe, as a user would: run, then the report again from the record alone. */
async function smoke(): Promise<Counts> {
  const out = join(scratch, 'smoke');
  const measured = await run(tare('run', join(root, 'scenarios/smoke.yaml'), '--out', out), { show: true });
  if (measured.code !== 0) return failure(`smoke: tare run exits ${String(measured.code)}`);
  const page = measured.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!existsSync(page)) return failure(`smoke: the last line names no file: ${page}`);
  const again = join(scratch, 'again.html');
  const reported = await run(tare('report', out, '--html', again), { show: true });
  if (reported.code !== 0) return failure(`smoke: tare report exits ${String(reported.code)}`);
  const same = existsSync(again) && statSync(again).size === statSync(page).size;
  return same ? { passed: 1, failed: [], skipped: [] } : failure('smoke: the second report differs');
}

const steps: readonly (readonly [string, () => Promise<Counts>])[] = [
  ['lint', () => check('eslint', tool('eslint/bin/eslint.js', '.'))],
  ['format', () => check('prettier', tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'))],
  ['types', () => check('tsc', tool('typescript/bin/tsc', '--noEmit'))],
  ['unit tests', () => vitest('unit')],
  ['host tests', () => vitest('host')],
  ['smoke run', smoke],
];

const say = (line: string) => console.log(line);
await setUp(say, { forTests: true });
const results: Counts[] = [];
for (const [title, step] of steps) {
  say(`\n== ${title}`);
  results.push(await step().catch((error: unknown) => failure(`${title}: ${String(error)}`)));
}
rmSync(scratch, { recursive: true, force: true });

const passed = results.reduce((sum, counts) => sum + counts.passed, 0);
const failed = results.flatMap((counts) => counts.failed);
const skipped = results.flatMap((counts) => counts.skipped);
say('');
for (const { name, reason } of skipped) say(`skipped: ${name}: ${reason}`);
for (const name of failed) say(`FAILED: ${name}`);
say(`${String(passed)} passed, ${String(failed.length)} failed, ${String(skipped.length)} skipped`);
process.exitCode = failed.length > 0 ? 1 : 0;
