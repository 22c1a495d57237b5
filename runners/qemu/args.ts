/**
 * The command line of one VM, as a pure function of what it shall be: the one place that knows QEMU's
 * flags. Channels are inherited descriptors, so no socket file has a name that could collide or be left.
 */
import { backendArguments, balloonArguments, hasBalloon, memoryProperties, stockMemory } from './memory.ts';
import type { MemoryPolicy } from './memory.ts';
import { passesHostCache } from './options.ts';
import type { QemuOptions } from './options.ts';

export type Accelerator = 'kvm' | 'tcg';

/** Descriptor numbers given to QEMU; the launcher hands out 4 and up. */
export interface ChannelNumbers {
  readonly agent: number;
  readonly console: number;
  readonly monitor: number;
  /** Firmware messages, where the machine has a firmware that writes any. */
  readonly firmware: number | null;
}

export interface VmPlan {
  readonly binary: string;
  readonly machine: QemuOptions['machine'];
  readonly accelerator: Accelerator;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly memory: MemoryPolicy;
  readonly kernel: string;
  readonly initramfs: string;
  readonly root: QemuOptions['root'];
  /** Raw file attached read-only; null: no disk. */
  readonly disk: string | null;
  /** Writable drive of this launch alone. */
  readonly volume: VolumeDrive | null;
  /** How clients outside reach it; null: no network card. */
  readonly network: NetworkCard | null;
  /** Frequency of the emulated time stamp counter, where the guest cannot find it by itself. */
  readonly tscKilohertz: number | null;
  readonly channels: ChannelNumbers;
  /** State file to continue from; null: boot. */
  readonly restoreFrom: string | null;
  /** Let the kernel print its boot messages (for calibration and diagnosis, never for a measured start). */
  readonly verbose: boolean;
}

/** A volume as QEMU shall drive it. */
export interface VolumeDrive {
  /** Raw image file. */
  readonly file: string;
  /** Seen inside with a file system mounted, or as a bare device. */
  readonly kind: 'filesystem' | 'block';
  readonly cache: QemuOptions['cache'];
  readonly aio: QemuOptions['aio'];
}

/** A virtio network card and what is behind it. */
export type NetworkCard =
  | { readonly kind: 'tap'; readonly name: string; readonly mac: string; readonly address: string }
  /** QEMU's own stack: nothing but the forwarded port gets in, and nothing out. */
  | { readonly kind: 'user'; readonly hostPort: number; readonly guestPort: number };

/** The guest's address on QEMU's user-mode network, as that gives it by DHCP. */
const userAddress = '10.0.2.15';

/**
 * Room for an emulator's translated code. Left to itself QEMU takes up to 1 GiB, and a busy guest of 256 MiB then
 * holds hundreds of MiB that are the emulator's and not the machine's. A boot of the image fills 48 MiB: this is
 * never flushed there and costs no time, while 16 MiB made a boot take 16 % more CPU (five boots each, in turn).
 */
export const translationBufferMiB = 64;

/** Name of the virtio-serial port the agent speaks on. */
const agentPort = 'tare.agent';

/** By this the guest finds the volume's drive, whatever order its devices are found in. */
const volumeSerial = 'tare-volume';

/** QEMU splits option values at commas; a doubled comma is one. */
export function optionValue(text: string): string {
  return text.replaceAll(',', ',,');
}

