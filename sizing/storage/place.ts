/**
 * Storage: every volume of the demand, with its copies, on file and block arrays, by the engine that packs hosts;
 * which array binds, why not one fewer, and how many more there must be as the demand grows.
 */
import type { ArrayType, Inventory, SizingPolicy } from '../model.ts';
import { explain, type Explanation } from '../packing/explain.ts';
import type { Packing, Problem } from '../packing/model.ts';
import type { Make } from '../workers.ts';
import { growthOf, type GrowthStep } from './grow.ts';
import { remarksOn, storageProblem, volumesOf } from './volumes.ts';

export interface StorageQuestion {
  readonly inventory: Inventory;
  readonly arrays: readonly ArrayType[];
  readonly policy: SizingPolicy;
}

export interface StorageAnswer {
  readonly problem: Problem;
  readonly packing: Packing;
  /** null: some volumes have no place. */
  readonly arrays: number | null;
  readonly byType: readonly { readonly type: string; readonly arrays: number }[];
  readonly why: Explanation;
  /** Volumes, and those with every copy of them. */
  readonly volumes: number;
  readonly copies: number;
  readonly bytes: number;
  readonly iops: number;
  /** Per month; null: an array in use has no price. */
  readonly cost: { readonly perMonth: number; readonly currency: string } | null;
  readonly growth: readonly GrowthStep[];
  readonly remarks: readonly string[];
}

const multiples = [1, 1.5, 2, 3, 5] as const;

/** Null where the catalogue has no arrays or the demand no volumes. */
export async function placeVolumes(
  { inventory, arrays, policy }: StorageQuestion,
  make: Make,
): Promise<StorageAnswer | null> {
  const asked = volumesOf(inventory, policy);
  if (arrays.length === 0 || asked.length === 0) return null;
  const problem = storageProblem(asked, arrays);
  const packing = await make(problem);
  const sum = (of: (one: (typeof asked)[number]) => number) =>
    asked.reduce((total, one) => total + one.count * of(one), 0);
  const counts = new Map<string, number>();
  for (const { type, copies } of packing.bins) counts.set(type, (counts.get(type) ?? 0) + copies);
  const byType = [...counts].map(([type, count]) => ({ type, arrays: count }));
  return {
    problem,
    packing,
    arrays: packing.unplaced.length === 0 ? packing.count : null,
    byType,
    why: explain(packing),
    volumes: sum(() => 1),
    copies: sum(({ volume }) => volume.replicas),
    bytes: sum(({ volume }) => volume.bytes * volume.replicas),
    iops: sum(({ volume }) => (volume.iops ?? 0) * volume.replicas),
    cost: costOf(byType, arrays),
    growth: await growthOf(asked, arrays, packing, multiples, make),
    remarks: remarksOn(asked, arrays),
  };
}

function costOf(byType: StorageAnswer['byType'], arrays: readonly ArrayType[]): StorageAnswer['cost'] {
  let perMonth = 0;
  let currency: string | null = null;
  for (const { type, arrays: count } of byType) {
    const price = arrays.find(({ id }) => id === type)?.price;
    if (price == null) return null;
    perMonth += price.perMonth * count;
    currency = price.currency;
  }
  return currency === null ? null : { perMonth, currency };
}
