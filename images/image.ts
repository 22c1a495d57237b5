/**
 * An image: one root filesystem tree with one digest, and the forms derived from it.
 * Types only; `images/store.ts` finds and keeps them, `images/builtin.ts` assembles the built-in one.
 *
 * On disk: CACHE/images/DIGEST/{rootfs/, manifest, image.json, forms/...}; DIGEST is the sha256 (hex) of `manifest`.
 * manifest: one line per entry of rootfs, sorted bytewise by path:
 *   `f SHA256 MODE /path`   `d - MODE /path`   `l TARGET-SHA256 - /path`
 */
import type { Bytes } from '../bench/model.ts';

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
}
