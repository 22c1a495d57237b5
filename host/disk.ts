/**
 * The whole disk below a path, for limits that cgroups set per disk. Found by device number; a file system
 * without a disk of its own (tmpfs, overlay, some btrfs) has none.
 */
import { readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { textOf } from './cgroup/files.ts';
import type { Disk } from './cgroup/group.ts';

/** The disk a path lies on; null where there is none to name. @param sys root of sysfs, for tests */
export function diskOf(path: string, sys = '/sys'): Disk | null {
  const { dev } = statSync(path);
  return diskNumbered(dev, sys);
}

/** @param dev st_dev, as glibc encodes it */
export function diskNumbered(dev: number, sys = '/sys'): Disk | null {
  const wide = BigInt(dev);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn);
  const device = `${major}:${minor}`;
  let folder: string;
  try {
    // A link such as ../../devices/pci0000:00/virtio0/block/vda/vda1.
    folder = join(sys, 'dev/block', readlinkSync(join(sys, 'dev/block', device)));
  } catch {
    return null;
  }
  const isPartition = textOf(join(folder, 'partition')) !== null;
  const disk = isPartition ? dirname(folder) : folder;
  const whole = textOf(join(disk, 'dev'))?.trim();
  if (whole === undefined || basename(disk) === '') return null;
  const scheduler = /\[([\w-]+)\]/.exec(textOf(join(disk, 'queue/scheduler')) ?? '')?.[1] ?? null;
  return { device: whole, scheduler };
}
