/**
 * Do values fall into clearly separated groups, such as fast boots and slow boots? (METHODOLOGY C27)
 * A deliberately blunt rule, which misses overlapping modes rather than inventing them: a gap must be
 * wider than the spread of what lies on either side, cut off no mere outliers, and matter in practice.
 */
import { median } from './descriptive.ts';

/** Below this many values a gap is chance. */
const fewest = 20;
/** A group holds at least this share of all values, and at least three: less is outliers. */
const smallestShare = 0.2;
/** The gap, over the wider group's range. Simulated false alarms on unimodal data: about 1 % at 20 values, less beyond. */
const gapOverRange = 1;
/** Centres nearer than this fraction are one mode for every practical purpose (and hide clock ticks). */
const nearest = 0.05;

/** Centres (medians) of the separated groups, ascending; one centre if there is one mode; none for no values. */
export function findModes(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const groups =
    values.length < fewest ? [sorted] : split(sorted, Math.max(3, smallestShare * values.length));
  return groups.map((group) => median(group)).filter((centre) => centre !== null);
}

function split(sorted: readonly number[], smallest: number): readonly (readonly number[])[] {
  let best = { at: 0, gap: 0 };
  for (let at = Math.ceil(smallest); at <= sorted.length - smallest; at += 1) {
    const gap = (sorted[at] ?? 0) - (sorted[at - 1] ?? 0);
    if (gap > best.gap) best = { at, gap };
  }
  const low = sorted.slice(0, best.at);
  const high = sorted.slice(best.at);
  if (best.at === 0 || !areSeparate(low, high, best.gap)) return [sorted];
  return [...split(low, smallest), ...split(high, smallest)];
}

function areSeparate(low: readonly number[], high: readonly number[], gap: number): boolean {
  const centres = [median(low) ?? 0, median(high) ?? 0] as const;
  const scale = Math.max(Math.abs(centres[0]), Math.abs(centres[1]));
  const widest = Math.max(trimmedRange(low), trimmedRange(high));
  return gap > gapOverRange * widest && Math.abs(centres[1] - centres[0]) > nearest * scale;
}

/** Range without the outermost tenth at each end, so that one outlier does not hide two modes. */
function trimmedRange(sorted: readonly number[]): number {
  const cut = Math.floor(sorted.length / 10);
  return (sorted[sorted.length - 1 - cut] ?? 0) - (sorted[cut] ?? 0);
}
