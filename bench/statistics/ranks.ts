/** Midranks: equal values share the mean of the ranks they occupy (what every rank test here builds on). */

export interface Ranked {
  /** Rank of each value, in the values' own order, from 1. */
  readonly ranks: readonly number[];
  /** Sizes of the groups of equal values with more than one member. */
  readonly ties: readonly number[];
}

/** Ranks from 1, ties at their mean. */
export function rank(values: readonly number[]): Ranked {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  const ties: number[] = [];
  let start = 0;
  while (start < order.length) {
    let end = start + 1;
    while (end < order.length && order[end]?.value === order[start]?.value) end += 1;
    for (const { index } of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    if (end - start > 1) ties.push(end - start);
    start = end;
  }
  return { ranks, ties };
}

/**
 * The smallest two-sided p that independent launches can show: all of one side above all of the other, one of all
 * arrangements. `strata`: sizes of both sides, in each host that is compared by itself.
 */
export function smallestMannWhitneyP(strata: readonly (readonly [number, number])[]): number {
  let ways = 1;
  for (const [n, m] of strata) {
    for (let i = 1; i <= Math.min(n, m); i += 1) ways = (ways * (Math.max(n, m) + i)) / i;
  }
  return Math.min(1, 2 / ways);
}
