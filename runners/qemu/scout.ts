/**
 * Small VMs booted to find something out, never to measure: the mini image in memory, until a line appears
 * on the console. What they find is kept until the next boot of the host.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, exitCode } from '../../model/errors.ts';
import { runTool } from '../../host/exec.ts';
import { ensureMiniImage } from '../../images/builtin.ts';
import { cacheFolder } from '../../images/cache.ts';
import type { Kernel } from '../../images/kernel.ts';
import type { Context } from '../runner.ts';
import type { Accelerator, VmPlan } from './args.ts';
import { ensureGuestFiles } from './guest.ts';
import { stockMemory } from './memory.ts';
import type { QemuOptions } from './options.ts';
import { coldChannels, startVm } from './vm.ts';

export const qemuBinary = 'qemu-system-x86_64';

/** QEMU's version, e.g. `7.2.22`; throws UserError where it is missing. */
export async function qemuVersion(): Promise<string> {
  const result = await runTool([qemuBinary, '--version'], { timeoutSeconds: 20 });
  const version = /version (\d[\w.]*)/.exec(result.stdout)?.[1];
  if (result.exitCode === 0 && version !== undefined) return version;
  throw new UserError(
    `${qemuBinary} cannot be run: ${result.stderr.trim().split('\n')[0] ?? ''}`,
    'install it: sudo apt-get install qemu-system-x86',
    exitCode.hostCannot,
  );
}

/** A small VM for finding things out: the mini image, its tree in memory, no disk. */
export async function smallPlan(
  machine: QemuOptions['machine'],
  accelerator: Accelerator,
  cpuModel: string,
  kernelPath: string | undefined,
): Promise<VmPlan> {
  const image = await ensureMiniImage();
  const options = {
    machine,
    root: 'initramfs' as const,
    ...(kernelPath === undefined ? {} : { kernel: kernelPath }),
  };
  const { kernel, initramfs } = await ensureGuestFiles(image, options);
  return {
    binary: qemuBinary,
    machine,
    accelerator,
    cpuModel,
    cpus: 1,
    memoryMiB: 192,
    memory: stockMemory,
    kernel: kernel.vmlinuz,
    initramfs,
    root: 'initramfs',
    disk: null,
    volume: null,
    network: null,
    tscKilohertz: null,
    channels: { ...coldChannels, firmware: null },
    restoreFrom: null,
    verbose: false,
  };
}

/** Boots and waits for a console line; always stops the VM. */
export async function bootUntil(
  plan: VmPlan,
  pattern: RegExp,
  seconds: number,
  context: Context,
): Promise<{
  readonly line: string | null;
  readonly late: boolean;
  readonly seconds: number;
  readonly text: string;
}> {
  const began = context.now();
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([context.signal, deadline]);
  const vm = await startVm({
    plan,
    group: null,
    cpus: null,
    onMark: () => undefined,
    context: { ...context, signal },
  });
  try {
    const aborted = new Promise<'late'>((resolve) => {
      signal.addEventListener('abort', () => resolve('late'), { once: true });
    });
    const found = await Promise.race([vm.consoleLine(pattern), aborted]);
    context.signal.throwIfAborted();
    return {
      line: found === 'late' ? null : found,
      late: found === 'late',
      seconds: context.now() - began,
      text: vm.text(),
    };
  } finally {
    await vm.stop();
  }
}

/** A file of the cache that is void after the next boot of this host. */
export async function perBootFile(name: string, kernel: Kernel): Promise<string> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const version = await qemuVersion();
  return join(cacheFolder(), 'probes', `${name}-${boot}-${version}-${kernel.digest.slice(0, 16)}.json`);
}
