/**
 * The volumes of a demand as items to be packed into arrays. Copies of a volume are kept apart by a count: of `n`
 * volumes with `r` copies each no array holds more than `n` copies, which is just when they can be dealt out so that
 * no two copies of one volume meet (D. Gale and H. Ryser, 1957).
 */
import { grownCounts } from '../demand.ts';
import { uniqueIds } from '../inventories/rows.ts';
import type { ArrayType, Inventory, SizingPolicy, Volume } from '../model.ts';
import type { BinType, ItemGroup, Problem } from '../packing/model.ts';

/** A volume of so many instances. */
export interface Asked {
  readonly id: string;
  readonly volume: Volume;
  /** Volumes, each with all its copies. */
  readonly count: number;
}

/** Volumes that are named, else one of all the disk that a row asks for; then those beside the demand. */
export function volumesOf({ demand, claims }: Inventory, policy: SizingPolicy): Asked[] {
  const unique = uniqueIds();
  const counts = grownCounts(demand, policy);
  const rows = demand.flatMap((row, at) => {
    const count = counts[at] ?? 0;
    const whole: Volume | null =
      row.volumes.length > 0 || row.diskBytes === null || row.diskBytes === 0
        ? null
        : {
            id: `${row.id}/disk`,
            bytes: row.diskBytes,
            iops: row.iops,
            access: 'block',
            storageClass: null,
            replicas: 1,
            replicasApart: 'array',
          };
    return (whole === null ? row.volumes : [whole]).map((volume) => ({ volume, count }));
  });
  const more = grownCounts(
    claims.map(({ count }) => ({ count, growthPerYear: null })),
    policy,
  );
  const beside = claims.map(({ volume }, at) => ({ volume, count: more[at] ?? 0 }));
  return [...rows, ...beside]
    .filter(({ volume, count }) => count > 0 && volume.bytes > 0)
    .map((asked) => ({ ...asked, id: unique(asked.volume.id) }));
}

/** Which dimensions count: operations where a volume asks for some and every array tells how many it has. */
function dimensionsOf(asked: readonly Asked[], arrays: readonly ArrayType[]): ('capacity' | 'iops')[] {
  const wanted = asked.some(({ volume }) => volume.iops !== null);
  return wanted && arrays.every(({ iops }) => iops !== null) ? ['capacity', 'iops'] : ['capacity'];
}

/** Operations that no one answers for, and what else a reader must know. */
export function remarksOn(asked: readonly Asked[], arrays: readonly ArrayType[]): string[] {
  const wanting = asked.filter(({ volume }) => volume.iops !== null).length;
  const silent = arrays.filter(({ iops }) => iops === null).map(({ id }) => id);
  return [
    ...(wanting > 0 && silent.length > 0
      ? [`iops are not counted: ${silent.join(', ')} tell${silent.length === 1 ? 's' : ''} none`]
      : []),
    ...(wanting > 0 && wanting < asked.length
      ? [
          `${String(asked.length - wanting)} of ${String(asked.length)} kinds of volumes ask for no iops: counted as 0`,
        ]
      : []),
  ];
}

export function storageProblem(asked: readonly Asked[], arrays: readonly ArrayType[]): Problem {
  const dimensions = dimensionsOf(asked, arrays);
  const priced = arrays.every(({ price }) => price !== null);
  return {
    dimensions,
    items: asked.map(({ id, volume, count }): ItemGroup => {
      const { bytes, iops, replicas, replicasApart } = volume;
      const byDomain = replicas > 1 && replicasApart === 'domain';
      return {
        id,
        count: count * replicas,
        size: dimensions.map((name) => (name === 'capacity' ? bytes : (iops ?? 0))),
        bins: arraysFor(volume, arrays),
        ...(byDomain ? { domains: replicas } : {}),
        ...(replicas > 1 && !byDomain ? { apart: [{ key: `copies of ${id}`, most: count }] } : {}),
      };
    }),
    bins: arrays.map((array): BinType => ({
      id: array.id,
      capacity: dimensions.map((name) => (name === 'capacity' ? array.bytes : (array.iops ?? 0))),
      cost: priced ? (array.price?.perMonth ?? 1) : 1,
      ...(array.available === null ? {} : { available: array.available }),
      ...(array.domain === null ? {} : { domain: array.domain }),
      ...(array.maxVolumes === null ? {} : { maxItems: array.maxVolumes }),
    })),
  };
}

/** Ids of the arrays that serve it; where none does, what such an array would be. */
function arraysFor({ access, storageClass }: Volume, arrays: readonly ArrayType[]): string[] {
  const fit = arrays.filter(
    (array) =>
      array.access.includes(access) && (storageClass === null || array.classes.includes(storageClass)),
  );
  if (fit.length > 0) return fit.map(({ id }) => id);
  return [`an array for ${access}${storageClass === null ? '' : ` of class ${storageClass}`}`];
}
