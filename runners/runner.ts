/**
 * The contract of a runner: how an instance is isolated and launched. Types only.
 *
 * probe   can it run here, how real is it, what would fix it
 * prepare image and limits made ready, once per cell, not timed
 * start   timed; resolves at T6; everything it starts lives in `job.group`
 * exec    the workload, through the agent inside (same agent, same protocol for every runner)
 * dispose stop, and prove that nothing is left
 *
 * A runner knows nothing of workloads, blocks or statistics, and a workload knows nothing of runners.
 * Optional powers are options of a runner (e.g. qemu `start: restored`), never methods that only throw.
 */
import type { z } from 'zod';
import type {
  Acceleration,
  AccelerationClass,
  FailureReason,
  Mark,
  Substrate,
  Traits,
} from '../model/instance.ts';
import type { ServiceSeen } from '../model/observation.ts';
import type { Bytes, Seconds } from '../model/quantities.ts';
import type { RunnerKind, ServiceSpec, ServiceStop, Shape, VolumeSpec } from '../model/scenario.ts';
import type { Account } from '../host/site/account.ts';
import type { Group } from '../host/cgroup/group.ts';
import type { Lease } from '../host/lease.ts';
import type { Attachment } from '../host/volume.ts';
import type { Image } from '../images/image.ts';

/** What the outside world lends to a runner; nothing is read from globals. */
export interface Context {
  readonly signal: AbortSignal;
  /** The host's monotonic clock, in seconds. The only clock. */
  readonly now: () => Seconds;
  /** Scratch folder of this run, registered with the lease; removed with it. */
  readonly workDir: string;
  /** Each resource is registered here before it is made, so that `tare gc` finds what a killed run left. */
  readonly lease: Lease;
}

/** A runner that can run here, as its probe found it. */
export interface Usable {
  readonly usable: true;
  readonly version: string;
  readonly acceleration: Acceleration;
  /** What its instances stand on, asked from inside one wherever another program makes them. */
  readonly substrate: Substrate;
  /** Shown by `doctor` and kept in the record: binary, machine, cgroup mode, rootless... */
  readonly details: Readonly<Record<string, string>>;
}

export interface Unusable {
  readonly usable: false;
  readonly reason: string;
  readonly hint: string;
}

export type Availability = Usable | Unusable;

export interface Runner<Options = unknown> {
  readonly kind: RunnerKind;
  readonly title: string;
  /** Strict schema of the options in the scenario. */
  readonly options: z.ZodType<Options>;
  /** Never throws; bounded in time. */
  probe(options: Options, context: Context): Promise<Availability>;
  prepare(request: PrepareRequest<Options>, context: Context): Promise<Prepared>;
  /** Why it cannot serve a workload with these needs, and what would; null: it can. Absent: no needs are met. */
  refuse?(options: Options, needs: Needs): { readonly reason: string; readonly hint: string } | null;
  /** What a launch takes beside its work, for forecasts; absent: as little as a process does. */
  costs?(options: Options, acceleration: AccelerationClass): RunnerCosts;
  /** How it takes a volume of this kind, one it does not refuse. Absent: it takes none. */
  volumeUse?(options: Options, kind: VolumeSpec['kind']): VolumeUse;
}

/** Runners by kind. */
export type Runners = Readonly<Record<RunnerKind, Runner>>;

/** The runner of a kind that a checked scenario names. */
export function runnerOf(runners: Runners, kind: RunnerKind): Runner {
  const runner = runners[kind];
  if (runner === undefined) throw new Error(`no runner ${kind}`);
  return runner;
}

/** Of medians of tare's own launches on quiet hosts of two CPUs. */
export interface RunnerCosts {
  readonly startSeconds: Seconds;
  /** More until a server has answered first. */
  readonly serviceSeconds: Seconds;
  readonly stopSeconds: Seconds;
  /** Until a program has begun. */
  readonly programSeconds: Seconds;
}

export interface PrepareRequest<Options> {
  readonly options: Options;
  /** What its probe found here. */
  readonly found: Usable;
  readonly shape: Shape;
  readonly image: Image;
  readonly pidsLimit: number;
  /** Kernel modules wanted inside: who brings a kernel of its own loads those that it has; absent: none. */
  readonly modules?: readonly string[];
}

export interface Prepared extends AsyncDisposable, Substrate {
  /** What runs, with its version, as reports call it: "QEMU 7.2.22 q35". */
  readonly product: string;
  /** Versions, digests, final argv: what exactly runs. */
  readonly identity: Readonly<Record<string, string>>;
  /** Keys of `identity`, beside `version`, whose values decide its numbers. */
  readonly decisive: readonly string[];
  readonly acceleration: Acceleration;
  readonly traits: Traits;
  /** Bytes on disk of what every instance of this cell shares (image form used). */
  readonly sharedDiskBytes: number;
  /**
   * What processes take that all instances share and that are in none of them (an engine's daemons): CPU since
   * they started, memory they hold now. Absent, or null: there are none, or they cannot be read.
   */
  shared?(): SharedUsage | null;
  /** Resolves at T6, rejects with TrialFailure. `context.signal` is the trial's deadline too. */
  start(job: Job, context: Context): Promise<Instance>;
}

export interface SharedUsage {
  readonly cpuSeconds: Seconds | null;
  readonly memoryBytes: Bytes | null;
}

