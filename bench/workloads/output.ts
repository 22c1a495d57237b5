/**
 * What a program's output is read into, and how: numbers by pattern, or an error that shows what was printed.
 */
import type { ExecResult } from '../../runners/runner.ts';

/** What a finished program left behind. */
export interface Measured {
  readonly result: ExecResult;
  /** CPU seconds the whole instance (VMM included) used meanwhile, from the host; null without a cgroup. */
  readonly cpuSeconds: number | null;
  /** What was run after it, where the workload has that. */
  readonly after?: ExecResult;
}

/** The program ran, but what it printed cannot be read. */
export class UnreadableOutput extends Error {
  constructor(program: string, expected: string, got: string) {
    super(`${program} printed no ${expected}; it printed: ${got.trim().slice(0, 200) || '(nothing)'}`);
    this.name = 'UnreadableOutput';
  }
}

/** The first capture group of a pattern in a program's output, as a finite number. */
export function numberIn(text: string, pattern: RegExp, program: string, what: string): number {
  const value = Number(pattern.exec(text)?.[1]);
  if (!Number.isFinite(value)) throw new UnreadableOutput(program, what, text);
  return value;
}

/**
 * A guest's clock may run fast or slow; a program that claims to have worked longer than the host saw
 * it running has a wrong clock, and its rate per second with it (METHODOLOGY B15).
 */
export function checkClock(program: string, claimedSeconds: number, { result }: Measured): void {
  const seen = result.end - result.begin;
  if (claimedSeconds > seen * 1.02 + 0.01) {
    throw new UnreadableOutput(
      program,
      'believable time',
      `it claims ${claimedSeconds} s of work, the host saw it for ${seen.toFixed(3)} s: the instance's clock is wrong`,
    );
  }
}
