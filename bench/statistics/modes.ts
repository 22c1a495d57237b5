/**
 * Do values fall into clearly separated groups, such as fast boots and slow boots? (METHODOLOGY C27)
 * A deliberately blunt rule, which misses overlapping modes rather than inventing them: a gap must be
 * wider than the spread of what lies on either side, cut off no mere outliers, and matter in practice.
 */
import { median } from '../../model/descriptive.ts';

/** Below this many values a gap is chance. */
const fewest = 20;
/** A group holds at least this share of all values, and at least three: less is outliers. */
const smallestShare = 0.2;
/** The gap, over the widest group's range. Simulated false alarms on unimodal data: about 1 % at 20 values, less beyond. */
const gapOverRange = 1;
/** Centres nearer than this fraction are one mode for every practical purpose (and hide clock ticks). */
const nearest = 0.05;

/** Centres (medians) of the separated groups, ascending; one centre if there is one mode; none for no values. */
export function findModes(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const groups = values.length < fewest ? [sorted] : separate(sorted);
  return groups.map((group) => median(group)).filter((centre) => centre !== null);
}

/** As many groups as all keep clear of each other; cut at the widest gaps. */
function separate(sorted: readonly number[]): readonly (readonly number[])[] {
  const smallest = Math.max(3, Math.ceil(smallestShare * sorted.length));
  const cuts = widestGaps(sorted, smallest);
  for (let count = cuts.length; count > 0; count -= 1) {
    const ends = [0, ...cuts.slice(0, count).sort((a, b) => a - b), sorted.length];
    const groups = ends.slice(1).map((end, index) => sorted.slice(ends[index], end));
    if (areSeparate(groups)) return groups;
  }
  return [sorted];
}

/** Where to cut, widest gap first, so that no group falls below the smallest size. */
function widestGaps(sorted: readonly number[], smallest: number): number[] {
  const gap = (at: number): number => (sorted[at] ?? 0) - (sorted[at - 1] ?? 0);
  const cuts: number[] = [];
  const places = sorted.map((_, index) => index).slice(smallest, sorted.length - smallest + 1);
  for (const at of places.sort((a, b) => gap(b) - gap(a))) {
    if (cuts.every((other) => Math.abs(at - other) >= smallest)) cuts.push(at);
  }
  return cuts;
}

function areSeparate(groups: readonly (readonly number[])[]): boolean {
  const widest = Math.max(...groups.map(trimmedRange));
  return groups.slice(1).every((high, index) => {
    const low = groups[index] ?? [];
    const gap = (high[0] ?? 0) - (low.at(-1) ?? 0);
    const centres = [median(low) ?? 0, median(high) ?? 0] as const;
    const scale = Math.max(Math.abs(centres[0]), Math.abs(centres[1]));
    return gap > gapOverRange * widest && centres[1] - centres[0] > nearest * scale;
  });
}

/** Range without the outermost tenth at each end, so that one outlier does not hide two modes. */
function trimmedRange(sorted: readonly number[]): number {
  const cut = Math.floor(sorted.length / 10);
  return (sorted[sorted.length - 1 - cut] ?? 0) - (sorted[cut] ?? 0);
}
