/**
 * Checks the analysis against worlds whose truth is known: noise, a drifting host, a planted difference.
 * Small in the unit tests, large in `npm run bench`, and always the very code that judges real runs.
 */
import type { Verdict } from '../../../model/analysis.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import { createRandom, type Random } from '../../../model/random.ts';
import { createBootstrap } from '../../statistics/bootstrap.ts';
import { mannWhitney } from '../../statistics/testing/mann-whitney.ts';
import { contrast } from '../contrast.ts';
import { judge } from '../verdict.ts';

export interface World {
  readonly blocks: number;
  /** Coefficient of variation between launches. */
  readonly noise: number;
  /** True ratio of subject to reference. */
  readonly effect: number;
  /** Linear change of the host from the first launch to the last, as a fraction. */
  readonly drift: number;
  /** False: all launches of the reference first, then all of the subject. */
  readonly interleaved: boolean;
  readonly threshold: number;
}

export interface Tally {
  readonly runs: number;
  /** Share of runs with p < 0.05: paired as tare does it, and unpaired for comparison. */
  readonly paired: number;
  readonly unpaired: number;
  /** Share of runs whose 95 % interval holds the true ratio. */
  readonly coverage: number;
  /** Share of runs with each verdict; those never given are absent. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
}

const plainWorld: World = {
  blocks: 30,
  noise: 0.05,
  effect: 1,
  drift: 0,
  interleaved: true,
  threshold: 0.05,
};

/** Simulates this many runs of a world, and how tare judges them. Seeded. */
export function simulate(world: Partial<World>, runs: number, seed = 1, resamples = 2000): Tally {
  const full = { ...plainWorld, ...world };
  const random = createRandom(seed);
  const bootstrap = createBootstrap(seed, resamples);
  const verdicts: Partial<Record<Verdict, number>> = {};
  let paired = 0;
  let unpaired = 0;
  let covered = 0;
  for (let run = 0; run < runs; run += 1) {
    const { reference, subject } = launches(full, random);
    const metric = duration(full.threshold);
    const numbers = contrast(byBlock(subject), byBlock(reference), metric, bootstrap);
    const { verdict } = judge(numbers, full.threshold, numbers.p, 1, 0);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1 / runs;
    if ((numbers.p ?? 1) < 0.05) paired += 1;
    if ((mannWhitney(subject, reference)?.p ?? 1) < 0.05) unpaired += 1;
    const { interval } = numbers.estimate ?? { interval: null };
    if (interval !== null && interval.low <= full.effect && full.effect <= interval.high) covered += 1;
  }
  return { runs, paired: paired / runs, unpaired: unpaired / runs, coverage: covered / runs, verdicts };
}

function launches(
  world: World,
  random: Random,
): { readonly reference: number[]; readonly subject: number[] } {
  const last = 2 * world.blocks - 1;
  const launch = (effect: number, place: number): number =>
    effect * Math.exp(world.noise * random.normal()) * (1 + (world.drift * place) / last);
  const reference: number[] = [];
  const subject: number[] = [];
  for (let block = 0; block < world.blocks; block += 1) {
    const swapped = random.integer(2);
    const places = world.interleaved
      ? ([2 * block + swapped, 2 * block + 1 - swapped] as const)
      : ([block, world.blocks + block] as const);
    reference.push(launch(1, places[0]));
    subject.push(launch(world.effect, places[1]));
  }
  return { reference, subject };
}

function byBlock(values: readonly number[]): { block: number; trial: number; value: number }[] {
  return values.map((value, block) => ({ block, trial: block, value }));
}

function duration(threshold: number): MetricDeclaration {
  return {
    id: 'simulated.duration',
    family: 'startup',
    title: 'Simulated duration',
    unit: 's',
    better: 'lower',
    source: { kind: 'sample' },
    definition: 'A number drawn from a known distribution.',
    threshold,
    needsRealCpu: false,
  };
}
