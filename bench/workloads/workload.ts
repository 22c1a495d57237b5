/**
 * The contract of a workload: what is done to a running instance and how its numbers are read.
 * A workload knows nothing of runners: it gives a command line and reads what the program printed.
 */
import type { z } from 'zod';
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { Observation } from '../../model/observation.ts';
import type { Bytes, Seconds } from '../../model/quantities.ts';
import type { Sample } from '../../model/record.ts';
import type { Shape, VolumeSpec } from '../../model/scenario.ts';
import type { Volume } from '../../runners/runner.ts';
import type { Protocol } from '../load/protocols.ts';
import type { NeighbourDesign } from './neighbour/design.ts';
import type { Measured } from './output.ts';
import type { ServiceLoad } from './service-load.ts';

// Methods, not function properties: their parameters are bivariant, so modules with options of their own
// fit one list. The scenario hands each module only what its own schema has read.
interface WorkloadBase<Options> {
  /** What scenarios say in `use:`. */
  readonly id: string;
  readonly family: Family;
  readonly title: string;
  /** Every metric it reports with its default options. */
  readonly metrics: readonly MetricDeclaration[];
  /** Metrics it reports with these options, where they depend on them. */
  metricsFor?(options: Options): readonly MetricDeclaration[];
  /** Service of the scenario it works with: a workload without it is refused before anything starts. */
  readonly service?: string;
  /** Asks that a client outside can reach the service inside. */
  readonly reachable?: boolean;
  /** Whether these options ask something of the workload's service, so that it must have one. */
  needsService?(options: Options): boolean;
  /** Strict schema of the options beside `use:`; gives the defaults. */
  readonly options: z.ZodType<Options>;
  /** Programs the image must hold. */
  readonly programs: readonly string[];
  /** Why it cannot be done with the volume its workload has (null: none), as the scenario's reader is told. */
  problem?(options: Options, volume: VolumeSpec | null): string | null;
  /** Those of them that it needs with these options, where it depends on them. */
  programsFor?(options: Options): readonly string[];
  /** Seconds one launch spends on it when unaccelerated guests are not involved. */
  estimateSeconds(options: Options): Seconds;
}

/** The workload's volume as seen inside: a mount point, or (kind block) a device node. */
export type VolumeInside = Pick<Volume, 'kind' | 'place'>;

/** A program started through the agent; its output and the host-side meter become samples. */
export interface CommandWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'command';
  /** Run to its end before, neither timed nor counted: what the command needs to find. */
  setup?(options: Options, shape: Shape, volume: VolumeInside | null): readonly string[];
  command(options: Options, shape: Shape, volume: VolumeInside | null): readonly string[];
  /** Run to its end after it, not counted: where some of its numbers are asked for. Null: nothing. */
  after?(options: Options): readonly string[] | null;
  /** Longest time it may take; absent: a generous multiple of the estimate. */
  limitSeconds?(options: Options): Seconds;
  /** What the words of a run that failed mean for the scenario; null: nothing more than they say. */
  explain?(output: string, options: Options): string | null;
  /** Throws UnreadableOutput when the program's output is not what it should be. */
  parse(measured: Measured, options: Options): readonly Sample[];
  /** What the output holds beside one number per metric. Called after `parse` has read it. */
  observe?(measured: Measured, options: Options): readonly Observation[];
}

/** Nothing: the instance is left alone and metered from the host. */
export interface IdleWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'idle';
  timing(options: Options): { readonly settleSeconds: Seconds; readonly seconds: Seconds };
}

/** An instance weighed from the host while its service works: idle, under load, and after it. */
export interface WeighWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'weigh';
  load(options: Options): ServiceLoad;
  timing(options: Options): { readonly settleSeconds: Seconds; readonly seconds: Seconds };
}

/** Instances added one by one and left idle; quantities are read at each step, slopes in the analysis. */
export interface LadderWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'ladder';
  steps(options: Options): {
    readonly counts: readonly number[];
    readonly settleSeconds: Seconds;
  };
  /** What the service of each instance is given before it is left alone, and for how long clients ask. */
  load?(options: Options): { readonly load: ServiceLoad; readonly seconds: Seconds };
}

