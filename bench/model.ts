/**
 * The vocabulary of tare as types: everything that crosses a file border or reaches disk.
 * Data only: readonly, JSON-safe, tagged by `state` or `kind`, base units inside (seconds, bytes),
 * absence is a missing union member or `null`, never NaN. No code, no imports.
 */

/** A duration, or an instant on the host's monotonic clock, in seconds. */
export type Seconds = number;
/** A size in bytes. */
export type Bytes = number;

// ---------------------------------------------------------------- acceleration

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

// ---------------------------------------------------------------- milestones

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

// ---------------------------------------------------------------- scenario

/** An instance's size. The same numbers bound a container and equip a VM. */
export interface Shape {
  readonly id: string;
  readonly cpus: number;
  readonly memoryBytes: Bytes;
}

/** One `runners:` entry of a scenario: an alternative being weighed. */
export interface RunnerSpec {
  /** Unique within the scenario; what reports call it. */
  readonly id: string;
  readonly kind: RunnerKind;
  /** Validated by that runner's own schema. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type RunnerKind = 'fake' | 'process' | 'namespace' | 'oci' | 'podman' | 'docker' | 'qemu';

/** One thing done to a running instance. `use` names a workload module. */
export interface ProgramSpec {
  readonly use: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is done in one launch: programs in this order, after the instance is ready. */
export interface WorkloadSpec {
  readonly id: string;
  readonly programs: readonly ProgramSpec[];
  /** A server that must answer before the instance counts as ready; absent: the agent itself. */
  readonly service: ServiceSpec | null;
  /** Run in so many of the scenario's blocks only, evenly spread; null: in every block. */
  readonly blocks: number | null;
  /** Ids of the runners that run it; null: all. */
  readonly runners: readonly string[] | null;
  /** Runner its ratios are read against; null: the scenario's. */
  readonly baseline: string | null;
  /** Storage beside the root, fresh for every launch; null: none. */
  readonly volume: VolumeSpec | null;
  /** Looked at from inside when the instance is ready; null: nothing is required. */
  readonly requires: Requirements | null;
}

/** What an app needs of the system under it; null and none: nothing in particular. */
export interface Requirements {
  /** A version pattern, e.g. ">=6.5" or "6.1.*". */
  readonly kernel: string | null;
  /** Kernel modules that must be loaded. */
  readonly modules: readonly string[];
  readonly architecture: string | null;
  readonly os: string | null;
}

/** Storage lent to an instance beside its root, fresh for every launch. */
export interface VolumeSpec {
  /**
   * directory: a host folder, shared; filesystem: ext4 in an image file (loop device or virtio-blk);
   * block: the same file as a raw device, without a filesystem.
   */
  readonly kind: 'directory' | 'filesystem' | 'block';
  readonly sizeBytes: Bytes;
}

/** A server started as the workload's main program (T5) and ready on its first correct reply (T6). */
export interface ServiceSpec {
  readonly name: string;
  /**
   * Run in the instance's scratch folder; `{port}` stands for `port`, `{bind}` for the address to listen on:
   * the loopback, unless clients reach the instance through a network of its own.
   */
  readonly argv: readonly string[];
  /** Its standard input (a configuration, say); `{port}` and `{bind}` stand for the same here. */
  readonly input: string;
  /** Null: it listens on none. */
  readonly port: number | null;
  readonly ready: Readiness;
  /** What of an image from elsewhere it is; null: a service that tare knows. */
  readonly own: OwnService | null;
}

/** The main program of an image, as its configuration and the scenario have it. */
export interface OwnService {
  /** What is run in place of the image's entrypoint and command; empty: those. */
  readonly run: readonly string[];
  /** Over the image's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute path inside of the program, links followed; "" until the image is known. */
  readonly program: string;
  /** How it is asked to end when its launch is over; null: it is killed with its instance. */
  readonly stop: ServiceStop | null;
}

/** A signal to the main program, time for it to end by itself, then SIGKILL. */
export interface ServiceStop {
  /** By name, e.g. "SIGTERM" or "SIGRTMIN+3"; null: the image's own, until that is known. */
  readonly signal: string | null;
  readonly graceSeconds: Seconds;
}

/** When a service counts as ready (T6): found from inside, in the same way on every runner. */
export type Readiness =
  /** Text sent to the port, and text that must be in the reply. */
  | { readonly kind: 'reply'; readonly send: string; readonly expect: string }
  /** A request in HTTP/1.0, and the status of the reply. */
  | { readonly kind: 'http'; readonly send: string; readonly status: number }
  /** Something listens on the port. */
  | { readonly kind: 'tcp' }
  /** Text in what it has printed. */
  | { readonly kind: 'line'; readonly text: string }
  /** It has ended with status 0. */
  | { readonly kind: 'exit' }
  /** A program inside ends with status 0. */
  | {
      readonly kind: 'check';
      readonly argv: readonly string[];
      /** A look that lasts longer is killed, and has failed. */
      readonly limitSeconds: Seconds;
      /** Before the first look, and between two. */
      readonly delaySeconds: Seconds;
      readonly everySeconds: Seconds;
      /** Failing for longer than this, it is unhealthy and the launch has failed; null: in the trial's own time. */
      readonly patienceSeconds: Seconds | null;
    }
  /** The image's health check, looked at so often (null: as often as it says). Settled before anything starts. */
  | { readonly kind: 'health'; readonly everySeconds: Seconds | null }
  /** What the image allows to tell: its health check, else its one port. Settled before anything starts. */
  | { readonly kind: 'image' };

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly image: string;
  readonly runners: readonly RunnerSpec[];
  /** The runner id every ratio is read against. */
  readonly baseline: string;
  /** Runner id run twice as an A/A control, or null. */
  readonly control: string | null;
  readonly shapes: readonly Shape[];
  readonly workloads: readonly WorkloadSpec[];
  readonly blocks: number;
  readonly warmup: number;
  readonly seed: number | null;
  readonly cooldownSeconds: Seconds;
  readonly trialTimeoutSeconds: Seconds;
  readonly pidsLimit: number;
  /** Metric ids wanted in headline and tables; empty: all. */
  readonly metrics: readonly string[];
}

// ---------------------------------------------------------------- plan

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

// ---------------------------------------------------------------- metrics

export type Family =
  'startup' | 'tare' | 'app' | 'cpu' | 'memory' | 'io' | 'network' | 'density' | 'scale-out' | 'isolation';
/** `share`: a fraction of a whole, shown in percent; `ratio`: how many times something else. */
export type Unit = 's' | 'B' | 'B/s' | '1/s' | 's/op' | 'cores' | 'count' | 'ratio' | 'share';

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

// ---------------------------------------------------------------- record

/** One number of a metric, as an instrument or a program printed it. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
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
  | ServiceEnd;

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
  /** As told: guest memory, or the cap of a container. Never what it costs (C24). */
  readonly configuredBytes: Bytes;
  /** null where no process of it maps a guest's RAM. */
  readonly hypervisor: HypervisorMemory | null;
  /** As its own kernel tells from inside; null where it shares the host's. */
  readonly guest: GuestMemory | null;
  /** The service's own count (redis: used_memory). */
  readonly serviceBytes: Bytes | null;
  /** PSS, inside, of the client that loads the service: part of the readings above while `loaded`. */
  readonly clientBytes: Bytes | null;
  /** Pages the host has merged (KSM), in bytes, over all guests; null while it merges nothing. */
  readonly mergedBytes: Bytes | null;
}

