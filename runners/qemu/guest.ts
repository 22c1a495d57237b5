/**
 * What a VM boots, made ready once per cell: kernel, initramfs with init and agent, disk. All of it comes
 * from the image, so its digest covers what runs inside; the kernel's digest is recorded beside it.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../model/errors.ts';
import type { Bytes } from '../../model/quantities.ts';
import { ensureDisk } from '../../images/disks/disk.ts';
import { ensureErofs } from '../../images/disks/erofs.ts';
import type { Image } from '../../images/image.ts';
import { ensureInitramfs } from '../../images/disks/initramfs.ts';
import { ensureKernel, type Kernel } from '../../images/kernel.ts';
import { modulesOf } from '../../images/modules.ts';
import { guestModules, mountTables } from './args.ts';
import { stockMemory, type MemoryPolicy } from './memory.ts';
import type { QemuOptions } from './options.ts';

export interface GuestFiles {
  readonly kernel: Kernel;
  readonly initramfs: string;
  readonly disk: string | null;
  /** Bytes on disk that every VM of the cell shares. */
  readonly sharedBytes: Bytes;
}

const mebibyte = 2 ** 20;
/** What a stock kernel takes before the first program, generously. */
const kernelBytes = 96 * mebibyte;

export async function ensureGuestFiles(
  image: Image,
  options: Pick<QemuOptions, 'machine' | 'root' | 'kernel'> & {
    readonly rootFormat?: QemuOptions['rootFormat'];
    readonly network?: QemuOptions['network'];
    /** Wanted beside those the guest needs to start; those that the kernel has not are left out. */
    readonly modules?: readonly string[];
  },
  memory: MemoryPolicy = stockMemory,
  report: (line: string) => void = () => undefined,
): Promise<GuestFiles> {
  const kernel = await ensureKernel(report, options.kernel === undefined ? {} : { path: options.kernel });
  const script = (path: string): Promise<string> => readFile(join(import.meta.dirname, path), 'utf8');
  const initramfs = await ensureInitramfs({
    image,
    kernel,
    modules: [...guestModules(options, memory), ...(await modulesOf(kernel, options.modules ?? []))],
    files: {
      init: await script('init.sh'),
      'layer/tare/agent.sh': await script('../agent.sh'),
      ...Object.fromEntries(
        Object.entries(mountTables(options.root, options.rootFormat)).map(([name, text]) => [
          `tables/${name}`,
          text,
        ]),
      ),
    },
    wholeTree: options.root === 'initramfs',
  });
  const makeDisk = options.rootFormat === 'erofs' ? ensureErofs : ensureDisk;
  const disk = options.root === 'disk' ? await makeDisk(image) : null;
  const files = [kernel.vmlinuz, initramfs, ...(disk === null ? [] : [disk])];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).blocks * 512));
  return { kernel, initramfs, disk, sharedBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Guest memory in MiB for QEMU's -m. An initramfs lies in memory twice while it is unpacked: too little
 * memory would only be seen as a panic, so it is refused here.
 */
export function guestMemoryMiB(memoryBytes: Bytes, image: Image, root: QemuOptions['root']): number {
  const whole = Math.floor(memoryBytes / mebibyte);
  const needed = kernelBytes + (root === 'initramfs' ? 2 * image.treeBytes : 0);
  if (memoryBytes < needed) {
    throw new UserError(
      `a VM of ${String(whole)} MiB cannot hold ${root === 'initramfs' ? 'the image as its initramfs' : 'a guest kernel'}`,
      `give the shape at least ${String(Math.ceil(needed / mebibyte))} MiB`,
    );
  }
  return whole;
}

/** Virtual CPUs of a shape. A VM has whole ones. */
export function guestCpus(cpus: number): number {
  if (Number.isInteger(cpus) && cpus >= 1) return cpus;
  throw new UserError(
    `a shape with ${String(cpus)} CPUs cannot be a VM: virtual CPUs are whole`,
    'use a whole number of cpus for cells of the qemu runner',
  );
}
