/**
 * What a workload saw beyond single numbers: distributions, memory readings, sweeps, neighbours, surface facts.
 */
import type { FailureReason, GroupStrain, HostLoad, HostRoom, HypervisorMemory } from './instance.ts';
import type { Bytes, Seconds, Unit } from './quantities.ts';

/**
 * What a launch yields that is more than one number per metric; each kind has its reader in the analysis.
 * Raw, so that a better reading can be made of it years later.
 */
export type Observation =
  | Distribution
  | MemoryReading
  | LoadGiven
  | SurfaceFacts
  | DensityStep
  | DensityEnd
  | Wave
  | OutputDigest
  | NeighbourPhase
  | LoadPhase
  | ServiceEnd
  | ServiceSeen;

/** How the main program of an image ended when it was asked to, by its stop signal. */
export interface ServiceEnd {
  readonly kind: 'service-end';
  readonly signal: string;
  readonly graceSeconds: Seconds;
  /** `ended`: by itself, within the grace period; `killed`: after it. */
  readonly how: 'ended' | 'killed';
  /** 128 and the signal, where a signal ended it. */
  readonly exitCode: number;
  /** From asking to its end, by the host's clock. */
  readonly seconds: Seconds;
}

/** How it was found out that the service is ready, and what of the instance's CPU time that took. */
export interface ServiceSeen {
  readonly kind: 'service-seen';
  /** `outside`: by the host; `end`: by its own end; `event`: its kernel reported it; `look`: by looking from inside. */
  readonly by: 'outside' | 'end' | 'event' | 'look';
  /** Subtracted from `startup.cpu`, which is true to the error. */
  readonly cpuSeconds: Seconds;
  readonly errorSeconds: Seconds;
}

/** A histogram of one metric within one launch: merged across launches, never averaged (METHODOLOGY B12). */
export interface Distribution {
  readonly kind: 'distribution';
  readonly metric: string;
  /** [value, count], ascending; `value` in the metric's unit, the highest equivalent value of its bucket. */
  readonly bins: readonly (readonly [value: number, count: number])[];
}

/** How one phase of load from outside went within one launch, and why its numbers are not used if they are not. */
export interface LoadPhase {
  readonly kind: 'load-phase';
  /** "capacity" (closed loop), "30" (percent of capacity) or "500/s". */
  readonly point: string;
  /** Requests per second: asked (open loop) or reached (closed). */
  readonly rate: number;
  readonly seconds: Seconds;
  readonly sent: number;
  readonly answered: number;
  readonly errors: number;
  readonly lost: number;
  readonly unanswered: number;
  readonly medianSeconds: Seconds | null;
  /** How late requests were sent; null in a closed loop, which has no schedule. */
  readonly lagP99Seconds: Seconds | null;
  /** How long a reply can have lain unnoticed by the generator. */
  readonly noticeP99Seconds: Seconds | null;
  readonly generatorCores: number;
  /** CPUs the generator was held to; null: it shared the instance's. */
  readonly generatorCpus: string | null;
  readonly instanceCores: number | null;
  /** CPU time that this host's own hypervisor withheld meanwhile; null: not recorded. */
  readonly stealShare: number | null;
  /** The declared rule that took the phase out, with its numbers; null: it counts. */
  readonly discarded: string | null;
  /** Latencies of a discarded open loop; a counted one has a distribution. */
  readonly unused: Distribution['bins'];
}

/** Idle after its start, while its service answers clients, and idle again after that. */
export type MemoryMoment = 'ready' | 'loaded' | 'after';

