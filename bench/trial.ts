/**
 * One launch, from request to gone: the unit of replication. Whatever happens inside becomes the
 * trial's outcome; the instance is stopped and proven gone in every case, and nothing is thrown but bugs.
 */
import type { Instance } from '../runners/runner.ts';
import { TrialFailure } from '../runners/runner.ts';
import type { MeteredGroup } from '../host/cgroup.ts';
import { driftBetween } from '../host/drift.ts';
import {
  contextOf,
  endDrift,
  keptOutput,
  openGroup,
  outcomeOf,
  padding,
  proveImage,
  putAway,
  startInstance,
  type Ended,
  type Trial,
} from './instance.ts';
import { climbLadder } from './ladder.ts';
import type {
  FailureReason,
  GroupReading,
  LadderPoint,
  Mark,
  Outcome,
  ProgramOutput,
  RecordedTrial,
  Sample,
  Series,
} from './model.ts';
import { workloads } from './workloads/index.ts';
import type { CommandWorkload, IdleWorkload } from './workloads/workload.ts';

/** What a trial gathers while it runs; becomes the record line however it ends. */
interface Gathered {
  readonly marks: Mark[];
  readonly samples: Sample[];
  readonly outputs: ProgramOutput[];
  ladder: readonly LadderPoint[];
  provenDigest: string | null;
  series: Series | null;
  atRequest: GroupReading | null;
  atReady: GroupReading | null;
  atEnd: GroupReading | null;
}

/** Runs one planned trial of a prepared cell. */
export async function runTrial(trial: Trial): Promise<RecordedTrial> {
  const { planned, cell, tools } = trial;
  const startedAt = new Date().toISOString();
  const begun = tools.now();
  const before = tools.counters();
  const toolCpu = tools.toolCpuSeconds();
  const gathered: Gathered = {
    marks: [],
    samples: [],
    outputs: [],
    ladder: [],
    provenDigest: null,
    series: null,
    atRequest: null,
    atReady: null,
    atEnd: null,
  };
  const ladder = cell.workload.programs.find(({ use }) => workloads.get(use)?.kind === 'ladder');
  const ended =
    ladder === undefined ? await launch(trial, gathered) : await climbLadder(trial, ladder, gathered);
  return {
    kind: 'trial',
    index: planned.index,
    block: planned.block,
    position: planned.position,
    cell: planned.cell,
    startedAt,
    wallSeconds: tools.now() - begun,
    outcome: ended.outcome,
    provenDigest: gathered.provenDigest,
    marks: gathered.marks,
    samples: gathered.samples,
    ladder: gathered.ladder,
    series: gathered.series,
    atReady: gathered.atReady,
    atEnd: gathered.atEnd,
    outputs: gathered.outputs,
    drift: driftBetween(before, ended.after, {
      instanceCpuSeconds: ended.cpuSeconds ?? 0,
      toolCpuSeconds: ended.toolCpuSeconds - toolCpu,
    }),
    cleanupProven: ended.leftovers.length === 0,
    leftovers: ended.leftovers,
  };
}

async function launch(trial: Trial, gathered: Gathered): Promise<Ended> {
  const { planned, scenario, tools } = trial;
  const id = `i-${planned.index}`;
  const deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
  const signal = AbortSignal.any([tools.signal, deadline]);
  let group: MeteredGroup | null = null;
  let instance: Instance | null = null;
  let outcome: Outcome = { state: 'ok' };
  let metered = false;
  let bug: unknown = null;
  try {
    const own = (group = await openGroup(id, tools));
    if (own !== null && tools.meters !== null) {
      metered = await tools.meters.watch(id, own.meter).then(
        () => true,
        () => false,
      );
    }
    instance = await startInstance(trial, { id, group }, signal, true, (mark) => {
      gathered.marks.push(mark);
      if (mark.name === 'T0') gathered.atRequest = own?.read() ?? null;
      if (mark.name === 'T6') gathered.atReady = own?.read() ?? null;
    });
    await use(trial, instance, group, signal, gathered);
  } catch (error) {
    try {
      outcome = outcomeOf(error, { instance, group }, tools, deadline, gathered.marks);
    } catch (unexpected) {
      bug = unexpected;
    }
  }
  gathered.atEnd = group?.read() ?? null;
  const drift = endDrift(tools);
  const { marks, series, leftovers } = await putAway({ id, instance, group, metered }, tools);
  gathered.marks.push(...marks);
  gathered.series = series;
  if (bug !== null) throw bug as Error;
  if (outcome.state === 'ok' && leftovers.length > 0) {
    outcome = {
      state: 'failed',
      reason: 'unclean',
      message: `after stopping, ${leftovers.length} thing(s) were left: ${leftovers.slice(0, 3).join(', ')}`,
      detail: leftovers.join('\n'),
    };
  }
  return { outcome, leftovers, cpuSeconds: gathered.atEnd?.cpuSeconds ?? null, ...drift };
}

/** Everything done to a ready instance: its programs in order, then the proof of what it ran from. */
async function use(
  trial: Trial,
  instance: Instance,
  group: MeteredGroup | null,
  signal: AbortSignal,
  gathered: Gathered,
): Promise<void> {
  const { tools, cell } = trial;
  const startCpu = usedBetween(gathered.atRequest, gathered.atReady);
  if (startCpu !== null) gathered.samples.push({ metric: 'startup.cpu', value: startCpu });
  const programs = new Set(['busybox']);
  if (cell.workload.service !== null) programs.add(cell.workload.service.argv[0] ?? 'busybox');
  for (const { use: name, options } of cell.workload.programs) {
    const workload = workloads.get(name);
    if (workload?.kind === 'idle')
      await weighIdle(trial, workload, options, instance, group, signal, gathered);
    if (workload?.kind !== 'command') continue;
    for (const program of workload.programs) programs.add(program);
    await runProgram(trial, workload, options, instance, group, signal, gathered);
  }
  gathered.provenDigest = await proveImage(instance, [...programs], tools, signal);
}

async function weighIdle(
  { tools }: Trial,
  workload: IdleWorkload,
  options: unknown,
  instance: Instance,
  group: MeteredGroup | null,
  signal: AbortSignal,
  gathered: Gathered,
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
  { tools, cell, planned }: Trial,
  workload: CommandWorkload,
  options: unknown,
  instance: Instance,
  group: MeteredGroup | null,
  signal: AbortSignal,
  gathered: Gathered,
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
