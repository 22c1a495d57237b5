/**
 * Checks the comparison of runs against worlds whose truth is known: noise, launches that resemble the one
 * before, a host that drifts or differs from run to run, a planted change. Small in the unit tests, large in
 * `npm run bench verdicts`, and always the very code that judges real runs.
 */
import type { Verdict } from '../../model/analysis.ts';
import { createRandom, type Random } from '../../model/random.ts';
import { createBootstrap } from '../../bench/statistics/bootstrap.ts';
import { standardDeviation } from '../../model/descriptive.ts';
import { betweenOf } from '../calibrate.ts';
import { verdictOf } from '../drafts.ts';
import { changeOf, isEnough } from '../numbers.ts';
import { verdictAlpha } from '../../bench/statistics/power.ts';

export interface World {
  /** Launches of each run. */
  readonly launches: number;
  /** Runs of each side, alternating in time. */
  readonly runs: number;
  /** Runs of head alone, after all of base; null: as many as base has. */
  readonly headRuns: number | null;
  /** Coefficient of variation between launches. */
  readonly noise: number;
  /** Correlation of a launch with the one before. */
  readonly serial: number;
  /** Share of launches that take three times as long. */
  readonly spikes: number;
  /** Ratio of a second mode, in which half of the launches are, as correlated as `serial` says; 1: there is none. */
  readonly mode: number;
  /** Linear change of the host over all runs, as a fraction. */
  readonly drift: number;
  /** Coefficient of variation between runs of one side: boots, times of day. */
  readonly between: number;
  /** What of `between` is known beforehand, exactly; null: nothing. */
  readonly knownBetween: number | null;
  /** Runs of the unchanged thing from which `between` is measured beforehand, as `tare calibrate` does; 0: it is not. */
  readonly calibrationRuns: number;
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
  headRuns: null,
  noise: 0.05,
  serial: 0,
  spikes: 0,
  mode: 1,
  drift: 0,
  between: 0,
  knownBetween: null,
  calibrationRuns: 0,
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
    const between = full.calibrationRuns === 0 ? full.knownBetween : calibrated(full, random);
    const change = changeOf([runsOf(full, random)], 'lower', bootstrap, { between: between ?? 0 });
    const verdict =
      isEnough(change) && change.p !== null
        ? verdictOf(change, full.threshold, change.p, [1, 1], 'lower')
        : 'no-verdict';
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1 / comparisons;
    if ((change.p ?? 1) < verdictAlpha) significant += 1;
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

/** Noise between runs as it is found in some runs of the unchanged thing. */
function calibrated(world: World, random: Random): number | null {
  const { base } = runsOf({ ...world, runs: world.calibrationRuns, headRuns: 0, effect: 1 }, random);
  const within = standardDeviation(
    base.flatMap((values) => {
      const logs = values.map(Math.log);
      const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
      return logs.map((value) => value - mean);
    }),
  );
  return betweenOf(base, within).cautious;
}

function runsOf(world: World, random: Random): { base: number[][]; head: number[][] } {
  const base: number[][] = [];
  const head: number[][] = [];
  const all = world.runs + (world.headRuns ?? world.runs);
  const last = all * world.launches - 1;
  let place = 0;
  for (let run = 0; run < all; run += 1) {
    const isHead = world.headRuns === null ? run % 2 === 1 : run >= world.runs;
    const offset = world.between * random.normal();
    let previous = random.normal();
    const values = Array.from({ length: world.launches }, () => {
      const own = previous;
      previous = world.serial * previous + Math.sqrt(1 - world.serial ** 2) * random.normal();
      const drifted = 1 + (world.drift * place++) / last;
      const odd = (own > 0 ? world.mode : 1) * (world.spikes > 0 && random.next() < world.spikes ? 3 : 1);
      return (isHead ? world.effect : 1) * drifted * odd * Math.exp(offset + world.noise * own);
    });
    (isHead ? head : base).push(values);
  }
  return { base, head };
}
