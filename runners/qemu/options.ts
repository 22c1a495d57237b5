/** What a scenario may say about the QEMU runner. */
import { z } from 'zod';
import { size } from '../../model/quantity-options.ts';
import { vmNetwork } from '../network.ts';

/** Cache modes that open the volume's file for direct I/O. */
export function passesHostCache(cache: string): boolean {
  return cache === 'none' || cache === 'directsync';
}

export const qemuOptions = z
  .strictObject({
    machine: z
      .enum(['q35', 'microvm'])
      .default('q35')
      .describe('q35: a PC with firmware and PCI; microvm: virtio-mmio and almost nothing else.'),
    accel: z
      .enum(['auto', 'kvm', 'tcg'])
      .default('auto')
      .describe('auto: KVM where it is proven to run a guest, else emulation.'),
    root: z
      .enum(['disk', 'initramfs'])
      .default('disk')
      .describe(
        'disk: shared read-only virtio disk under a tmpfs layer; initramfs: the whole image in guest memory.',
      ),
    rootFormat: z
      .enum(['ext4', 'erofs'])
      .default('ext4')
      .describe(
        'File system of that disk. erofs: denser, read-only by design, one module more in the guest; needs erofs-utils, and an image imported as root where it has owners other than root.',
      ),
    start: z
      .enum(['cold', 'restored'])
      .default('cold')
      .describe('cold: boot; restored: continue from the state of a VM booted once beforehand.'),
    kernel: z.string().min(1).optional().describe("A guest kernel of one's own (vmlinuz or vmlinux)."),
    cpuModel: z
      .string()
      .regex(/^[\w.,=+-]+$/, 'a QEMU CPU model, e.g. "host" or "EPYC-Milan"')
      .optional()
      .describe("QEMU's -cpu; default: host under KVM, max under emulation."),
    network: vmNetwork,
    ksm: z
      .boolean()
      .default(false)
      .describe(
        'Let the kernel merge equal pages of VMs; KSM must be on on the host, tare does not switch it.',
      ),
    freePageReporting: z
      .boolean()
      .default(false)
      .describe('The guest reports pages it has freed, and the host takes them back (virtio-balloon).'),
    balloon: size
      .refine((bytes) => bytes >= 96 * 2 ** 20, 'must leave the guest at least 96MiB')
      .optional()
      .describe('What a balloon leaves the guest once it is ready; default: no balloon.'),
    prealloc: z.boolean().default(false).describe('Touch all guest memory before the start.'),
    cache: z
      .enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe'])
      .default('none')
      .describe(
        "Volumes: none and directsync pass the host's page cache by; writethrough and directsync flush every write; unsafe ignores flushes.",
      ),
    aio: z
      .enum(['threads', 'native', 'io_uring'])
      .default('threads')
      .describe('How QEMU does I/O on volumes; native needs cache: none or directsync.'),
  })
  .refine(({ cache, aio }) => aio !== 'native' || passesHostCache(cache), {
    path: ['aio'],
    message:
      'native needs cache: none or directsync (QEMU does Linux AIO past the page cache only); use threads or io_uring',
  });

export type QemuOptions = z.infer<typeof qemuOptions>;
