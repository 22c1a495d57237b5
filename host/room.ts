/**
 * What the host has left for more instances: memory, process slots, disk, descriptors; and how busy it
 * was between two instants. Plain readings with the tightest limit chosen, so that a sweep can stop in time.
 */
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostLoad, HostRoom } from '../model/instance.ts';
import type { Seconds } from '../model/quantities.ts';
import { monotonicSeconds } from './clock.ts';
import { parseLayout } from './cgroup/layout.ts';
import { parseCpuTimes, parsePressure } from './drift.ts';
import { parseMeminfo } from './meter/memory.ts';

/** Totals since boot at one instant, of which differences are loads. */
export interface LoadCounters {
  readonly at: Seconds;
  readonly totalSeconds: number;
  readonly busySeconds: number;
  /** `some` pressure in seconds; null without PSI. */
  readonly cpuPressure: number | null;
  readonly memoryPressure: number | null;
  readonly ioPressure: number | null;
}

/** A count that may not pass its limit. */
interface Bound {
  readonly count: number;
  readonly limit: number;
}

/**
 * The host's room now; takes well under a millisecond.
 * @param folder where the instances keep their own files
 */
export function readRoom(folder: string): HostRoom {
  const memory = parseMeminfo(readFileSync('/proc/meminfo', 'utf8'));
  const disk = statfsSync(folder);
  const tasks = tightest([kernelTasks(), ...groupTasks()]);
  const files = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  return {
    memoryTotalBytes: memory.get('MemTotal') ?? 0,
    memoryAvailableBytes: memory.get('MemAvailable') ?? 0,
    tasks: tasks.count,
    tasksLimit: tasks.limit,
    diskFreeBytes: disk.bavail * disk.bsize,
    diskTotalBytes: disk.blocks * disk.bsize,
    openFiles: readdirSync('/proc/self/fd').length,
    openFilesLimit: Number.isFinite(files) ? files : Number.MAX_SAFE_INTEGER,
  };
}

/** The bound with the least left. */
export function tightest(bounds: readonly [Bound, ...Bound[]]): Bound {
  return bounds.reduce((least, bound) =>
    bound.limit - bound.count < least.limit - least.count ? bound : least,
  );
}

/** Every thread takes a pid: the host's tasks against the lower of pid_max and threads-max. */
function kernelTasks(): Bound {
  const count = Number(/\/(\d+) /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0);
  const limits = ['pid_max', 'threads-max'].map((name) => numberOf(`/proc/sys/kernel/${name}`) ?? Infinity);
  return { count, limit: Math.min(...limits, Number.MAX_SAFE_INTEGER) };
}

/** pids cgroups above this process: an instance's group counts against those it shares with tare. */
function groupTasks(): Bound[] {
  const membership = readFileSync('/proc/self/cgroup', 'utf8');
  const layout = parseLayout(readFileSync('/proc/self/mountinfo', 'utf8'), membership);
  const v1 = layout.v1['pids'];
  const own = /^\d+:(?:[^:]*,)?pids(?:,[^:]*)?:(.*)$/m.exec(membership)?.[1] ?? '/';
  const [mount, path] = v1 === undefined ? [layout.unified, layout.own] : [v1, own];
  if (mount === null) return [];
  const bounds: Bound[] = [];
  for (let at = path; at !== '/' && at !== '.'; at = dirname(at)) {
    const [count, limit] = [numberOf(join(mount, at, 'pids.current')), numberOf(join(mount, at, 'pids.max'))];
    if (count !== null && limit !== null) bounds.push({ count, limit });
  }
  return bounds;
}

/** The number a file holds; null where there is no file, or it says "max". */
function numberOf(file: string): number | null {
  const value = Number(textOf(file)?.trim() || 'none');
  return Number.isFinite(value) ? value : null;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Counters of this host now. */
export function readLoadCounters(): LoadCounters {
  const { totalSeconds, busySeconds } = parseCpuTimes(readFileSync('/proc/stat', 'utf8'));
  const pressure = (of: string) => parsePressure(textOf(`/proc/pressure/${of}`)?.trimEnd() ?? null);
  return {
    at: monotonicSeconds(),
    totalSeconds,
    busySeconds,
    cpuPressure: pressure('cpu'),
    memoryPressure: pressure('memory'),
    ioPressure: pressure('io'),
  };
}

/** How busy the host was between two readings. The kernel counts CPU time in ticks of 10 ms: 0 for no time. */
export function loadBetween(from: LoadCounters, to: LoadCounters): HostLoad {
  const wall = to.at - from.at;
  const total = to.totalSeconds - from.totalSeconds;
  const share = (a: number | null, b: number | null) =>
    a === null || b === null || wall <= 0 ? null : clamp((b - a) / wall);
  return {
    cpuBusyShare: total > 0 ? clamp((to.busySeconds - from.busySeconds) / total) : 0,
    cpuPressureShare: share(from.cpuPressure, to.cpuPressure),
    memoryPressureShare: share(from.memoryPressure, to.memoryPressure),
    ioPressureShare: share(from.ioPressure, to.ioPressure),
  };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
