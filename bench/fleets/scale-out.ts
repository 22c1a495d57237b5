/**
 * Scale-out: some instances idle, then more of them requested at one instant. Every time counts from that
 * request, so that what tare does before each launch is in it, and is told apart in the record.
 */
import { TrialFailure } from '../../runners/runner.ts';
import { lossWords, proveMembers, withFleet, type Member, type Started } from './fleet.ts';
import type { Gathered } from '../instance/gathered.ts';
import type { Ended, Trial } from '../instance/instance.ts';
import type { Wave } from '../../model/observation.ts';
import type { Seconds } from '../../model/quantities.ts';
import { orderStatistic } from '../../model/descriptive.ts';
import type { ScaleOutWorkload } from '../workloads/workload.ts';

type Request = ReturnType<ScaleOutWorkload['wave']>;

/** Instances proven at once after the wave: nothing is timed there. */
const provenAtOnce = 4;

/** One wave; a launch of it that fails fails the trial, with all that was read in the record. */
export function scaleOut(
  trial: Trial,
  workload: ScaleOutWorkload,
  options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const { tools } = trial;
  const request = workload.wave(options);
  return withFleet(trial, async (fleet) => {
    const idle = await fleet.start(request.idle, request.idleInFlight);
    requireAll(idle, request.idle, 'idle instances before the request');
    await tools.sleep(request.settleSeconds, tools.signal);
    const requested = tools.now();
    const wave = await fleet.start(request.more, request.inFlight);
    tellWave(gathered, wave, request, requested);
    requireAll(wave, request.more, 'instances requested at once');
    const [fallen] = await fleet.reap();
    if (fallen !== undefined) throw new TrialFailure(fallen);
    gathered.provenDigest = await proveMembers(trial, fleet.members, [], provenAtOnce);
    return { state: 'ok' };
  });
}

/** The wave as an observation, and its numbers where it is complete. */
function tellWave(gathered: Gathered, started: Started, request: Request, requested: Seconds): void {
  const ready = started.members
    .map((member) => ({ launched: since(member, 'T0', requested), ready: since(member, 'T6', requested) }))
    .sort((a, b) => a.ready - b.ready);
  const wave: Wave = {
    kind: 'wave',
    idle: request.idle,
    asked: request.more,
    ready,
    failures: started.losses.map(lossWords),
  };
  gathered.observations.push(wave);
  gathered.marks.push({ name: 'wave requested', at: requested });
  const times = ready.map((one) => one.ready);
  const last = times.at(-1);
  if (last === undefined || times.length < request.more) return;
  gathered.marks.push({ name: 'wave ready', at: requested + last });
  gathered.samples.push(
    { metric: 'scale-out.half-ready', value: orderStatistic(times, 0.5) ?? last },
    { metric: 'scale-out.most-ready', value: orderStatistic(times, 0.9) ?? last },
    { metric: 'scale-out.rate', value: request.more / last },
  );
}

function since({ marks }: Member, name: string, requested: Seconds): Seconds {
  const at = marks.find((mark) => mark.name === name)?.at;
  if (at === undefined) throw new Error(`an instance became ready without its mark ${name}`);
  return at - requested;
}

/** A wave that is not complete has no time until all are ready. */
function requireAll({ members, losses }: Started, wanted: number, what: string): void {
  const [first] = losses;
  if (first === undefined && members.length === wanted) return;
  const missing = `${wanted - members.length} of ${wanted} ${what}`;
  throw new TrialFailure({
    reason: first?.reason ?? 'launch',
    message: `${missing} did not become ready; the first: ${first?.message ?? 'not started'}`,
    detail: first?.detail ?? '',
  });
}
