/**
 * How quantities are written and read: "512MiB" and "30s" in, "48.2 MiB" and "1.27 s" out.
 * Inside tare everything is bytes and seconds; a unit appears only where a human meets a number.
 * Binary (MiB) and decimal (MB) units are different words and are never guessed from one another.
 */
import type { Bytes, Seconds, Unit } from './quantities.ts';

/** What stands where there is no number. */
export const absent = '–';

const byteFactors: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const secondFactors: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
};

/** Reads a size such as "512MiB", "1.5 GiB" or "100MB". Throws an Error that names the accepted forms. */
export function parseBytes(text: string): Bytes {
  const bytes = parseQuantity(text, byteFactors);
  if (bytes !== null) return Math.round(bytes);
  throw new Error(
    `a size must be a number with KiB, MiB, GiB, TiB (binary) or B, kB, MB, GB, TB (decimal), such as "512MiB"; got ${JSON.stringify(text)}`,
  );
}

/** Reads a duration such as "30s", "200ms" or "2m". Throws an Error that names the accepted forms. */
export function parseSeconds(text: string): Seconds {
  const seconds = parseQuantity(text, secondFactors);
  if (seconds !== null) return seconds;
  throw new Error(
    `a duration must be a number with ns, us, ms, s, m or h, such as "30s" or "200ms"; got ${JSON.stringify(text)}`,
  );
}

/** Reads a share such as "5%", "0.05" or 0.05. Throws an Error that names the accepted forms. */
export function parseShare(value: string | number): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(String(value).trim()) ?? [];
  const share = Number(digits) / (sign === '%' ? 100 : 1);
  if (digits !== undefined && Number.isFinite(share)) return share;
  throw new Error(
    `must be a percentage such as "5%" or a fraction such as 0.05, got ${JSON.stringify(value)}`,
  );
}

function parseQuantity(text: string, factors: Readonly<Record<string, number>>): number | null {
  if (text.trim() === '0') return 0;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(\p{L}+)\s*$/u.exec(text);
  const number = match?.[1];
  const suffix = match?.[2];
  if (number === undefined || suffix === undefined || !Object.hasOwn(factors, suffix)) return null;
  const factor = factors[suffix] ?? 1;
  // Dividing by the inverse keeps "200ms" at 0.2 exactly where multiplying would not.
  const value = factor < 1 ? Number(number) / Math.round(1 / factor) : Number(number) * factor;
  return Number.isFinite(value) ? value : null;
}

/** A display unit: `value / factor` followed by `suffix`. */
export interface Scale {
  readonly factor: number;
  readonly suffix: string;
  /** The number alone, three significant digits: "48.2". */
  readonly number: (value: number | null) => string;
  /** Number and suffix: "48.2 MiB". */
  readonly format: (value: number | null) => string;
}

type Steps = readonly (readonly [number, string])[];

const timeSteps: Steps = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
];
const binarySteps: Steps = [
  [1, 'B'],
  [2 ** 10, 'KiB'],
  [2 ** 20, 'MiB'],
  [2 ** 30, 'GiB'],
  [2 ** 40, 'TiB'],
];

const steps: Readonly<Record<Unit, Steps>> = {
  s: timeSteps,
  B: binarySteps,
  'B/s': binarySteps.map(([factor, suffix]) => [factor, `${suffix}/s`] as const),
  's/op': timeSteps.map(([factor, suffix]) => [factor, `${suffix}/op`] as const),
  '1/s': [
    [1, '/s'],
    [1e3, 'k/s'],
    [1e6, 'M/s'],
    [1e9, 'G/s'],
  ],
  cores: [
    [1e-6, 'µcores'],
    [1e-3, 'mcores'],
    [1, 'cores'],
  ],
  count: [[1, '']],
  ratio: [[1, '']],
  share: [[0.01, '%']],
};

/** Widest a number may get in a common scale before a larger unit is taken. */
const widest = 10_000;

/**
 * One common scale for numbers that are read side by side: the unit that suits the smallest of them,
 * unless the largest would then be unreadably long.
 */
export function scaleFor(values: readonly (number | null)[], unit: Unit): Scale {
  const sizes = values.filter((value) => value !== null && Number.isFinite(value) && value !== 0);
  let smallest = Infinity;
  let largest = 0;
  for (const value of sizes) {
    smallest = Math.min(smallest, Math.abs(value ?? 0));
    largest = Math.max(largest, Math.abs(value ?? 0));
  }
  const ladder = steps[unit];
  let index = stepOf(smallest, ladder, unit);
  while (index < ladder.length - 1 && largest / (ladder[index]?.[0] ?? 1) >= widest) index += 1;
  const [factor, suffix] = ladder[index] ?? [1, ''];
  const number = (value: number | null) =>
    value === null ? absent : significant(value / factor, unit === 'count');
  return {
    factor,
    suffix,
    number,
    format: (value) => {
      const text = number(value);
      return text === absent || suffix === '' ? text : `${text} ${suffix}`;
    },
  };
}

/** The last step that leaves at least 1.00 of it, after rounding; without numbers the base unit. */
function stepOf(size: number, ladder: Steps, unit: Unit): number {
  const base = ladder.findIndex(([factor]) => factor === 1);
  if (!Number.isFinite(size)) return Math.max(base, 0);
  const fits = ladder.findLastIndex(([factor]) => Number((size / factor).toPrecision(3)) >= 1);
  // A tenth of a core is read more easily than 100 mcores.
  if (unit === 'cores' && size >= 0.1) return Math.max(base, 0);
  return Math.max(fits, 0);
}

/** One number with its own best unit: "48.2 MiB", "1.27 s", "3"; a dash for null. */
export function formatValue(value: number | null, unit: Unit): string {
  return scaleFor([value], unit).format(value);
}

/** "12.3×"; a dash for null. */
export function formatRatio(ratio: number | null): string {
  return ratio === null ? absent : `${significant(ratio, false)}×`;
}

/**
 * A share in percent, at most three significant digits: "12.3 %", "5 %", "0.014 %"; a dash for null. The same for
 * what was measured and for the limit it is held against, so that neither looks rounder than it is.
 */
export function formatShare(share: number | null): string {
  return share === null || !Number.isFinite(share) ? absent : `${short.format(100 * share)} %`;
}

/** The text as the start of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const fixed = new Intl.NumberFormat('en-US', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Three significant digits. Counts that are whole stay whole: "7", "12,345". */
function significant(value: number, isCount: boolean): string {
  if (!Number.isFinite(value)) return absent;
  if (value === 0) return '0';
  if (isCount) return Number.isInteger(value) ? whole.format(value) : short.format(value);
  return fixed.format(value);
}
