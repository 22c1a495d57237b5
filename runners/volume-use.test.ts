/** Equal conditions are said in equal words, or the fairness ledger would call them different. */
import { expect, test } from 'vitest';
import { qemuOptions } from './qemu/options.ts';
import { volumeUse } from './qemu/volume.ts';
import { hostVolumeUse, refuseHostVolume } from './volume-use.ts';

test('a loop device past the page cache and a VM with cache=none are alike; through it they are not', () => {
  const direct = hostVolumeUse('block', true, true);
  const cached = hostVolumeUse('block', false, true);
  const vm = volumeUse(qemuOptions.parse({}), 'block');
  expect(direct.traits.cacheMode).toBe(vm.traits.cacheMode);
  expect(cached.traits.cacheMode).not.toBe(vm.traits.cacheMode);
  expect(volumeUse(qemuOptions.parse({ cache: 'writeback' }), 'block').traits.cacheMode).toBe(
    cached.traits.cacheMode,
  );
  expect([direct.hostCache, cached.hostCache]).toEqual(['bypassed', 'used']);
});

test('a folder needs no device, an instance without a root of its own sees host paths', () => {
  expect(hostVolumeUse('directory', false, true)).toMatchObject({ attachment: 'none', place: '/volume' });
  expect(hostVolumeUse('block', true, false)).toMatchObject({ attachment: 'loop-direct', place: null });
});

test('without root only a folder, and the refusal says how to get more', () => {
  const volume = (kind: 'directory' | 'block') => ({ kind, sizeBytes: 1 });
  expect(refuseHostVolume(volume('directory'), true)).toBeNull();
  expect(refuseHostVolume(volume('block'), false)).toBeNull();
  expect(refuseHostVolume(null, true)).toBeNull();
  const refused = refuseHostVolume(volume('block'), true);
  expect(refused?.reason).toMatch(/only root .* kind block/);
  expect(refused?.hint).toMatch(/kind directory/);
});
