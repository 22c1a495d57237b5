/**
 * One instance and the host it runs on: how it is executed, its instants, what it used, how it failed.
 */
import type { Bytes, Seconds } from './quantities.ts';

/**
 * How guest CPU instructions are executed, decided by use and not by a device node (METHODOLOGY B18).
 * `none`: no guest CPU virtualization at all (containers, processes).
 */
export type AccelerationClass = 'kvm-hw' | 'kvm-nested' | 'kvm-pvm' | 'tcg' | 'none';

export interface Acceleration {
  readonly class: AccelerationClass;
  /** One sentence a reader understands, e.g. "KVM answers but cannot run a guest: emulating". */
  readonly reason: string;
}

/**
 * What an instance really is, whatever started it. `process`: nothing between it and the host. `container`:
 * namespaces on the host's kernel. `sandbox`: a kernel of its own that is itself a program of the host (gVisor).
 * `virtual machine`: a kernel of its own on a CPU of its own.
 */
export type Isolation = 'process' | 'container' | 'sandbox' | 'virtual machine';

/** What an instance stands on, asked from inside wherever that can be asked. */
export interface Substrate {
  /** null: not known, or nothing runs (a fake). */
  readonly isolation: Isolation | null;
  /** As `uname -m` prints it inside, e.g. "x86_64"; null: not known. */
  readonly architecture: string | null;
  /** Release of the kernel it talks to, as `uname -r` prints it inside; null: not known. */
  readonly kernel: string | null;
}

/**
 * T0 request, T1 runtime or VMM exec, T2 VMM / namespaces ready, T3 guest kernel entry (VM),
 * T4 PID 1, T5 workload main, T6 ready (first correct reply), T7 gone (METHODOLOGY B16).
 */
export type Milestone = 'T0' | 'T1' | 'T2' | 'T3' | 'T4' | 'T5' | 'T6' | 'T7';

/** A named instant on the host's monotonic clock. Names other than milestones are runner detail. */
export interface Mark {
  readonly name: string;
  readonly at: Seconds;
}

/** Host-side meter of one instance's cgroup over time; parallel arrays. */
export interface Series {
  readonly at: readonly Seconds[];
  readonly cpuSeconds: readonly number[];
  readonly memoryBytes: readonly Bytes[];
}

/** One totals reading of an instance's cgroup (VMM and helpers included). */
export interface GroupReading {
  readonly cpuSeconds: number | null;
  readonly throttledSeconds: number | null;
  readonly memoryBytes: Bytes | null;
  readonly memoryPeakBytes: Bytes | null;
  /** Anonymous + kernel + shared memory: what stays comparable across runners. */
  readonly workingBytes: Bytes | null;
  readonly cacheBytes: Bytes | null;
  /** Page cache that was not used lately: the first to be given back. */
  readonly inactiveFileBytes: Bytes | null;
  readonly processes: number | null;
  readonly oomKills: number | null;
}

/**
 * How hard a group was held by its limits and what it suffered, in totals since it was made: the evidence of
 * containment and interference. Null where this host does not count it.
 */
export interface GroupStrain {
  readonly cpuSeconds: number | null;
  /** Enforcement periods of a CPU quota, those cut short by it, and the time lost. */
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  readonly memoryPeakBytes: Bytes | null;
  /** Times an allocation met the memory cap. */
  readonly memoryRefusals: number | null;
  readonly oomKills: number | null;
  readonly pidsPeak: number | null;
  /** Forks refused by the cap on processes. */
  readonly pidsRefusals: number | null;
  readonly majorFaults: number | null;
  readonly writtenBytes: Bytes | null;
  /** Time in which some task of the group waited for the resource (PSI `some`). */
  readonly cpuPressureSeconds: number | null;
  readonly memoryPressureSeconds: number | null;
  readonly ioPressureSeconds: number | null;
}

/** PSS of a hypervisor process by what its mappings are. */
export interface HypervisorMemory {
  readonly guestRamBytes: Bytes;
  /** Code translated for the guest, under emulation. */
  readonly translationBytes: Bytes;
  readonly otherBytes: Bytes;
}

/** What the host has left for more instances. */
export interface HostRoom {
  readonly memoryTotalBytes: Bytes;
  readonly memoryAvailableBytes: Bytes;
  /** Tasks (threads too) and their limit, where the least is left: the kernel's own or a pids cgroup above tare. */
  readonly tasks: number;
  readonly tasksLimit: number;
  /** Of the file system that holds the instances' own files. */
  readonly diskFreeBytes: Bytes;
  readonly diskTotalBytes: Bytes;
  /** Descriptors of tare itself, which holds a few per instance. */
  readonly openFiles: number;
  readonly openFilesLimit: number;
}

/** How busy the host was over a span, as shares of it; null without PSI. */
export interface HostLoad {
  readonly cpuBusyShare: number;
  readonly cpuPressureShare: number | null;
  readonly memoryPressureShare: number | null;
  readonly ioPressureShare: number | null;
}

export type FailureReason =
  | 'launch'
  | 'timeout'
  | 'hang'
  | 'panic'
  | 'early-exit'
  | 'oom'
  | 'crash'
  | 'bad-output'
  | 'digest-mismatch'
  | 'missing-program'
  /** The instance has not what its workload requires: an answer, not a fault. */
  | 'requirement'
  | 'unclean'
  | 'interrupted';

/** What the host did to us while a trial ran (METHODOLOGY C9, C19). */
export interface Drift {
  /** Share of all CPU time stolen by the hypervisor below us, 0..1. */
  readonly stealShare: number;
  /** Cores kept busy by anything outside the instance and outside tare; null where the instance's CPU is not known. */
  readonly foreignCores: number | null;
  readonly load1: number;
  /** `some` CPU pressure total over the trial, as a share of its wall time; null without PSI. */
  readonly cpuPressureShare: number | null;
  readonly frequencyMHz: number | null;
}

/** Keys of the fairness ledger; a missing key is "unknown" and is shown as such. */
export type TraitKey =
  | 'image'
  | 'kernel'
  | 'acceleration'
  | 'cpuPlacement'
  | 'memoryLimit'
  | 'memoryPolicy'
  | 'rootFilesystem'
  | 'writableLayer'
  | 'volume'
  | 'cacheMode'
  | 'pageCache'
  | 'network'
  | 'privileges'
  | 'environment'
  | 'readySignal'
  | 'clock'
  | 'programClock'
  | 'startState'
  | 'ruler';

export type Traits = { readonly [K in TraitKey]?: string };

/** Facts of the machine, in three classes: `must` match to compare, `note` is shown, `ignore` is kept. */
export interface HostFingerprint {
  readonly hostname: string;
  readonly must: Readonly<Record<string, string>>;
  readonly note: Readonly<Record<string, string>>;
  readonly ignore: Readonly<Record<string, string>>;
  /** sha256 over `must`. */
  readonly hash: string;
}

/** The shortest time between instants that this host could resolve during this run. */
export interface ClockError {
  /** Round trip of one byte through the same kind of channel that carries marks, median and p95. */
  readonly echoMedianSeconds: Seconds;
  readonly echoP95Seconds: Seconds;
  readonly samples: number;
}
