/**
 * A layer kept as a tar blob: its bytes checked against the descriptor, decompressed, checked against the
 * configuration's diff id, and read as tar, all in one pass. Only at its very end is a layer known to be whole;
 * what was unpacked by then lies in a temporary folder and goes with it.
 */
import { createHash } from 'node:crypto';
import type { Bytes } from '../../model/quantities.ts';
import { checkedBytes, type StoredFile } from './blobs.ts';
import type { Budget } from './budget.ts';
import { decompressed } from './decompress.ts';
import type { LayerSource } from './layer.ts';
import { streamReader } from './tar/reader.ts';
import { refusal, type Place } from './refusal.ts';
import { readTar } from './tar/tar.ts';

export interface TarLayer {
  readonly place: Place;
  readonly file: StoredFile;
  /** Of the blob as stored; null where the archive names it otherwise (docker's older form). */
  readonly blob: { readonly digest: string; readonly size: Bytes } | null;
  /** Digest of the plain tar; null for a root file system, which says nothing about itself. */
  readonly diffId: string | null;
  readonly whiteouts: boolean;
}

export function tarLayer(layer: TarLayer, budget: Budget, signal?: AbortSignal): LayerSource {
  const { place, file, blob, diffId } = layer;
  return {
    place,
    whiteouts: layer.whiteouts,
    entries: async function* () {
      const stored = blob === null ? file.open() : checkedBytes(file, blob, place, signal);
      const reader = streamReader(plainBytes(decompressed(stored, place), diffId, budget, place, signal));
      try {
        // With a digest there is no need for the empty blocks at the end, and some tools leave them out.
        yield* readTar(reader, place, { trailer: diffId === null ? 'required' : 'optional' });
      } finally {
        await reader.close();
      }
    },
  };
}

async function* plainBytes(
  source: AsyncIterable<Buffer>,
  diffId: string | null,
  budget: Budget,
  place: Place,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const [algorithm = '', hex = ''] = diffId?.split(':') ?? [];
  const hash = diffId === null ? null : createHash(algorithm);
  for await (const piece of source) {
    signal?.throwIfAborted();
    budget.expand(piece.length, place);
    hash?.update(piece);
    yield piece;
  }
  const found = hash?.digest('hex') ?? hex;
  if (found !== hex)
    throw refusal(
      place,
      `its content is not what the configuration says: ${algorithm}:${hex}, but ${algorithm}:${found}`,
    );
}
