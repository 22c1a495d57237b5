/**
 * Units as other tools write them, brought to ours: factor to the base unit, the metric they stand for, and
 * which way is better where the unit itself says so.
 */
import { createHash } from 'node:crypto';
import type { Unit } from '../../model/quantities.ts';
import type { Direction, ImportMetric } from './parsed.ts';

export interface KnownUnit {
  readonly unit: Unit;
  readonly factor: number;
  /** null: the unit alone does not tell. */
  readonly better: Direction | null;
  readonly slug: string;
  readonly title: string;
}

const seconds: Readonly<Record<string, number>> = {
  ps: 1e-12,
  ns: 1e-9,
  nsec: 1e-9,
  nanoseconds: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  usec: 1e-6,
  microseconds: 1e-6,
  ms: 1e-3,
  msec: 1e-3,
  milliseconds: 1e-3,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
};

const bytes: Readonly<Record<string, number>> = {
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

const perTurn = /\/(op|ops|iter|iteration|call|round|run)$/;
const perSecond = /\/(s|sec|second)$/;
const rates = ['hz', 'ops', 'iops', 'qps', 'rps', 'tps'];
/** Megabits to some, megabytes to others: not guessed. */
const ambiguous = /^[kKMG]i?b(\W|ps$|$)/;

/**
 * What a unit word means. A word that is not known is a plain count in that unit, with no direction.
 * Bytes follow the SI: "MB" is 10^6, "MiB" is 2^20.
 */
export function readUnit(word: string): KnownUnit {
  const text = word.trim().toLowerCase();
  const turn = text.replace(perTurn, '');
  const time = lookUp(seconds, turn);
  if (time !== null) {
    return turn === text
      ? known('s', time, 'lower', 'time', 'Time')
      : known('s/op', time, 'lower', 'time-per-op', 'Time per operation');
  }
  const size = ambiguous.test(word.trim()) ? null : lookUp(bytes, turn);
  if (size !== null) {
    return turn === text
      ? known('B', size, 'lower', 'bytes', 'Bytes')
      : known('B', size, 'lower', 'bytes-per-op', 'Bytes per operation');
  }
  if (/^allocs?$/.test(turn) && turn !== text) {
    return known('count', 1, 'lower', 'allocs-per-op', 'Allocations per operation');
  }
  const rated = text.replace(perSecond, '');
  if (rated !== text || rates.includes(text)) {
    const rate = ambiguous.test(word.trim()) ? null : lookUp(bytes, rated);
    return rate === null
      ? known('1/s', 1, 'higher', rated === text ? 'rate' : slug('rate', rated), 'Per second')
      : known('B/s', rate, 'higher', 'byte-rate', 'Bytes per second');
  }
  if (/^(%|percent)$/.test(text)) return known('share', 0.01, null, 'share', 'Share');
  return known('count', 1, null, slug('value', text), text === '' ? 'Value' : `Value (${word.trim()})`);
}

/** The metric of values in this unit; its id says so where better goes against what the unit suggests. */
export function metricIn(unit: KnownUnit, better: Direction, definition: string): ImportMetric {
  const against = unit.better !== null && unit.better !== better;
  return {
    id: `import.${unit.slug}${against ? `-${better}` : ''}`,
    title: unit.title,
    unit: unit.unit,
    better,
    definition,
    threshold: 0.05,
  };
}

function known(
  unit: Unit,
  factor: number,
  better: KnownUnit['better'],
  slugText: string,
  title: string,
): KnownUnit {
  return { unit, factor, better, slug: slugText, title };
}

function lookUp(table: Readonly<Record<string, number>>, word: string): number | null {
  return Object.hasOwn(table, word) ? (table[word] ?? null) : null;
}

/** "value-dollars", "rate-widgets"; operations per second are plain "rate". */
function slug(what: string, word: string): string {
  const usual = ['', 'op', 'ops', 'o', 'operations', 'iter', 'iterations', '1'];
  return usual.includes(word) ? what : `${what}-${slugOf(word)}`;
}

/**
 * A word as part of a metric's id: small letters, digits and dashes. Where that drops anything but case, a
 * digest follows, so that "p99_ns" and "p99-ns" stay two.
 */
export function slugOf(word: string): string {
  const small = word.toLowerCase();
  const plain = small
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  if (plain === small) return plain;
  const digest = createHash('sha256').update(small).digest('hex').slice(0, 4);
  return plain === '' ? digest : `${plain}-${digest}`;
}
