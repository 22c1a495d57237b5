/**
 * How long scenarios will take here, before anything was measured: the durations they ask for, plus what
 * a start costs by its runner and by what executes guest CPUs on this host, which is asked, not assumed.
 */
import type { AccelerationClass } from '../model/instance.ts';
import type { Cell, PlannedTrial } from '../model/plan.ts';
import type { Seconds } from '../model/quantities.ts';
import type { RunnerSpec } from '../model/scenario.ts';
import { cellsOf, createPlan, estimateSeconds, type LaunchCost } from '../bench/plan.ts';
import { runnerOf, type Availability, type RunnerCosts } from '../runners/runner.ts';
import { runners } from '../runners/index.ts';
import { withScratch } from './edges.ts';
import type { Request } from './requests.ts';

export interface Forecast {
  readonly seconds: Seconds;
  readonly launches: number;
  /** Runners that cannot run here, with the reason; their launches are not counted. */
  readonly skipped: readonly { readonly runner: string; readonly reason: string }[];
  /** What each runner answered, by its id. */
  readonly available: ReadonlyMap<string, Availability>;
  /** Whether any virtual machine of it is emulated here. */
  readonly emulated: boolean;
}

/** One forecast per request, of what is left of it. Asks each runner once whether and how it runs here. */
export async function forecast(requests: readonly Request[]): Promise<Forecast[]> {
  const asked = new Map<string, Promise<Availability>>();
  return withScratch(async (context) => {
    const ask = ({ kind, options }: RunnerSpec) => {
      const key = JSON.stringify([kind, options]);
      const answer = asked.get(key) ?? runnerOf(runners, kind).probe(options, context);
      asked.set(key, answer);
      return answer;
    };
    const forecasts: Forecast[] = [];
    for (const request of requests) {
      const found = new Map<string, Availability>();
      for (const runner of request.scenario.runners) found.set(runner.id, await ask(runner));
      forecasts.push(forecastOf(request, found));
    }
    return forecasts;
  });
}

function forecastOf(
  { scenario, seed, earlier }: Request,
  found: ReadonlyMap<string, Availability>,
): Forecast {
  const usable = ({ runner }: Cell) => found.get(runner.id)?.usable === true;
  const plan = createPlan(scenario, seed, cellsOf(scenario).filter(usable));
  const done = new Set(earlier?.trials.map(({ index }) => index));
  const trials = (earlier?.header.trials ?? plan.trials).filter(({ index }) => !done.has(index));
  const classes = new Map(
    [...found].map(([id, answer]) => [id, answer.usable ? answer.acceleration.class : 'none'] as const),
  );
  const kinds = new Map(plan.cells.map(({ id, runner }) => [id, runner.kind]));
  const isReal = ({ cell }: PlannedTrial) => kinds.get(cell) !== 'fake';
  const fakes = trials.filter((trial) => !isReal(trial)).length;
  const seconds =
    fakes * (fakeLaunch + scenario.cooldownSeconds) +
    estimateSeconds(scenario, { ...plan, trials: trials.filter(isReal) }, (cell) =>
      launchCost(cell, classes.get(cell.runner.id) ?? 'none'),
    );
  const machines = [...found.values()].filter(
    (answer) => answer.usable && answer.acceleration.class !== 'none',
  );
  const real = scenario.runners.some(({ kind }) => kind !== 'fake');
  const before = trials.length === 0 || !real ? 0 : preparing.run + machines.length * preparing.machine;
  return {
    seconds: seconds + before,
    launches: trials.length,
    available: found,
    skipped: [...found].flatMap(([runner, answer]) =>
      answer.usable ? [] : [{ runner, reason: answer.reason }],
    ),
    emulated: plan.cells.some(({ runner }) => classes.get(runner.id) === 'tcg'),
  };
}

/** Before the first launch: instruments, clocks and the image; per kind of VM its disk and kernel files. */
const preparing = { run: 2, machine: 3 } as const;
/** Fakes only claim to take time. */
const fakeLaunch = 0.01;
/** As little as a process takes. */
const leastCosts: RunnerCosts = {
  startSeconds: 0.03,
  serviceSeconds: 0.05,
  stopSeconds: 0.1,
  programSeconds: 0.05,
};

/** What a launch takes besides its work. */
function launchCost({ runner, workload }: Cell, acceleration: AccelerationClass): LaunchCost {
  const costs = runners[runner.kind]?.costs?.(runner.options, acceleration) ?? leastCosts;
  return {
    startSeconds: costs.startSeconds + (workload.service === null ? 0 : costs.serviceSeconds),
    stopSeconds: costs.stopSeconds,
    programOverheadSeconds: costs.programSeconds,
  };
}
