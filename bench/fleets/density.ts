/**
 * A density sweep: instances of one cell added in steps while the service objectives are read at each.
 * It stops before the host is hurt, counts what does not start instead of falling over it, and writes down
 * at the end what bound it. One sweep is one trial; every step is an observation, kept as it happens.
 */
import {
  fitSaysEnough,
  foresee,
  bindingOfFailures,
  endByObjective,
  memoryPerInstance,
  sweepCounts,
} from '../analysis/density-rules.ts';
import { readObjectives } from './density-objectives.ts';
import {
  lossWords,
  proveMembers,
  startSecondsOf,
  withFleet,
  type Fleet,
  type Loss,
  type Started,
} from './fleet.ts';
import type { Gathered } from '../instance/gathered.ts';
import { loadOf, memoryOf, roomOf } from '../instance/reported.ts';
import { accountOf, type Ended, type Trial } from '../instance/instance.ts';
import type { DensityEnd, DensityStep } from '../../model/observation.ts';
import type { Bytes } from '../../model/quantities.ts';
import type { Outcome } from '../../model/record.ts';
import type { Sweep, DensityWorkload } from '../workloads/workload.ts';

/** The reserve by default: a tenth of the host, and never less than this. */
const leastReserve: Bytes = 2 ** 30;

/** What a sweep has come to so far. */
interface Course {
  readonly trial: Trial;
  readonly sweep: Sweep;
  readonly fleet: Fleet;
  readonly gathered: Gathered;
  readonly reserveBytes: Bytes;
  readonly steps: DensityStep[];
  readonly losses: Loss[];
  /** Work per second of the first instance alone; null before it has worked. */
  alone: number | null;
}

/** Sweeps until something ends it; what was read before a failure is kept. */
export function sweepDensity(
  trial: Trial,
  workload: DensityWorkload,
  options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const { tools } = trial;
  const sweep = workload.sweep(options);
  const reserveBytes = sweep.memoryReserve ?? Math.max(leastReserve, roomOf(tools).memoryTotalBytes / 10);
  return withFleet(trial, async (fleet) => {
    const course: Course = {
      trial,
      sweep,
      fleet,
      gathered,
      reserveBytes,
      steps: [],
      losses: [],
      alone: null,
    };
    const end = await run(course);
    gathered.observations.push(end);
    return course.steps.every(({ instances }) => instances === 0) ? nothingRan(course, end) : { state: 'ok' };
  });
}

async function run(course: Course): Promise<DensityEnd> {
  const { trial, sweep, fleet, steps } = course;
  await trial.tools.sleep(sweep.settle, trial.tools.signal);
  keepStep(course, { startSeconds: [], losses: [], objectives: [], throughputs: [] });
  for (const count of sweepCounts(sweep.instances, sweep.step)) {
    const more = count - fleet.members.length;
    if (more <= 0) continue;
    const end = await takeStep(course, more);
    if (end !== null) return end;
    const last = steps.at(-1);
    trial.tools.progress({
      kind: 'underway',
      trial: trial.planned,
      words: `${last?.instances ?? 0} running`,
    });
  }
  const running = fleet.members.length;
  const lost = course.losses.length;
  const evidence =
    `${running} of at most ${sweep.instances} were running` +
    (lost === 0 ? ', the maximum asked for' : `; ${lost} did not start or fell`);
  return { kind: 'density-end', cause: 'maximum', binding: null, evidence };
}

