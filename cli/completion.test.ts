/** Completion as a shell asks for it, and as bash really does it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tare } from './testing/tare.ts';

const after = async (...words: readonly string[]) => (await tare('--complete', ...words)).out.split('\n');

test('completes commands, options, values, actions and ready scenarios', async () => {
  expect(await after('')).toEqual(expect.arrayContaining(['run', 'gate', 'completion', '--help']));
  expect(await after('run', '--')).toEqual(expect.arrayContaining(['--blocks', '--resume']));
  expect(await after('run', '--preset', '')).toEqual(['quick', 'standard', 'thorough']);
  expect(await after('run', '')).toEqual(expect.arrayContaining(['quick', 'apps/redis']));
  expect(await after('images', '')).toContain('prune');
  expect(await after('nothing-of-ours', '')).toEqual(['']);
});

test('options that a command does not have are not offered', async () => {
  expect(await after('gc', '--')).not.toContain('--blocks');
});

test('the script for bash completes in a real bash', async () => {
  const { out: script } = await tare('completion', 'bash');
  const main = join(import.meta.dirname, 'main.ts');
  const line = `
    tare() { '${process.execPath}' '${main}' "$@"; }
    ${script}
    COMP_WORDS=(tare run --pre); COMP_CWORD=2; _tare; echo "\${COMPREPLY[*]}"
    COMP_WORDS=(tare run apps/p); COMP_CWORD=2; _tare; echo "\${COMPREPLY[*]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', line], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(['--preset', 'apps/postgres']);
});

test('an unknown shell is refused with those there are', async () => {
  const { code, err } = await tare('completion', 'tcsh');
  expect(code).toBe(2);
  expect(err).toMatch(/bash.*zsh.*fish/s);
});
