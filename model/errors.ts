/**
 * The one way to report an error that the user can fix, and the table of exit codes.
 * Anything thrown that is not a UserError is a bug (exit 70); a failed trial is data, not an error.
 */

/** Exit codes, documented in README and in every command's help. */
export const exitCode = {
  ok: 0,
  gateFailed: 1,
  usage: 2,
  hostCannot: 3,
  trialsFailed: 4,
  inconclusive: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** An error with a remedy: `message` says what failed on what and what was got, `hint` what to do next. */
export class UserError extends Error {
  readonly hint: string;
  readonly code: ExitCode;

  constructor(message: string, hint: string, code: ExitCode = exitCode.usage, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UserError';
    this.hint = hint;
    this.code = code;
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