/** PSS of a hypervisor process by what its mappings are. */
export interface HypervisorMemory {
  readonly guestRamBytes: Bytes;
  /** Code translated for the guest, under emulation. */
  readonly translationBytes: Bytes;
  readonly otherBytes: Bytes;
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
  /** What the process that stands for the instance may do on the host; null: not seen. */
  readonly outside: Readonly<Record<string, string>> | null;
}

/** What of a host may run out first; `unknown`: something did, and the evidence does not say what. */
export type HostResource = 'memory' | 'cpu' | 'pids' | 'disk' | 'open-files' | 'ports' | 'unknown';

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
  /** Work of each sampled instance per second; empty where no work was asked for. */
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
   * row; maximum: all asked for are running; fit: the cost of one more is known well enough.
   */
  readonly cause: 'objective' | 'forecast' | 'failures' | 'maximum' | 'fit';
  /** What binds; null where nothing did. */
  readonly binding: HostResource | null;
  /** The evidence in a sentence. */
  readonly evidence: string;
}

/** Instances requested at once beside others that idle; instants count from the request for all of them. */
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
  /** Whether its CPU time is weighed against the victim's as a whole; false: thread by thread; null: unknown. */
  readonly cpuApart: boolean | null;
  /** While the victim worked; peaks are those since its start. */
  readonly during: GroupStrain;
  /** From its start to the end of the victim's work. */
  readonly strain: GroupStrain;
  /** Why it, or its stressor, ended by itself; null: it ran on. */
  readonly ended: string | null;
}

