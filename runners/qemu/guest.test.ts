import { expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import type { Image } from '../../images/image.ts';
import { guestCpus, guestMemoryMiB } from './guest.ts';
import { environmentLines } from './instance.ts';
import { qemuOptions } from './options.ts';

const mebibyte = 2 ** 20;
const image: Image = {
  name: 'test',
  digest: '0'.repeat(64),
  folder: '/none',
  rootfs: '/none/rootfs',
  manifest: '/none/manifest',
  packages: {},
  programs: {},
  closure: {},
  treeBytes: 100 * mebibyte,
  config: null,
  busybox: '/nowhere/busybox',
};

test('guest memory is that of the shape, and too little is refused before it can be a panic', () => {
  expect(guestMemoryMiB(256 * mebibyte, image, 'disk')).toBe(256);
  expect(guestMemoryMiB(256 * mebibyte + 5, image, 'disk')).toBe(256);
  expect(() => guestMemoryMiB(64 * mebibyte, image, 'disk')).toThrow(UserError);
  expect(() => guestMemoryMiB(256 * mebibyte, image, 'initramfs')).toThrow('initramfs');
  expect(guestMemoryMiB(512 * mebibyte, image, 'initramfs')).toBe(512);
});

test('virtual CPUs are whole', () => {
  expect(guestCpus(2)).toBe(2);
  expect(() => guestCpus(0.5)).toThrow(UserError);
  expect(() => guestCpus(0)).toThrow(UserError);
});

test('options have defaults and unknown or unsafe ones are refused', () => {
  expect(qemuOptions.parse({})).toEqual({
    machine: 'q35',
    network: 'none',
    accel: 'auto',
    root: 'disk',
    rootFormat: 'ext4',
    start: 'cold',
    ksm: false,
    freePageReporting: false,
    prealloc: false,
    cache: 'none',
    aio: 'threads',
  });
  expect(qemuOptions.safeParse({ machine: 'pc' }).success).toBe(false);
  expect(qemuOptions.safeParse({ arguments: '-S' }).success).toBe(false);
  expect(qemuOptions.safeParse({ cpuModel: 'max -S' }).success).toBe(false);
  expect(qemuOptions.safeParse({ cpuModel: 'host,-arch-capabilities' }).success).toBe(true);
});

test('the environment is a count and lines; what cannot be a line is refused', () => {
  expect(environmentLines({})).toBe('0\n');
  expect(environmentLines({ A: '1 2', PAD: '' })).toBe('2\nA=1 2\nPAD=\n');
  expect(() => environmentLines({ A: 'x\ny' })).toThrow('newline');
});
