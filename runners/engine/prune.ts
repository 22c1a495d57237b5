/** Copies of images in the stores that tare keeps for engines, dropped together with the images themselves. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lease } from '../../host/lease.ts';
import { findRuntime } from '../oci/probe.ts';
import { makeCellFolder, storeOf, writeSettings } from '../podman/place.ts';
import { podmanClient } from '../podman/settings.ts';
import { removeStored } from './import.ts';

/**
 * Removes what podman's store of tare's own user holds of images not kept; returns their digests. Stores of
 * other accounts and of docker are left: the one is theirs, the other needs its daemon.
 */
export async function pruneStores(keep: ReadonlySet<string>, lease: Lease): Promise<readonly string[]> {
  const store = storeOf(null);
  const binary = await findRuntime('podman');
  const runtime = (await findRuntime('runc')) ?? (await findRuntime('crun'));
  if (binary === null || runtime === null || !existsSync(join(store, 'root'))) return [];
  const rootless = process.geteuid?.() !== 0;
  const folder = await makeCellFolder(null, rootless);
  lease.own({ kind: 'folder', path: folder });
  const plan = { binary, runtime, store, rootless, account: null, folder };
  try {
    await writeSettings(plan);
    return await removeStored(podmanClient(plan, 'store'), keep);
  } finally {
    await rm(folder, { recursive: true, force: true });
    lease.release({ kind: 'folder', path: folder });
  }
}
