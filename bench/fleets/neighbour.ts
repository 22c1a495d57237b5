/**
 * One launch of a noisy-neighbour measurement: the victim's program once alone, once beside an idle
 * instance, once beside each stressor, in random order. The neighbour is fresh in every phase, so that its
 * counters and whatever it left are of that phase alone; the victim lives through all of them, and is
 * started again only where a phase has ended it.
 */
import { TrialFailure } from '../../runners/runner.ts';
import type { Site } from '../../host/site/site.ts';
import { reported } from '../instance/reported.ts';
import { stealBetween } from '../../host/drift.ts';
import { messageOf } from '../../model/errors.ts';
import type { Gathered } from '../instance/gathered.ts';
import { conclude, contextOf, padding, withCpuOf, type Ended, type Trial } from '../instance/instance.ts';
import type { GroupStrain } from '../../model/instance.ts';
import type { NeighbourEvidence, NeighbourPhase } from '../../model/observation.ts';
import type { PlannedTrial } from '../../model/plan.ts';
import type { Outcome } from '../../model/record.ts';
import { createPair, strainBetween, type Half, type Neighbour, type Pair } from './pair.ts';
import { runInside } from '../instance/program.ts';
import { createRandom } from '../../model/random.ts';
import { slowdownSamples } from '../workloads/neighbour/neighbour.ts';
import type { NeighbourDesign } from '../workloads/neighbour/design.ts';
import { UnreadableOutput } from '../workloads/output.ts';
import type { NeighbourWorkload } from '../workloads/workload.ts';

/** CPU a stressor must have used before it counts as running: stress-ng's own start takes about half of it. */
const provenCpuSeconds = 0.05;
/** How long it may take to get there; an emulated guest takes seconds to load a program. */
const provenWithinSeconds = 20;
/** Less in the victim's window, and nothing was there to disturb it. */
const aliveCores = 0.001;

interface Launch {
  readonly trial: Trial;
  readonly design: NeighbourDesign;
  readonly pair: Pair;
  readonly gathered: Gathered;
  victim: Half | null;
}

/** Runs every phase; what was seen before a failure is kept. */
export function measureNeighbours(
  trial: Trial,
  workload: NeighbourWorkload,
  options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const { planned, cell, scenario, tools } = trial;
  const design = workload.design(options, {
    cpus: tools.site.cpus.count,
    shape: cell.shape,
    pidsLimit: scenario.pidsLimit,
  });
  const launch: Launch = { trial, design, pair: createPair(trial, design), gathered, victim: null };
  const phases: NeighbourPhase[] = [];
  const work = async (allow: () => AbortSignal): Promise<Outcome> => {
    for (const [place, beside] of orderOf(design, planned).entries()) {
      const words = `${place + 1} of ${design.stressors.length + 2}: ${beside}`;
      tools.progress({ kind: 'underway', trial: planned, words });
      // Each phase has the time of a launch; the launch as a whole has as many of them as phases.
      const phase = await runPhase(launch, place, beside, allow());
      phases.push(phase);
      gathered.observations.push(phase);
      requireReference(phase);
    }
    gathered.provenDigest = tools.image.digest; // every instance was proven at its start
    gathered.samples.push(...slowdownSamples(phases));
    return { state: 'ok' };
  };
  return conclude(trial, work, {
    fallen: () => launch.victim ?? { instance: null, group: null },
    marks: [],
    readEnd() {
      const gone = launch.pair.cpuSeconds();
      const cpuSeconds = launch.victim === null ? gone : withCpuOf(gone, launch.victim.group);
      return { cpuSeconds, reading: null };
    },
    async putAway() {
      if (launch.victim !== null) await launch.pair.putAway(launch.victim);
      return launch.pair.leftovers;
    },
  });
}

/** Drawn from what the plan's seed has already drawn for this launch: a resumed run has the same order. */
function orderOf(design: NeighbourDesign, { index, padBytes }: PlannedTrial): string[] {
  const conditions = ['alone', 'idle', ...design.stressors.map(({ name }) => name)];
  return createRandom(1_000_003 * padBytes + index).shuffle(conditions);
}

/** Without what it is read against, the rest of a launch says nothing. */
function requireReference({ beside, result }: NeighbourPhase): void {
  if (result.state !== 'did-not-finish' || (beside !== 'alone' && beside !== 'idle')) return;
  const where = beside === 'alone' ? 'alone' : 'beside an idle neighbour';
  const { reason, message } = result;
  throw new TrialFailure({ reason, message: `${message}, even ${where}`, detail: message });
}