/**
 * A victim's program run once: alone, beside an idle instance, or beside one that does its worst. A launch
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

export type LadderQuantity =
  'hostBytes' | 'kernelPlusPssBytes' | 'groupBytes' | 'pssBytes' | 'processes' | 'idleCores' | 'diskBytes';

/** What the instances of a ladder do while it is read: nothing, or hold what their service was given. */
export type LadderState = 'idle' | 'loaded';

/** State of the host with n instances of one cell idle. */
export interface LadderPoint {
  readonly instances: number;
  /** MemTotal - MemAvailable. */
  readonly hostBytes: Bytes;
  /** Kernel memory (MemTotal-MemFree-Buffers-Cached-AnonPages) plus PSS of every instance process; null where PSS may not be read. */
  readonly kernelPlusPssBytes: Bytes | null;
  readonly pssBytes: Bytes | null;
  readonly groupBytes: Bytes | null;
  readonly processes: number;
  readonly idleCores: number | null;
  readonly diskBytes: Bytes;
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

export type Outcome =
  | { readonly state: 'ok' }
  | {
      readonly state: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      /** Tail of the console or stderr, for a human. */
      readonly detail: string;
    };

/** What the host did to us while a trial ran (METHODOLOGY C9, C19). */
export interface Drift {
  /** Share of all CPU time stolen by the hypervisor below us, 0..1. */
  readonly stealShare: number;
  /** Cores kept busy by anything outside the instance and outside tare. */
  readonly foreignCores: number;
  readonly load1: number;
  /** `some` CPU pressure total over the trial, as a share of its wall time; null without PSI. */
  readonly cpuPressureShare: number | null;
  readonly frequencyMHz: number | null;
}

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
  /** `imported`: another tool ran it, in a way that is not known. */
  readonly runnerKind: RunnerKind | 'imported';
  readonly workload: string;
  readonly shape: Shape;
  readonly role: CellRole;
  /** Runner its ratios are read against; absent: the header's. */
  readonly baseline?: string;
  /** What its workload requires of the system; absent: nothing. */
  readonly requires?: string;
  /** Digest of the work done in one launch (bench/sameness.ts); absent in records of the first releases. */
  readonly workDigest?: string;
  /** The runner's options as checked, defaults included; absent in records of the first releases. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Versions, digests, final argv: what exactly ran. */
  readonly identity: Readonly<Record<string, string>>;
  readonly acceleration: Acceleration;
  /** Conditions the fairness ledger compares between cells. */
  readonly traits: Traits;
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

export interface SkippedCell {
  /** What its workload requires, where that is why. */
  readonly requires?: string;
  readonly cell: string;
  readonly runner: string;
  readonly reason: string;
  readonly hint: string;
}

/** Facts of the machine, in three classes: `must` match to compare, `note` is shown, `ignore` is kept. */
export interface HostFingerprint {
  readonly hostname: string;
  readonly must: Readonly<Record<string, string>>;
  readonly note: Readonly<Record<string, string>>;
  readonly ignore: Readonly<Record<string, string>>;
  /** sha256 over `must`. */
  readonly hash: string;
}

/** How well instants can be told apart on this host during this run. */
export interface ClockError {
  /** Round trip of one byte through the same kind of channel that carries marks, median and p95. */
  readonly echoMedianSeconds: Seconds;
  readonly echoP95Seconds: Seconds;
  readonly samples: number;
}

/** What a value of an imported file stands for: a launch of its own, or one of many turns within a launch. */
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
  readonly schema: 2;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runId: string;
  readonly startedAt: string;
  readonly scenario: {
    readonly name: string;
    readonly description: string;
    readonly file: string;
    readonly text: string;
    readonly overrides: readonly string[];
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

// ---------------------------------------------------------------- analysis (always recomputed)

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

/** A reason why a conclusion is withheld or weakened; `rule` is METHODOLOGY Part C's number, e.g. "C17". */
export interface Refusal {
  readonly rule: string;
  readonly message: string;
  /** What would lift it. */
  readonly remedy: string;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** One launch's value. */
export interface LaunchValue {
  readonly block: number;
  readonly trial: number;
  readonly value: number;
}

/** Distribution of one metric in one cell over launches. */
export interface Summary {
  readonly cell: string;
  readonly metric: string;
  readonly n: number;
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Coefficient of variation (sample standard deviation / mean), null below n = 2 or at mean 0. */
  readonly cov: number | null;
  /** Median's interval; null below n = 6 (C3). */
  readonly interval: Interval | null;
  /** Only quantiles that the sample count allows (C21). */
  readonly quantiles: readonly { readonly q: number; readonly value: number }[];
  /** Centres of clearly separated modes, when there is more than one (C27). */
  readonly modes: readonly number[];
  readonly launches: readonly LaunchValue[];
  readonly warnings: readonly Warning[];
}

export type Verdict =
  | 'regression'
  | 'improvement'
  | 'equivalent'
  | 'different-but-small'
  | 'inconclusive'
  | 'refused'
  | 'no-verdict';

/** subject / reference as a cost: above 1 the subject costs more, whichever way the metric points. */
export interface Comparison {
  readonly metric: string;
  readonly subject: string;
  readonly reference: string;
  /** `control`: the A/A pair, whose truth is known to be 1. */
  readonly kind: 'runners' | 'control';
  readonly n: number;
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** Paired signed-rank p and its Benjamini-Hochberg-adjusted value within the run's family. */
  readonly p: number | null;
  readonly pAdjusted: number | null;
  readonly familySize: number;
  readonly threshold: number;
  readonly verdict: Verdict;
  /** Blocks needed for a verdict at this noise, when inconclusive. */
  readonly blocksNeeded: number | null;
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
}

/** What is known of a distribution over all launches of a cell: merged histograms, never averaged percentiles. */
export interface Percentiles {
  readonly cell: string;
  readonly metric: string;
  /** Samples in the merged histogram. */
  readonly count: number;
  readonly bins: Distribution['bins'];
  /** Those the count allows; `interval` is that of the median of the launches' own, null below 6 that have one. */
  readonly quantiles: readonly {
    readonly q: number;
    readonly value: number;
    readonly interval: Interval | null;
    readonly launches: number;
  }[];
  readonly max: number;
  readonly launches: readonly {
    readonly block: number;
    readonly trial: number;
    readonly count: number;
    readonly quantiles: readonly { readonly q: number; readonly value: number }[];
  }[];
}

export interface LedgerRow {
  readonly trait: TraitKey;
  readonly title: string;
  readonly state: 'same' | 'different' | 'unknown';
  readonly values: readonly { readonly runner: string; readonly value: string | null }[];
  /** What the difference means, and which verdicts it voids. */
  readonly consequence: string;
  readonly voids: readonly Family[];
}

export type ClaimState = 'holds' | 'does-not-hold' | 'partly' | 'refused' | 'not-measured';

/** One resource's answer to one claim; never merged across resources. */
export interface ClaimRow {
  readonly resource: string;
  readonly state: ClaimState;
  readonly evidence: string;
  readonly metric: string | null;
  readonly rule: string | null;
}

export interface Claim {
  readonly id: string;
  readonly statement: string;
  /** What bears on it: metrics, or kinds of facts. */
  readonly metrics: readonly string[];
  /** How its rows are answered, in words. */
  readonly rule: string;
  readonly state: ClaimState;
  readonly rows: readonly ClaimRow[];
}

export interface FailureCount {
  readonly cell: string;
  readonly reason: FailureReason;
  readonly count: number;
  readonly example: string;
  readonly detail: string;
}

export interface Analysis {
  readonly summaries: readonly Summary[];
  readonly comparisons: readonly Comparison[];
  readonly ledger: readonly LedgerRow[];
  readonly failures: readonly FailureCount[];
  /** Of every distribution in every cell. */
  readonly percentiles: readonly Percentiles[];
  /** Blocks planned, analysed, voided. */
  readonly blocks: { readonly planned: number; readonly used: number; readonly voided: number };
  /** Conclusions withheld for the run as a whole. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Warning[];
  /** Startup stages per cell: median seconds spent between consecutive milestones. */
  readonly stages: readonly {
    readonly cell: string;
    readonly from: Milestone;
    readonly to: Milestone;
    readonly median: Seconds;
    readonly n: number;
  }[];
}