/** A path for the shell that QEMU's `exec:` runs. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Kernel parameters. Nothing here turns protection off: the guest is a stock one, only quiet. */
export function kernelParameters(
  plan: Pick<VmPlan, 'machine' | 'accelerator' | 'root' | 'volume' | 'network' | 'tscKilohertz' | 'verbose'>,
): string[] {
  const loudness = plan.verbose ? [] : ['quiet'];
  const parameters = ['console=ttyS0', ...loudness, 'panic=-1', 'reboot=t', `TARE_FROM=${plan.root}`];
  if (plan.volume !== null) parameters.push(`TARE_VOLUME=${plan.volume.kind}`);
  if (plan.network !== null) {
    const address = plan.network.kind === 'tap' ? plan.network.address : `${userAddress}/24`;
    parameters.push(`TARE_ADDRESS=${address}`);
  }
  // The kernel tests its timer by counting ticks while it spins. On a busy host an emulated tick comes too late
  // (seen: panic "IO-APIC + timer doesn't work"); under KVM a stock kernel skips the test by itself.
  if (plan.accelerator === 'tcg') parameters.push('no_timer_check');
  if (plan.machine === 'microvm' && plan.accelerator === 'tcg') {
    // No timer the kernel could calibrate its TSC against: it would wait for ever.
    // Nor one to watch the TSC with: it would compare it with its own late ticks and, on a busy host, turn
    // to those (seen: a guest clock 15 % off). The emulated TSC is the host's, and is as good as that.
    parameters.push('tsc=reliable');
    if (plan.tscKilohertz !== null) parameters.push(`tsc_early_khz=${String(plan.tscKilohertz)}`);
  }
  return parameters;
}

/**
 * microvm's clock chip is always there: left to itself QEMU omits it under KVM (`rtc=auto`, hw/i386/microvm.c),
 * and a stock kernel then polls the missing chip for a second in every boot (mc146818_avoid_UIP: 10,000 reads,
 * 100 us apart).
 */
const machines: Readonly<Record<VmPlan['machine'], string>> = {
  q35: 'q35,usb=off,smbus=off,sata=off,vmport=off',
  microvm: 'microvm,x-option-roms=off,isa-serial=on,rtc=on',
};

