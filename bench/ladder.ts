/**
 * A ladder: instances of one cell added step by step, left idle, and the host read at each step.
 * One ladder is one trial; its slope is one value. All instances are put away together at the end.
 */
import { TrialFailure, type Instance } from '../runners/runner.ts';
import type { Gathered } from './gathered.ts';
import {
  endDrift,
  openGroup,
  outcomeOf,
  proveImage,
  putAway,
  startInstance,
  type Ended,
  type Live,
  type Trial,
} from './instance.ts';
import { waitForMerging } from './merging.ts';
import type { LadderPoint, Outcome } from './model.ts';
import type { Tools } from './tools.ts';
import { checkService, loadService } from './weigh.ts';
import type { LadderWorkload } from './workloads/workload.ts';

type Rung = Live & { readonly instance: Instance };

/** Climbs the ladder; what was read before a failure is kept. */
export async function climbLadder(
  trial: Trial,
  workload: LadderWorkload,
  options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const { planned, scenario, tools } = trial;
  const { counts, settleSeconds } = workload.steps(options);
  const work = workload.load?.(options) ?? null;
  if (work !== null) gathered.observations.push({ kind: 'load', load: work.load.words });
  const points: LadderPoint[] = [];
  const rungs: Rung[] = [];
  const leftovers: string[] = [];
  let outcome: Outcome = { state: 'ok' };
  let bug: unknown = null;
  let deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
  try {
    for (const count of counts) {
      while (rungs.length < count) {
        // Each rung has the time of a launch; the ladder as a whole has as many of them as rungs.
        deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
        const signal = AbortSignal.any([tools.signal, deadline]);
        const rung = await climb(`i-${planned.index}-${rungs.length}`, trial, signal, leftovers);
        rungs.push(rung);
        if (work !== null) await loadService({ ...rung, trial, signal, gathered }, work.load, work.seconds);
      }
      await tools.sleep(settleSeconds / 2, tools.signal);
      await waitForMerging(tools, tools.signal);
      points.push(await readRung(rungs, settleSeconds / 2, tools));
    }
    for (const rung of rungs) {
      deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
      const signal = AbortSignal.any([tools.signal, deadline]);
      if (work !== null) await checkService({ ...rung, trial, signal, gathered }, work.load);
      gathered.provenDigest = await proveImage(
        rung.instance,
        ['busybox', ...workload.programs],
        tools,
        signal,
      );
    }
  } catch (error) {
    const fallen = rungs.find(({ instance }) => instance.ended() !== null) ?? { instance: null, group: null };
    try {
      outcome = outcomeOf(error, fallen, tools, deadline, []);
    } catch (unexpected) {
      bug = unexpected;
    }
  }
  gathered.ladder = points;
  const drift = endDrift(tools);
  const cpuSeconds = rungs.reduce((total, { group }) => total + (group?.read().cpuSeconds ?? 0), 0);
  const away = await Promise.all(rungs.map((rung) => putAway(rung, tools)));
  leftovers.push(...away.flatMap((report) => report.leftovers));
  if (bug !== null) throw bug as Error;
  return { outcome, leftovers, cpuSeconds, ...drift };
}

async function climb(id: string, trial: Trial, signal: AbortSignal, leftovers: string[]): Promise<Rung> {
  const group = await openGroup(id, trial.tools);
  try {
    // Not placed: a rung only idles, and on one CPU later rungs would wait for earlier ones.
    const instance = await startInstance(trial, { id, group }, signal, false, () => undefined);
    return { id, group, instance, metered: false };
  } catch (error) {
    leftovers.push(...(await putAway({ id, group, instance: null, metered: false }, trial.tools)).leftovers);
    throw error;
  }
}

/** A rung that has fallen would make the others look light. */
function requireAlive(rungs: readonly Rung[]): void {
  for (const { id, instance, group } of rungs) {
    const end = instance.ended();
    if (end !== null) throw new TrialFailure(end);
    const kills = group?.read().oomKills ?? 0;
    if (kills > 0) {
      const message = `rung ${id} met its memory cap: ${kills} OOM kill(s)`;
      throw new TrialFailure({ reason: 'oom', message, detail: instance.console() });
    }
  }
}

async function readRung(rungs: readonly Rung[], seconds: number, tools: Tools): Promise<LadderPoint> {
  requireAlive(rungs);
  const cpu = () => rungs.map(({ group }) => group?.read().cpuSeconds ?? null);
  const from = { at: tools.now(), cpu: cpu() };
  await tools.sleep(seconds, tools.signal);
  requireAlive(rungs);
  const to = { at: tools.now(), cpu: cpu() };
  const pids = rungs.flatMap(({ group, instance }) => group?.pids() ?? instance.pids());
  const { hostBytes, kernelBytes, pssBytes } = tools.memory(pids);
  const disk = await Promise.all(rungs.map(({ instance }) => instance.diskBytes()));
  const readings = rungs.map(({ group }) => group?.read() ?? null);
  const used = sum(to.cpu);
  const had = sum(from.cpu);
  return {
    instances: rungs.length,
    hostBytes,
    kernelPlusPssBytes: pssBytes === null ? null : kernelBytes + pssBytes,
    pssBytes,
    groupBytes: sum(readings.map((reading) => reading?.workingBytes ?? null)),
    processes: sum(readings.map((reading) => reading?.processes ?? null)) ?? pids.length,
    idleCores: used === null || had === null ? null : (used - had) / (to.at - from.at),
    diskBytes: disk.reduce((total, bytes) => total + bytes, 0),
  };
}

/** Sum of the values, or null when one is unknown. */
function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  );
}
