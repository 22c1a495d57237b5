/**
 * How sure a count is: the tares resampled from their launches (the bootstrap of their medians) and each row's
 * demand from its own spread, or the declared one, all from one seed. What the draws leave between 2.5 % and
 * 97.5 % is the interval. Instances of one row move together, which is the careful side.
 */
import { createRandom, type Random } from '../../model/random.ts';
import { median } from '../../model/descriptive.ts';
import { byAlternative, lightAnswer } from './counts.ts';
import { basisOf } from '../demand.ts';
import type { DemandRow, Inventory, SizingPolicy } from '../model.ts';
import type { Profile } from '../profile.ts';
import type { Alternative } from '../problem.ts';
import type { Question } from '../size.ts';
import type { PickTare } from '../weights.ts';

export interface Uncertainty {
  readonly draws: number;
  readonly seed: number;
  /** Share of the instances whose demand was drawn. */
  readonly varied: number;
  /** The tares were drawn: they have launches enough. */
  readonly tares: boolean;
  readonly by: Readonly<Record<Alternative, CountInterval | null>>;
}

/** Around the count found: the draws are compared with a packing by the same heuristics. */
export interface CountInterval {
  readonly low: number;
  readonly high: number;
  /** Share of the draws in which there was no room for all. */
  readonly misfits: number;
}

/** Null: neither a tare nor the demand has a spread, or no draws are asked for. */
export async function uncertaintyOf(
  question: Question,
  found: Readonly<Record<Alternative, number | null>>,
  profile: Profile | null,
  weightsBy: (pick: PickTare) => Question['weights'],
): Promise<Uncertainty | null> {
  const { draws, seed } = question.policy.uncertainty;
  const drawable = new Set(profile?.tares.filter(({ memoryBytes }) => memoryBytes?.interval != null));
  const whole = question.inventory.demand.reduce((sum, { count }) => sum + count, 0);
  const varying = question.inventory.demand
    .filter((row) => spreadOf(row, question).some((cv) => cv > 0))
    .reduce((sum, { count }) => sum + count, 0);
  if (draws === 0 || (varying === 0 && drawable.size === 0)) return null;
  const random = createRandom(seed);
  const counts: Record<Alternative, number[]> = { vm: [], container: [], 'containers-in-vms': [] };
  for (let draw = 0; draw < draws; draw += 1) {
    const tares = new Map(
      [...drawable].map((tare) => [tare, drawnMedian(tare.memoryBytes?.launches ?? [], random)]),
    );
    const inventory = drawnInventory(question, random);
    const weights = weightsBy((tare) => tares.get(tare) ?? tare.memoryBytes?.median ?? 0);
    const drawn = await byAlternative((name) => lightAnswer(name, { ...question, inventory, weights }));
    for (const name of alternativesOf(counts)) {
      const { hosts } = drawn[name];
      if (hosts !== null) counts[name].push(hosts);
    }
  }
  const by = await byAlternative(async (name) => {
    const plain = (await lightAnswer(name, question)).hosts;
    const proven = found[name];
    const sorted = counts[name].sort((a, b) => a - b);
    if (plain === null || proven === null || sorted.length === 0) return null;
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? plain;
    return {
      low: Math.max(1, proven + Math.min(0, at(0.025) - plain)),
      high: proven + Math.max(0, at(0.975) - plain),
      misfits: 1 - sorted.length / draws,
    };
  });
  return { draws, seed, varied: whole === 0 ? 0 : varying / whole, tares: drawable.size > 0, by };
}

function alternativesOf<T>(by: Readonly<Record<Alternative, T>>): Alternative[] {
  return Object.keys(by) as Alternative[];
}

function drawnMedian(launches: readonly number[], random: Random): number {
  const drawn = launches.map(() => launches[random.integer(launches.length)] ?? 0);
  return Math.max(0, median(drawn) ?? 0);
}

/** Coefficients of variation of CPU and memory: its own where its usage counts, else the declared one. */
function spreadOf(
  row: DemandRow,
  { inventory, policy }: Pick<Question, 'inventory' | 'policy'>,
): readonly [number, number] {
  const { demandCv } = policy.uncertainty;
  const own = usageCounts(inventory, policy) ? row.usage?.cv : undefined;
  return [own?.cpu ?? demandCv, own?.memory ?? demandCv];
}

function usageCounts(inventory: Inventory, policy: SizingPolicy): boolean {
  return basisOf(inventory, policy).kind === 'usage';
}

function drawnInventory(question: Question, random: Random): Inventory {
  const demand = question.inventory.demand.map((row): DemandRow => {
    const [cpu, memory] = spreadOf(row, question).map((cv) => factor(cv, random));
    const times = (value: number | null, by = 1) => (value === null ? null : value * by);
    return {
      ...row,
      cpuThreads: times(row.cpuThreads, cpu),
      memoryBytes: times(row.memoryBytes, memory),
      usage:
        row.usage === null
          ? null
          : {
              ...row.usage,
              cpuThreads: times(row.usage.cpuThreads, cpu),
              memoryBytes: times(row.usage.memoryBytes, memory),
            },
    };
  });
  return { ...question.inventory, demand };
}

/** Lognormal with mean 1: demand is never negative and its tail is long. */
function factor(cv: number, random: Random): number {
  if (cv === 0) return 1;
  const variance = Math.log(1 + cv * cv);
  return Math.exp(Math.sqrt(variance) * random.normal() - variance / 2);
}
