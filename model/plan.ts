/**
 * The order of a run: cells, and every launch of every block, known before the first one starts.
 */
import type { RunnerSpec, Shape, WorkloadSpec } from './scenario.ts';

export type CellRole = 'measured' | 'control';

/** runner x workload x shape. */
export interface Cell {
  readonly id: string;
  readonly runner: RunnerSpec;
  readonly workload: WorkloadSpec;
  readonly shape: Shape;
  readonly role: CellRole;
}

/** One launch measured: the unit of replication. */
export interface PlannedTrial {
  readonly index: number;
  /** -1 for warm-up launches, which are run, counted and never analysed. */
  readonly block: number;
  /** Place within its block, from 0. */
  readonly position: number;
  readonly cell: string;
  /** Bytes of environment padding, to randomise memory layout (METHODOLOGY B5). */
  readonly padBytes: number;
}

export interface Plan {
  readonly seed: number;
  readonly cells: readonly Cell[];
  readonly trials: readonly PlannedTrial[];
}
