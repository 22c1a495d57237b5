/** The program must accept every command that README shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseScenario } from '../bench/scenario/scenario.ts';
import { runnerSchemas } from '../runners/index.ts';
import { tare } from './testing/tare.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text ?? '');

const commands = blocks('sh')
  .flatMap((text) => text.split('\n'))
  .map((line) => line.replace(/#.*$/, '').trim())
  .filter((line) => line !== '');

async function understood(words: readonly string[]): Promise<string> {
  const { code, out, err } = await tare(...words);
  return code === 0
    ? ''
    : `${out}
${err}`;
}

test('every npm script that README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = commands
    .map((line) => /^npm (?:run (?:-s )?)?(\w+)/.exec(line)?.[1])
    .filter((name) => name !== 'install')
    .filter((name) => name !== undefined);
  expect(named).toContain('demo');
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

const lines = commands.flatMap((line) => /^tare (.*)$/.exec(line)?.[1] ?? []);

test.each(lines)('tare %s', async (line) => {
  const words = line.split(' ');
  const plans = words[0] === 'run' && !words.includes('--resume') && words[1] !== 'my.yaml';
  // Commands that would measure or remove something are only read; a plan is made wholly.
  expect(await understood(plans ? [...words, '--dry-run'] : [...words, '--help'])).toBe('');
});

test('the scenario in README is a scenario', () => {
  const [example = ''] = blocks('yaml');
  expect(parseScenario(example, 'README.md', runnerSchemas).name).toBe('mine');
});
