/**
 * Memory of the host as a whole and of a list of processes, for the tare ladder (METHODOLOGY B14).
 * Two rulers that do not depend on cgroups: what the host has left, and kernel memory + PSS. The second stays
 * usable beside another tenant, whose page cache makes MemAvailable swing.
 */
import { readFileSync } from 'node:fs';
import type { Bytes } from '../../model/quantities.ts';

export interface LadderMemory {
  /** MemTotal - MemAvailable. */
  readonly hostBytes: Bytes;
  /** MemTotal - MemFree - Buffers - Cached - AnonPages: slab, page tables, kernel stacks, sockets. */
  readonly kernelBytes: Bytes;
  /** Sum of PSS over the pids that still live; null when this user may not read one of them. */
  readonly pssBytes: Bytes | null;
}

/** `/proc/meminfo`, or any file of its form, in bytes by key; lines without a kB figure are left out. */
export function parseMeminfo(text: string): ReadonlyMap<string, Bytes> {
  const values = new Map<string, Bytes>();
  for (const line of text.split('\n')) {
    const match = /^([\w()]+):\s+(\d+) kB$/.exec(line.trimEnd());
    if (match?.[1] !== undefined) values.set(match[1], Number(match[2]) * 1024);
  }
  return values;
}

/** Host and kernel memory of one meminfo text. Throws when a key that every Linux since 3.14 has is missing. */
export function hostMemory(meminfo: string): Omit<LadderMemory, 'pssBytes'> {
  const values = parseMeminfo(meminfo);
  const get = (key: string): Bytes => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`/proc/meminfo has no ${key}.`);
    return value;
  };
  const total = get('MemTotal');
  return {
    hostBytes: total - get('MemAvailable'),
    kernelBytes: total - get('MemFree') - get('Buffers') - get('Cached') - get('AnonPages'),
  };
}

/** One reading of host, kernel and PSS. Costs about 0.1 ms, and up to 1 ms per large process. */
export function readLadderMemory(pids: readonly number[], proc = '/proc'): LadderMemory {
  return { ...hostMemory(readFileSync(`${proc}/meminfo`, 'utf8')), pssBytes: sumPss(pids, proc) };
}

/**
 * Bytes of guest memory that same-page merging (KSM) has saved so far, or null while it is off. Whether it
 * is on is the host's state; nothing here changes it.
 */
export function readMergedBytes(folder = '/sys/kernel/mm/ksm'): Bytes | null {
  const read = (name: string): number | null => {
    try {
      return Number(readFileSync(`${folder}/${name}`, 'utf8'));
    } catch {
      return null;
    }
  };
  const sharing = read('pages_sharing');
  return read('run') === 1 && sharing !== null ? sharing * 4096 : null;
}

/** A process that has ended meanwhile weighs nothing; one that may not be read makes the sum unknown. */
function sumPss(pids: readonly number[], proc: string): Bytes | null {
  let sum = 0;
  for (const pid of pids) {
    try {
      sum += parseMeminfo(readFileSync(`${proc}/${String(pid)}/smaps_rollup`, 'utf8')).get('Pss') ?? 0;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ESRCH') return null;
    }
  }
  return sum;
}
