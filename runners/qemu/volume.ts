/** Volumes of a VM: which it can take, and what its cache mode means for what is measured on them. */
import type { VolumeSpec } from '../../model/scenario.ts';
import type { VolumeUse } from '../runner.ts';
import { cacheModeTrait, volumePlace } from '../volume-use.ts';
import { passesHostCache, type QemuOptions } from './options.ts';

/** Why a VM with these options cannot take this volume; null: it can. */
export function refuseVolume(
  { root, start }: QemuOptions,
  volume: VolumeSpec | null,
): { readonly reason: string; readonly hint: string } | null {
  if (volume === null) return null;
  if (volume.kind === 'directory') {
    return {
      reason:
        "a VM cannot share a host folder: the guest kernel that tare boots (Debian's cloud kernel) has no 9p",
      hint: 'use a volume of kind filesystem or block, or name the other runners in this workload\'s "runners"',
    };
  }
  if (root === 'initramfs') {
    return {
      reason: 'a VM whose root is its initramfs has no disk driver loaded',
      hint: 'use `root: disk` for workloads with a volume',
    };
  }
  if (start === 'restored') {
    return {
      reason:
        'a restored VM continues with the devices it was saved with, and each launch has a volume of its own',
      hint: 'use `start: cold` for workloads with a volume',
    };
  }
  return null;
}

export function volumeUse({ cache, aio }: QemuOptions, kind: VolumeSpec['kind']): VolumeUse {
  const hostCache = passesHostCache(cache) ? 'bypassed' : 'used';
  const eachWrite = cache === 'writethrough' || cache === 'directsync';
  const flushes = cache === 'unsafe' ? 'ignored' : eachWrite ? 'each write' : 'reach';
  const what = kind === 'filesystem' ? 'ext4 in an image file' : 'image file';
  return {
    attachment: 'none',
    place: volumePlace[kind],
    hostCache,
    flushes,
    traits: {
      volume: `${what}, virtio-blk (cache=${cache}, aio=${aio})`,
      cacheMode: cacheModeTrait(hostCache, flushes),
    },
  };
}
