/**
 * How much of the host a noisy neighbour may ever have, whatever its own limits are: a bound around its
 * group that the host survives. Pure; a host with too little to spare is told so instead of being tried.
 */
import type { HostRoom } from '../../model/instance.ts';
import type { Bytes } from '../../model/quantities.ts';
import type { Shape } from '../../model/scenario.ts';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** What an instance needs beside its own memory: a VMM, an agent, page tables. */
const overheadBytes = 128 * mebibyte;
/** More processes than any stressor keeps at once, and few for any host. */
const mostPids = 4096;
const fewestPids = 128;

export interface Cage {
  readonly memoryBytes: Bytes;
  readonly pids: number;
  /** CPU list. */
  readonly cpus: string;
}

/**
 * Half of the host's memory at most, and never what the host and the victim still need; a quarter of the
 * free process slots; every CPU but the first where enough are left (there tare and interrupts run).
 * @returns the cage, or why there is none
 */
export function cageFor(room: HostRoom, cpus: readonly number[], shape: Shape): Cage | string {
  const reserve = Math.max(gibibyte, 0.1 * room.memoryTotalBytes) + shape.memoryBytes;
  const memoryBytes = Math.floor(Math.min(0.5 * room.memoryTotalBytes, room.memoryAvailableBytes - reserve));
  const wanted = shape.memoryBytes + overheadBytes;
  if (memoryBytes < wanted) {
    const spare = Math.max(0, Math.round(memoryBytes / mebibyte));
    return `the host can spare ${spare} MiB for a neighbour, which needs ${Math.round(wanted / mebibyte)} MiB; use a smaller shape or free memory`;
  }
  const pids = Math.min(mostPids, Math.floor((room.tasksLimit - room.tasks) / 4));
  if (pids < fewestPids) {
    return `the host has room for ${room.tasksLimit - room.tasks} more processes, too few to bound a neighbour by; raise kernel.pid_max or the pids limit above tare`;
  }
  const left = cpus.length > 2 * shape.cpus ? cpus.slice(1) : cpus;
  return { memoryBytes, pids, cpus: left.join(',') };
}
