/**
 * One program run inside an instance through the agent: its output is kept in the record, and whatever went
 * wrong (no such program, too late, out of memory, a bad status) becomes a failure with its reason.
 */
import type { Account } from '../../host/site/account.ts';
import { TrialFailure, type Instance } from '../../runners/runner.ts';
import type { Gathered } from './gathered.ts';
import { contextOf, keptOutput, padding, type Trial } from './instance.ts';
import type { FailureReason, GroupReading } from '../../model/instance.ts';
import type { Seconds } from '../../model/quantities.ts';
import type { Measured } from '../workloads/output.ts';

/** Where a program is run. */
export interface Inside {
  readonly trial: Trial;
  readonly instance: Instance;
  /** Null where nobody counts what it uses. */
  readonly account: Account | null;
  /** Aborted at the trial's deadline and when the run is interrupted. */
  readonly signal: AbortSignal;
  readonly gathered: Pick<Gathered, 'marks' | 'outputs'>;
}

/**
 * Runs it to its end.
 * @param explain what the output of a run that failed means, where its workload knows
 * @param label what its output and its begin and end are kept under
 * @throws TrialFailure unless it ended with status 0, in time and in its memory
 */
export async function runInside(
  { trial: { tools, planned }, instance, account, signal, gathered }: Inside,
  label: string,
  argv: readonly string[],
  timeoutSeconds: Seconds,
  explain: (output: string) => string | null = () => null,
): Promise<Measured> {
  const read = () => account?.read() ?? null;
  let [before, after] = [read(), null as GroupReading | null];
  const onEdge = (edge: 'begin' | 'end') => {
    if (edge === 'begin') before = read();
    else after = read();
  };
  const result = await instance.exec(
    { argv, environment: padding(planned), timeoutSeconds, onEdge },
    contextOf(tools, signal),
  );
  after ??= read();
  gathered.marks.push({ name: `begin ${label}`, at: result.begin }, { name: `end ${label}`, at: result.end });
  const { stdout, stderr, exitCode } = result;
  gathered.outputs.push({ program: label, argv, exitCode, stdout: cut(stdout), stderr: cut(stderr) });
  // A script is told by what it is for: its shell's name says nothing.
  const name = argv[0] === 'busybox' ? label : (argv[0] ?? label);
  const oomKills = result.oomKills + (after?.oomKills ?? 0) - (before?.oomKills ?? 0);
  const fail = (reason: FailureReason, message: string) =>
    new TrialFailure({ reason, message, detail: `${stdout}\n${stderr}`.trim().slice(-keptOutput) });
  if (oomKills > 0) throw fail('oom', `${name} met the memory cap: ${oomKills} OOM kill(s)`);
  if (exitCode === 127) throw fail('missing-program', `${name} is not in the image`);
  if (exitCode === 124) throw fail('timeout', `${name} did not end within ${timeoutSeconds} s`);
  if (exitCode !== 0) {
    const why = explain(`${stdout}\n${stderr}`);
    throw fail('crash', why === null ? `${name} ended with status ${exitCode}` : `${name}: ${why}`);
  }
  return { result, cpuSeconds: usedBetween(before, after) };
}

/** CPU seconds between two readings of one group; null where it is not counted. */
export function usedBetween(from: GroupReading | null, to: GroupReading | null): number | null {
  if (from?.cpuSeconds == null || to?.cpuSeconds == null) return null;
  return to.cpuSeconds - from.cpuSeconds;
}

function cut(text: string): string {
  return text.length > keptOutput ? `${text.slice(0, keptOutput)}\n[cut]` : text;
}