/** Two instances of a cell side by side: one is examined from inside, the other is there to be seen. */
export interface SurfaceWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'surface';
}

/** What a workload that launches many says of its size, for plans. */
export interface FleetSize {
  /** Instances it starts in all. */
  readonly starts: number;
  /** Of them at the same time. */
  readonly inFlight: number;
}

/** A density sweep as it is run; an absent objective is null. */
export interface Sweep {
  readonly instances: number;
  readonly step: number;
  readonly parallel: number;
  readonly settle: Seconds;
  readonly startWithin: Seconds | null;
  readonly startQuantile: number;
  readonly requestWithin: Seconds | null;
  readonly requestQuantile: number;
  readonly requests: number;
  readonly workAtLeast: number | null;
  readonly sampled: number;
  readonly workFor: Seconds;
  readonly memoryReserve: Bytes | null;
  readonly enough: number | null;
  readonly failuresInARow: number;
}

/** Instances added in steps until an objective fails, the host would be hurt, or enough is known. */
export interface DensityWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'density';
  fleet(options: Options): FleetSize;
  sweep(options: Options): Sweep;
}

/** Instances requested at once beside others that idle. */
export interface ScaleOutWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'scale-out';
  fleet(options: Options): FleetSize;
  wave(options: Options): {
    readonly idle: number;
    readonly idleInFlight: number;
    readonly more: number;
    readonly inFlight: number;
    readonly settleSeconds: Seconds;
  };
}

/** A victim measured alone, beside an idle neighbour and beside one that does its worst. */
export interface NeighbourWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'neighbour';
  fleet(options: Options): FleetSize;
  design(
    options: Options,
    world: { readonly cpus: number; readonly shape: Shape; readonly pidsLimit: number },
  ): NeighbourDesign;
}

/** One load of an open loop. */
export interface LoadPoint {
  /** "30" (percent of capacity) or "500/s"; ends the ids of its metrics. */
  readonly id: string;
  readonly of:
    { readonly kind: 'share'; readonly share: number } | { readonly kind: 'rate'; readonly rate: number };
}

/** What a generator outside is asked to do to the service of an instance. */
export interface LoadPlan {
  readonly protocol: Protocol;
  readonly connections: number;
  readonly warmupSeconds: Seconds;
  readonly capacitySeconds: Seconds;
  readonly durationSeconds: Seconds;
  readonly points: readonly LoadPoint[];
  readonly pattern: 'uniform' | 'poisson';
  /** Share of requests that may fail before the launch has. */
  readonly failures: number;
}

/** Requests from outside to the service inside. */
export interface LoadWorkload<Options = unknown> extends WorkloadBase<Options> {
  readonly kind: 'load';
  load(options: Options): LoadPlan;
}

/** What happens inside one launched instance. */
export type InsideWorkload = CommandWorkload | IdleWorkload | WeighWorkload | LoadWorkload;

/** What launches instances of its own; it has a workload of the scenario to itself. */
export type FleetWorkload =
  LadderWorkload | SurfaceWorkload | DensityWorkload | ScaleOutWorkload | NeighbourWorkload;

export type Workload = InsideWorkload | FleetWorkload;

export type FleetKind = FleetWorkload['kind'];

const launchesItsOwn = {
  command: false,
  idle: false,
  weigh: false,
  load: false,
  ladder: true,
  surface: true,
  density: true,
  'scale-out': true,
  neighbour: true,
} as const satisfies Record<InsideWorkload['kind'], false> & Record<FleetKind, true>;

/** Whether a workload launches its own instances. */
export function isFleet(workload: Workload | undefined): workload is FleetWorkload {
  return workload !== undefined && launchesItsOwn[workload.kind];
}

/** Programs the image must hold for a workload with these options. */
export function programsOf(workload: Workload | undefined, options: unknown): readonly string[] {
  return workload?.programsFor?.(options) ?? workload?.programs ?? [];
}
