/**
 * The vocabulary of tare as types: what crosses a file border or reaches disk, one file per stage of a run.
 * Data only: readonly, JSON-safe, tagged by `state` or `kind`, base units inside (seconds, bytes); absence is a
 * missing union member or `null`, never NaN. Here: the quantities that every stage speaks in.
 */

/** A duration, or an instant on the host's monotonic clock, in seconds. */
export type Seconds = number;

/** A size in bytes. */
export type Bytes = number;

/** `share`: a fraction of a whole, shown in percent; `ratio`: how many times something else. */
export type Unit = 's' | 'B' | 'B/s' | '1/s' | 's/op' | 'cores' | 'count' | 'ratio' | 'share';

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}