/** Memory of one instance at one moment, counted in every way at once; null: cannot be read here. */
export interface MemoryReading {
  readonly kind: 'memory';
  readonly moment: MemoryMoment;
  /** What its service was given, in words: equal words are equal work. */
  readonly load: string;
  /** Processes of the instance on the host, hypervisor included (METHODOLOGY B14). */
  readonly pssBytes: Bytes | null;
  readonly rssBytes: Bytes | null;
  /** Everything charged to its cgroup, page cache included. */
  readonly groupBytes: Bytes | null;
  /** The same without page cache that was not used lately: what orchestrators call the working set. */
  readonly workingSetBytes: Bytes | null;
  /** Anonymous + kernel + shared memory of its cgroup. */
  readonly heldBytes: Bytes | null;
  /** The host's page cache charged to its cgroup: first toucher pays. */
  readonly cacheBytes: Bytes | null;
  /** As declared: guest memory, or the limit of a container. Never what it costs (C24). */
  readonly configuredBytes: Bytes;
  /** null where no process of it maps a guest's RAM. */
  readonly hypervisor: HypervisorMemory | null;
  /** As its own kernel reports from inside; null where it shares the host's. */
  readonly guest: GuestMemory | null;
  /** The service's own count (redis: used_memory). */
  readonly serviceBytes: Bytes | null;
  /** PSS, inside, of the client that loads the service: part of the readings above while `loaded`. */
  readonly clientBytes: Bytes | null;
  /** Pages the host has merged (KSM), in bytes, over all guests; null while it merges nothing. */
  readonly mergedBytes: Bytes | null;
}

export interface GuestMemory {
  readonly totalBytes: Bytes;
  readonly availableBytes: Bytes;
  /** Cached + Buffers - Shmem. */
  readonly cacheBytes: Bytes;
}

/** What the service of each instance of a ladder was given, in the words of a MemoryReading. */
export interface LoadGiven {
  readonly kind: 'load';
  readonly load: string;
}

/** What deterministic work printed: equal on every runner, or one of them computes otherwise. */
export interface OutputDigest {
  readonly kind: 'output-digest';
  readonly work: string;
  /** sha256 (hex) of what of the output follows from the input alone. */
  readonly digest: string;
  /** Its beginning, to see what differs. */
  readonly text: string;
}

/** What became of a system call made inside: entered, refused (EPERM or a filter), not in this kernel, not made. */
export type CallAnswer = 'reached' | 'refused' | 'absent' | 'untried';

/** What one instance could reach and see, found inside it by trying (bench/surface). No better, no worse: facts. */
export interface SurfaceFacts {
  readonly kind: 'surface';
  /** What was found, by key, as it was printed inside. */
  readonly facts: Readonly<Record<string, string>>;
  /** Numbers of the system calls by answer; null: no checker for this architecture. */
  readonly calls: Readonly<Record<CallAnswer, readonly number[]>> | null;
  /** Things tried in earnest (load a module, mount, set the clock): "done" or the name of the error. */
  readonly attempts: Readonly<Record<string, string>>;
  /** The host's own values of the same keys, before and after. */
  readonly hostBefore: Readonly<Record<string, string>>;
  readonly hostAfter: Readonly<Record<string, string>>;
  /** What the instance's main process may do on the host; null: not seen. */
  readonly outside: Readonly<Record<string, string>> | null;
}

/** What of a host may run out first; `unknown`: something did, and the evidence does not say what. */
export type HostResource = 'memory' | 'cpu' | 'pids' | 'disk' | 'open-files' | 'ports' | 'unknown';

export type ObjectiveName = 'startWithin' | 'requestWithin' | 'workAtLeast' | 'memoryReserve';

/** A service objective read at one step of a density sweep. */
export interface ObjectiveReading {
  readonly name: ObjectiveName;
  /** Seconds, share of the first instance's throughput, or bytes; null: could not be read, which is not held. */
  readonly value: number | null;
  readonly limit: number;
  readonly held: boolean;
  /** The host while it was read. */
  readonly load: HostLoad;
}

export interface InstanceFailure {
  readonly reason: FailureReason;
  readonly message: string;
}

/** One step of a density sweep: so many instances running, and what that did to them and to the host. */
export interface DensityStep {
  readonly kind: 'density-step';
  readonly instances: number;
  /** Request to ready of each instance that this step added. */
  readonly startSeconds: readonly Seconds[];
  /** Instances of this step that did not start, and earlier ones that ended by themselves. */
  readonly failures: readonly InstanceFailure[];
  readonly objectives: readonly ObjectiveReading[];
  /** Work of each sampled instance per second; empty where no work was requested. */
  readonly throughputs: readonly number[];
  readonly room: HostRoom;
  /** MemTotal - MemAvailable. */
  readonly hostBytes: Bytes;
  /** As in a ladder. */
  readonly kernelPlusPssBytes: Bytes | null;
  readonly groupBytes: Bytes | null;
}

