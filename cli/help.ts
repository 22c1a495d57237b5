/**
 * The first page of help, made without the argument parser: loading that costs several times what starting
 * Node does, and a first page needs none of it. Each command's own help is the parser's.
 */
import type { Command } from './command.ts';
import { table } from './table.ts';

export function firstPage(commands: readonly Pick<Command<never>, 'command' | 'describe'>[]): string {
  return `tare COMMAND

Measures what a virtual machine and a container cost before you put anything in them.

Commands:
${table(commands.map(({ command, describe }) => [`  tare ${command}`, describe]))}

Options:
  --help     This page, or with a command its own: tare run --help
  --version  The version

Start with:
  tare doctor      what can run here
  tare run quick   a VM against a container, in a few minutes

Exit codes: 0 ok, 1 gate failed, 2 usage or input, 3 this host cannot, 4 trials failed,
5 inconclusive, 70 a bug in tare, 130 interrupted.`;
}
