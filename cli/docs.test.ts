/**
 * The commands that the documents show are run, and what they print is compared with what the documents say.
 * A fenced block of the language `console` holds lines that begin with `$ tare`, each followed by its output; a
 * line of three dots stands for any lines left out. `UPDATE_DOCS=1` writes what is printed now into blocks
 * that leave nothing out.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tare } from './testing/tare.ts';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].toSorted();

interface Shown {
  readonly page: string;
  readonly command: string;
  readonly output: string;
}

const shown: readonly Shown[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/```console\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block
      .split(/^(?=\$ )/m)
      .filter((part) => part.startsWith('$ '))
      .map((part) => {
        const [command = '', ...lines] = part.split('\n');
        return { page, command: command.slice(2), output: lines.join('\n').trimEnd() };
      }),
  ),
);

/** What is shown as a pattern: white space at the ends of lines does not count. */
function pattern(output: string): RegExp {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const parts = lines.map((line) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\\n`,
  );
  return new RegExp(`^${parts.join('')}$`);
}

test('documents show commands with their output', () => {
  expect(shown.length).toBeGreaterThan(0);
  for (const { page, command } of shown) expect(command, page).toMatch(/^tare /);
});

test.each(shown)('$page: $command prints what is shown', async ({ page, command, output }) => {
  const words = command.split(' ').slice(1);
  const cwd = process.cwd();
  process.chdir(root);
  const said = await tare(...words).finally(() => {
    process.chdir(cwd);
  });
  const printed = (said.code === 0 ? said.out : `${said.out}${said.err}`)
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
  if (process.env['UPDATE_DOCS'] === '1' && !output.split('\n').includes('...')) {
    const file = join(root, page);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(`$ ${command}\n${output}`, () => `$ ${command}\n${printed}`),
    );
    return;
  }
  if (!pattern(output).test(`${printed}\n`)) expect(printed).toBe(output);
});
