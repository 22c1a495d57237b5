/**
 * What the world lends to a run: instruments and runners, as one value. The execution reads no globals,
 * so the same code runs real machines and, with the fake runner, whole runs in milliseconds.
 */
import type { Runners } from '../../runners/runner.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { GroupOptions } from '../../host/cgroup/hierarchy.ts';
import type { Lease } from '../../host/lease.ts';
import type { MeterDescription } from '../../host/meter/meter.ts';
import type { Site } from '../../host/site/site.ts';
import type { Volumes } from '../../host/volume.ts';
import type { Image } from '../../images/image.ts';
import type { GeneratorPlace, LoadGenerator } from '../load/load.ts';
import type { Series } from '../../model/instance.ts';
import type { Cell, PlannedTrial } from '../../model/plan.ts';
import type { Seconds } from '../../model/quantities.ts';
import type { RecordedTrial } from '../../model/record.ts';

/** The meter process, as execution uses it. */
export interface Meters {
  watch(id: string, meter: MeterDescription): Promise<void>;
  unwatch(id: string): Promise<Series>;
  close(): Promise<{ readonly cpuSeconds: number; readonly missedTicks: number }>;
}

export interface Tools {
  readonly runners: Runners;
  readonly image: Image;
  readonly lease: Lease;
  /** Scratch folder of the run. */
  readonly workDir: string;
  readonly now: () => Seconds;
  readonly sleep: (seconds: Seconds, signal: AbortSignal) => Promise<void>;
  /** A new cgroup for an instance; null where this user has none. */
  readonly createGroup: ((path: string, options?: GroupOptions) => Promise<MeteredGroup>) | null;
  readonly meters: Meters | null;
  /** A load generator's own process where a server can be reached; its CPU counts as tare's. */
  readonly startLoad: (place: Omit<GeneratorPlace, 'lease'>) => Promise<LoadGenerator>;
  readonly volumes: Volumes;
  /** Where instances run, and what it reports of itself. */
  readonly site: Site;
  /** CPU seconds tare itself has used, helpers included. */
  readonly toolCpuSeconds: () => number;
  readonly progress: (event: ProgressEvent) => void;
  readonly signal: AbortSignal;
}

export type ProgressEvent =
  | { readonly kind: 'preparing'; readonly cell: Cell }
  | { readonly kind: 'skipped'; readonly cell: Cell; readonly reason: string; readonly hint: string }
  | { readonly kind: 'started'; readonly trials: number; readonly done: number; readonly folder: string }
  /** Cells of the launches still to come. */
  | { readonly kind: 'planned'; readonly cells: readonly string[] }
  | {
      readonly kind: 'launching';
      readonly trial: PlannedTrial;
      readonly done: number;
      readonly total: number;
    }
  /** How far a launch of many instances has come, in a few words. */
  | { readonly kind: 'underway'; readonly trial: PlannedTrial; readonly words: string }
  | {
      readonly kind: 'finished';
      readonly trial: PlannedTrial;
      readonly result: RecordedTrial;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: 'voided'; readonly block: number; readonly rule: string; readonly detail: string };
