/** Mistyped words: what is said of them, and that help can be asked for in every usual way. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tare } from './testing/tare.ts';

test.each([
  ['rn quick', 'there is no command rn; did you mean run?'],
  ['quick', 'quick is a scenario: `tare run quick`'],
  ['run qiuck', 'there is no scenario qiuck, neither a ready one nor a file; did you mean quick?'],
  ['run quick --block 3', 'run has no option --block; did you mean --blocks?'],
  ['run quick --blocks ten', '--blocks must be a number, got "ten"'],
  [
    'run quick --preset quik',
    '--preset must be one of quick, standard, thorough, got "quik"; did you mean quick?',
  ],
  ['compare one', 'compare needs base head'],
  ['images prun', 'action must be one of list, build, import, prune, got "prun"; did you mean prune?'],
  ['gc extra', 'gc does not know what to do with "extra"'],
])('tare %s: %s', async (line, said) => {
  const { code, err } = await tare(...line.split(' '));
  expect(err).toContain(said);
  expect(code).toBe(2);
});

test.each([['--help'], ['-h'], ['help']])('%s lists the commands', async (word) => {
  const { code, out } = await tare(word);
  expect(out).toContain('tare run [scenario..]');
  expect(code).toBe(0);
});

test('no words at all list the commands, and are no success', async () => {
  const { code, err, out } = await tare();
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('tare run [scenario..]');
});

test.each(['run --help', 'run -h', 'help run'])(
  '%s explains run, with examples that can be copied',
  async (line) => {
    const { code, out } = await tare(...line.split(' '));
    expect(code).toBe(0);
    expect(out.split('\n')).toContain('  tare run my.yaml --set blocks=10 --seed 7');
  },
);

test('a reader of progress that goes away ends the run as Ctrl-C does', () => {
  const main = join(import.meta.dirname, 'main.ts');
  const folder = `'${join(process.env['TMPDIR'] ?? '/tmp', `tare-epipe-${String(process.pid)}`)}'`;
  const line = `'${process.execPath}' '${main}' run smoke --out ${folder} 2>&1 | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"; rm -rf ${folder}`;
  const { stdout } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('130');
});
