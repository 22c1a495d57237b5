/**
 * Arrays added as demand grows: what is placed stays where it is, the new volumes go into the room that is left and
 * then into new arrays. Beside it how few arrays any placement of all volumes, moved at will, would need.
 */
import type { ArrayType } from '../model.ts';
import { combinatorialBound } from '../packing/bounds.ts';
import type { BinType, PackedBin, Packing, Problem } from '../packing/model.ts';
import { prepare } from '../packing/prepare.ts';
import type { Make } from '../workers.ts';
import { storageProblem, type Asked } from './volumes.ts';

export interface GrowthStep {
  /** Volumes, as a multiple of those of the demand. */
  readonly times: number;
  readonly byType: readonly { readonly type: string; readonly arrays: number }[];
  /** null: some volumes have no place. */
  readonly arrays: number | null;
  /** Since the step before. */
  readonly added: number;
  readonly atLeast: number;
}

/** An array with what is left of it. */
interface Held {
  readonly type: string;
  readonly left: readonly number[];
  readonly places: number | null;
}

/** `first` is the placement of the demand as it is. */
export async function growthOf(
  asked: readonly Asked[],
  arrays: readonly ArrayType[],
  first: Packing,
  multiples: readonly number[],
  make: Make,
): Promise<GrowthStep[]> {
  const scaled = (times: number) =>
    asked.map((one) => ({ ...one, count: Math.ceil(one.count * times - 1e-9) }));
  const problemAt = (counts: readonly Asked[]) => storageProblem(counts, arrays);
  let held = heldIn(problemAt(asked), first.bins);
  let complete = first.unplaced.length === 0;
  let before: readonly Asked[] = asked;
  const steps: GrowthStep[] = [];
  for (const times of multiples) {
    const now = scaled(times);
    const known = held.length;
    const more = now
      .map((one, at) => ({ ...one, count: one.count - (before[at]?.count ?? 0) }))
      .filter(({ count }) => count > 0);
    if (more.length > 0) {
      const problem = beside(problemAt(more), held);
      const packing = await make(problem);
      complete = complete && packing.unplaced.length === 0;
      held = heldAfter(problem, packing, held);
    }
    before = now;
    const counts = new Map<string, number>();
    for (const { type } of held) counts.set(type, (counts.get(type) ?? 0) + 1);
    steps.push({
      times,
      byType: [...counts].map(([type, count]) => ({ type, arrays: count })),
      arrays: complete ? held.length : null,
      added: held.length - known,
      atLeast: combinatorialBound(prepare(problemAt(now))).count,
    });
  }
  return steps;
}

/** The problem with the arrays that are there: one type each, that costs nothing more. */
function beside(problem: Problem, held: readonly Held[]): Problem {
  const used = (id: string) => held.filter(({ type }) => type === id).length;
  const existing = held.map(({ type, left, places }, at): BinType => {
    const kind = problem.bins.find(({ id }) => id === type);
    return {
      id: nameOf(type, at),
      capacity: left,
      cost: 0,
      available: 1,
      labels: [type],
      ...(kind?.domain === undefined ? {} : { domain: kind.domain }),
      ...(places === null ? {} : { maxItems: places }),
    };
  });
  const bought = problem.bins.map((bin) =>
    bin.available === undefined ? bin : { ...bin, available: Math.max(0, bin.available - used(bin.id)) },
  );
  return { ...problem, bins: [...existing, ...bought] };
}

function nameOf(type: string, at: number): string {
  return `${type} ${String(at + 1)} (there)`;
}

function heldIn(problem: Problem, bins: readonly PackedBin[]): Held[] {
  return bins.flatMap((bin) => {
    const type = problem.bins.find(({ id }) => id === bin.type);
    if (type === undefined) return [];
    const one = reduced(problem, { type: bin.type, left: type.capacity, places: type.maxItems ?? null }, bin);
    return Array.from({ length: bin.copies }, () => one);
  });
}

function heldAfter(problem: Problem, { bins }: Packing, held: readonly Held[]): Held[] {
  const filled = new Map(bins.map((bin) => [bin.type, bin]));
  const known = new Set(held.map(({ type }, at) => nameOf(type, at)));
  const old = held.map((one, at) => {
    const bin = filled.get(nameOf(one.type, at));
    return bin === undefined ? one : reduced(problem, one, bin);
  });
  return [
    ...old,
    ...heldIn(
      problem,
      bins.filter(({ type }) => !known.has(type)),
    ),
  ];
}

function reduced({ items }: Problem, { type, left, places }: Held, { contents }: PackedBin): Held {
  const rest = [...left];
  let count = 0;
  for (const content of contents) {
    const size = items.find(({ id }) => id === content.item)?.size ?? [];
    size.forEach((value, d) => (rest[d] = Math.max(0, (rest[d] ?? 0) - value * content.count)));
    count += content.count;
  }
  return { type, left: rest, places: places === null ? null : places - count };
}