function machineArguments(plan: VmPlan): string[] {
  const accelerator =
    plan.accelerator === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${String(translationBufferMiB)}`;
  return [
    '-machine',
    `${machines[plan.machine]},${memoryProperties(plan.memory)}`,
    '-accel',
    accelerator,
    '-cpu',
    plan.cpuModel,
  ];
}

/** virtio devices sit on PCI on q35 and on memory-mapped slots on microvm. */
function deviceSuffix(machine: VmPlan['machine']): 'pci' | 'device' {
  return machine === 'q35' ? 'pci' : 'device';
}

function channelArguments(plan: VmPlan): string[] {
  const { agent, console, monitor, firmware } = plan.channels;
  const socket = (id: string, number: number): string[] => [
    '-chardev',
    `socket,id=${id},fd=${String(number)}`,
  ];
  return [
    ...socket('monitor', monitor),
    ...['-mon', 'chardev=monitor,mode=control'],
    ...socket('console', console),
    ...['-serial', 'chardev:console'],
    ...socket('agent', agent),
    ...['-device', `virtio-serial-${deviceSuffix(plan.machine)}`],
    ...['-device', `virtserialport,chardev=agent,name=${agentPort}`],
    ...(firmware === null
      ? []
      : [...socket('firmware', firmware), '-device', 'isa-debugcon,iobase=0x402,chardev=firmware']),
  ];
}

function diskArguments(plan: VmPlan): string[] {
  if (plan.disk === null) return [];
  const file = `driver=file,node-name=image,filename=${optionValue(plan.disk)}`;
  return [
    ...['-blockdev', `${file},read-only=on,auto-read-only=off,cache.direct=off`],
    ...['-device', `virtio-blk-${deviceSuffix(plan.machine)},drive=image`],
  ];
}

/**
 * What `cache` stands for is two things in QEMU: how the file is opened (direct, flushes ignored) and whether
 * the guest is told of a write cache; without one, every write is flushed before it is answered.
 */
export function volumeArguments(volume: VolumeDrive, machine: VmPlan['machine']): string[] {
  const { file, cache, aio } = volume;
  const direct = passesHostCache(cache);
  if (aio === 'native' && !direct)
    throw new Error(`aio=native with cache=${cache}: the options allow it not`);
  const opened = [
    `driver=file,node-name=volume,filename=${optionValue(file)},aio=${aio}`,
    `cache.direct=${direct ? 'on' : 'off'},cache.no-flush=${cache === 'unsafe' ? 'on' : 'off'}`,
  ];
  const writeCache = cache === 'writethrough' || cache === 'directsync' ? 'off' : 'on';
  const device = `virtio-blk-${deviceSuffix(machine)},drive=volume,serial=${volumeSerial}`;
  return ['-blockdev', opened.join(','), '-device', `${device},write-cache=${writeCache}`];
}

function networkArguments(plan: VmPlan): string[] {
  const card = plan.network;
  if (card === null) return [];
  // No option ROM: a guest booted from a kernel file has no use for one that boots from the network.
  const rom = plan.machine === 'q35' ? ',romfile=' : '';
  const mac = card.kind === 'tap' ? `,mac=${card.mac}` : '';
  const behind =
    card.kind === 'tap'
      ? `tap,id=net,ifname=${card.name},script=no,downscript=no`
      : `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(card.hostPort)}-${userAddress}:${String(card.guestPort)}`;
  const device = `virtio-net-${deviceSuffix(plan.machine)},netdev=net${mac}${rom}`;
  return ['-netdev', behind, '-device', device];
}

/** argv of the VM. */
export function qemuArguments(plan: VmPlan): string[] {
  return [
    plan.binary,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...machineArguments(plan),
    ...['-smp', String(plan.cpus), '-m', `${String(plan.memoryMiB)}M`],
    ...backendArguments(plan.memory, plan.memoryMiB),
    ...['-kernel', plan.kernel, '-initrd', plan.initramfs, '-append', kernelParameters(plan).join(' ')],
    ...channelArguments(plan),
    ...diskArguments(plan),
    ...networkArguments(plan),
    // After the agent's device, whose port inside is named by its place.
    ...balloonArguments(plan.memory, deviceSuffix(plan.machine)),
    ...(plan.volume === null ? [] : volumeArguments(plan.volume, plan.machine)),
    ...(plan.restoreFrom === null ? [] : ['-incoming', `exec:cat ${shellQuoted(plan.restoreFrom)}`]),
  ];
}

/** Mount tables for init.sh: before the modules, and the rest of the root. */
export function mountTables(
  root: VmPlan['root'],
  format: QemuOptions['rootFormat'] = 'ext4',
): Record<string, string> {
  const table = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const into = root === 'disk' ? '/root' : '/image';
  const disk = [
    `/dev/vda /disk ${format} ro 0 0`,
    'overlay /root overlay lowerdir=/disk,upperdir=/scratch/upper,workdir=/scratch/work 0 0',
  ];
  return {
    early: table([
      'proc /proc proc defaults 0 0',
      'devtmpfs /dev devtmpfs defaults 0 0',
      'tmpfs /scratch tmpfs mode=755 0 0',
    ]),
    [root]: table([
      ...(root === 'disk' ? disk : []),
      `/scratch/tare ${into}/.tare none bind 0 0`,
      `proc ${into}/proc proc defaults 0 0`,
      `sysfs ${into}/sys sysfs defaults 0 0`,
      `devtmpfs ${into}/dev devtmpfs defaults 0 0`,
    ]),
  };
}

/** Kernel modules a guest of this kind needs beyond what is built in. */
export function guestModules(
  plan: Pick<VmPlan, 'machine' | 'root'> & {
    readonly rootFormat?: QemuOptions['rootFormat'];
    readonly network?: VmPlan['network'] | QemuOptions['network'];
  },
  memory: MemoryPolicy = stockMemory,
): string[] {
  const bus = plan.machine === 'q35' ? 'virtio_pci' : 'virtio_mmio';
  return [
    bus,
    'virtio_console',
    ...(plan.root === 'disk' ? ['virtio_blk', 'overlay'] : []),
    ...(plan.root === 'disk' && plan.rootFormat === 'erofs' ? ['erofs'] : []),
    ...((plan.network ?? 'none') === 'none' ? [] : ['virtio_net']),
    ...(hasBalloon(memory) ? ['virtio_balloon'] : []),
  ];
}