/** Why a density sweep went no further. */
export interface DensityEnd {
  readonly kind: 'density-end';
  /**
   * objective: one was not held; forecast: the next step would have hurt the host; failures: too many in a
   * row; maximum: all that were requested are running; fit: the cost of one more is known well enough.
   */
  readonly cause: 'objective' | 'forecast' | 'failures' | 'maximum' | 'fit';
  /** The bottleneck; null where there was none. */
  readonly binding: HostResource | null;
  /** The evidence in a sentence. */
  readonly evidence: string;
}

/** Instances requested at once next to idle ones; instants count from the request for all of them. */
export interface Wave {
  readonly kind: 'wave';
  readonly idle: number;
  readonly asked: number;
  /** Of each instance that became ready, ascending; `launched`: when its own launch began (tare's preparations before it). */
  readonly ready: readonly { readonly launched: Seconds; readonly ready: Seconds }[];
  readonly failures: readonly InstanceFailure[];
}

/** What holds a neighbour: nothing of its own; equal shares of what is contended; hard caps. */
export type NeighbourLimits = 'off' | 'weights' | 'hard';

/** One number of a victim's program. */
export interface VictimValue {
  readonly name: 'throughput' | 'p50' | 'p99';
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  readonly value: number;
}

/** Limits that were in force on a neighbour; null: none of that kind. */
export interface LimitsHeld {
  readonly cpuQuota: number | null;
  readonly cpuWeight: number | null;
  readonly memoryBytes: Bytes | null;
  readonly pids: number | null;
  readonly writeBytesPerSecond: number | null;
}

/** A neighbour during one phase, seen from the host. */
export interface NeighbourEvidence {
  readonly held: LimitsHeld;
  /** Around it whatever its own limits are, so that the host survives. */
  readonly cage: { readonly memoryBytes: Bytes; readonly pids: number; readonly cpus: string };
  /** Limits that this host or runner cannot set. */
  readonly unset: readonly string[];
  /** Whether its CPU time counts against the victim's as a whole; false: thread by thread; null: unknown. */
  readonly cpuApart: boolean | null;
  /** While the victim worked; peaks are those since its start. */
  readonly during: GroupStrain;
  /** From its start to the end of the victim's work. */
  readonly strain: GroupStrain;
  /** Why it, or its stressor, ended by itself; null: it ran on. */
  readonly ended: string | null;
}

/**
 * A victim's program run once: alone, next to an idle instance, or next to a stressor. A launch
 * has one phase of each, in random order.
 */
export interface NeighbourPhase {
  readonly kind: 'neighbour';
  /** From 0, in the order they ran. */
  readonly place: number;
  /** What it is the phase of: `alone`, `idle`, or a stressor's name. */
  readonly beside: string;
  readonly victim: string;
  readonly limits: NeighbourLimits;
  readonly result:
    | { readonly state: 'finished'; readonly values: readonly VictimValue[] }
    /** Killed, timed out, failed, or its instance ended: worse than any number. */
    | { readonly state: 'did-not-finish'; readonly reason: FailureReason; readonly message: string }
    /** Nothing was learnt of the victim: the stressor was not running throughout, or the output is unreadable. */
    | { readonly state: 'void'; readonly message: string };
  readonly wallSeconds: Seconds;
  /** null: alone. */
  readonly neighbour: NeighbourEvidence | null;
  /** What the victim's own group met while its program ran. */
  readonly suffered: GroupStrain | null;
  /** Share of the host's CPU time stolen meanwhile. */
  readonly stealShare: number;
}

/** State of the host with n instances of one cell idle. */
export interface LadderPoint {
  readonly instances: number;
  /** MemTotal - MemAvailable. */
  readonly hostBytes: Bytes;
  /** Kernel memory (MemTotal-MemFree-Buffers-Cached-AnonPages) plus PSS of every instance process; null where PSS may not be read. */
  readonly kernelPlusPssBytes: Bytes | null;
  readonly pssBytes: Bytes | null;
  readonly groupBytes: Bytes | null;
  /** Code translated by emulators, in none of the three before it; null: not known; absent in earlier records. */
  readonly translationBytes?: Bytes | null;
  readonly processes: number | null;
  readonly idleCores: number | null;
  readonly diskBytes: Bytes | null;
}