/** One launch. */
export interface Job {
  /** Unique within the run, safe as a file name. */
  readonly id: string;
  /** Made and empty; null where this user has no cgroup (then CPU and memory are not measured). */
  readonly group: Group | null;
  /** CPUs this instance may use, as a list ("1", "0-1"); null: no placement. */
  readonly cpus: string | null;
  readonly service: ServiceSpec | null;
  /** Storage beside the root, made and empty; the runner shows it inside as `place`. */
  readonly volume: Volume | null;
  /** Extra environment for every program inside, the same on every runner. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Called for each mark the moment it is stamped, T0 to T6, by `context.now`. Marks between them that another
   * clock stamped are not comparable: on a site with a clock of its own they are left out.
   */
  readonly onMark: (mark: Mark) => void;
}

/** A volume as the host holds it. */
export interface Volume {
  readonly kind: VolumeSpec['kind'];
  /** Host path: the folder (directory); the image file, or the loop device in front of it (filesystem, block). */
  readonly path: string;
  /** Absolute path inside: a mount point (directory, filesystem) or a device node (block). */
  readonly place: string;
}

/** How a runner takes a volume. */
export interface VolumeUse {
  readonly attachment: Attachment;
  /** Absolute path inside; null: no root of its own, reached by host path. */
  readonly place: string | null;
  /** Whether direct I/O from inside still ends in the host's page cache. */
  readonly hostCache: 'bypassed' | 'used';
  /** What a flush from inside comes to: it reaches storage, it is ignored, or there is one after each write. */
  readonly flushes: 'reach' | 'ignored' | 'each write';
  /** `volume` and `cacheMode` of the fairness ledger. */
  readonly traits: Traits;
}

/** What a workload asks of a runner beside launching: checked once per cell, before anything starts. */
export interface Needs {
  readonly volume: VolumeSpec | null;
  /** A client outside the instance has to reach its service. */
  readonly reachable: boolean;
  /** Its image comes from elsewhere and expects to be the root. */
  readonly ownRoot: boolean;
}

/** Where a client outside reaches a port of the instance. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** argv that puts a command into the network namespace from which the address is reachable; empty: the host's. */
  readonly enter: readonly string[];
}

export interface ExecRequest {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: Seconds;
  /**
   * Called as the program is about to begin and when it has ended, before its output is fetched: so that what is
   * read of the instance then holds none of the agent's own work.
   */
  readonly onEdge?: (edge: 'begin' | 'end') => void;
}

export interface ExecResult {
  /** 127: no such program. 124: timed out inside and was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Host clock at the agent's begin and end messages. */
  readonly begin: Seconds;
  readonly end: Seconds;
  /** OOM kills the instance's own kernel counted meanwhile (VMs); 0 where the host counts. */
  readonly oomKills: number;
}

/** How it was found out that a service is ready. */
export type Looking = Omit<ServiceSeen, 'kind'>;

export interface Instance extends AsyncDisposable {
  readonly marks: readonly Mark[];
  /** null: there is no service. */
  readonly looking: Looking | null;
  /** The job's volume. */
  readonly volume: Volume | null;
  /** What it uses, where that is not the group it was given: what its site counts, or null where nobody counts. */
  readonly account?: Account | null;
  /** Pids of the instance on its site while it lives; null: the site shows none. */
  pids(): readonly number[] | null;
  exec(request: ExecRequest, context: Context): Promise<ExecResult>;
  /**
   * Proof from inside: hash of the image's manifest as seen there, after re-hashing the files named
   * (absolute paths in the image; empty: every file) against it.
   */
  prove(paths: readonly string[], context: Context): Promise<Proof>;
  /** Asks the job's service to end by a signal to its main program, and kills that when its time is over. */
  halt(stop: ServiceStop, context: Context): Promise<Halted>;
  /** Where a client outside reaches this port; null: nowhere (loopback inside only). */
  endpoint(port: number): Endpoint | null;
  /** Bytes allocated on the site's disk for this instance alone; null: not counted. */
  diskBytes(): Promise<number | null>;
  /** Tail of console and stderr so far, for failure reports. */
  console(): string;
  /** Why it ended by itself, if it did (panic, OOM, exit); null while it lives. */
  ended(): TrialFailureFacts | null;
  /** Stops it; resolves when everything of it is gone, with the T7 mark; idempotent. */
  stop(): Promise<StopReport>;
}

/** How a service ended that was asked to. */
export interface Halted {
  /** `before`: it had ended by itself before it was asked. */
  readonly how: 'ended' | 'killed' | 'before';
  readonly exitCode: number;
  /** From asking to the word of its end, by the host's clock. */
  readonly seconds: Seconds;
}

export interface Proof {
  readonly digest: string;
  readonly checkedFiles: number;
  /** Paths whose content inside differs from the manifest. */
  readonly mismatches: readonly string[];
}

export interface StopReport {
  readonly gone: Mark | null;
  readonly leftovers: readonly string[];
}

export interface TrialFailureFacts {
  readonly reason: FailureReason;
  readonly message: string;
  readonly detail: string;
}

/** A launch or program that failed: data for the record, never a crash of tare. */
export class TrialFailure extends Error {
  readonly facts: TrialFailureFacts;
  constructor(facts: TrialFailureFacts, cause?: unknown) {
    super(facts.message, cause === undefined ? undefined : { cause });
    this.name = 'TrialFailure';
    this.facts = facts;
  }
}
