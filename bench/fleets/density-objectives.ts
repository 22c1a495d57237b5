/**
 * The service objectives of a density sweep, read at one step: start times, replies of the service, the
 * share of its throughput that a working instance keeps, and the memory the host has left.
 */
import { loadOf, roomOf } from '../instance/reported.ts';
import { loadBetween, type LoadCounters } from '../../host/room.ts';
import type { ExecResult } from '../../runners/runner.ts';
import type { Member } from './fleet.ts';
import { contextOf, launchSignal, padding, type Trial } from '../instance/instance.ts';
import type { ObjectiveName, ObjectiveReading } from '../../model/observation.ts';
import type { Bytes, Seconds } from '../../model/quantities.ts';
import { requestOf } from '../scenario/readiness.ts';
import { orderStatistic, mean } from '../../model/descriptive.ts';
import { cpu } from '../workloads/cpu.ts';
import type { Sweep } from '../workloads/workload.ts';

/** What reading a step takes. */
export interface ObjectiveScene {
  readonly trial: Trial;
  readonly sweep: Sweep;
  readonly members: readonly Member[];
  readonly reserveBytes: Bytes;
  /** Work per second of the first instance alone; null: this is that instance. */
  readonly alone: number | null;
  /** Of the instances that this step added, and the host while they started. */
  readonly startSeconds: readonly Seconds[];
  readonly starting: Span;
}

interface Span {
  readonly from: LoadCounters;
  readonly to: LoadCounters;
}

export interface StepReading {
  readonly objectives: readonly ObjectiveReading[];
  readonly throughputs: readonly number[];
}

/** Seconds a request or a program may take beyond its own time before it counts as unanswered. */
const patience: Seconds = 30;

/** Every objective asked for, in the order of their names in a scenario. */
export async function readObjectives(scene: ObjectiveScene): Promise<StepReading> {
  const { sweep, startSeconds, starting, trial } = scene;
  const objectives: ObjectiveReading[] = [];
  const add = (name: ObjectiveName, value: number | null, limit: number, held: boolean, span: Span) =>
    objectives.push({ name, value, limit, held, load: loadBetween(span.from, span.to) });
  const started = orderStatistic(startSeconds, sweep.startQuantile);
  if (sweep.startWithin !== null && started !== null) {
    add('startWithin', started, sweep.startWithin, started <= sweep.startWithin, starting);
  }
  if (sweep.requestWithin !== null) {
    const { value: seconds, span } = await during(scene, () => askAll(scene));
    // An instance that does not answer is slower than any limit.
    const slow = answered(orderStatistic(seconds, sweep.requestQuantile));
    add('requestWithin', slow, sweep.requestWithin, slow !== null && slow <= sweep.requestWithin, span);
  }
  let throughputs: readonly number[] = [];
  if (sweep.workAtLeast !== null) {
    const { value, span } = await during(scene, () => workAll(scene));
    throughputs = value;
    const rate = mean(value);
    const alone = scene.alone ?? rate;
    const share = rate === null || alone === null || alone <= 0 ? null : rate / alone;
    add('workAtLeast', share, sweep.workAtLeast, share !== null && share >= sweep.workAtLeast, span);
  }
  const left = roomOf(trial.tools).memoryAvailableBytes;
  const now = loadOf(trial.tools);
  add('memoryReserve', left, scene.reserveBytes, left >= scene.reserveBytes, {
    from: starting.from,
    to: now,
  });
  return { objectives, throughputs };
}

/** Null where no reply came. */
function answered(seconds: Seconds | null): Seconds | null {
  return seconds === null || !Number.isFinite(seconds) ? null : seconds;
}

async function during<T>(
  { trial: { tools } }: ObjectiveScene,
  measure: () => Promise<T>,
): Promise<{ readonly value: T; readonly span: Span }> {
  const from = loadOf(tools);
  const value = await measure();
  return { value, span: { from, to: loadOf(tools) } };
}

/** Evenly spread over the fleet, the newest among them. */
export function sampleOf<T>(members: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(count, members.length);
  return Array.from({ length: wanted }, (_, index) => {
    const place = Math.ceil(((index + 1) * members.length) / wanted) - 1;
    return members[place];
  }).filter((member) => member !== undefined);
}

/** The sampled instances work at the same time; those that fail at it have no rate. */
async function workAll({ trial, sweep, members }: ObjectiveScene): Promise<readonly number[]> {
  const { cell } = trial;
  const options = { duration: sweep.workFor };
  const rates = await Promise.all(
    sampleOf(members, sweep.sampled).map(async (member) => {
      const result = await run(trial, member, cpu.command(options, cell.shape, null), sweep.workFor);
      if (result?.exitCode !== 0) return null;
      const samples = cpu.parse({ result, cpuSeconds: null }, options);
      return samples.find(({ metric }) => metric === 'cpu.events')?.value ?? null;
    }),
  );
  return rates.filter((rate) => rate !== null);
}

/**
 * Request and reply of the service, asked by a client inside each sampled instance, one after the other.
 * Timed on the host; starting the client counts, so this bounds a reply time from above (about 2 ms more).
 */
async function askAll({ trial, sweep, members }: ObjectiveScene): Promise<readonly Seconds[]> {
  const { service } = trial.cell.workload;
  const asked = service === null ? null : requestOf(service.ready);
  if (service === null || asked === null) return [];
  const script = `printf '%s' "$1" | "$TARE_BUSYBOX" nc -w 5 127.0.0.1 "$2"`;
  const argv = ['busybox', 'sh', '-c', script, 'sh', asked.send, String(service.port)];
  const each = await Promise.all(
    sampleOf(members, sweep.sampled).map(async (member) => {
      const seconds: Seconds[] = [];
      for (let request = 0; request < sweep.requests; request += 1) {
        const result = await run(trial, member, argv, 5);
        const isReply = result !== null && asked.isReply(result.stdout);
        seconds.push(isReply ? result.end - result.begin : Infinity);
      }
      return seconds;
    }),
  );
  return each.flat();
}

/** Runs a program in an instance; null when the instance could not, which is its own failure to tell. */
async function run(
  trial: Trial,
  { instance }: Member,
  argv: readonly string[],
  seconds: Seconds,
): Promise<ExecResult | null> {
  const { tools, planned } = trial;
  const timeoutSeconds = Math.ceil(seconds + patience);
  const request = { argv, environment: padding(planned), timeoutSeconds };
  try {
    return await instance.exec(request, contextOf(tools, launchSignal(trial).signal));
  } catch {
    tools.signal.throwIfAborted();
    return null;
  }
}
