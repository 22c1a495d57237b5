/**
 * The place where instances run, as a value: its facts, its CPUs, its clock and what it reports of itself. This
 * host is one. Another place reports less: what it does not report is null, and whatever stands on it is refused
 * or left out, never read from the machine that tare happens to run on.
 */
import type { ClockError, HostFingerprint, HostRoom } from '../../model/instance.ts';
import type { Bytes } from '../../model/quantities.ts';
import type { Disk } from '../cgroup/group.ts';
import type { HostCounters } from '../drift.ts';
import type { LadderMemory } from '../meter/memory.ts';
import type { ProcessMemory } from '../meter/smaps.ts';
import type { LoadCounters } from '../room.ts';
import type { VisibleHost } from '../visible.ts';

export interface Site {
  /** Unique within a run; what messages call it. */
  readonly id: string;
  readonly facts: HostFingerprint;
  /** As `uname -m` prints it there. */
  readonly architecture: string;
  readonly cpus: {
    readonly count: number;
    /** Numbers that instances can be held to, ascending; null: tare places nothing there. */
    readonly placeable: readonly number[] | null;
  };
  /** How well its instants can be told apart on our clock; null: it has a clock of its own. */
  readonly clock: ClockError | null;
  /** Totals whose differences tell what else used its CPUs. */
  counters(): HostCounters | null;
  /** What it has left for more instances. */
  room(): HostRoom | null;
  /** Totals whose differences tell how busy it was. */
  load(): LoadCounters | null;
  /** Memory of the whole of it, with that of these processes. */
  memory(pids: readonly number[]): LadderMemory | null;
  /** Memory of processes, a hypervisor's divided where the guest's size is given. */
  processes(pids: readonly number[], guestBytes: Bytes | null): ProcessMemory | null;
  /** Bytes of guests that its kernel has merged; null while it merges nothing. */
  merged(): Bytes | null;
  /** What its kernel shows of the whole machine. */
  visible(): VisibleHost | null;
  /** What the process that stands for an instance may do there. */
  outside(pids: readonly number[]): VisibleHost | null;
  /** The group that a process competes in for CPU time. */
  cpuGroupOf(pid: number): string | null;
  /** The disk below a path. */
  diskOf(path: string): Disk | null;
}

/** Why a site cannot serve what needs this of it. */
export const notReported = (site: Pick<Site, 'id'>, what: string): string =>
  `the site ${site.id} does not report ${what}`;
