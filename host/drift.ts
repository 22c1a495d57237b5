/**
 * What the host did to us while a trial ran (METHODOLOGY C9, C19): time stolen from below, work done by
 * others beside us, pressure. Two snapshots of kernel totals and a pure difference between them.
 */
import { mean } from '../model/descriptive.ts';
import { readFileSync } from 'node:fs';
import type { Drift } from '../model/instance.ts';
import type { Seconds } from '../model/quantities.ts';
import { monotonicSeconds } from './clock.ts';

/** Totals since boot, summed over all CPUs, at one instant. */
export interface HostCounters {
  readonly at: Seconds;
  /** Every kind of CPU time, idle included. */
  readonly totalSeconds: number;
  /** Total minus idle, waiting for I/O and stolen. */
  readonly busySeconds: number;
  readonly stolenSeconds: number;
  readonly load1: number;
  /** `some` CPU pressure; null without PSI. */
  readonly pressureSeconds: number | null;
  /** Mean over the CPUs; null where the kernel does not say (most VMs). */
  readonly frequencyMHz: number | null;
}

export interface CpuTimes {
  readonly totalSeconds: number;
  readonly busySeconds: number;
  readonly stolenSeconds: number;
}

// USER_HZ: 100 for every Linux process, whatever the kernel's own tick is (proc(5)).
const ticksPerSecond = 100;

/** The `cpu` line of /proc/stat. Guest time is not added: `user` and `nice` hold it already. */
export function parseCpuTimes(stat: string): CpuTimes {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  if (line === undefined) throw new Error('/proc/stat has no "cpu" line.');
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(/ +/)
    .map((field) => Number(field) / ticksPerSecond);
  const busySeconds = user + nice + system + irq + softirq;
  return { busySeconds, stolenSeconds: steal, totalSeconds: busySeconds + idle + iowait + steal };
}

/** Seconds in the `some` line of a PSI file; null when there is none. */
export function parsePressure(psi: string | null): number | null {
  const micros = /^some .*\btotal=(\d+)$/m.exec(psi ?? '')?.[1];
  return micros === undefined ? null : Number(micros) / 1e6;
}

/** Mean of the frequencies that `scaling_cur_freq` files hold (kHz); null for none. */
export function meanMHz(kilohertz: readonly (string | null)[]): number | null {
  const centre = mean(kilohertz.map(Number).filter((value) => value > 0));
  return centre === null ? null : centre / 1000;
}

/** Snapshot of this host; takes well under a millisecond. */
export function readHostCounters(): HostCounters {
  const stat = readFileSync('/proc/stat', 'utf8');
  const at = monotonicSeconds();
  const cpus = stat.match(/^cpu\d+/gm) ?? [];
  const frequency = (cpu: string) => readOptional(`/sys/devices/system/cpu/${cpu}/cpufreq/scaling_cur_freq`);
  return {
    at,
    ...parseCpuTimes(stat),
    load1: Number.parseFloat(readOptional('/proc/loadavg') ?? '0'),
    pressureSeconds: parsePressure(readOptional('/proc/pressure/cpu')),
    frequencyMHz: meanMHz(cpus.map(frequency)),
  };
}

/** CPU time of a live process, all of its threads, from /proc/PID/stat; null once it is gone. */
export function processCpuSeconds(pid: number): number | null {
  return parseProcessCpu(readOptional(`/proc/${String(pid)}/stat`));
}

/** Fields 14 and 15; counted from the last ")", because a program's name may hold spaces and brackets. */
export function parseProcessCpu(stat: string | null): number | null {
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function readOptional(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/** Share of all CPU time that was stolen between two snapshots; 0 over no time. */
export function stealBetween(before: HostCounters, after: HostCounters): number {
  const total = after.totalSeconds - before.totalSeconds;
  return total > 0 ? Math.max(0, after.stolenSeconds - before.stolenSeconds) / total : 0;
}

/**
 * Difference of two snapshots. `foreignCores` is machine-busy time that neither the instance, nor the
 * engine that runs it, nor tare (its sampler and helpers included) explains. The kernel counts in ticks of 10 ms, so over a trial of S seconds it
 * is good to about 0.02 / S cores; below zero is rounding and becomes 0. An instance without a cgroup has CPU of its
 * own that nobody counts: then what others used is not known either.
 */
export function driftBetween(
  before: HostCounters,
  after: HostCounters,
  known: {
    readonly instanceCpuSeconds: number | null;
    /** Of daemons that serve all instances. */
    readonly sharedCpuSeconds: number | null;
    readonly toolCpuSeconds: number;
  },
): Drift {
  const wall = after.at - before.at;
  const { instanceCpuSeconds: own, sharedCpuSeconds: shared, toolCpuSeconds: tool } = known;
  const busy = after.busySeconds - before.busySeconds;
  const foreign = own === null || shared === null ? null : Math.max(0, busy - own - shared - tool);
  const pressure =
    before.pressureSeconds === null || after.pressureSeconds === null
      ? null
      : after.pressureSeconds - before.pressureSeconds;
  return {
    stealShare: stealBetween(before, after),
    foreignCores: foreign === null ? null : wall > 0 ? foreign / wall : 0,
    load1: after.load1,
    cpuPressureShare: pressure === null || wall <= 0 ? null : Math.max(0, pressure) / wall,
    frequencyMHz: after.frequencyMHz,
  };
}
