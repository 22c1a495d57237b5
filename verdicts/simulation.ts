/**
 * Checks the comparison of runs against worlds whose truth is known: noise, launches that resemble the one
 * before, a host that drifts or differs from run to run, a planted change. Small in the unit tests, large in
 * `npm run bench verdicts`, and always the very code that judges real runs.
 */
import type { Verdict } from '../bench/model.ts';
import { createRandom, type Random } from '../bench/random.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';
import { fewestRuns, verdictOf } from './compare.ts';
import { changeOf } from './numbers.ts';

export interface World {
  /** Launches of each run. */
  readonly launches: number;
  /** Runs of each side, alternating in time. */
  readonly runs: number;
  /** Coefficient of variation between launches. */
  readonly noise: number;
  /** Correlation of a launch with the one before. */
  readonly serial: number;
  /** Linear change of the host over all runs, as a fraction. */
  readonly drift: number;
  /** Coefficient of variation between runs of one side: boots, hours. */
  readonly between: number;
  /** What of `between` was measured beforehand and is known. */
  readonly knownBetween: number;
  /** True ratio of head to base. */
  readonly effect: number;
  readonly threshold: number;
}

export interface Tally {
  readonly comparisons: number;
  /** Share with p < 0.05. */
  readonly significant: number;
  /** Share whose 95 % interval holds the truth, of those that have one. */
  readonly coverage: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
}

const plainWorld: World = {
  launches: 30,
  runs: 1,
  noise: 0.05,
  serial: 0,
  drift: 0,
  between: 0,
  knownBetween: 0,
  effect: 1,
  threshold: 0.05,
};

/** Simulates this many comparisons of a world, and how tare judges them. Seeded. */
export function simulateChanges(
  world: Partial<World>,
  comparisons: number,
  seed = 1,
  resamples = 1000,
): Tally {
  const full = { ...plainWorld, ...world };
  const random = createRandom(seed);
  const bootstrap = createBootstrap(seed, resamples);
  const verdicts: Partial<Record<Verdict, number>> = {};
  let significant = 0;
  let covered = 0;
  let withInterval = 0;
  for (let at = 0; at < comparisons; at += 1) {
    const change = changeOf([runsOf(full, random)], 'lower', bootstrap, { between: full.knownBetween });
    const enough = change.n >= (change.unit === 'launch' ? minimumBlocks : fewestRuns);
    const verdict =
      enough && change.p !== null
        ? verdictOf(change, full.threshold, change.p, [1, 1], 'lower')
        : 'no-verdict';
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1 / comparisons;
    if ((change.p ?? 1) < 0.05) significant += 1;
    const interval = change.estimate?.interval;
    if (interval != null) {
      withInterval += 1;
      if (interval.low <= full.effect && full.effect <= interval.high) covered += 1;
    }
  }
  return {
    comparisons,
    significant: significant / comparisons,
    coverage: withInterval === 0 ? 1 : covered / withInterval,
    verdicts,
  };
}

function runsOf(world: World, random: Random): { base: number[][]; head: number[][] } {
  const base: number[][] = [];
  const head: number[][] = [];
  const last = 2 * world.runs * world.launches - 1;
  let place = 0;
  for (let run = 0; run < 2 * world.runs; run += 1) {
    const isHead = run % 2 === 1;
    const offset = world.between * random.normal();
    let previous = random.normal();
    const values = Array.from({ length: world.launches }, () => {
      const own = previous;
      previous = world.serial * previous + Math.sqrt(1 - world.serial ** 2) * random.normal();
      const drifted = 1 + (world.drift * place++) / last;
      return (isHead ? world.effect : 1) * drifted * Math.exp(offset + world.noise * own);
    });
    (isHead ? head : base).push(values);
  }
  return { base, head };
}
