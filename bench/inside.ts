/**
 * What is done inside a launched instance, by the kind of workload: a program run through the agent, or
 * nothing while the host watches. Each adds its numbers to what the trial gathers, or fails it.
 */
import type { Instance } from '../runners/runner.ts';
import { TrialFailure } from '../runners/runner.ts';
import type { MeteredGroup } from '../host/cgroup.ts';
import type { Gathered } from './gathered.ts';
import { contextOf, keptOutput, padding, proveImage, type Trial } from './instance.ts';
import type { FailureReason, GroupReading } from './model.ts';
import { workloads } from './workloads/index.ts';
import type { CommandWorkload, IdleWorkload, InsideWorkload } from './workloads/workload.ts';
import { isFleet } from './workloads/workload.ts';

/** A trial whose instance is ready. */
export interface Session {
  readonly trial: Trial;
  readonly instance: Instance;
  /** Null where this user has no cgroup. */
  readonly group: MeteredGroup | null;
  /** Aborted at the trial's deadline and when the run is interrupted. */
  readonly signal: AbortSignal;
  readonly gathered: Gathered;
}

/** Everything done to a ready instance: its programs in order, then the proof of what it ran from. */
export async function useInstance(session: Session): Promise<void> {
  const { trial, instance, signal, gathered } = session;
  const { tools, cell } = trial;
  const startCpu = usedBetween(gathered.atRequest, gathered.atReady);
  if (startCpu !== null) gathered.samples.push({ metric: 'startup.cpu', value: startCpu });
  const programs = new Set(['busybox']);
  if (cell.workload.service !== null) programs.add(cell.workload.service.argv[0] ?? 'busybox');
  for (const { use, options } of cell.workload.programs) {
    const workload = workloads.get(use);
    if (workload === undefined || isFleet(workload)) continue;
    for (const program of workload.programs) programs.add(program);
    await perform(session, workload, options);
  }
  gathered.provenDigest = await proveImage(instance, [...programs], tools, signal);
}

function perform(session: Session, workload: InsideWorkload, options: unknown): Promise<void> {
  switch (workload.kind) {
    case 'idle':
      return weighIdle(session, workload, options);
    case 'command':
      return runProgram(session, workload, options);
  }
}

async function weighIdle(
  { trial: { tools }, instance, group, signal, gathered }: Session,
  workload: IdleWorkload,
  options: unknown,
): Promise<void> {
  const { settleSeconds, seconds } = workload.timing(options);
  await tools.sleep(settleSeconds, signal);
  const from = { at: tools.now(), reading: group?.read() ?? null };
  await tools.sleep(seconds, signal);
  const to = { at: tools.now(), reading: group?.read() ?? null };
  const end = instance.ended();
  if (end !== null) throw new TrialFailure(end);
  const pids = group?.pids() ?? instance.pids();
  const idleSeconds = usedBetween(from.reading, to.reading);
  const values: readonly (readonly [string, number | null])[] = [
    ['tare.memory', to.reading?.workingBytes ?? null],
    ['tare.pss', tools.memory(pids).pssBytes],
    ['tare.processes', to.reading?.processes ?? pids.length],
    ['tare.disk', await instance.diskBytes()],
    ['tare.idle-cpu', idleSeconds === null ? null : idleSeconds / (to.at - from.at)],
  ];
  for (const [metric, value] of values) if (value !== null) gathered.samples.push({ metric, value });
}

async function runProgram(
  { trial: { tools, cell, planned }, instance, group, signal, gathered }: Session,
  workload: CommandWorkload,
  options: unknown,
): Promise<void> {
  const argv = workload.command(options, cell.shape);
  // Generous: an emulated guest is tens of times slower to start a program; the trial's own limit is the user's.
  const timeoutSeconds = Math.ceil(workload.estimateSeconds(options) * 4 + 30);
  const before = group?.read() ?? null;
  const result = await instance.exec(
    { argv, environment: padding(planned), timeoutSeconds },
    contextOf(tools, signal),
  );
  const after = group?.read() ?? null;
  gathered.marks.push(
    { name: `begin ${workload.id}`, at: result.begin },
    { name: `end ${workload.id}`, at: result.end },
  );
  const { stdout, stderr, exitCode } = result;
  gathered.outputs.push({ program: workload.id, argv, exitCode, stdout: cut(stdout), stderr: cut(stderr) });
  const name = argv[0] ?? workload.id;
  const oomKills = result.oomKills + (after?.oomKills ?? 0) - (before?.oomKills ?? 0);
  const fail = (reason: FailureReason, message: string) =>
    new TrialFailure({ reason, message, detail: `${stdout}\n${stderr}`.trim().slice(-keptOutput) });
  if (oomKills > 0) throw fail('oom', `${name} met the memory cap: ${oomKills} OOM kill(s)`);
  if (exitCode === 127) throw fail('missing-program', `${name} is not in the image`);
  if (exitCode === 124) throw fail('timeout', `${name} did not end within ${timeoutSeconds} s`);
  if (exitCode !== 0) throw fail('crash', `${name} ended with status ${exitCode}`);
  gathered.samples.push(...workload.parse({ result, cpuSeconds: usedBetween(before, after) }, options));
}

function cut(text: string): string {
  return text.length > keptOutput ? `${text.slice(0, keptOutput)}\n[cut]` : text;
}

function usedBetween(from: GroupReading | null, to: GroupReading | null): number | null {
  if (from?.cpuSeconds == null || to?.cpuSeconds == null) return null;
  return to.cpuSeconds - from.cpuSeconds;
}
