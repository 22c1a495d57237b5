/**
 * Limits as the control files of each cgroup version want them. What a host cannot hold (no controller, no
 * permission, a disk scheduler that knows no weights) is named, never silently dropped: a limit that is
 * believed and not there is worse than none.
 */
import { setFile } from './files.ts';
import type { GroupLimits } from './group.ts';

type Setters = {
  readonly [K in keyof GroupLimits]-?: (value: NonNullable<GroupLimits[K]>) => boolean;
};

/** A quota is given out per period; the kernel's own default. */
const periodMicros = 100_000;
/** v1 counts weights from 1024, v2 from 100, for the same default. */
const sharesPerWeight = 1024 / 100;

/** Writes the limits asked for; names of those that could not be set. */
function setAll(limits: GroupLimits, setters: Setters): readonly string[] {
  return (Object.keys(limits) as (keyof GroupLimits)[]).filter((name) => {
    const value = limits[name];
    return value !== undefined && !(setters[name] as (value: unknown) => boolean)(value);
  });
}

/** Only BFQ shares a disk by weight; elsewhere the file takes the number and nothing follows from it. */
const sharesByWeight = (scheduler: string | null): boolean => scheduler === 'bfq';

/** @param at path of a control file of a controller */
export function setV1(
  at: (controller: string, file: string) => string,
  limits: GroupLimits,
): readonly string[] {
  return setAll(limits, {
    memoryBytes(bytes) {
      const done = setFile(at('memory', 'memory.limit_in_bytes'), String(bytes));
      // memory+swap as well, where counted: a VM's memory does not overflow into host swap either.
      if (done) setFile(at('memory', 'memory.memsw.limit_in_bytes'), String(bytes));
      return done;
    },
    pids: (count) => setFile(at('pids', 'pids.max'), String(count)),
    cpus: (list) => setFile(at('cpuset', 'cpuset.cpus'), list),
    cpuQuota: (cpus) =>
      setFile(at('cpu', 'cpu.cfs_period_us'), String(periodMicros)) &&
      setFile(at('cpu', 'cpu.cfs_quota_us'), String(quotaMicros(cpus))),
    cpuWeight: (weight) =>
      setFile(at('cpu', 'cpu.shares'), String(Math.max(2, Math.round(weight * sharesPerWeight)))),
    ioWeight: ({ disk, weight }) =>
      sharesByWeight(disk.scheduler) && setFile(at('blkio', 'blkio.bfq.weight'), String(weight)),
    writeRate: ({ disk, bytesPerSecond }) =>
      setFile(at('blkio', 'blkio.throttle.write_bps_device'), `${disk.device} ${Math.round(bytesPerSecond)}`),
  });
}

/** @param at path of a control file */
export function setV2(at: (file: string) => string, limits: GroupLimits): readonly string[] {
  return setAll(limits, {
    memoryBytes(bytes) {
      const done = setFile(at('memory.max'), String(bytes));
      if (done) setFile(at('memory.swap.max'), '0');
      return done;
    },
    pids: (count) => setFile(at('pids.max'), String(count)),
    cpus: (list) => setFile(at('cpuset.cpus'), list),
    cpuQuota: (cpus) => setFile(at('cpu.max'), `${quotaMicros(cpus)} ${periodMicros}`),
    cpuWeight: (weight) => setFile(at('cpu.weight'), String(Math.round(weight))),
    ioWeight: ({ disk, weight }) =>
      sharesByWeight(disk.scheduler) && setFile(at('io.bfq.weight'), String(Math.round(weight))),
    writeRate: ({ disk, bytesPerSecond }) =>
      setFile(at('io.max'), `${disk.device} wbps=${Math.round(bytesPerSecond)}`),
  });
}

/** The kernel refuses less than a millisecond. */
function quotaMicros(cpus: number): number {
  return Math.max(1000, Math.round(cpus * periodMicros));
}
