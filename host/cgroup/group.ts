/**
 * A group: the cgroup an instance lives in, VMM and helpers included, whatever hierarchy the host has.
 * Types only; `host/cgroup/cgroup.ts` makes them real on v1, hybrid and v2.
 */
import type { Bytes } from '../../model/quantities.ts';
import type { Account } from '../site/account.ts';

export interface GroupLimits {
  readonly memoryBytes?: Bytes;
  readonly pids?: number;
  /** CPU list, e.g. "1" or "0-1". */
  readonly cpus?: string;
  /** Most CPU seconds per second: 0.5 is half a CPU, 2 are two. */
  readonly cpuQuota?: number;
  /** Share of contended CPU beside its siblings, 1 to 10,000; 100 is what every group has by default. */
  readonly cpuWeight?: number;
  /** The same of a contended disk; holds only where the disk's scheduler shares by weight. */
  readonly ioWeight?: { readonly disk: Disk; readonly weight: number };
  /** Most bytes per second written to one disk. v1 holds only writes that wait for it (direct, fsync). */
  readonly writeRate?: { readonly disk: Disk; readonly bytesPerSecond: number };
}

/** A whole disk, as cgroups name it. */
export interface Disk {
  /** `MAJOR:MINOR`. */
  readonly device: string;
  /** I/O scheduler in use, e.g. `mq-deadline`; null where the kernel names none. */
  readonly scheduler: string | null;
}

export interface Group extends Account {
  /** Path below each hierarchy's root, e.g. `tare/RUN/i-3`. */
  readonly path: string;
  /** Absolute `cgroup.procs` files; a shell joins by writing its pid to each of them. */
  readonly procsFiles: readonly string[];
  /** Limits the controllers present can hold; names those it could not set. */
  limit(limits: GroupLimits): Promise<{ readonly unset: readonly string[] }>;
  /** Pids anywhere below the group. */
  pids(): readonly number[];
}
