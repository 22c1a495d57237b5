/**
 * One launch, from request to gone: the unit of replication. Whatever happens inside becomes the
 * trial's outcome; the instance is stopped and proven gone in every case, and nothing is thrown but bugs.
 */
import type { Instance } from '../../runners/runner.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import { driftBetween } from '../../host/drift.ts';
import { launchFleet } from '../fleets/index.ts';
import { newGathered, type Gathered } from '../instance/gathered.ts';
import { useInstance } from './inside.ts';
import {
  accountOf,
  conclude,
  openGroup,
  putAway,
  sharedCpuOf,
  startInstance,
  type Ended,
  type Trial,
} from '../instance/instance.ts';
import type { Outcome, RecordedTrial } from '../../model/record.ts';
import { workloads } from '../workloads/index.ts';
import { isFleet } from '../workloads/workload.ts';

/** Runs one planned trial of a prepared cell. */
export async function runTrial(trial: Trial): Promise<RecordedTrial> {
  const { planned, cell, tools } = trial;
  const startedAt = new Date().toISOString();
  const begun = tools.now();
  const before = tools.site.counters();
  const toolCpu = tools.toolCpuSeconds();
  const sharedCpu = sharedCpuOf(trial);
  const gathered = newGathered();
  const [fleet] = cell.workload.programs.flatMap(({ use, options }) => {
    const workload = workloads.get(use);
    return isFleet(workload) ? [{ workload, options }] : [];
  });
  const ended =
    fleet === undefined
      ? await launch(trial, gathered)
      : await launchFleet(trial, fleet.workload, fleet.options, gathered);
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
    observations: gathered.observations,
    series: gathered.series,
    atReady: gathered.atReady,
    atEnd: ended.atEnd.reading,
    outputs: gathered.outputs,
    drift:
      before === null || ended.after === null
        ? null
        : driftBetween(before, ended.after, {
            instanceCpuSeconds: ended.atEnd.cpuSeconds,
            sharedCpuSeconds:
              sharedCpu === null || ended.sharedCpuSeconds === null
                ? null
                : ended.sharedCpuSeconds - sharedCpu,
            toolCpuSeconds: ended.toolCpuSeconds - toolCpu,
          }),
    cleanupProven: ended.leftovers.length === 0,
    leftovers: ended.leftovers,
  };
}

async function launch(trial: Trial, gathered: Gathered): Promise<Ended> {
  const { tools } = trial;
  const id = `i-${trial.planned.index}`;
  let group: MeteredGroup | null = null;
  let instance: Instance | null = null;
  let metered = false;
  const work = async (allow: () => AbortSignal): Promise<Outcome> => {
    const signal = allow();
    const own = (group = await openGroup(id, tools));
    if (own !== null && tools.meters !== null) {
      metered = await tools.meters.watch(id, own.meter).then(
        () => true,
        () => false,
      );
    }
    // Before its start an instance is known by its group alone.
    instance = await startInstance(trial, { id, group }, signal, true, (mark) => {
      gathered.marks.push(mark);
      const shared = () => trial.prepared.shared?.() ?? null;
      if (mark.name === 'T0') {
        gathered.atRequest = own?.read() ?? null;
        gathered.sharedAtRequest = shared();
      }
      if (mark.name === 'T6') {
        gathered.atReady = own?.read() ?? null;
        gathered.sharedAtReady = shared();
      }
    });
    const account = accountOf({ instance, group });
    await useInstance({ trial, instance, account, signal, gathered });
    return { state: 'ok' };
  };
  return conclude(trial, work, {
    fallen: () => ({ instance, group }),
    marks: gathered.marks,
    readEnd() {
      const reading = accountOf({ instance, group })?.read() ?? null;
      return { cpuSeconds: reading?.cpuSeconds ?? null, reading };
    },
    async putAway() {
      const { marks, series, leftovers } = await putAway({ id, instance, group, metered }, tools);
      gathered.marks.push(...marks);
      gathered.series = series;
      return leftovers;
    },
  });
}
