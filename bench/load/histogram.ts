/**
 * A log-linear histogram of durations with the properties of HdrHistogram: 3 significant digits from 1 us to
 * 3600 s, constant time per value, merged by adding counts. Ours, in forty lines: the npm package
 * (hdr-histogram-js) brings a WebAssembly loader and two codecs for its wire format, of which nothing is used.
 */
import type { Distribution } from '../../model/observation.ts';
import type { Seconds } from '../../model/quantities.ts';

/** Values below are exact to the microsecond; above, each doubling has half as many steps: 1 in 1024. */
const exact = 2048;
const steps = exact / 2;
const largest = 3600e6;
const size = indexOf(largest) + 1;

export interface Histogram {
  /** Counts one duration; below 0 counts as 0, above an hour as an hour. */
  record(seconds: Seconds, count?: number): void;
  count(): number;
  /** The smallest recorded value that a share q does not exceed; null when empty. */
  quantile(q: number): Seconds | null;
  max(): Seconds | null;
  /** [highest equivalent value in seconds, count], ascending. */
  bins(): Distribution['bins'];
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(size);
  let total = 0;
  const bins = (): [number, number][] => {
    const found: [number, number][] = [];
    counts.forEach((count, index) => {
      if (count > 0) found.push([highestAt(index) / 1e6, count]);
    });
    return found;
  };
  return {
    record(seconds, count = 1) {
      const microseconds = Math.min(largest, Math.max(0, Math.round(seconds * 1e6)));
      const index = indexOf(microseconds);
      counts[index] = (counts[index] ?? 0) + count;
      total += count;
    },
    count: () => total,
    quantile(q) {
      const wanted = Math.max(1, Math.ceil(q * total - 1e-9));
      let seen = 0;
      for (let index = 0; index < size; index += 1) {
        seen += counts[index] ?? 0;
        if (seen >= wanted) return highestAt(index) / 1e6;
      }
      return null;
    },
    max: () => bins().at(-1)?.[0] ?? null,
    bins,
  };
}

/** Bucket of a whole number of microseconds. */
function indexOf(microseconds: number): number {
  if (microseconds < exact) return microseconds;
  let shift = 0;
  let rest = microseconds;
  while (rest >= exact) {
    rest = Math.floor(rest / 2);
    shift += 1;
  }
  return exact + (shift - 1) * steps + (rest - steps);
}

/** Highest number of microseconds that falls into a bucket. */
function highestAt(index: number): number {
  if (index < exact) return index;
  const shift = Math.floor((index - exact) / steps) + 1;
  const rest = ((index - exact) % steps) + steps;
  return (rest + 1) * 2 ** shift - 1;
}
