/**
 * How volumes are taken, in the words the fairness ledger compares: what stands between the instance and the
 * host's storage, and what a flush from inside comes to. One wording for all runners, as traits are compared
 * as text. The three runners on the host's kernel take volumes alike.
 */
import { z } from 'zod';
import type { VolumeSpec } from '../model/scenario.ts';
import type { VolumeUse } from './runner.ts';

/** Where volumes are seen by programs that have a root of their own. */
export const volumePlace = { directory: '/volume', filesystem: '/volume', block: '/dev/volume' } as const;

/** An option of the runners on the host's kernel. */
export const loopDirectOption = z
  .boolean()
  .default(true)
  .describe("Loop devices of volumes pass the host's page cache by; false: what `losetup` does by itself.");

/** @param hostCache whether direct I/O from inside still ends in the host's page cache */
export function cacheModeTrait(hostCache: VolumeUse['hostCache'], flushes: VolumeUse['flushes']): string {
  const said = {
    reach: 'flushes reach storage',
    ignored: 'flushes are ignored',
    'each write': 'every write is flushed',
  }[flushes];
  return `direct I/O ${hostCache === 'bypassed' ? "past the host's page cache" : "ends in the host's page cache"}; ${said}`;
}

/** Why a runner on the host's kernel cannot take this volume, as far as options and user tell. */
export function refuseHostVolume(
  volume: VolumeSpec | null,
  rootless: boolean,
): { readonly reason: string; readonly hint: string } | null {
  if (volume === null || volume.kind === 'directory' || !rootless) return null;
  return {
    reason: `only root may attach and mount a volume of kind ${volume.kind} on the host's kernel`,
    hint: 'run tare as root (and without `user: rootless`), or use a volume of kind directory',
  };
}

/**
 * A volume of an instance on the host's kernel.
 * @param root the instance has a root of its own
 */
export function hostVolumeUse(kind: VolumeSpec['kind'], loopDirect: boolean, root: boolean): VolumeUse {
  const place = root ? volumePlace[kind] : null;
  if (kind === 'directory') {
    const traits = { volume: 'host folder', cacheMode: cacheModeTrait('bypassed', 'reach') };
    return { attachment: 'none', place, hostCache: 'bypassed', flushes: 'reach', traits };
  }
  const hostCache = loopDirect ? 'bypassed' : 'used';
  const what = kind === 'filesystem' ? 'ext4 in an image file' : 'image file';
  const traits = {
    volume: `${what}, loop device (direct I/O ${loopDirect ? 'on' : 'off'})`,
    cacheMode: cacheModeTrait(hostCache, 'reach'),
  };
  return { attachment: loopDirect ? 'loop-direct' : 'loop', place, hostCache, flushes: 'reach', traits };
}
