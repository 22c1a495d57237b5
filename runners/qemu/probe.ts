/**
 * Finds out by use what accelerates a guest here: reads the host's facts, then boots the real guest kernel
 * under KVM against a deadline. The answer is kept per boot of the host, QEMU version and kernel, because
 * where KVM hangs it costs its whole deadline.
 */
import { constants, existsSync } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError, exitCode, messageOf } from '../../bench/errors.ts';
import { runTool } from '../../host/exec.ts';
import { ensureMiniImage } from '../../images/builtin.ts';
import { cacheFolder, readCached, writeCached } from '../../images/cache.ts';
import { ensureKernel } from '../../images/kernel.ts';
import type { Kernel } from '../../images/kernel.ts';
import type { Context } from '../runner.ts';
import { TrialFailure } from '../runner.ts';
import { classify, kvmCpuModels } from './acceleration.ts';
import type { AccelerationFacts, AccelerationVerdict, GuestBoot } from './acceleration.ts';
import type { Accelerator, VmPlan } from './args.ts';
import { ensureGuestFiles } from './guest.ts';
import type { QemuOptions } from './options.ts';
import { coldChannels, startVm } from './vm.ts';

export const qemuBinary = 'qemu-system-x86_64';
/** Real KVM takes well under a second; a guest that needs more is not worth calling accelerated. */
const deadlineSeconds = 10;

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

async function deviceState(): Promise<AccelerationFacts['device']> {
  if (!existsSync('/dev/kvm')) return 'missing';
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    await (await open('/dev/kvm', 'r+')).close();
    return 'opens';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'fails';
  }
}

async function staticFacts(): Promise<Omit<AccelerationFacts, 'boots'>> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set((/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '').trim().split(/\s+/));
  const modules = ['kvm_intel', 'kvm_amd', 'kvm_pvm'].filter((name) => existsSync(join('/sys/module', name)));
  return {
    device: await deviceState(),
    cpuVirtualization: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : null,
    underHypervisor: flags.has('hypervisor'),
    modules,
  };
}

/** A small VM for finding things out: the mini image, its tree in memory, no disk. */
async function smallPlan(
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
    kernel: kernel.vmlinuz,
    initramfs,
    root: 'initramfs',
    disk: null,
    tscKilohertz: null,
    channels: { ...coldChannels, firmware: null },
    restoreFrom: null,
    verbose: false,
  };
}

/** Boots and waits for a console line; always stops the VM. */
async function bootUntil(
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

async function tryKvm(
  cpuModel: string,
  kernelPath: string | undefined,
  context: Context,
): Promise<GuestBoot> {
  const plan = await smallPlan('q35', 'kvm', cpuModel, kernelPath);
  try {
    const { line, late, seconds, text } = await bootUntil(plan, /mark T4$/, deadlineSeconds, context);
    const outcome = line !== null ? 'reached' : late ? 'too-slow' : 'exited';
    return { cpuModel, outcome, seconds, detail: outcome === 'exited' ? text.slice(-500) : '' };
  } catch (error) {
    if (!(error instanceof TrialFailure)) throw error;
    return { cpuModel, outcome: 'exited', seconds: 0, detail: messageOf(error) };
  }
}

const cachedBoots = z.object({
  boots: z.array(
    z.object({
      cpuModel: z.string(),
      outcome: z.enum(['reached', 'too-slow', 'exited']),
      seconds: z.number(),
      detail: z.string(),
    }),
  ),
});

/** A file of the cache that is void after the next boot of this host. */
async function perBootFile(name: string, kernel: Kernel): Promise<string> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const version = await qemuVersion();
  return join(cacheFolder(), 'probes', `${name}-${boot}-${version}-${kernel.digest.slice(0, 16)}.json`);
}

/** Facts and judgement; boots a guest at most once per boot of this host. */
export async function probeAcceleration(
  options: Pick<QemuOptions, 'kernel'>,
  context: Context,
): Promise<AccelerationVerdict & { readonly facts: AccelerationFacts }> {
  const known = await staticFacts();
  if (known.device !== 'opens') {
    const facts = { ...known, boots: [] };
    return { ...classify(facts), facts };
  }
  const kernel = await ensureKernel(
    () => undefined,
    options.kernel === undefined ? {} : { path: options.kernel },
  );
  const file = await perBootFile('kvm', kernel);
  const kept = cachedBoots.safeParse(await readCached(file));
  let boots: GuestBoot[] = kept.success ? kept.data.boots : [];
  if (!kept.success) {
    for (const cpuModel of kvmCpuModels) {
      boots = [...boots, await tryKvm(cpuModel, options.kernel, context)];
      // A guest that hangs with the whole CPU hangs without one of its features too.
      if (boots.at(-1)?.outcome !== 'exited') break;
    }
    await writeCached(file, { boots });
  }
  const facts = { ...known, boots };
  return { ...classify(facts), facts };
}

/**
 * Frequency of the emulated TSC in kHz. microvm has nothing a guest could calibrate it against, q35 has; so a
 * q35 guest is asked once per boot of the host (against its ACPI timer, in the second after the boot).
 */
export async function emulatedTscKilohertz(
  options: Pick<QemuOptions, 'kernel'>,
  context: Context,
): Promise<number> {
  const kernel = await ensureKernel(
    () => undefined,
    options.kernel === undefined ? {} : { path: options.kernel },
  );
  const file = await perBootFile('tsc', kernel);
  const kept = z.object({ kilohertz: z.number().positive() }).safeParse(await readCached(file));
  if (kept.success) return kept.data.kilohertz;
  const plan = { ...(await smallPlan('q35', 'tcg', 'max', options.kernel)), verbose: true };
  const pattern = /Refined TSC clocksource calibration: (\d+)\.(\d{3}) MHz/;
  const { line, text } = await bootUntil(plan, pattern, 60, context);
  const [, mega = '', kilo = ''] = pattern.exec(line ?? '') ?? [];
  if (mega === '') {
    throw new UserError(
      `the emulated time stamp counter could not be calibrated: ${text.slice(-300)}`,
      'use machine: q35, which needs no calibration',
      exitCode.hostCannot,
    );
  }
  const kilohertz = Number(mega) * 1000 + Number(kilo);
  await writeCached(file, { kilohertz });
  return kilohertz;
}
