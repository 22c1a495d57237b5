/**
 * The vocabulary of verdicts: what changed between two sets of runs, and what a policy says of it.
 * Data only, JSON-safe; always recomputed from records, never stored as truth.
 */
import type { Refusal, Verdict } from '../model/analysis.ts';
import type { AccelerationClass } from '../model/instance.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { Interval } from '../model/quantities.ts';

/** One run that took part. */
export interface RunRef {
  readonly runId: string;
  /** Path as the user gave it. */
  readonly path: string;
  readonly startedAt: string;
  readonly scenario: string;
  readonly tool: string;
  readonly host: { readonly name: string; readonly hash: string };
  /** Tool whose output it was made from; null: measured by tare. */
  readonly importedFrom: string | null;
}

/** Which numbers a row compares: the same cell in both sets, by names and not by ids. */
export interface RowKey {
  readonly metric: string;
  readonly scenario: string;
  readonly workload: string;
  readonly shape: string;
  readonly runner: string;
  /** Set where the quantity is runner / reference within each run (e.g. VM / container); null: the value itself. */
  readonly reference: string | null;
}

/** One set of runs in one row. */
export interface SideSummary {
  /** In the metric's unit, or a plain ratio where the row has a reference. */
  readonly median: number | null;
  /** 95 %, of the median; null below six units. */
  readonly interval: Interval | null;
  /** Units of replication: launches, or runs where there are several on a side. */
  readonly n: number;
  readonly launches: number;
  readonly runs: number;
  /** Coefficient of variation over the units. */
  readonly cov: number | null;
}

/** A remark on a row, numbered as a footnote when shown. Equal texts share a number. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

/** One metric of one cell, base against head. */
export interface ChangeRow {
  readonly key: RowKey;
  readonly metric: MetricDeclaration;
  readonly acceleration: AccelerationClass;
  /** What was counted as one: a launch, a run, or pairs of blocks. */
  readonly unit: 'launch' | 'run';
  readonly base: SideSummary;
  readonly head: SideSummary;
  /** head / base as a cost: above 1 is worse, whichever way the metric points. */
  readonly ratio: number | null;
  /** 95 %, of the ratio. */
  readonly interval: Interval | null;
  /** 90 %, for equivalence. */
  readonly ninety: Interval | null;
  readonly p: number | null;
  readonly pAdjusted: number | null;
  readonly familySize: number;
  readonly threshold: number;
  readonly verdict: Verdict;
  /** Units per side for a verdict at this noise, when inconclusive. */
  readonly needed: number | null;
  /** Smallest ratio above 1 that these units show in 80 % of comparisons. */
  readonly detectable: number | null;
  readonly refusals: readonly Refusal[];
  readonly remarks: readonly Remark[];
}

/** What `tare compare` says. */
export interface ChangeReport {
  readonly base: readonly RunRef[];
  readonly head: readonly RunRef[];
  /** In a fixed order, whatever the order of the inputs. */
  readonly rows: readonly ChangeRow[];
  /** Rows that only one side has. */
  readonly missing: readonly { readonly key: RowKey; readonly side: 'base' | 'head' }[];
  readonly remarks: readonly Remark[];
  /** Per family of metrics, geometric mean of the ratios, where both sides have the same rows. */
  readonly geomeans: readonly { readonly family: string; readonly ratio: number; readonly rows: number }[];
  /** Cost of the changes in hosts; null: no fleet was given. */
  readonly fleet: FleetReport | null;
}

/** A change of an instance's memory as hosts of a fleet. */
export interface FleetCost {
  readonly key: RowKey;
  readonly form: 'vm' | 'container';
  readonly instances: number;
  /** Per instance; below 0: lighter. */
  readonly bytes: { readonly change: number; readonly interval: Interval | null };
  /** Null where there is no room for all. */
  readonly hosts: {
    readonly before: number | null;
    readonly after: number | null;
    readonly more: number | null;
    /** At the ends of the change's interval; null: it has none, or there is no room at one of them. */
    readonly interval: Interval | null;
  };
  /** Both counts are the fewest possible. */
  readonly isProven: boolean;
  /** All of it for a reader. */
  readonly line: string;
}

/** What changes cost a fleet. Layers above this one count the hosts. */
export interface FleetReport {
  readonly file: string;
  readonly costs: readonly FleetCost[];
  /** Why a change, or none at all, is told in hosts. */
  readonly remarks: readonly string[];
}

// ---------------------------------------------------------------- gate

export type GateState = 'pass' | 'fail' | 'inconclusive';
export type Level = 'error' | 'warn';
export type CheckKind = 'budget' | 'change' | 'ratio' | 'presence';

/** One thing the policy asked of one row, and the answer. */
export interface GateCheck {
  readonly kind: CheckKind;
  readonly key: RowKey;
  readonly metric: MetricDeclaration | null;
  readonly level: Level;
  readonly state: GateState;
  /** The whole story in one line: old, new, change, limit, interval, n. Formats lead it with the name of the row. */
  readonly line: string;
  /** Where in the policy the limit stands, e.g. "gate.yaml:12". */
  readonly source: string;
  /** Limit: a value in the metric's unit (budget), or the most the cost may grow as a fraction (change). */
  readonly limit: number;
  readonly old: number | null;
  readonly value: number | null;
  /** Ratio of costs head / base (change), or the value itself (budget, ratio), with its interval. */
  readonly change: number | null;
  readonly interval: Interval | null;
  readonly n: number;
  readonly pAdjusted: number | null;
  /** Too good to be believed, rather than cheered: why. */
  readonly implausible: string | null;
  /** Rule by which its numbers may not be used ("C17"); null: none. */
  readonly refusal: string | null;
  readonly remarks: readonly Remark[];
}

/** What `tare gate` says. */
export interface GateReport {
  readonly policy: { readonly file: string; readonly name: string };
  readonly base: readonly RunRef[];
  readonly head: readonly RunRef[];
  /** fail: an `error` check failed; inconclusive: none failed, one could not be decided; pass: all passed. */
  readonly state: GateState;
  readonly checks: readonly GateCheck[];
  /** Seen of the power check: "at this n and noise the gate can see >= 4 %". */
  readonly power: readonly string[];
  readonly remarks: readonly Remark[];
  /** Cost of the changes in hosts; null: no fleet was given. */
  readonly fleet: FleetReport | null;
}