/** Adds instances and reads what that does; the end, when this step brings it. */
async function takeStep(course: Course, more: number): Promise<DensityEnd | null> {
  const { trial, sweep, fleet, steps, losses } = course;
  const { tools } = trial;
  const limits = { reserveBytes: course.reserveBytes, capBytes: trial.cell.shape.memoryBytes };
  const forecast = foresee(steps, more, roomOf(tools), limits);
  const before = fleet.members.length;
  if (forecast !== null) return byForecast(before, forecast);
  const mayStart = watchReserve(course, memoryPerInstance(steps, limits.capBytes));
  const loadBefore = loadOf(tools);
  const started = await fleet.start(more, sweep.parallel, mayStart);
  const starting = { from: loadBefore, to: loadOf(tools) };
  const programs = sweep.workAtLeast === null ? [] : ['sysbench'];
  course.gathered.provenDigest =
    (await proveMembers(trial, started.members, programs, sweep.parallel)) ?? course.gathered.provenDigest;
  await tools.sleep(sweep.settle, tools.signal);
  const startSeconds = started.members.map(startSecondsOf).filter((seconds) => seconds !== null);
  const { members } = fleet;
  const read = await readObjectives({ ...course, members, startSeconds, starting });
  course.alone ??= read.throughputs[0] ?? null;
  const stepLosses = [...started.losses, ...(await fleet.reap())];
  losses.push(...stepLosses);
  const step = keepStep(course, { ...read, startSeconds, losses: stepLosses });
  return (
    endOfFailures(started, sweep, losses, step.instances) ??
    endOfObjectives(step) ??
    (started.stopped === null ? null : byForecast(step.instances, reserveReached)) ??
    (sweep.enough === null ? null : fitSaysEnough(steps, sweep.enough))
  );
}

/** Others may take memory meanwhile, and instances may grow: asked again before each start. */
function watchReserve(
  { trial, fleet, reserveBytes }: Course,
  each: Bytes,
): (flying: number) => string | null {
  const available = () => roomOf(trial.tools).memoryAvailableBytes;
  const begun = { available: available(), running: fleet.members.length };
  return (flying) => {
    const now = available();
    const started = fleet.members.length - begun.running;
    const taken = started > 0 ? (begun.available - now) / started : 0;
    return now - (flying + 1) * Math.max(each, taken) < reserveBytes ? 'memory' : null;
  };
}

const reserveReached = {
  binding: 'memory',
  evidence: 'one more start would have reached into the memory kept for the host',
} as const;

function byForecast(
  running: number,
  { binding, evidence }: Pick<DensityEnd, 'evidence'> & { readonly binding: DensityEnd['binding'] },
): DensityEnd {
  return {
    kind: 'density-end',
    cause: 'forecast',
    binding,
    evidence: `with ${running} running, ${evidence}`,
  };
}

function endOfFailures(
  { lostInARow }: Started,
  { failuresInARow }: Sweep,
  losses: readonly Loss[],
  running: number,
): DensityEnd | null {
  if (lostInARow < failuresInARow) return null;
  const last = losses.at(-1);
  return {
    kind: 'density-end',
    cause: 'failures',
    binding: bindingOfFailures(losses.slice(-lostInARow)),
    evidence: `with ${running} running, ${lostInARow} starts failed in a row; the last (${last?.reason ?? ''}): ${last?.message ?? ''}`,
  };
}

function endOfObjectives({ objectives, instances }: DensityStep): DensityEnd | null {
  const broken = objectives.find(({ held }) => !held);
  return broken === undefined ? null : endByObjective(broken, instances);
}

/** Reads the host, and keeps the step at once: whatever comes next, it has been measured. */
function keepStep(
  { trial: { tools }, fleet, gathered, steps }: Course,
  read: Pick<DensityStep, 'startSeconds' | 'objectives' | 'throughputs'> & {
    readonly losses: readonly Loss[];
  },
): DensityStep {
  const { losses, startSeconds, objectives, throughputs } = read;
  const { hostBytes, kernelBytes, pssBytes } = memoryOf(
    tools,
    fleet.members.map(({ instance }) => instance),
  );
  const working = fleet.members.map((member) => accountOf(member)?.read().workingBytes ?? null);
  const step: DensityStep = {
    kind: 'density-step',
    instances: fleet.members.length,
    startSeconds,
    failures: losses.map(lossWords),
    objectives,
    throughputs,
    room: roomOf(tools),
    hostBytes,
    kernelPlusPssBytes: pssBytes === null ? null : kernelBytes + pssBytes,
    groupBytes: working.includes(null) ? null : working.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
  };
  steps.push(step);
  gathered.observations.push(step);
  return step;
}

function nothingRan({ losses }: Course, { evidence }: DensityEnd): Outcome {
  const first = losses[0];
  if (first === undefined) {
    return { state: 'failed', reason: 'launch', message: `no instance was started: ${evidence}`, detail: '' };
  }
  return { state: 'failed', reason: first.reason, message: first.message, detail: first.detail };
}
