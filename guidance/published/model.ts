/**
 * What others published of virtual machines and containers: one number each, with where it is from, under which
 * conditions it was taken and how well it was confirmed. Types only. Numbers are in base units (seconds, bytes);
 * they are context beside measurements and never take the place of one.
 */
import type { Unit } from '../../model/quantities.ts';

/**
 * How a number was confirmed: D recomputed from the authors' raw data or source tree, T read in the primary text,
 * S read in secondary text, M from memory and unconfirmed. M rows are shown as such and feed no rule.
 */
export type Mark = 'D' | 'T' | 'S' | 'M';

export type PublishedFamily = 'startup' | 'snapshot' | 'memory' | 'cpu' | 'io' | 'network' | 'isolation';

/** What the number is of its sample: `limit` is a promise, `midpoint` the middle of a range that a test accepts. */
export type PublishedStatistic = 'limit' | 'p50' | 'p90' | 'p99' | 'mean' | 'midpoint' | 'typical' | 'single';

export interface PublishedSource {
  readonly key: string;
  readonly citation: string;
  /** Of the publication; null where the text read bears no date. */
  readonly year: number | null;
}

export interface PublishedRow {
  /** Unique over all families. */
  readonly id: string;
  readonly family: PublishedFamily;
  /** What was measured, with its configuration where that was told. */
  readonly subject: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  readonly statistic: PublishedStatistic;
  readonly value: number;
  /** For what lasts: the instants that it lasts between. null for what is no duration. */
  readonly start: string | null;
  readonly end: string | null;
  /** For what is no duration: how it was counted. null for durations, whose instants say it. */
  readonly method: string | null;
  readonly conditions: string;
  readonly source: string;
  /** Of the number; null: undated. */
  readonly year: number | null;
  readonly mark: Mark;
  /** What a reader could get wrong. */
  readonly caveat: string | null;
}

/** What the rows of one table share, and the cells that differ. */
export interface PublishedGroup extends Omit<
  PublishedRow,
  'id' | 'subject' | 'statistic' | 'value' | 'year'
> {
  /** Where it is not the source's. */
  readonly year?: number | null;
  /** Id, subject, statistic, value in the base unit. */
  readonly rows: readonly (readonly [
    id: string,
    subject: string,
    statistic: PublishedStatistic,
    value: number,
  ])[];
}
