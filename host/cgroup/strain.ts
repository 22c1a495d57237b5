/**
 * Evidence of containment and interference: how often a group met its limits and how long its tasks waited.
 * Read at the ends of a phase, so files are opened by path; a counter that this kernel lacks is null.
 */
import type { GroupReading, GroupStrain } from '../../model/instance.ts';
import { textOf, treeOf } from './files.ts';
import { parsePressure } from '../drift.ts';

/** Number after a key at a line's start; null where the file or the key is missing. */
function keyed(file: string, key: string): number | null {
  const found = (textOf(file) ?? '').split('\n').find((line) => line.startsWith(`${key} `));
  return found === undefined ? null : numberOf(found.slice(key.length + 1));
}

function numberOf(text: string | null): number | null {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isFinite(value) ? value : null;
}

type Read = Pick<GroupReading, 'cpuSeconds' | 'throttledSeconds' | 'memoryPeakBytes' | 'oomKills'>;

/**
 * @param at path of a control file of a controller
 * @param unified the group's folder of the cgroup2 tree beside v1, which alone counts pressure; null: none
 */
export function strainV1(
  read: Read,
  at: (controller: string, file: string) => string,
  unified: string | null,
): GroupStrain {
  const { cpuSeconds, throttledSeconds, memoryPeakBytes, oomKills } = read;
  const stat = at('cpu', 'cpu.stat');
  return {
    cpuSeconds,
    throttledSeconds,
    memoryPeakBytes,
    oomKills,
    periods: keyed(stat, 'nr_periods'),
    throttledPeriods: keyed(stat, 'nr_throttled'),
    memoryRefusals: refusalsV1(at),
    pidsPeak: numberOf(textOf(at('pids', 'pids.peak'))),
    // v1 counts a refused fork where the forker sits, which may be a child that a runtime made.
    pidsRefusals: over(at('pids', 'pids.events'), 'max', (counts) => counts.reduce((sum, n) => sum + n, 0)),
    majorFaults: keyed(at('memory', 'memory.stat'), 'total_pgmajfault'),
    writtenBytes: writtenV1(textOf(at('blkio', 'blkio.throttle.io_service_bytes_recursive'))),
    ...pressures(unified === null ? null : (file) => `${unified}/${file}`),
  };
}

/** @param at path of a control file */
export function strainV2(read: Read, at: (file: string) => string): GroupStrain {
  const { cpuSeconds, throttledSeconds, memoryPeakBytes, oomKills } = read;
  return {
    cpuSeconds,
    throttledSeconds,
    memoryPeakBytes,
    oomKills,
    periods: keyed(at('cpu.stat'), 'nr_periods'),
    throttledPeriods: keyed(at('cpu.stat'), 'nr_throttled'),
    memoryRefusals: keyed(at('memory.events'), 'max'),
    pidsPeak: numberOf(textOf(at('pids.peak'))),
    // Counted where the forker sits before Linux 6.11, where the cap is since: never both, so not a sum.
    pidsRefusals: over(at('pids.events'), 'max', (counts) => Math.max(...counts)),
    majorFaults: keyed(at('memory.stat'), 'pgmajfault'),
    writtenBytes: writtenV2(textOf(at('io.stat'))),
    ...pressures(at),
  };
}

function pressures(
  at: ((file: string) => string) | null,
): Pick<GroupStrain, 'cpuPressureSeconds' | 'memoryPressureSeconds' | 'ioPressureSeconds'> {
  const seconds = (file: string) => (at === null ? null : parsePressure(textOf(at(file))?.trimEnd() ?? null));
  return {
    cpuPressureSeconds: seconds('cpu.pressure'),
    memoryPressureSeconds: seconds('memory.pressure'),
    ioPressureSeconds: seconds('io.pressure'),
  };
}

/** A counter of the group and of every group below it, as one number; null where none has it. */
function over(file: string, key: string, merge: (counts: readonly number[]) => number): number | null {
  const cut = file.lastIndexOf('/');
  const counts = treeOf(file.slice(0, cut))
    .map((folder) => keyed(`${folder}${file.slice(cut)}`, key))
    .filter((count) => count !== null);
  return counts.length === 0 ? null : merge(counts);
}

/**
 * Where memory and memory+swap have the same cap, refusals are counted at the latter. Some kernels count
 * neither (6.18 was seen to kill without either number moving): OOM kills and the peak are the evidence.
 */
function refusalsV1(at: (controller: string, file: string) => string): number | null {
  const own = numberOf(textOf(at('memory', 'memory.failcnt')));
  return own === null ? null : own + (numberOf(textOf(at('memory', 'memory.memsw.failcnt'))) ?? 0);
}

/** Lines `MAJ:MIN Write BYTES`; loop devices are left out, whose bytes are counted again below them. */
function writtenV1(text: string | null): number | null {
  return text === null ? null : sumOf(text, /^(\d+):\d+ Write (\d+)$/gm);
}

/** Lines `MAJ:MIN rbytes=N wbytes=N ...`. */
function writtenV2(text: string | null): number | null {
  return text === null ? null : sumOf(text, /^(\d+):\d+ .*\bwbytes=(\d+)/gm);
}

/** Major number of loop devices (Documentation/admin-guide/devices.txt). */
const loopMajor = '7';

function sumOf(text: string, lines: RegExp): number {
  return [...text.matchAll(lines)]
    .filter(([, major]) => major !== loopMajor)
    .reduce((sum, [, , bytes]) => sum + Number(bytes), 0);
}
