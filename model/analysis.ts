/**
 * What is concluded from a record: summaries, comparisons, verdicts, refusals, warnings.
 */
import type { FailureReason, Milestone, TraitKey } from './instance.ts';
import type { Family } from './metric.ts';
import type { Distribution } from './observation.ts';
import type { Interval, Seconds } from './quantities.ts';
import type { RuleId } from './rules.ts';

/** A reason why a conclusion is withheld or weakened, by a rule of docs/rules.md. */
export interface Refusal {
  readonly rule: RuleId;
  readonly message: string;
  /** What would lift it. */
  readonly remedy: string;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** One launch's value. */
export interface LaunchValue {
  readonly block: number;
  readonly trial: number;
  readonly value: number;
}

/** Distribution of one metric in one cell over launches. */
export interface Summary {
  readonly cell: string;
  readonly metric: string;
  readonly n: number;
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Coefficient of variation (sample standard deviation / mean), null below n = 2 or at mean 0. */
  readonly cov: number | null;
  /** Median's interval; null below n = 6 (C3). */
  readonly interval: Interval | null;
  /** Only quantiles that the sample count allows (C21). */
  readonly quantiles: readonly { readonly q: number; readonly value: number }[];
  /** Centres of clearly separated modes, when there is more than one (C27). */
  readonly modes: readonly number[];
  readonly launches: readonly LaunchValue[];
  readonly warnings: readonly Warning[];
}

export type Verdict =
  | 'regression'
  | 'improvement'
  | 'equivalent'
  | 'different-but-small'
  | 'inconclusive'
  | 'refused'
  | 'no-verdict';

/** subject / reference as a cost: above 1 the subject costs more, whichever way the metric points. */
export interface Comparison {
  readonly metric: string;
  readonly subject: string;
  readonly reference: string;
  /** `control`: the A/A pair, whose truth is known to be 1. */
  readonly kind: 'runners' | 'control';
  readonly n: number;
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** Paired signed-rank p and its Benjamini-Hochberg-adjusted value within the run's family. */
  readonly p: number | null;
  readonly pAdjusted: number | null;
  readonly familySize: number;
  readonly threshold: number;
  readonly verdict: Verdict;
  /** Blocks needed for a verdict at this noise, when inconclusive. */
  readonly blocksNeeded: number | null;
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
}

/** What is known of a distribution over all launches of a cell: merged histograms, never averaged percentiles. */
export interface Percentiles {
  readonly cell: string;
  readonly metric: string;
  /** Samples in the merged histogram. */
  readonly count: number;
  readonly bins: Distribution['bins'];
  /** Those the count allows; `interval` is that of the median of the launches' own, null below 6 that have one. */
  readonly quantiles: readonly {
    readonly q: number;
    readonly value: number;
    readonly interval: Interval | null;
    readonly launches: number;
  }[];
  readonly max: number;
  readonly launches: readonly {
    readonly block: number;
    readonly trial: number;
    readonly count: number;
    readonly quantiles: readonly { readonly q: number; readonly value: number }[];
  }[];
}

export interface LedgerRow {
  readonly trait: TraitKey;
  readonly title: string;
  readonly state: 'same' | 'different' | 'unknown';
  readonly values: readonly { readonly runner: string; readonly value: string | null }[];
  /** What the difference means, and which verdicts it voids. */
  readonly consequence: string;
  readonly voids: readonly Family[];
}

export interface FailureCount {
  readonly cell: string;
  readonly reason: FailureReason;
  readonly count: number;
  readonly example: string;
  readonly detail: string;
}

export interface Analysis {
  readonly summaries: readonly Summary[];
  readonly comparisons: readonly Comparison[];
  readonly ledger: readonly LedgerRow[];
  readonly failures: readonly FailureCount[];
  /** Of every distribution in every cell. */
  readonly percentiles: readonly Percentiles[];
  /** Blocks planned, analysed, voided. */
  readonly blocks: { readonly planned: number; readonly used: number; readonly voided: number };
  /** Conclusions withheld for the run as a whole. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /** Startup stages per cell: median seconds spent between consecutive milestones. */
  readonly stages: readonly {
    readonly cell: string;
    readonly from: Milestone;
    readonly to: Milestone;
    readonly median: Seconds;
    readonly n: number;
  }[];
}
