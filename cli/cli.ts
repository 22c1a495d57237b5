/**
 * The command line as a function: registers the commands and turns whatever they throw into one clear
 * message and an exit code. Takes its streams as a value, so that tests run the real program in-process.
 */
import yargs, { type Argv } from 'yargs';
import { exitCode, messageOf, UserError, type ExitCode } from '../bench/errors.ts';
import type { Command, Output } from './command.ts';
import { doctor } from './doctor.ts';
import { gc } from './gc.ts';
import { images } from './images.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { toolVersion } from './version.ts';

const epilogue = `Exit codes: 0 ok, 1 gate failed, 2 usage or input, 3 this host cannot, 4 trials failed,
5 inconclusive, 70 a bug in tare, 130 interrupted.`;

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(words: readonly string[], output: Output): Promise<ExitCode> {
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
    .usage(
      '$0 COMMAND\n\nWeighs what a virtual machine and a container cost before you put anything in them.',
    )
    .version(toolVersion())
    .strict()
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .epilogue(epilogue)
    .wrap(Math.min(110, output.columns))
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      if (error !== undefined) throw error;
      throw new UserError(message, '`tare --help` and `tare COMMAND --help` show what is possible');
    });
  parser = register(parser, run);
  parser = register(parser, report);
  parser = register(parser, doctor);
  parser = register(parser, images);
  parser = register(parser, gc);
  try {
    let help = '';
    await parser.parseAsync(words, {}, (_error, _args, text) => {
      help = text;
    });
    if (help !== '') output.out(help);
    return code;
  } catch (error) {
    return explain(error, output);
  }
}

function explain(error: unknown, output: Output): ExitCode {
  output.status('');
  if (error instanceof UserError) {
    output.err(`tare: ${error.message}`);
    output.err(`      ${error.hint}`);
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
