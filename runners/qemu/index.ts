/**
 * The QEMU runner: a virtual machine with direct kernel boot, the image as a shared read-only disk (or as
 * its initramfs), the same agent inside as in a container. Cold: boot. Restored: continue from the state of
 * a VM booted once while preparing. What accelerates it is found by use (probe.ts) and never assumed.
 */
import { UserError, exitCode, messageOf } from '../../model/errors.ts';
import type { Acceleration, AccelerationClass, Traits } from '../../model/instance.ts';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { readMergedBytes } from '../../host/meter/memory.ts';
import type { Availability, Context, Job, Prepared, PrepareRequest, Runner, RunnerCosts } from '../runner.ts';
import { createCellNetwork, networkTrait, refuseNetwork, type Attachment } from '../network.ts';
import { sharedTraits, writableLayerTrait } from '../traits.ts';
import {
  qemuArguments,
  translationBufferMiB,
  type Accelerator,
  type NetworkCard,
  type VmPlan,
  type VolumeDrive,
} from './args.ts';
import { emulatedTscKilohertz } from './calibrate.ts';
import { ensureGuestFiles, guestCpus, guestMemoryMiB, type GuestFiles } from './guest.ts';
import { startInstance } from './instance.ts';
import { memoryPolicyOf, policyWords } from './memory.ts';
import { qemuOptions, type QemuOptions } from './options.ts';
import { probeAcceleration } from './probe.ts';
import { saveState } from './restore.ts';
import { qemuBinary, qemuVersion } from './scout.ts';
import { coldChannels } from './vm.ts';
import { refuseVolume, volumeUse } from './volume.ts';

interface Chosen {
  readonly accelerator: Accelerator;
  readonly acceleration: Acceleration;
  readonly cpuModel: string;
}

/** The accelerator the options ask for, if this host has it. */
async function choose(options: QemuOptions, context: Context): Promise<Chosen> {
  if (options.accel === 'tcg') {
    return {
      accelerator: 'tcg',
      acceleration: { class: 'tcg', reason: 'emulation was asked for' },
      cpuModel: options.cpuModel ?? 'max',
    };
  }
  const verdict = await probeAcceleration(options, context);
  if (verdict.kvm) {
    return {
      accelerator: 'kvm',
      acceleration: verdict.acceleration,
      cpuModel: options.cpuModel ?? verdict.kvmCpuModel ?? 'host',
    };
  }
  if (options.accel === 'kvm') {
    const reason = verdict.acceleration.reason.replace(/: emulating$/, '');
    throw new UserError(
      `KVM was asked for, but ${reason}`,
      `${verdict.hint}; or use accel: auto`,
      exitCode.hostCannot,
    );
  }
  return { accelerator: 'tcg', acceleration: verdict.acceleration, cpuModel: options.cpuModel ?? 'max' };
}

const noMerging: Availability = {
  usable: false,
  reason: 'ksm is asked for, but this host merges no pages',
  hint: 'as root: echo 1 >/sys/kernel/mm/ksm/run (echo 2 undoes it); or take ksm out of the runner',
};

async function probe(options: QemuOptions, context: Context): Promise<Availability> {
  try {
    if (process.arch !== 'x64') {
      return {
        usable: false,
        reason: `no VM recipe for ${process.arch} hosts yet`,
        hint: 'use an x86-64 host',
      };
    }
    if (options.ksm && readMergedBytes() === null) return noMerging;
    const version = await qemuVersion();
    const { accelerator, acceleration, cpuModel } = await choose(options, context);
    return {
      usable: true,
      version,
      acceleration,
      // The guest's kernel is chosen when a cell is prepared.
      substrate: { isolation: 'virtual machine', architecture: 'x86_64', kernel: null },
      details: { binary: qemuBinary, machine: options.machine, accelerator, cpu: cpuModel },
    };
  } catch (error) {
    return {
      usable: false,
      reason: messageOf(error),
      hint: error instanceof UserError ? error.hint : 'run `tare doctor` for more',
    };
  }
}

function traits(chosen: Chosen, files: GuestFiles, request: PrepareRequest<QemuOptions>): Traits {
  const { options, image, shape } = request;
  return {
    ...sharedTraits(image, createRuler()),
    kernel: `own (${files.kernel.release})`,
    acceleration: chosen.acceleration.class,
    memoryPolicy: policyWords(memoryPolicyOf(options)),
    memoryLimit: `guest memory of ${String(shape.memoryBytes)} bytes; QEMU's own memory comes on top, uncapped`,
    rootFilesystem:
      options.root === 'disk'
        ? `${options.rootFormat} on virtio-blk, raw file, read-only, through the host page cache; the guest page cache starts empty`
        : "the image's tree in guest memory (initramfs)",
    writableLayer: writableLayerTrait(options.root === 'disk' ? 'overlay on tmpfs' : 'guest memory', image),
    network: networkTrait(options.network, 'VM'),
    privileges: "root of its own kernel; QEMU runs as tare's user",
    programClock: "the guest's own",
    startState: options.start === 'cold' ? 'cold' : 'restored: continued from a saved VM',
  };
}

