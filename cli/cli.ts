/**
 * The command line as a function: registers the commands and turns whatever they throw into one clear
 * message and an exit code. Takes its streams as a value, so that tests run the real program in-process.
 */
import type { Argv } from 'yargs';
import { exitCode, messageOf, UserError, type ExitCode } from '../model/errors.ts';
import { citedRules, ruleAnchor } from '../model/rules.ts';
import { didYouMean } from '../model/nearest.ts';
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
import { readyScenarios } from './scenarios.ts';
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

/** Words that ask for help, for the version, and nothing else. */
const helpWords: readonly (string | undefined)[] = ['--help', '-h', 'help'];
const versionWords: readonly (string | undefined)[] = ['--version', '-V', '-v', 'version'];

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(words: readonly string[], output: Output): Promise<ExitCode> {
  if (words.length === 0) {
    // A script whose variable was empty has measured and judged nothing: no success.
    output.err(firstPage(commands));
    return exitCode.usage;
  }
  const [first, ...rest] = words;
  if (rest.length === 0 && helpWords.includes(first)) {
    output.out(firstPage(commands));
    return exitCode.ok;
  }
  if (rest.length === 0 && versionWords.includes(first)) {
    output.out(toolVersion());
    return exitCode.ok;
  }
  if (first === '--complete') {
    const { completions } = await import('./completion.ts');
    output.out((await completions(rest, commands)).join('\n'));
    return exitCode.ok;
  }
  try {
    return await parse(first === 'help' ? [...rest, '--help'] : words, output);
  } catch (error) {
    return explain(error, output);
  }
}

async function parse(words: readonly string[], output: Output): Promise<ExitCode> {
  const { default: yargs } = await import('yargs');
  const names = commands.map(({ command }) => command.split(' ')[0] ?? '');
  const named = words.find((word) => !word.startsWith('-')) ?? '';
  if (!names.includes(named)) {
    throw new UserError(
      `there is no command ${named === '' ? (words[0] ?? '') : named}${didYouMean(named, names)}`,
      readyScenarios().includes(named)
        ? `${named} is a scenario: \`tare run ${named}\``
        : '`tare --help` lists the commands',
    );
  }
  let code: ExitCode = exitCode.ok;
  const examples: string[] = [];
  const register = <Arguments>(parser: Argv, entry: Command<Arguments>) =>
    parser.command(
      entry.command,
      entry.describe,
      (yargs) => {
        // Yargs would set examples in columns and break them, so that they could not be copied.
        const keep = (command: string, words: string) => {
          examples.push(`  # ${words}\n  ${command.replaceAll('$0', 'tare')}`);
          return yargs;
        };
        return entry.builder(Object.assign(yargs, { example: keep })) as Argv;
      },
      async (args) => {
        refuseNoNumbers(args, words);
        code = await entry.run(args as Arguments, output);
      },
    );
  let parser = yargs()
    .scriptName('tare')
    .version(toolVersion())
    .alias('help', 'h')
    .strict()
    .wrap(Math.min(110, output.columns))
    .exitProcess(false)
    .fail((message, error: Error | undefined) => {
      // Yargs' own errors are of the words typed; any other is a command's.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new Mistyped(message);
    });
  for (const command of commands) parser = register(parser, command as Command<never>);
  let help = '';
  try {
    await parser.parseAsync(words, {}, (_error, _args, text) => {
      help = text;
    });
  } catch (error) {
    if (!(error instanceof Mistyped)) throw error;
    const { mistyped } = await import('./mistyped.ts');
    throw await mistyped(error.message, words, commands[names.indexOf(named)] ?? commands[0]);
  }
  if (help !== '')
    output.out(examples.length === 0 ? help : `${help}\n\nExamples:\n${examples.join('\n\n')}`);
  return code;
}

/** What the parser says of words that it does not understand, before it is put in ours. */
class Mistyped extends Error {}

/** Yargs makes NaN of a number that is none. */
function refuseNoNumbers(args: Readonly<Record<string, unknown>>, words: readonly string[]): void {
  for (const [name, value] of Object.entries(args)) {
    if (!Number.isNaN(value)) continue;
    const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    const got = words[at]?.split('=')[1] ?? words[at + 1] ?? '';
    throw new UserError(`--${name} must be a number, got ${JSON.stringify(got)}`, `e.g. --${name} 10`);
  }
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
