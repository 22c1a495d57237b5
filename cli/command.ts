/**
 * The shape of a command: one file each, describing itself and returning an exit code. Heavy modules are
 * imported inside `run`, so that `tare --help` costs little more than starting Node.
 */
import type { Argv } from 'yargs';
import type { ExitCode } from '../model/errors.ts';

/** Where a command speaks: results to `out`, progress and remarks to `err`. */
export interface Output {
  /** A result, for people or pipes; a newline is added. */
  readonly out: (text: string) => void;
  /** Progress or a remark; a newline is added. */
  readonly err: (text: string) => void;
  /** Replaces the status line on a terminal; does nothing elsewhere. */
  readonly status: (text: string) => void;
  /** stderr is a terminal that may be redrawn. */
  readonly live: boolean;
  /** stdout may be coloured (a terminal, and NO_COLOR is not set). */
  readonly color: boolean;
  readonly columns: number;
  /** Aborted by Ctrl-C or a polite kill. */
  readonly signal: AbortSignal;
}

export interface Command<Arguments> {
  readonly command: string;
  readonly describe: string;
  /** Adds its options. What yargs makes of them is `Arguments`, with dashes turned to capitals. */
  builder(yargs: Argv): unknown;
  run(args: Arguments, output: Output): Promise<ExitCode>;
}
