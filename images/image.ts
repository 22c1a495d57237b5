/**
 * An image: one root filesystem tree with one digest, and the forms derived from it.
 * Types only; `images/store.ts` finds and keeps them, `images/builtin.ts` assembles the built-in one,
 * `images/import/` makes them of other people's images.
 *
 * On disk: CACHE/images/DIGEST/{rootfs/, manifest, image.json, forms/...}; DIGEST is the sha256 (hex) of `manifest`.
 * manifest: one line per entry of rootfs, sorted bytewise by path:
 *   `f SHA256 MODE /path`   `d - MODE /path`   `l TARGET-SHA256 - /path`
 * MODE is followed by `:UID:GID` where these are not both 0, and by `:UID:GID:XATTRS` where the entry has
 * extended attributes (XATTRS: see `hashAttributes`; they lie in `xattrs.json` beside the manifest).
 * The manifest is the truth about owners, modes and attributes; the tree on disk has those its maker could set.
 */
import type { Bytes, Seconds } from '../model/quantities.ts';

export interface Image {
  readonly name: string;
  /** sha256 (hex) of the manifest file. */
  readonly digest: string;
  /** The image's folder in the cache. */
  readonly folder: string;
  /** `folder/rootfs`: never written to after assembly. */
  readonly rootfs: string;
  /** `folder/manifest`. */
  readonly manifest: string;
  /** Package name -> version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Program name -> absolute path inside. */
  readonly programs: Readonly<Record<string, string>>;
  /** Program name -> files inside that it needs to run (itself, interpreter, libraries). */
  readonly closure: Readonly<Record<string, readonly string[]>>;
  readonly treeBytes: Bytes;
  /** The image's own configuration; null for images that tare assembles. */
  readonly config: ImageConfig | null;
  /**
   * Host path of the static busybox that runs the agent: the built-in images' own; of a foreign image a copy
   * beside its tree, `folder/busybox`, never part of it.
   */
  readonly busybox: string;
}

/** What an image says about how it is run, with names resolved by its own files. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** In order; a later one wins. Without PATH where the image sets none. */
  readonly environment: Readonly<Record<string, string>>;
  /** As the image has it: "", "name", "uid", "uid:gid", "name:group". */
  readonly user: string;
  /** What `user` means by the image's own /etc/passwd and /etc/group, resolved without leaving the tree. */
  readonly identity: ImageIdentity;
  /** Absolute; "/" by default. */
  readonly workingFolder: string;
  /** By name, e.g. "SIGTERM" or "SIGRTMIN+3". */
  readonly stopSignal: string;
  readonly ports: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
  readonly volumes: readonly string[];
  readonly healthcheck: Healthcheck | null;
  /** As images name them: "amd64", "arm64". */
  readonly architecture: string;
  readonly os: string;
}

export interface ImageIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
}

export interface Healthcheck {
  /** As the image has it: ["CMD", program, argument...] or ["CMD-SHELL", text]. */
  readonly test: readonly string[];
  readonly intervalSeconds: Seconds;
  readonly timeoutSeconds: Seconds;
  readonly startPeriodSeconds: Seconds;
  readonly retries: number;
}
