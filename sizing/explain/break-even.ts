/**
 * From how many instances on containers need fewer hosts, or cost less, than virtual machines: the demand in its
 * proportions at other sizes. Hosts are whole, so both counts are steps: the exact number is found by walking the
 * steps of the virtual machines, for only where one begins can the difference open. It may close again: that is said.
 */
import { byAlternative, countOf, lightAnswer, type Count } from './counts.ts';
import type { Inventory } from '../model.ts';
import type { Alternative } from '../problem.ts';
import type { Question } from '../size.ts';

export interface BreakEvenPoint {
  readonly instances: number;
  readonly by: Readonly<Record<Alternative, Count>>;
}

export interface Crossing {
  readonly alternative: 'container' | 'containers-in-vms';
  readonly measure: 'hosts' | 'cost';
  /** Fewest instances at which it needs less than virtual machines; null: at none up to `upTo`. */
  readonly from: number | null;
  /** Every step up to there was looked at; false: only the sizes of the table, for there are too many steps. */
  readonly exact: boolean;
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
    const priced = points.some(({ by }) => by.vm.cost !== null);
    // Hosts of several kinds are not comparable by their number where they have prices.
    const measures: Crossing['measure'][] = [
      ...(priced && question.hosts.length > 1 ? [] : (['hosts'] as const)),
      ...(priced ? (['cost'] as const) : []),
    ];
    for (const measure of measures) crossings.push(await crossingOf(points, alternative, measure, countAt));
  }
  return { points, crossings };
}

type CountAt = (alternative: Alternative, instances: number) => Promise<Count>;

/** Sizes looked at in one walk: beyond, the table has to do. */
const mostSteps = 40;

async function crossingOf(
  points: readonly BreakEvenPoint[],
  alternative: Crossing['alternative'],
  measure: Crossing['measure'],
  countAt: CountAt,
): Promise<Crossing> {
  const upTo = points.at(-1)?.instances ?? 0;
  const isLess = (of: Count, vm: Count) =>
    of[measure] !== null && vm[measure] !== null && of[measure] < vm[measure];
  const onTable = points.find(({ by }) => isLess(by[alternative], by.vm))?.instances ?? null;
  const walked = await walk(onTable ?? upTo, measure, countAt, async (instances) =>
    isLess(await countAt(alternative, instances), await countAt('vm', instances)),
  );
  const from = walked.found ?? onTable;
  const larger = points.filter(({ instances }) => from !== null && instances >= from);
  const stays = larger.length > 0 && larger.every(({ by }) => isLess(by[alternative], by.vm));
  return { alternative, measure, from, exact: walked.whole, upTo, stays };
}

/** The first step of the virtual machines at which `isThere`; a step is where they need more than just before. */
async function walk(
  upTo: number,
  measure: Crossing['measure'],
  countAt: CountAt,
  isThere: (instances: number) => Promise<boolean>,
): Promise<{ readonly found: number | null; readonly whole: boolean }> {
  const at = async (instances: number) => (await countAt('vm', instances))[measure] ?? Infinity;
  let start = 1;
  for (let step = 0; step < mostSteps; step += 1) {
    if (await isThere(start)) return { found: start, whole: true };
    const level = await at(start);
    let low = start;
    let reach = 1;
    while (low + reach <= upTo && (await at(low + reach)) <= level) {
      low += reach;
      reach *= 2;
    }
    let high = Math.min(upTo + 1, low + reach);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if ((await at(middle)) <= level) low = middle;
      else high = middle;
    }
    if (high > upTo) return { found: null, whole: true };
    start = high;
  }
  return { found: null, whole: false };
}
