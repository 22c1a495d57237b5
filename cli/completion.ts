/** What could come next on a command line: commands, options, values of options, ready scenarios. */
import type { Argv } from 'yargs';
import type { Command } from './command.ts';
import { readyScenarios } from './scenarios.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What yargs knows of the options that a command declares; public at run time, missing in its types. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly choices: Readonly<Record<string, readonly (string | number)[]>>;
  readonly hiddenOptions: readonly string[];
}

/** Commands whose arguments are scenarios, ready ones among them. */
const takeScenarios: readonly string[] = ['run', 'calibrate'];

/**
 * @param words what was typed after `tare`, the word at the cursor (perhaps empty) last
 * @returns every word that could stand there; the shell keeps those that begin as the last word does
 */
export async function completions(
  words: readonly string[],
  commands: readonly Pick<Command<never>, 'command' | 'builder'>[],
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const names = commands.map(({ command }) => command.split(' ')[0] ?? '');
  if (words.length <= 1) return [...names, '--help', '--version'];
  const entry = commands[names.indexOf(words[0] ?? '')];
  if (entry === undefined) return [];
  const { default: yargs } = await import('yargs');
  const parser = entry.builder(yargs()) as Argv & { getOptions(): Declared };
  const { key, alias, choices, hiddenOptions } = parser.getOptions();
  const positional = [...entry.command.matchAll(/[<[]([\w-]+)/g)].map(([, name]) => name ?? '');
  const before = words.at(-2) ?? '';
  if (before.startsWith('-')) {
    const values = choices[optionOf(before, alias)];
    if (values !== undefined) return values.map(String);
  }
  if (current.startsWith('-')) {
    return Object.keys(key)
      .filter((name) => !positional.includes(name) && !hiddenOptions.includes(name) && name.length > 1)
      .map((name) => `--${name}`)
      .toSorted();
  }
  const scenarios = takeScenarios.includes(words[0] ?? '') ? readyScenarios() : [];
  return [...positional.flatMap((name) => choices[name] ?? []).map(String), ...scenarios];
}

function optionOf(word: string, alias: Declared['alias']): string {
  const name = word.replace(/^-+/, '');
  return Object.keys(alias).find((key) => alias[key]?.includes(name)) ?? name;
}
