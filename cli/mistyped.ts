/** Words that a command does not understand: what is wrong with which of them, in tare's words and with a remedy. */
import { UserError } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import type { Command } from './command.ts';
import { completions } from './completion.ts';

/**
 * @param message as the argument parser has it
 * @param words the command line
 * @param entry the command that was named
 */
export async function mistyped(
  message: string,
  words: readonly string[],
  entry: Pick<Command<never>, 'command' | 'builder'>,
): Promise<UserError> {
  const [name = '', ...positional] = entry.command.split(' ');
  const hint = `\`tare ${name} --help\` shows what is possible`;
  const unknown = /^Unknown (?:argument|command)s?: (.+)$/s.exec(message)?.[1]?.split(', ')[0];
  if (unknown !== undefined) {
    const typed = words.find((word) => word.replace(/^-+/, '').split('=')[0] === unknown) ?? unknown;
    const options = await completions([name, '--'], [entry]);
    const dashed = typed.split('=')[0] ?? typed;
    return typed.startsWith('-')
      ? new UserError(`${name} has no option ${dashed}${didYouMean(dashed, options)}`, hint)
      : new UserError(`${name} does not know what to do with ${JSON.stringify(typed)}`, hint);
  }
  if (/^Not enough non-option arguments/.test(message)) {
    return new UserError(`${name} needs ${positional.join(' ').replaceAll(/[<>]/g, '')}`, hint);
  }
  if (/^Too many non-option arguments/.test(message)) {
    return new UserError(`${name} takes ${positional.join(' ') || 'no arguments'}, and got more`, hint);
  }
  const choice = /Argument: (\S+), Given: "?(.*?)"?, Choices: (.*)$/m.exec(message);
  if (choice !== null) {
    const [, argument = '', given = '', list = ''] = choice;
    const choices = Array.from(list.matchAll(/"([^"]*)"/g), ([, one]) => one ?? '');
    const what = positional.some((word) => word.includes(argument)) ? argument : `--${argument}`;
    return new UserError(
      `${what} must be one of ${choices.join(', ')}, got ${JSON.stringify(given)}${didYouMean(given, choices)}`,
      hint,
    );
  }
  const [first = message] = message.split('\n');
  return new UserError(first, hint);
}
