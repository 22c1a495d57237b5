/**
 * Runs one of the system's tools to completion and returns what it said. A non-zero exit is a result, not
 * an exception: only the caller knows what it means.
 */
import { execFile } from 'node:child_process';

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Rejects when the tool cannot be started, is killed, or outlives its time. */
export function run(
  argv: readonly string[],
  options: { readonly timeoutSeconds: number; readonly cwd?: string },
): Promise<ToolResult> {
  const [file = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      rest,
      {
        timeout: options.timeoutSeconds * 1000,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
        else reject(new Error(error.message, { cause: error }));
      },
    );
  });
}
