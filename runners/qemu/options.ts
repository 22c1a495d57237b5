/** What a scenario may say about the QEMU runner. */
import { z } from 'zod';

export const qemuOptions = z.strictObject({
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
});

export type QemuOptions = z.infer<typeof qemuOptions>;
