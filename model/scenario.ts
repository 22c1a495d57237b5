/**
 * What a user asks to be measured: runners, workloads, shapes, and what an instance must hold to.
 */
import type { Bytes, Seconds } from './quantities.ts';

/** An instance's size. The same numbers bound a container and equip a VM. */
export interface Shape {
  readonly id: string;
  readonly cpus: number;
  readonly memoryBytes: Bytes;
}

/** One `runners:` entry of a scenario: an alternative to compare. */
export interface RunnerSpec {
  /** Unique within the scenario; what reports call it. */
  readonly id: string;
  readonly kind: RunnerKind;
  /** Validated by that runner's own schema. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Name of a runner, as scenarios give it; runners/index.ts lists them. Nothing is concluded from it. */
export type RunnerKind = string;

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
  /** Storage besides the root, fresh for every launch; null: none. */
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

/** Storage lent to an instance besides its root, fresh for every launch. */
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
   * Run in the instance's scratch folder; `{port}` is replaced by `port`, `{bind}` by the address to listen on:
   * the loopback, unless clients reach the instance through a network of its own.
   */
  readonly argv: readonly string[];
  /** Its standard input (a configuration, say); `{port}` and `{bind}` are replaced here too. */
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
  /** What the image declares: its health check, else its one port. Settled before anything starts. */
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
  /** Metric ids to show in headline and tables; empty: all. */
  readonly metrics: readonly string[];
}
