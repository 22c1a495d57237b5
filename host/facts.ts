/**
 * Which facts of a machine are kept, and in which class (METHODOLOGY B18). Pure: texts of /proc and /sys come
 * in through a `Source`. What changes by itself between two runs on one machine (clock speed, load, free
 * memory) never reaches `must`; what changes results silently (CPU, kernel, mitigations) does. A fact that the
 * host does not give is left out, so that a missing file is no difference between equal hosts.
 */
import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import type { HostFingerprint } from '../model/instance.ts';
import { parseMeminfo } from './meter/memory.ts';

export type Facts = Readonly<Record<string, string>>;

/** Where facts come from; tests give recorded texts. */
export interface Source {
  /** Content without the final newline; undefined for what is not there or may not be read. */
  readonly read: (path: string) => string | undefined;
  /** Names in a folder, sorted; empty for what is not there. */
  readonly list: (path: string) => readonly string[];
}

/** What systeminformation knows of the processor, reduced to what stays the same on one machine. */
export interface Processor {
  readonly vendor: string;
  readonly model: string;
  readonly family: string;
  readonly stepping: string;
  readonly flags: string;
  readonly cpus: number;
  readonly cores: number;
  readonly sockets: number;
  readonly caches: readonly number[];
}

export type FactClasses = Pick<HostFingerprint, 'must' | 'note' | 'ignore'>;

/** Every fact in its class. Pure: all reading goes through `source`. */
export function classifyFacts(processor: Processor, source: Source): FactClasses {
  return {
    must: known({ ...processorFacts(processor, source), ...kernelFacts(source), ...memoryFacts(source) }),
    note: known(notedFacts(processor, source)),
    ignore: known(movingFacts(source)),
  };
}

