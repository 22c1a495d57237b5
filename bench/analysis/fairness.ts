/**
 * The fairness ledger: what was the same for all runners, what was not, and what nobody knows.
 * Most differences are the very thing being compared and only explain; a few leave nothing to compare,
 * and void the verdicts of whole families (METHODOLOGY C4). Traits are compared within one workload and
 * shape only, and as text: a runner states a condition in the words of the condition, not of the runner.
 */
import type { LedgerRow } from '../../model/analysis.ts';
import type { TraitKey } from '../../model/instance.ts';
import type { Family } from '../../model/metric.ts';
import type { CellRecord } from '../../model/record.ts';
import { families, familyTable } from '../workloads/families.ts';

interface TraitRule {
  /** Told by the runner's options: between two runners of one kind the difference is what is compared. */
  readonly chosen?: boolean;
  readonly title: string;
  /** What a difference means. */
  readonly meaning: string;
}

const rules: Readonly<Record<TraitKey, TraitRule>> = {
  image: {
    title: 'Root filesystem content',
    meaning: 'Different programs ran: there is nothing to compare.',
  },
  kernel: {
    title: 'Kernel',
    meaning: 'A virtual machine brings its own kernel; its version and options are part of the result.',
  },
  acceleration: {
    title: 'Guest CPU execution',
    meaning: 'Part of what is compared; emulated CPUs get no performance verdict at all (C17).',
  },
  cpuPlacement: {
    title: 'CPU placement',
    meaning: 'The sides could use different CPUs, or a different share of them.',
  },
  memoryLimit: {
    title: 'Memory limit',
    meaning:
      'A container is bounded by its cgroup, a virtual machine by the memory it is given, from which its kernel lives too.',
  },
  memoryPolicy: {
    title: 'How memory is given and taken back',
    meaning:
      'Preallocated memory is all there from the start, merged or ballooned memory partly gone: no verdict on amounts of memory (C25).',
  },
  rootFilesystem: {
    title: 'Root filesystem form',
    meaning:
      'The same files reach the instance through different filesystems: part of start-up and I/O results.',
  },
  writableLayer: {
    title: 'Writable layer',
    meaning: 'Writes take different paths to storage, or different storage: part of I/O results.',
  },
  volume: {
    title: 'Volume',
    meaning: 'Storage reaches the instance by different ways: part of I/O results.',
  },
  cacheMode: {
    title: 'Cache and flushes below the volume',
    meaning:
      "One side's I/O ended in the host's page cache or unflushed, the other's reached storage: memory compared with storage, unless two cache modes of one kind of runner are what is compared.",
    chosen: true,
  },
  pageCache: {
    title: 'Page cache before start',
    meaning: 'One side started with its files in memory, the other did not.',
  },
  network: {
    title: 'Network path',
    // Not voided: bridge against host is a comparison one makes on purpose. What it may not be is unsaid.
    meaning:
      'Requests took different paths, a declared variable: network results then compare isolation and path together. For isolation alone compare runners on the same kind of path (bridge with bridge, user with user); a loopback has no counterpart in a VM. No matter elsewhere.',
  },
  privileges: {
    title: 'Privileges inside',
    meaning: 'Capabilities and filters differ by nature; they cost time on system calls.',
  },
  environment: {
    title: 'Environment of the program',
    meaning:
      'Sizes of environment and arguments shift memory layout, and with it speed; a new padding for each launch spreads that over the launches.',
  },
  readySignal: {
    title: 'Ready signal',
    meaning: 'The sides were called ready at different events.',
  },
  clock: {
    title: 'Clock',
    meaning: 'Durations were read from different clocks.',
  },
  programClock: {
    title: 'Clock that programs read',
    meaning:
      'Rates that programs print are timed by the kernel they run on; a program that claims more time than the host saw it running is refused.',
  },
  startState: {
    title: 'State started from',
    meaning: 'A fresh start was compared with a restored one: valid only as a comparison of those two ways.',
  },
  ruler: {
    title: 'Meter of CPU and memory',
    meaning: 'CPU and memory of the sides were not read with the same meter.',
  },
};

/** One row per trait, in a fixed order. Control cells repeat their twin and are left out. */
export function fairnessLedger(cells: readonly CellRecord[]): LedgerRow[] {
  const measured = cells.filter((cell) => cell.role === 'measured');
  return (Object.keys(rules) as TraitKey[]).map((trait) => rowFor(trait, measured));
}

/** Rows that void the verdict of a family between these two cells. */
export function voidingRows(subject: CellRecord, reference: CellRecord, family: Family): LedgerRow[] {
  return (Object.keys(rules) as TraitKey[])
    .filter((trait) => familyTable[family].ledger.includes(trait))
    .filter((trait) => rules[trait].chosen !== true || subject.runnerKind !== reference.runnerKind)
    .map((trait) => rowFor(trait, [subject, reference]))
    .filter((row) => row.state === 'different');
}

function rowFor(trait: TraitKey, cells: readonly CellRecord[]): LedgerRow {
  const rule = rules[trait];
  const state = stateOf(trait, cells);
  const voids = voided(trait);
  return {
    trait,
    title: rule.title,
    state,
    values: valuesByRunner(trait, cells),
    consequence: consequence(state, rule, voids),
    voids: state === 'different' ? voids : [],
  };
}

/** Different if any two cells of one workload and shape differ; unknown if any of them does not say. */
function stateOf(trait: TraitKey, cells: readonly CellRecord[]): LedgerRow['state'] {
  const groups = new Map<string, Set<string>>();
  let unknown = cells.length === 0;
  for (const cell of cells) {
    const group = `${cell.workload}\n${cell.shape.id}`;
    const seen = groups.get(group) ?? new Set<string>();
    const value = cell.traits[trait];
    if (value === undefined) unknown = true;
    else seen.add(normal(value));
    groups.set(group, seen);
  }
  if ([...groups.values()].some((seen) => seen.size > 1)) return 'different';
  return unknown ? 'unknown' : 'same';
}

function valuesByRunner(trait: TraitKey, cells: readonly CellRecord[]): LedgerRow['values'] {
  const byRunner = new Map<string, Set<string>>();
  for (const cell of cells) {
    const seen = byRunner.get(cell.runner) ?? new Set<string>();
    const value = cell.traits[trait];
    if (value !== undefined) seen.add(value);
    byRunner.set(cell.runner, seen);
  }
  return [...byRunner].map(([runner, seen]) => ({
    runner,
    value: seen.size === 0 ? null : [...seen].join('; '),
  }));
}

/** Families that have no verdict where a trait differs. */
function voided(trait: TraitKey): readonly Family[] {
  return families.filter((family) => familyTable[family].ledger.includes(trait));
}

function consequence(state: LedgerRow['state'], rule: TraitRule, voids: readonly Family[]): string {
  if (state === 'same') return 'Like for like.';
  if (state === 'unknown') return 'Not recorded for every runner: whether this was like for like is unknown.';
  return voids.length === 0
    ? rule.meaning
    : `${rule.meaning} No verdict on: ${voids.length === families.length ? 'anything' : voids.join(', ')}.`;
}

/** Case and spacing are not conditions. */
function normal(value: string): string {
  return value.trim().toLowerCase().replaceAll(/\s+/g, ' ');
}