async function prepare(request: PrepareRequest<QemuOptions>, context: Context): Promise<Prepared> {
  const { options, found, image, shape } = request;
  const chosen = await choose(options, context);
  const memory = memoryPolicyOf(options);
  const files = await ensureGuestFiles(image, { ...options, modules: request.modules ?? [] }, memory);
  const calibrate = options.machine === 'microvm' && chosen.accelerator === 'tcg';
  const cold: VmPlan = {
    binary: qemuBinary,
    machine: options.machine,
    accelerator: chosen.accelerator,
    cpuModel: chosen.cpuModel,
    cpus: guestCpus(shape.cpus),
    memoryMiB: guestMemoryMiB(shape.memoryBytes, image, options.root),
    memory,
    kernel: files.kernel.vmlinuz,
    initramfs: files.initramfs,
    root: options.root,
    disk: files.disk,
    volume: null,
    network: null,
    tscKilohertz: calibrate ? await emulatedTscKilohertz(options, context) : null,
    // qboot, microvm's firmware, writes nothing.
    channels: { ...coldChannels, firmware: options.machine === 'q35' ? 7 : null },
    restoreFrom: null,
    verbose: false,
  };
  const network = createCellNetwork(options.network, 'vmm');
  const saved = options.start === 'restored' ? await saveState(cold, context) : null;
  const plan: VmPlan = saved === null ? cold : { ...cold, restoreFrom: saved.file };
  const version = await qemuVersion();
  return {
    ...found.substrate,
    kernel: files.kernel.release,
    product: `QEMU ${version} ${options.machine}`,
    decisive: ['qemu', 'kernelDigest', 'cpuModel', 'machine', 'accelerator'],
    identity: {
      qemu: version,
      machine: options.machine,
      accelerator: chosen.accelerator,
      cpuModel: chosen.cpuModel,
      ...(chosen.accelerator === 'tcg' ? { translationBuffer: `${String(translationBufferMiB)} MiB` } : {}),
      kernel: files.kernel.release,
      kernelDigest: files.kernel.digest,
      kernelSource: files.kernel.source,
      initramfs: files.initramfs.split('/').at(-1) ?? '',
      readiness: "told by the guest's kernel",
      argv: qemuArguments(plan).join(' '),
    },
    acceleration: chosen.acceleration,
    traits: traits(chosen, files, request),
    sharedDiskBytes: files.sharedBytes + (saved?.bytes ?? 0),
    async start(job: Job, startContext: Context) {
      const attached = await network.attach(job, startContext);
      const own = { volume: driveOf(job.volume, options), network: cardOf(attached, job) };
      return startInstance({ ...plan, ...own }, job, startContext, attached);
    },
    [Symbol.asyncDispose]: async () => {
      await network.close();
      await saved?.remove();
    },
  };
}

function driveOf(volume: Job['volume'], { cache, aio }: QemuOptions): VolumeDrive | null {
  if (volume === null || volume.kind === 'directory') return null;
  return { file: volume.path, kind: volume.kind, cache, aio };
}

const restoredWithCard = {
  reason: 'a restored VM wakes with the address and the network card it was saved with',
  hint: 'use `start: cold` with a network, or `network: none`',
};

/** User mode forwards one port, the service's: an instance without one has nothing to reach. */
function cardOf({ link, hostPort }: Attachment, { service }: Job): NetworkCard | null {
  if (link !== null) return { kind: 'tap', name: link.name, mac: link.mac, address: link.addressWithPrefix };
  if (hostPort === null) return null;
  return { kind: 'user', hostPort, guestPort: service?.port ?? hostPort };
}

const coldStart: Readonly<Record<AccelerationClass, number>> = {
  'kvm-hw': 0.6,
  'kvm-nested': 1.2,
  'kvm-pvm': 1.2,
  tcg: 5,
  none: 5,
};

/** An emulated guest takes longer to begin a program, and a server in it to answer first. */
function costs({ start }: QemuOptions, acceleration: AccelerationClass): RunnerCosts {
  const begin = acceleration === 'tcg' ? 0.8 : 0.05;
  return {
    startSeconds: coldStart[acceleration] * (start === 'restored' ? 0.4 : 1),
    serviceSeconds: 2 * begin,
    stopSeconds: 0.4,
    programSeconds: begin,
  };
}

export const qemu: Runner<QemuOptions> = {
  kind: 'qemu',
  title: 'QEMU virtual machine',
  options: qemuOptions,
  refuse: (options, { volume, reachable }) =>
    refuseVolume(options, volume) ??
    refuseNetwork(options.network, { reachable }, 'VM') ??
    (options.network !== 'none' && options.start === 'restored' ? restoredWithCard : null),
  costs,
  volumeUse,
  probe,
  prepare,
};
