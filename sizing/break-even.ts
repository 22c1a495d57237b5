/**
 * From how many instances on containers need fewer hosts, or cost less, than virtual machines: the demand in its
 * proportions at other sizes, and between the last size without a difference and the first with one a search for
 * the exact number. Whole hosts make the curves steps, so that a difference may close again: that is said.
 */
import { byAlternative, countOf, lightAnswer, type Count } from './counts.ts';
import type { Inventory } from './model.ts';
import type { Alternative } from './problem.ts';
import type { Question } from './size.ts';

export interface BreakEvenPoint {
  readonly instances: number;
  readonly by: Readonly<Record<Alternative, Count>>;
}

export interface Crossing {
  readonly alternative: 'container' | 'containers-in-vms';
  readonly measure: 'hosts' | 'cost';
  /** Fewest instances found at which it needs less than virtual machines; null: at none up to `upTo`. */
  readonly from: number | null;
  readonly upTo: number;
  /** So it does at every larger size that was looked at. */
  readonly stays: boolean;
}

export interface BreakEven {
  readonly points: readonly BreakEvenPoint[];
  readonly crossings: readonly Crossing[];
}

const sizes = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 1.5, 2];

/** The same mix in so many instances: each row has its share of them, rounded so that the sum is exact. */
export function scaledTo(inventory: Inventory, instances: number): Inventory {
  const whole = inventory.demand.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  let given = 0;
  const demand = inventory.demand.map((row) => {
    seen += row.count;
    const until = Math.round((seen * instances) / whole);
    const count = until - given;
    given = until;
    return { ...row, count };
  });
  return { ...inventory, demand: demand.filter(({ count }) => count > 0) };
}

export async function breakEvenOf(question: Question): Promise<BreakEven | null> {
  const whole = question.inventory.demand.reduce((sum, { count }) => sum + count, 0);
  if (whole < 2) return null;
  const counts = new Map<string, Count>();
  const countAt = async (alternative: Alternative, instances: number): Promise<Count> => {
    const key = `${alternative} ${String(instances)}`;
    const known = counts.get(key);
    if (known !== undefined) return known;
    const inventory = scaledTo(question.inventory, instances);
    const count = countOf(await lightAnswer(alternative, { ...question, inventory }));
    counts.set(key, count);
    return count;
  };
  const instances = [...new Set(sizes.map((size) => Math.max(1, Math.round(size * whole))))];
  const points: BreakEvenPoint[] = [];
  for (const count of instances)
    points.push({ instances: count, by: await byAlternative((name) => countAt(name, count)) });
  const crossings: Crossing[] = [];
  for (const alternative of ['container', 'containers-in-vms'] as const) {
    for (const measure of ['hosts', 'cost'] as const) {
      if (measure === 'cost' && points.every(({ by }) => by.vm.cost === null)) continue;
      crossings.push(await crossingOf(points, alternative, measure, countAt));
    }
  }
  return { points, crossings };
}

type CountAt = (alternative: Alternative, instances: number) => Promise<Count>;

async function crossingOf(
  points: readonly BreakEvenPoint[],
  alternative: Crossing['alternative'],
  measure: Crossing['measure'],
  countAt: CountAt,
): Promise<Crossing> {
  const isLess = (of: Count, vm: Count) =>
    of[measure] !== null && vm[measure] !== null && of[measure] < vm[measure];
  const at = points.findIndex(({ by }) => isLess(by[alternative], by.vm));
  const upTo = points.at(-1)?.instances ?? 0;
  const first = points[at];
  if (first === undefined) return { alternative, measure, from: null, upTo, stays: false };
  let low = points[at - 1]?.instances ?? 0;
  let high = first.instances;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const less = isLess(await countAt(alternative, middle), await countAt('vm', middle));
    if (less) high = middle;
    else low = middle;
  }
  const stays = points.slice(at).every(({ by }) => isLess(by[alternative], by.vm));
  return { alternative, measure, from: high, upTo, stays };
}
