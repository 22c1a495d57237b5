/**
 * The run record: what was measured and nothing derived, as its lines on disk.
 */
import type {
  Acceleration,
  ClockError,
  Drift,
  FailureReason,
  GroupReading,
  HostFingerprint,
  Isolation,
  Mark,
  Series,
  Traits,
} from './instance.ts';
import type { MetricDeclaration } from './metric.ts';
import type { LadderPoint, Observation } from './observation.ts';
import type { CellRole, PlannedTrial } from './plan.ts';
import type { Seconds } from './quantities.ts';
import type { RunnerKind, Shape } from './scenario.ts';

/** One number of a metric, as an instrument or a program printed it. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
}

export type Outcome =
  | { readonly state: 'ok' }
  | {
      readonly state: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      /** Tail of the console or stderr, for a human. */
      readonly detail: string;
    };

/** What a workload program printed, kept so that a parse can be repeated. Cut at 8 KiB. */
export interface ProgramOutput {
  readonly program: string;
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RecordedTrial {
  readonly kind: 'trial';
  readonly index: number;
  readonly block: number;
  readonly position: number;
  readonly cell: string;
  readonly startedAt: string;
  readonly wallSeconds: Seconds;
  readonly outcome: Outcome;
  /** Digest of the image as proven from inside; null if the trial ended before. */
  readonly provenDigest: string | null;
  readonly marks: readonly Mark[];
  readonly samples: readonly Sample[];
  readonly ladder: readonly LadderPoint[];
  readonly observations: readonly Observation[];
  readonly series: Series | null;
  /** Totals when the instance became ready and when its work was done. */
  readonly atReady: GroupReading | null;
  readonly atEnd: GroupReading | null;
  readonly outputs: readonly ProgramOutput[];
  readonly drift: Drift | null;
  /** False: something of the instance may still be there; its block is void (C30). */
  readonly cleanupProven: boolean;
  readonly leftovers: readonly string[];
}

/** A block taken out of the analysis by a rule declared before the run; never deleted. */
export interface VoidedBlock {
  readonly kind: 'void';
  readonly block: number;
  readonly rule: string;
  readonly detail: string;
}

/** Facts about one cell, known when its runner was prepared. */
export interface CellRecord {
  readonly id: string;
  readonly runner: string;
  /** Which runner started it; `imported`: another tool ran it. What it is, is said by `isolation`. */
  readonly runnerKind: RunnerKind;
  /** What its instances really are; null: not known (imported), or nothing ran (a fake). */
  readonly isolation: Isolation | null;
  /** As `uname -m` prints it inside; null: not known. */
  readonly architecture: string | null;
  /** Release of the kernel that its instances talk to; null: not known. */
  readonly kernel: string | null;
  /** What ran, with its version, as reports call it: "QEMU 7.2.22 q35". */
  readonly product: string;
  /** Keys of `identity` whose values decide its numbers; paths and temporary names do not. */
  readonly decisive: readonly string[];
  readonly workload: string;
  readonly shape: Shape;
  readonly role: CellRole;
  /** Runner its ratios are read against; absent: the header's. */
  readonly baseline?: string;
  /** What its workload requires of the system; absent: nothing. */
  readonly requires?: string;
  /** Digest of the work done in one launch (bench/record/comparable.ts); absent in records of the first releases. */
  readonly workDigest?: string;
  /** The runner's options as checked, defaults included; absent in records of the first releases. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Versions, digests, final argv: what exactly ran. */
  readonly identity: Readonly<Record<string, string>>;
  readonly acceleration: Acceleration;
  /** Conditions the fairness ledger compares between cells. */
  readonly traits: Traits;
}

export interface SkippedCell {
  /** What its workload requires, where that is why. */
  readonly requires?: string;
  readonly cell: string;
  readonly runner: string;
  readonly reason: string;
  readonly hint: string;
}

/** What a value of an imported file is: a launch of its own, or one of many turns within a launch. */
export type ReplicationUnit = 'launch' | 'iteration';

/** Where a record's numbers come from when another tool measured them. */
export interface ImportSource {
  /** e.g. "hyperfine". */
  readonly tool: string;
  readonly version: string | null;
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  /** What was taken for the unit; iterations are reduced to one value per launch before any test (C2). */
  readonly unit: ReplicationUnit;
  /** Whose word that is, and what else a reader must know of the numbers. */
  readonly remark: string;
}

export interface RecordHeader {
  readonly kind: 'header';
  readonly schema: 3;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runId: string;
  readonly startedAt: string;
  readonly scenario: {
    readonly name: string;
    readonly description: string;
    readonly file: string;
    readonly text: string;
    readonly overrides: readonly string[];
    /** Ids of the runners that the command line chose; null: all of the scenario's. */
    readonly onlyRunners: readonly string[] | null;
    /** sha256 of the resolved scenario: equal hashes mean equal work. */
    readonly hash: string;
  };
  readonly seed: number;
  readonly blocks: number;
  readonly warmup: number;
  readonly baseline: string;
  readonly control: string | null;
  readonly wantedMetrics: readonly string[];
  readonly imageDigest: string;
  readonly imagePackages: Readonly<Record<string, string>>;
  readonly trials: readonly PlannedTrial[];
  readonly cells: readonly CellRecord[];
  readonly skipped: readonly SkippedCell[];
  readonly metrics: readonly MetricDeclaration[];
  readonly host: HostFingerprint;
  readonly clock: ClockError | null;
  /** Rules under which blocks are voided, stated before the first trial. */
  readonly voidRules: readonly { readonly rule: string; readonly limit: string }[];
  /** null: tare measured it. */
  readonly imported: ImportSource | null;
}

export interface RecordEnd {
  readonly kind: 'end';
  readonly state: 'complete' | 'interrupted' | 'stopped';
  readonly at: string;
  readonly wallSeconds: Seconds;
  readonly samplerCpuSeconds: number;
  readonly toolCpuSeconds: number;
  readonly hostHashAfter: string;
}

/** A line of record.jsonl. */
export type RecordLine = RecordHeader | RecordedTrial | VoidedBlock | RecordEnd;

/** A whole run as read back from disk. */
export interface RunRecord {
  readonly header: RecordHeader;
  readonly trials: readonly RecordedTrial[];
  readonly voided: readonly VoidedBlock[];
  /** null: the run was killed, or is still going. */
  readonly end: RecordEnd | null;
  /** What the reader had to say about the file: a cut last line, an upgrade. */
  readonly notes: readonly string[];
  /**
   * The runs this one was merged from, in order, with the ids they have here; absent in a single run.
   * Never on disk: a record file holds one run of one scenario.
   */
  readonly parts?: readonly RunRecord[];
}
