/**
 * Runs a tool to completion: argv array, no shell, a deadline, SIGKILL at its end. The only door to execa.
 * A non-zero exit or a missing program is a result, because only the caller knows what it means.
 */
import { execa } from 'execa';
import type { Seconds } from '../model/quantities.ts';

export interface ToolResult {
  /** 127: could not be started; null: killed by a signal or by its deadline. */
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Ends with the reason where the tool could not be started or was killed. */
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface ToolOptions {
  readonly timeoutSeconds: Seconds;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** PATH for tools: the caller's, and the sbin folders that a normal user's PATH often lacks. */
export function toolPath(): string {
  return [process.env['PATH'] ?? '/usr/bin:/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':');
}

/** Never rejects. Output is kept up to 16 MiB. */
export async function runTool(argv: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const [file = '', ...rest] = argv;
  const result = await execa(file, rest, {
    reject: false,
    timeout: options.timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
    stripFinalNewline: false,
    env: { PATH: toolPath(), LC_ALL: 'C', ...options.environment },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const started = result.exitCode !== undefined || result.signal !== undefined || result.timedOut;
  const why = result.failed && result.exitCode === undefined ? (result.shortMessage ?? 'failed') : '';
  return {
    exitCode: result.exitCode ?? (started ? null : 127),
    stdout: result.stdout,
    stderr: why === '' ? result.stderr : `${result.stderr}${why}`,
    timedOut: result.timedOut,
  };
}