async function runPhase(
  launch: Launch,
  place: number,
  beside: string,
  signal: AbortSignal,
): Promise<NeighbourPhase> {
  const { trial, design, pair } = launch;
  const { tools } = trial;
  const { victim } = design;
  const live = (launch.victim ??= await pair.startVictim(victim.service, victim.programs, signal));
  const neighbour = beside === 'alone' ? null : await pair.startNeighbour(signal);
  try {
    const stressor = design.stressors.find(({ name }) => name === beside);
    const stress =
      neighbour === null || stressor === undefined
        ? null
        : await startStress(launch, neighbour, stressor.command(neighbour.folder), signal);
    await tools.sleep(design.settleSeconds, signal);
    const from = {
      counters: reported(tools.site, tools.site.counters(), 'its CPU time'),
      strain: live.group.strain(),
      other: neighbour?.group.strain() ?? null,
    };
    const running = stress?.failure() ?? null;
    const result = running === null ? await attempt(launch, live, beside, signal) : voided(running);
    const to = {
      counters: reported(tools.site, tools.site.counters(), 'its CPU time'),
      strain: live.group.strain(),
      other: neighbour?.group.strain() ?? null,
    };
    const wallSeconds = to.counters.at - from.counters.at;
    const during = from.other === null || to.other === null ? null : strainBetween(from.other, to.other);
    const stopped = stress === null ? null : (stress.failure() ?? restedFor(during, wallSeconds));
    return {
      kind: 'neighbour',
      place,
      beside,
      victim: design.victimName,
      limits: design.limits,
      // A victim that did not finish beside a stressor that did is still a victim.
      result: stopped !== null && result.state === 'finished' ? voided(stopped) : result,
      wallSeconds,
      neighbour:
        neighbour === null || during === null
          ? null
          : evidenceOf(neighbour, live, during, stopped, tools.site),
      suffered: strainBetween(from.strain, to.strain),
      stealShare: stealBetween(from.counters, to.counters),
    };
  } finally {
    if (neighbour !== null) await pair.putAway(neighbour);
  }
}

const voided = (message: string): NeighbourPhase['result'] => ({ state: 'void', message });

function restedFor(during: GroupStrain | null, wallSeconds: number): string | null {
  const cpuSeconds = during?.cpuSeconds ?? null;
  if (cpuSeconds === null || cpuSeconds >= aliveCores * wallSeconds) return null;
  return `the neighbour used ${(cpuSeconds * 1000).toFixed(1)} ms of CPU in ${wallSeconds.toFixed(1)} s: it was not at work`;
}

interface Stress {
  /** Why it does not run any more, or never did; null: it runs. */
  failure(): string | null;
}

/** Starts a stressor and resolves once it has been seen to work, or cannot be. */
async function startStress(
  { trial }: Launch,
  { instance, group }: Neighbour,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Stress> {
  const { tools, planned } = trial;
  let over: string | null = null;
  const before = group.read().cpuSeconds ?? 0;
  const request = { argv, environment: padding(planned), timeoutSeconds: trial.scenario.trialTimeoutSeconds };
  // Not awaited: it runs until its instance is put away, and then it fails.
  void instance.exec(request, contextOf(tools, signal)).then(
    ({ exitCode, stdout, stderr }) => {
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' | ');
      over ??= `the stressor ended by itself with status ${exitCode}: ${said}`;
    },
    (error: unknown) => {
      over ??= `the neighbour ended: ${messageOf(error)}`;
    },
  );
  const failure = (): string | null => over ?? instance.ended()?.message ?? null;
  const until = tools.now() + provenWithinSeconds;
  while (failure() === null && (group.read().cpuSeconds ?? Infinity) - before < provenCpuSeconds) {
    if (tools.now() > until) over = `the stressor was not seen to work within ${provenWithinSeconds} s`;
    else await tools.sleep(0.05, signal);
  }
  return { failure };
}

/** The victim's program, once. */
async function attempt(
  launch: Launch,
  live: Half,
  beside: string,
  signal: AbortSignal,
): Promise<NeighbourPhase['result']> {
  const { trial, design, pair, gathered } = launch;
  const { victim, seconds, limitSeconds } = design;
  const argv = victim.command(seconds, trial.cell.shape, live.folder);
  try {
    const inside = { trial, instance: live.instance, account: live.group, signal, gathered };
    const measured = await runInside(inside, `${design.victimName} beside ${beside}`, argv, limitSeconds);
    return { state: 'finished', values: victim.parse(measured, seconds) };
  } catch (error) {
    if (trial.tools.signal.aborted) throw error;
    // Unreadable is not unfinished: nothing is learnt from it, neither good nor bad.
    if (error instanceof UnreadableOutput) return voided(error.message);
    if (!(error instanceof TrialFailure) || error.facts.reason === 'missing-program') throw error;
    const { reason, message } = live.instance.ended() ?? error.facts;
    launch.victim = null;
    await pair.putAway(live);
    return { state: 'did-not-finish', reason, message };
  }
}

function evidenceOf(
  { cage, held, unset, group }: Neighbour,
  victim: Half,
  during: GroupStrain,
  ended: string | null,
  site: Site,
): NeighbourEvidence {
  const [its, others] = [group.pids()[0], victim.group.pids()[0]].map((pid) =>
    pid === undefined ? null : site.cpuGroupOf(pid),
  );
  const cpuApart = its == null || others == null ? null : its !== others;
  return { held, cage, unset, cpuApart, during, strain: group.strain(), ended };
}
