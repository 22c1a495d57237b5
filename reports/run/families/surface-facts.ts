/**
 * What was found inside the instances, as readings of one fact each: what a runner's instance sees or may
 * do, and whether that is the host's or its own. The one place that interprets the raw facts; the table
 * and the claims both read from here. No fact is weighed against another (C28).
 */
import { callNames } from '../../../bench/surface/call-names.ts';
import type { SurfaceFacts } from '../../../model/observation.ts';
import type { CellRecord, RunRecord } from '../../../model/record.ts';
import { formatValue } from '../../../model/units.ts';
import { capabilitiesIn } from './capabilities.ts';
import { count } from '../../parts/words.ts';

/** One examined cell. */
export interface Found {
  readonly cell: CellRecord;
  readonly surface: SurfaceFacts;
  /** Launches that were examined, and whether they agree in all that should not vary. */
  readonly launches: number;
  readonly steady: boolean;
}

/** Differ from launch to launch by nature. */
const varying = new Set(['kernel.boot-id', 'uptime', 'load', 'processes', 'neighbour.file']);

/**
 * Every examined cell, in the order of the record. Launches of voided blocks count: a busy host does not
 * change what an instance may do.
 */
export function foundIn(record: RunRecord): Found[] {
  return record.header.cells.flatMap((cell) => {
    const own = record.trials
      .filter((trial) => trial.cell === cell.id && trial.outcome.state === 'ok')
      .flatMap(({ observations }) => observations.filter((item) => item.kind === 'surface'));
    const [surface] = own;
    if (surface === undefined) return [];
    const steady = new Set(own.map(stableText)).size === 1;
    return [{ cell, surface, launches: own.length, steady }];
  });
}

function stableText({ facts, calls, attempts }: SurfaceFacts): string {
  const stable = Object.entries(facts).filter(([key]) => !varying.has(key));
  return JSON.stringify([stable, calls, attempts]);
}

/** Same boot of the same kernel as the host: whatever its release says. */
export function sharesKernel({ surface: { facts, hostBefore } }: Found): boolean {
  return facts['kernel.boot-id'] === hostBefore['kernel.boot-id'];
}

/** A value of the machine that an instance sees, and what it is called. */
export const hostValues = {
  'memory.total': 'memory size',
  'cpus.online': 'number of CPUs',
  uptime: 'uptime',
  load: 'load',
  cmdline: 'boot command line',
  partitions: 'partitions',
} as const;
export type HostValue = keyof typeof hostValues;

/** How far a clock may be off between two readings, in seconds. */
const uptimeSlack = 1;

/** Whether the instance sees the host's value. With a kernel of its own an equal value is an accident. */
export function seesHost(found: Found, value: HostValue): boolean {
  if (!sharesKernel(found)) return false;
  const { facts, hostBefore, hostAfter } = found.surface;
  const seen = facts[value] ?? '';
  if (value === 'uptime') {
    const at = Number(seen);
    return at >= Number(hostBefore[value]) - uptimeSlack && at <= Number(hostAfter[value]) + uptimeSlack;
  }
  return seen !== '' && (seen === hostBefore[value] || seen === hostAfter[value]);
}

/** Things tried in earnest, as a reader knows them. */
export const attemptTitles = {
  module: 'Load a kernel module',
  mount: 'Mount a file system',
  clock: 'Set the clock',
  reboot: 'Ask for a restart',
  ports: 'Use I/O ports',
  userNamespace: 'Make a user namespace',
  rawSocket: 'Open a raw socket',
} as const;
export type Attempt = keyof typeof attemptTitles;

/** allowed: the kernel went past the question of who may; unknown: not tried on this architecture. */
export function attemptOf(
  { surface }: Found,
  attempt: Attempt,
): 'allowed' | 'refused' | 'absent' | 'unknown' {
  const word = surface.attempts[attempt];
  if (word === undefined || word === 'untried') return 'unknown';
  if (word === 'EPERM' || word === 'EACCES' || word === 'SIGSYS') return 'refused';
  return word === 'ENOSYS' ? 'absent' : 'allowed';
}

/** "12 of 789" as numbers. */
export function writableOf({ surface }: Found, what: 'sysctls' | 'sysfs'): { opened: number; tried: number } {
  const [, opened = '0', tried = '0'] = /^(\d+) of (\d+)/.exec(surface.facts[`write.${what}`] ?? '') ?? [];
  return { opened: Number(opened), tried: Number(tried) };
}

/** What it sees of the instance that ran beside it. */
export function neighbourSeen({ surface: { facts } }: Found): string[] {
  return ['process', 'socket', 'file'].filter((what) => facts[`neighbour.${what}`] === 'yes');
}

/** Names of the system calls with one answer, by number. */
export function callsWith({ surface }: Found, answer: 'reached' | 'refused' | 'absent'): string[] {
  return (surface.calls?.[answer] ?? []).map((number) => callNames.get(number) ?? String(number));
}

/** What the process behind the instance may do on the host, in words; null where it was not seen. */
export function outsideWords({ surface: { outside } }: Found): string | null {
  if (outside === null) return null;
  const some = capabilitiesIn(outside['CapEff'] ?? '').length;
  const where = outside['UserNamespace'] === 'its own' ? 'of a user namespace of its own' : 'on the host';
  const filter = outside['Seccomp'] === '0' ? 'no system call filter' : 'a system call filter';
  return `process "${outside['Name'] ?? ''}", user ${outside['Uid'] ?? '?'}, ${count(some, 'capability', 'capabilities')} ${where}, ${filter}`;
}

/** Number of capabilities on the host of the process behind the instance; none count inside a user namespace. */
export function outsideCapabilities({ surface: { outside } }: Found): number | null {
  if (outside === null) return null;
  return outside['UserNamespace'] === 'its own' ? 0 : capabilitiesIn(outside['CapEff'] ?? '').length;
}

export const bytesWords = (text: string | undefined): string => formatValue(Number(text), 'B');
