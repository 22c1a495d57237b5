/**
 * A ladder: instances of one cell added step by step, left idle, and the host read at each step.
 * One ladder is one trial; its slope is one value. All instances are put away together at the end.
 */
import { TrialFailure } from '../../runners/runner.ts';
import { fallOf, withFleet, type Member } from './fleet.ts';
import { translationBytes, withoutTranslation } from '../instance/emulator.ts';
import type { Gathered } from '../instance/gathered.ts';
import { accountOf, proveImage, type Ended, type Trial } from '../instance/instance.ts';
import { waitForMerging } from '../instance/ksm.ts';
import { memoryOf } from '../instance/reported.ts';
import type { LadderPoint } from '../../model/observation.ts';
import { checkService, loadService } from '../instance/weigh.ts';
import type { LadderWorkload } from '../workloads/workload.ts';

/** Climbs the ladder; what was read before a failure is kept. */
export function climbLadder(
  trial: Trial,
  workload: LadderWorkload,
  options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const { tools } = trial;
  const { counts, settleSeconds } = workload.steps(options);
  const work = workload.load?.(options) ?? null;
  if (work !== null) gathered.observations.push({ kind: 'load', load: work.load.words });
  const points: LadderPoint[] = [];
  gathered.ladder = points;
  // Not placed: a rung only idles, and on one CPU later rungs would wait for earlier ones.
  return withFleet(trial, async (fleet, allow) => {
    for (const count of counts) {
      while (fleet.members.length < count) {
        // Each rung has the time of a launch; the ladder as a whole has as many of them as rungs.
        const rung = await fleet.startOne();
        if (work === null) continue;
        await loadService(
          { ...rung, account: accountOf(rung), trial, signal: allow(), gathered },
          work.load,
          work.seconds,
        );
      }
      await tools.sleep(settleSeconds / 2, tools.signal);
      await waitForMerging(tools, tools.signal);
      points.push(await readRung(fleet.members, settleSeconds / 2, trial));
    }
    for (const rung of fleet.members) {
      const signal = allow();
      if (work !== null)
        await checkService({ ...rung, account: accountOf(rung), trial, signal, gathered }, work.load);
      const programs = ['busybox', ...workload.programs];
      gathered.provenDigest = await proveImage(rung.instance, programs, tools, signal);
    }
    return { state: 'ok' };
  });
}

/** A rung that has fallen would make the others look light. */
function requireAlive(rungs: readonly Member[]): void {
  for (const rung of rungs) {
    const fall = fallOf(rung);
    if (fall !== null) throw new TrialFailure({ ...fall, message: `rung ${rung.id}: ${fall.message}` });
  }
}

async function readRung(rungs: readonly Member[], seconds: number, trial: Trial): Promise<LadderPoint> {
  const { tools } = trial;
  requireAlive(rungs);
  const cpu = () => rungs.map((member) => accountOf(member)?.read().cpuSeconds ?? null);
  const from = { at: tools.now(), cpu: cpu() };
  await tools.sleep(seconds, tools.signal);
  requireAlive(rungs);
  const to = { at: tools.now(), cpu: cpu() };
  const memory = memoryOf(
    tools,
    rungs.map(({ instance }) => instance),
  );
  const { hostBytes, kernelBytes, pids } = memory;
  const translation = sum(rungs.map(({ instance }) => translationBytes(trial, instance.pids())));
  const pssBytes = withoutTranslation(memory.pssBytes, translation);
  const groupBytes = sum(readings(rungs).map((reading) => reading?.workingBytes ?? null));
  const disk = await Promise.all(rungs.map(({ instance }) => instance.diskBytes()));
  const used = sum(to.cpu);
  const had = sum(from.cpu);
  return {
    instances: rungs.length,
    hostBytes,
    kernelPlusPssBytes: pssBytes === null ? null : kernelBytes + pssBytes,
    pssBytes,
    groupBytes: withoutTranslation(groupBytes, translation),
    translationBytes: translation,
    processes: sum(readings(rungs).map((reading) => reading?.processes ?? null)) ?? pids?.length ?? null,
    idleCores: used === null || had === null ? null : (used - had) / (to.at - from.at),
    diskBytes: sum(disk),
  };
}

function readings(rungs: readonly Member[]) {
  return rungs.map((member) => accountOf(member)?.read() ?? null);
}

/** Sum of the values, or null when one is unknown. */
function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  );
}
