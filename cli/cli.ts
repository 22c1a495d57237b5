/**
 * The command line as a function: registers the commands and turns whatever they throw into one clear
 * message and an exit code. Takes its streams as a value, so that tests run the real program in-process.
 */
import type { Argv } from 'yargs';
import { exitCode, messageOf, UserError, type ExitCode } from '../model/errors.ts';
import { citedRules, ruleAnchor } from '../model/rules.ts';
import { visibleText } from '../model/visible-text.ts';
import { adviseCommand } from './commands/advise.ts';
import { baseline } from './commands/baseline.ts';
import type { Command, Output } from './command.ts';
import { calibrate } from './commands/calibrate.ts';
import { compare } from './commands/compare.ts';
import { completion } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { gate } from './commands/gate.ts';
import { gc } from './commands/gc.ts';
import { firstPage } from './help.ts';
import { history } from './commands/history.ts';
import { importCommand } from './commands/import.ts';
import { images } from './commands/images.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { sizeCommand } from './commands/size.ts';
import { toolVersion } from './version.ts';

const commands = [
  run,
  report,
  compare,
  gate,
  calibrate,
  baseline,
  history,
  importCommand,
  sizeCommand,
  adviseCommand,
  doctor,
  images,
  gc,
  completion,
] as const;

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(words: readonly string[], output: Output): Promise<ExitCode> {
  if (words.length === 1 && (words[0] === '--help' || words[0] === '--version')) {
    output.out(words[0] === '--help' ? firstPage(commands) : toolVersion());
    return exitCode.ok;
  }
  if (words[0] === '--complete') {
    const { completions } = await import('./completion.ts');
    output.out((await completions(words.slice(1), commands)).join('\n'));
    return exitCode.ok;
  }
  try {
    return await parse(words, output);
  } catch (error) {
    return explain(error, output);
  }
}

async function parse(words: readonly string[], output: Output): Promise<ExitCode> {
  const { default: yargs } = await import('yargs');
  let code: ExitCode = exitCode.ok;
  const register = <Arguments>(parser: Argv, entry: Command<Arguments>) =>
    parser.command(
      entry.command,
      entry.describe,
      (yargs) => entry.builder(yargs) as Argv,
      async (args) => {
        code = await entry.run(args as Arguments, output);
      },
    );
  let parser = yargs()
    .scriptName('tare')
    .version(toolVersion())
    .strict()
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .wrap(Math.min(110, output.columns))
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      // Yargs' own errors are of the words typed; any other is a command's.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new UserError(message, '`tare --help` and `tare COMMAND --help` show what is possible');
    });
  for (const command of commands) parser = register(parser, command as Command<never>);
  let help = '';
  await parser.parseAsync(words, {}, (_error, _args, text) => {
    help = text;
  });
  if (help !== '') output.out(help);
  return code;
}

function explain(error: unknown, output: Output): ExitCode {
  output.status('');
  if (error instanceof UserError) {
    // What it quotes may be anybody's: a file, a record, a key of either.
    output.err(`tare: ${visibleText(error.message)}`);
    output.err(`      ${error.hint}`);
    for (const rule of citedRules(error.message)) output.err(`      rule ${rule}: ${ruleAnchor(rule)}`);
    return error.code;
  }
  if (output.signal.aborted) {
    output.err('tare: interrupted');
    return exitCode.interrupted;
  }
  output.err(`tare: a bug in tare: ${messageOf(error)}`);
  output.err('      please report it with the command line; TARE_DEBUG=1 shows where it happened');
  if (process.env['TARE_DEBUG'] !== undefined && error instanceof Error) output.err(error.stack ?? '');
  return exitCode.bug;
}
