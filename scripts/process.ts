/** Running the project's own steps: output passed through or kept, never a shell, stdin closed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The checkout. */
export const root = join(import.meta.dirname, '..');

/** A program that comes with the development packages, started on the pinned Node. */
export function tool(file: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(root, 'node_modules', file), ...args];
}

/** The `tare` command of this checkout. */
export function tare(...args: readonly string[]): readonly string[] {
  return [process.execPath, join(root, 'cli/main.ts'), ...args];
}

export interface Finished {
  /** 128 + signal number is not made up: a signal gives null. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. `show`: pass its output through as well as keeping it. */
export async function run(
  argv: readonly string[],
  options: { readonly show?: boolean; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
        if (options.show) process[stream].write(chunk);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...text }));
  });
}
