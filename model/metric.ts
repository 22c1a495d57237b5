/**
 * What is measured: families, and the declaration of a metric with its unit, direction and instants.
 */
import type { Unit } from './quantities.ts';

export type Family =
  'startup' | 'tare' | 'app' | 'cpu' | 'memory' | 'io' | 'network' | 'density' | 'scale-out' | 'isolation';

/** Where a metric's one value per launch comes from. */
export type MetricSource =
  | { readonly kind: 'interval'; readonly from: string; readonly to: string }
  | { readonly kind: 'sample' }
  /** Timed many times within a launch: a histogram, which yields percentiles and no one value. */
  | { readonly kind: 'distribution' }
  /** A launch's quantile of a distribution, absent where it has too few samples for it (METHODOLOGY C21). */
  | { readonly kind: 'quantile'; readonly of: string; readonly q: number }
  /** Slope of a ladder quantity over the number of instances: idle ones, or ones whose service was loaded. */
  | { readonly kind: 'slope'; readonly of: LadderQuantity; readonly state?: LadderState }
  /** Read from the steps of a density sweep. */
  | { readonly kind: 'density'; readonly of: 'instances' | 'memory' };

/** Declared once, carried in every record so that a record explains itself. */
export interface MetricDeclaration {
  /** `family.noun`, e.g. `startup.ready`. */
  readonly id: string;
  readonly family: Family;
  readonly title: string;
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  readonly source: MetricSource;
  /** Start and end instant, observer, known overhead: one or two sentences. */
  readonly definition: string;
  /** Practical threshold as a fraction: differences below it are "small" (METHODOLOGY B10). */
  readonly threshold: number;
  /** True where the value depends on guest CPU speed, so emulation forbids a verdict (C17). */
  readonly needsRealCpu: boolean;
}

export type LadderQuantity =
  'hostBytes' | 'kernelPlusPssBytes' | 'groupBytes' | 'pssBytes' | 'processes' | 'idleCores' | 'diskBytes';

/** What the instances of a ladder do while it is read: nothing, or hold what their service was given. */
export type LadderState = 'idle' | 'loaded';