/** sha256 (hex) over facts in the order of their keys. */
export function hashFacts(facts: Facts): string {
  const entries = Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

type Maybe = Readonly<Record<string, string | undefined>>;

function known(facts: Maybe): Facts {
  const entries = Object.entries(facts).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return Object.fromEntries(entries);
}

const cpuFolder = '/sys/devices/system/cpu';

function processorFacts(processor: Processor, { read }: Source): Maybe {
  const cpuinfo = read('/proc/cpuinfo') ?? '';
  const flags = processor.flags.split(/\s+/).filter(Boolean).toSorted();
  return {
    'cpu.vendor': processor.vendor,
    'cpu.model': processor.model,
    'cpu.family': processor.family,
    'cpu.stepping': processor.stepping,
    'cpu.microcode': /^microcode\s*: (.*)$/m.exec(cpuinfo)?.[1],
    'cpu.architecture': arch(),
    'cpu.flags': shortHash(flags.join(' ')),
    'cpu.online': String(processor.cpus),
    'cpu.cores': String(processor.cores),
    'cpu.sockets': String(processor.sockets),
    'cpu.caches': processor.caches.join(' '),
    'cpu.smt': read(`${cpuFolder}/smt/active`),
    'cpu.governor': read(`${cpuFolder}/cpu0/cpufreq/scaling_governor`),
    'cpu.frequencyDriver': read(`${cpuFolder}/cpu0/cpufreq/scaling_driver`),
    'cpu.maximumKHz': read(`${cpuFolder}/cpu0/cpufreq/cpuinfo_max_freq`),
    'cpu.boost': read(`${cpuFolder}/cpufreq/boost`),
    'cpu.noTurbo': read(`${cpuFolder}/intel_pstate/no_turbo`),
    'cpu.idleDriver': read(`${cpuFolder}/cpuidle/current_driver`),
    'cpu.isolated': read(`${cpuFolder}/isolated`),
    'machine.vendor': read('/sys/class/dmi/id/sys_vendor'),
    'machine.product': read('/sys/class/dmi/id/product_name'),
    'machine.virtual': flags.includes('hypervisor') ? 'yes' : 'no',
  };
}

/** Options of the kernel's command line that change timing; the rest may name disks, addresses or secrets. */
const timingOptions =
  /^(mitigations|isolcpus|nohz|nohz_full|rcu_nocbs|idle|intel_idle\..*|processor\..*|intel_pstate|amd_pstate|transparent_hugepage|hugepages|hugepagesz|default_hugepagesz|numa_balancing|preempt|clocksource|tsc|nosmt|maxcpus|nr_cpus|mem|pti|spectre_v2|spec_.*|kvm.*|init_on_.*|cgroup_.*|systemd\.unified_cgroup_hierarchy|cpuidle.*|haltpoll.*|lockdown|security|apparmor|selinux|audit)(=|$)/;

function kernelFacts({ read, list }: Source): Maybe {
  const vulnerabilities = `${cpuFolder}/vulnerabilities`;
  const mitigations = list(vulnerabilities).map(
    (name) => [`mitigation.${name}`, read(`${vulnerabilities}/${name}`)] as const,
  );
  const options = (read('/proc/cmdline') ?? '').split(/\s+/).filter((option) => timingOptions.test(option));
  return {
    'kernel.release': read('/proc/sys/kernel/osrelease'),
    'kernel.options': options.toSorted().join(' '),
    'kernel.clocksource': read('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    'kernel.cgroups': cgroupMode(read('/proc/mounts') ?? ''),
    'kernel.numaBalancing': read('/proc/sys/kernel/numa_balancing'),
    ...Object.fromEntries(mitigations),
  };
}

/** Which cgroup hierarchies are mounted: v1, hybrid (v1 and v2), v2 or none. */
export function cgroupMode(mounts: string): 'v1' | 'hybrid' | 'v2' | 'none' {
  const v1 = /^\S+ \S+ cgroup /m.test(mounts);
  const v2 = /^\S+ \S+ cgroup2 /m.test(mounts);
  if (v1) return v2 ? 'hybrid' : 'v1';
  return v2 ? 'v2' : 'none';
}

function memoryFacts({ read, list }: Source): Maybe {
  const meminfo = parseMeminfo(read('/proc/meminfo') ?? '');
  const total = meminfo.get('MemTotal');
  const nodes = list('/sys/devices/system/node').filter((name) => /^node\d+$/.test(name));
  return {
    // In halves of a GiB: what firmware and kernel reserve differs by some MiB from boot to boot.
    'memory.gib': total === undefined ? undefined : String(Math.round(total / 2 ** 29) / 2),
    'memory.nodes': String(Math.max(1, nodes.length)),
    'memory.distances': nodes.map((node) => read(`/sys/devices/system/node/${node}/distance`)).join('; '),
    'memory.hugePages': chosen(read('/sys/kernel/mm/transparent_hugepage/enabled')),
    'memory.ksm': read('/sys/kernel/mm/ksm/run'),
    'memory.swap': swaps(read('/proc/swaps') ?? ''),
  };
}

/** The bracketed word of a choice file such as `always [madvise] never`. */
function chosen(text: string | undefined): string | undefined {
  return /\[(.+?)\]/.exec(text ?? '')?.[1] ?? text;
}

/** Kind and size of each active swap, e.g. `zram 4096 MiB`; `none` without. */
function swaps(table: string): string {
  const rows = table.split('\n').slice(1);
  const named = rows.flatMap((row) => {
    const [path, kind = '', kilobytes = '0'] = row.split(/\s+/);
    if (path === undefined || path === '') return [];
    const medium = path.includes('zram') ? 'zram' : kind;
    return [`${medium} ${String(Math.round(Number(kilobytes) / 1024))} MiB`];
  });
  return named.toSorted().join(', ') || 'none';
}

function notedFacts(processor: Processor, { read, list }: Source): Maybe {
  const root = /^(\S+) \/ (\S+) (\S+)/m.exec(read('/proc/mounts') ?? '');
  const disks = list('/sys/block').filter((name) => !/^(loop|ram|zram|sr|fd)\d/.test(name));
  const disk = (name: string) => {
    const queue = `/sys/block/${name}/queue`;
    const medium = read(`${queue}/rotational`) === '1' ? 'rotating' : 'solid state';
    const model = read(`/sys/block/${name}/device/model`) ?? name;
    return `${model.trim()}: ${medium}, scheduler ${chosen(read(`${queue}/scheduler`)) ?? 'unknown'}`;
  };
  return {
    'cpu.flagList': processor.flags,
    'kernel.version': read('/proc/sys/kernel/version'),
    'kernel.commandLineHash': shortHash(read('/proc/cmdline') ?? ''),
    'kernel.kvmModules': list('/sys/module')
      .filter((name) => name.startsWith('kvm'))
      .join(' '),
    'kernel.haltPollNs': read('/sys/module/kvm/parameters/halt_poll_ns'),
    'memory.overcommit': read('/proc/sys/vm/overcommit_memory'),
    'memory.swappiness': read('/proc/sys/vm/swappiness'),
    'system.name': /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release') ?? '')?.[1],
    'system.user': process.getuid?.() === 0 ? 'root' : 'unprivileged',
    'system.node': process.version,
    'disk.rootFilesystem': root ? `${root[2] ?? ''} (${root[3] ?? ''})` : undefined,
    'disk.devices': disks.map(disk).join('; '),
    'power.onBattery': onBattery(read, list),
    'neighbours.virtualMachines': String(
      countProcesses(read, list, /^(qemu-system|firecracker|cloud-hyper)/),
    ),
    'neighbours.containers': String(countProcesses(read, list, /^(containerd-shim|conmon)/)),
  };
}

function onBattery(read: Source['read'], list: Source['list']): string | undefined {
  const mains = list('/sys/class/power_supply').map((name) => read(`/sys/class/power_supply/${name}/online`));
  const states = mains.filter((state) => state !== undefined);
  if (states.length === 0) return undefined;
  return states.includes('1') ? 'no' : 'yes';
}

function countProcesses(read: Source['read'], list: Source['list'], name: RegExp): number {
  const pids = list('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => name.test(read(`/proc/${pid}/comm`) ?? '')).length;
}

function movingFacts({ read }: Source): Maybe {
  const meminfo = parseMeminfo(read('/proc/meminfo') ?? '');
  return {
    'cpu.mhz': /^cpu MHz\s*: (.*)$/m.exec(read('/proc/cpuinfo') ?? '')?.[1],
    'cpu.throttleCount': read(`${cpuFolder}/cpu0/thermal_throttle/core_throttle_count`),
    'kernel.bootId': read('/proc/sys/kernel/random/boot_id'),
    'kernel.load': read('/proc/loadavg'),
    'kernel.cpuPressure': read('/proc/pressure/cpu')?.split('\n')[0],
    'kernel.uptimeSeconds': read('/proc/uptime')?.split(' ')[0],
    'memory.availableBytes': meminfo.get('MemAvailable')?.toString(),
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
