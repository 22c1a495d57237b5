/**
 * A group: the cgroup an instance lives in, VMM and helpers included, whatever hierarchy the host has.
 * Types only; `host/cgroup.ts` makes them real on v1, hybrid and v2.
 */
import type { Bytes, GroupReading } from '../bench/model.ts';

export interface GroupLimits {
  readonly memoryBytes?: Bytes;
  readonly pids?: number;
  /** CPU list, e.g. "1" or "0-1". */
  readonly cpus?: string;
}

export interface Group {
  /** Path below each hierarchy's root, e.g. `tare/RUN/i-3`. */
  readonly path: string;
  /** Absolute `cgroup.procs` files; a shell joins by writing its pid to each of them. */
  readonly procsFiles: readonly string[];
  /** Limits the controllers present can hold; names those it could not set. */
  limit(limits: GroupLimits): Promise<{ readonly unset: readonly string[] }>;
  read(): GroupReading;
  /** Pids anywhere below the group. */
  pids(): readonly number[];
  /** Kills everything below the group and waits until it is empty; false when something survives. */
  kill(timeoutSeconds: number): Promise<boolean>;
  /** Removes the group and its children; false when something is left. */
  remove(): Promise<boolean>;
}
