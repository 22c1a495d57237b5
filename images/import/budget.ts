/**
 * What an import may use up, counted while it streams: a small archive can unpack to anything, so sizes it
 * declares are never trusted. Counters only grow; what a later layer deletes was written all the same.
 */
import { statfs } from 'node:fs/promises';
import { formatValue } from '../../model/units.ts';
import type { Bytes } from '../../model/quantities.ts';
import { refusal, type Place } from './refusal.ts';

export interface Limits {
  /** Bytes written to disk, and apart from it bytes that come out of decompression (holes count here). */
  readonly bytes: Bytes;
  /** Entries of all layers, parents made for them included. */
  readonly entries: number;
  /** One path inside the image. */
  readonly pathBytes: Bytes;
  /** The text of the manifest: what a tree of many long paths costs in memory. */
  readonly manifestBytes: Bytes;
  /** Steps taken in resolving paths; only loops of links come near. */
  readonly steps: number;
}

export const defaultLimits: Limits = {
  bytes: 64 * 2 ** 30,
  entries: 2_000_000,
  // With the cache's own folders before it, a path stays below the kernel's 4096.
  pathBytes: 3500,
  manifestBytes: 256 * 2 ** 20,
  steps: 500_000_000,
};

export interface Budget {
  readonly limits: Limits;
  /** Bytes about to be written; on disk they take whole blocks. */
  readonly write: (bytes: Bytes, place: Place) => void;
  /** Bytes that came out of decompression or would be read from a hole. */
  readonly expand: (bytes: Bytes, place: Place) => void;
  /** One more entry with a path of so many bytes. */
  readonly enter: (pathBytes: Bytes, place: Place) => void;
  readonly step: (place: Place) => void;
  /** Bytes written so far. */
  readonly written: () => Bytes;
}

const block = 4096;
const remedy =
  'if the image is honest it is too large for this place: see "What is refused" in docs/own-image.md';

export function createBudget(limits: Limits, freeBytes: Bytes): Budget {
  const writable = Math.min(limits.bytes, 0.9 * freeBytes);
  let written = 0;
  let expanded = 0;
  let entries = 0;
  let manifest = 0;
  let steps = 0;
  return {
    limits,
    write: (bytes, place) => {
      written += Math.ceil(bytes / block) * block;
      if (written <= writable) return;
      const why = writable < limits.bytes ? '90 % of the free space of the cache' : 'the limit of an import';
      throw refusal(place, `unpacks to more than ${formatValue(writable, 'B')}, ${why}`, remedy);
    },
    expand: (bytes, place) => {
      expanded += bytes;
      if (expanded > limits.bytes)
        throw refusal(place, `expands to more than ${formatValue(limits.bytes, 'B')}`, remedy);
    },
    enter: (pathBytes, place) => {
      entries += 1;
      // A line has a hash, a mode and perhaps owners beside the path.
      manifest += pathBytes + 120;
      if (pathBytes > limits.pathBytes)
        throw refusal(place, `its path has more than ${String(limits.pathBytes)} bytes`, remedy);
      if (entries > limits.entries)
        throw refusal(place, `the image has more than ${String(limits.entries)} entries`, remedy);
      if (manifest > limits.manifestBytes)
        throw refusal(
          place,
          `the paths of the image take more than ${formatValue(limits.manifestBytes, 'B')}`,
        );
    },
    step: (place) => {
      steps += 1;
      if (steps > limits.steps) throw refusal(place, 'its links lead in circles for too long');
    },
    written: () => written,
  };
}

/** Bytes an ordinary user may still write where `folder` lies. */
export async function freeBytes(folder: string): Promise<Bytes> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
