/**
 * What is done inside a launched instance, by the kind of workload: a program run through the agent, or
 * nothing while the host watches. Each adds its numbers to what the trial gathers, or fails it.
 */
import { TrialFailure } from '../../runners/runner.ts';
import type { Gathered } from '../instance/gathered.ts';
import { contextOf, proveImage, serviceFiles } from '../instance/instance.ts';
import { giveLoads } from '../instance/load-phases.ts';
import { translationBytes, withoutTranslation } from '../instance/emulator.ts';
import { runInside, usedBetween, type Inside } from '../instance/program.ts';
import { weighService } from '../instance/weigh.ts';
import type { Sample } from '../../model/record.ts';
import type { Requirements } from '../../model/scenario.ts';
import { requirementsScript, unmet } from '../scenario/requirements.ts';
import { workloads } from '../workloads/index.ts';
import {
  isFleet,
  programsOf,
  type CommandWorkload,
  type IdleWorkload,
  type InsideWorkload,
} from '../workloads/workload.ts';

/** A trial whose instance is ready. */
export interface Session extends Inside {
  readonly gathered: Gathered;
}

/** Everything done to a ready instance: its programs in order, then the proof of what it ran from. */
export async function useInstance(session: Session): Promise<void> {
  const { trial, instance, signal, gathered } = session;
  const { tools, cell } = trial;
  const startCpu = usedBetween(gathered.atRequest, gathered.atReady);
  const { looking } = instance;
  if (looking !== null) gathered.observations.push({ kind: 'service-seen', ...looking });
  if (startCpu !== null) {
    const value = Math.max(0, startCpu - (looking?.cpuSeconds ?? 0));
    gathered.samples.push({ metric: 'startup.cpu', value });
  }
  gathered.samples.push(...sharedSamples(gathered));
  const programs = new Set(['busybox']);
  for (const program of serviceFiles(cell.workload.service)) programs.add(program);
  if (cell.workload.requires !== null) await checkRequirements(session, cell.workload.requires);
  for (const { use, options } of cell.workload.programs) {
    const workload = workloads.get(use);
    if (workload === undefined || isFleet(workload)) continue;
    for (const program of programsOf(workload, options)) programs.add(program);
    await perform(session, workload, options);
  }
  gathered.provenDigest = await proveImage(instance, [...programs], tools, signal);
  await haltService(session);
}

/** The main program of an image is asked to end as its engine would ask it; others go with their instance. */
async function haltService({ trial, instance, signal, gathered }: Session): Promise<void> {
  const { service } = trial.cell.workload;
  const stop = service?.own?.stop ?? null;
  if (service === null || stop === null || service.ready.kind === 'exit') return;
  const { how, exitCode, seconds } = await instance.halt(stop, contextOf(trial.tools, signal));
  if (how === 'before') {
    throw new TrialFailure({
      reason: 'early-exit',
      message: `the main program of the image ended by itself, with status ${exitCode}, before its launch was over`,
      detail: instance.console(),
    });
  }
  const { signal: name, graceSeconds } = stop;
  const asked = { signal: name ?? 'SIGTERM', graceSeconds };
  gathered.observations.push({ kind: 'service-end', ...asked, how, exitCode, seconds });
  if (how === 'ended') gathered.samples.push({ metric: 'startup.stop', value: seconds });
}

/** What the engine's daemons took from T0 to T6, and what they hold. */
function sharedSamples({ sharedAtRequest, sharedAtReady }: Gathered): Sample[] {
  const before = sharedAtRequest?.cpuSeconds ?? null;
  const after = sharedAtReady?.cpuSeconds ?? null;
  const memory = sharedAtReady?.memoryBytes ?? null;
  return [
    ...(before === null || after === null ? [] : [{ metric: 'startup.shared-cpu', value: after - before }]),
    ...(memory === null ? [] : [{ metric: 'startup.shared-memory', value: memory }]),
  ];
}

function perform(session: Session, workload: InsideWorkload, options: unknown): Promise<void> {
  switch (workload.kind) {
    case 'idle':
      return weighIdle(session, workload, options);
    case 'command':
      return runProgram(session, workload, options);
    case 'load':
      return giveLoads(session, workload.load(options));
    case 'weigh':
      return weighService(session, workload, options);
  }
}

/** Looks inside for what the workload requires. Throws TrialFailure `requirement` where it is not there. */
async function checkRequirements(session: Session, requires: Requirements): Promise<void> {
  const { site } = session.trial.tools;
  const argv = ['busybox', 'sh', '-c', requirementsScript(requires.modules)];
  const { result } = await runInside(session, 'requirements', argv, 60);
  const message = unmet(requires, result.stdout, site.visible()?.['kernel.boot-id'] ?? null);
  if (message !== null) throw new TrialFailure({ reason: 'requirement', message, detail: result.stdout });
}

async function weighIdle(
  { trial, instance, account, signal, gathered }: Session,
  workload: IdleWorkload,
  options: unknown,
): Promise<void> {
  const { tools, prepared } = trial;
  const { settleSeconds, seconds } = workload.timing(options);
  await tools.sleep(settleSeconds, signal);
  const from = { at: tools.now(), reading: account?.read() ?? null };
  await tools.sleep(seconds, signal);
  const to = { at: tools.now(), reading: account?.read() ?? null };
  const end = instance.ended();
  if (end !== null) throw new TrialFailure(end);
  const pids = instance.pids();
  const idleSeconds = usedBetween(from.reading, to.reading);
  const translation = translationBytes(trial, pids);
  const values: readonly (readonly [string, number | null])[] = [
    ['tare.memory', withoutTranslation(to.reading?.workingBytes ?? null, translation)],
    [
      'tare.pss',
      pids === null ? null : withoutTranslation(tools.site.memory(pids)?.pssBytes ?? null, translation),
    ],
    ['tare.translation', prepared.acceleration.class === 'tcg' ? translation : null],
    ['tare.processes', to.reading?.processes ?? pids?.length ?? null],
    ['tare.disk', await instance.diskBytes()],
    ['tare.idle-cpu', idleSeconds === null ? null : idleSeconds / (to.at - from.at)],
  ];
  for (const [metric, value] of values) if (value !== null) gathered.samples.push({ metric, value });
}

async function runProgram(session: Session, workload: CommandWorkload, options: unknown): Promise<void> {
  const { trial, gathered } = session;
  const { shape } = trial.cell;
  const { volume } = session.instance;
  // Generous: an emulated guest is tens of times slower to start a program; the trial's own limit is the user's.
  const timeoutSeconds =
    workload.limitSeconds?.(options) ?? Math.ceil(workload.estimateSeconds(options) * 4 + 30);
  const run = (label: string, argv: readonly string[]) =>
    runInside(session, label, argv, timeoutSeconds, (output) => workload.explain?.(output, options) ?? null);
  const setup = workload.setup?.(options, shape, volume);
  if (setup !== undefined) await run(`${workload.id} (setup)`, setup);
  const main = await run(workload.id, workload.command(options, shape, volume));
  const after = workload.after?.(options) ?? null;
  const measured =
    after === null ? main : { ...main, after: (await run(`${workload.id} (after)`, after)).result };
  gathered.samples.push(...workload.parse(measured, options));
  gathered.observations.push(...(workload.observe?.(measured, options) ?? []));
}
