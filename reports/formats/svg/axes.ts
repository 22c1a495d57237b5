/**
 * Where a value lands on an axis and which ticks are written on it: round numbers in the unit that
 * is displayed (10 ms, 64 MiB), on a linear or a log scale.
 */
import type { Unit } from '../../../model/quantities.ts';
import { scaleFor } from '../../../model/units.ts';

export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

type Ticks = Axis['ticks'];

const mostLogTicks = 6;
/** Below it a double loses digits and a log axis its width; nothing measured is that small. */
const smallest = 1e-300;

/** An axis over the values, from pixel `start` to pixel `end`. A log axis needs values above 0. */
export function axisOf(
  values: readonly number[],
  unit: Unit,
  log: boolean,
  start: number,
  end: number,
): Axis {
  const [low, high] = extent(values);
  if (!log || low < smallest) return linearAxis([low, high], unit, start, end);
  const from = Math.log10(low / 1.15);
  const to = Math.log10(high * 1.15);
  const at = (value: number) => start + ((Math.log10(value) - from) / (to - from)) * (end - start);
  return { at, ticks: logTicks(10 ** from, 10 ** to, unit) };
}

export function linearAxis(values: readonly number[], unit: Unit, start: number, end: number): Axis {
  const [low, high] = extent(values);
  const span = high - low;
  const pad = span === 0 ? Math.abs(high) * 0.1 || 1 : span * 0.06;
  // An axis that starts at zero keeps its zero on the edge.
  const from = low === 0 ? 0 : low - pad;
  const to = high === 0 ? 0.0001 : high + pad;
  const at = (value: number) => start + ((value - from) / (to - from)) * (end - start);
  return { at, ticks: linearTicks(from, to, unit) };
}

/** Round numbers in the unit that is displayed, about so many, so that bytes get round MiB. */
export function linearTicks(from: number, to: number, unit: Unit, about = 5): Ticks {
  const { factor } = scaleFor([(Math.abs(from) + Math.abs(to)) / 2], unit);
  const step = niceStep((to - from) / factor / about) * factor;
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to && ticks.length < 12; index += 1)
    ticks.push(index * step);
  return ticks.map((value) => ({ value, text: tickText(value, unit, factor) }));
}

/** 1, 2 and 5 of each decade, or decades alone where that is too many; powers of two for bytes. */
export function logTicks(from: number, to: number, unit: Unit, most = mostLogTicks): Ticks {
  const base = unit === 'B' || unit === 'B/s' ? 2 : 10;
  const candidates = (multiples: readonly number[]) => {
    const found: number[] = [];
    const last = Math.ceil(Math.log(to) / Math.log(base));
    for (let power = Math.floor(Math.log(from) / Math.log(base)); power <= last; power += 1) {
      for (const multiple of multiples) found.push(multiple * base ** power);
    }
    return found.filter((value) => value >= from && value <= to);
  };
  const fine = base === 2 ? [] : candidates([1, 2, 5]);
  const chosen = fine.length > 0 && fine.length <= most ? fine : candidates([1]);
  const every = Math.ceil(chosen.length / most);
  return chosen
    .filter((_, index) => index % every === 0)
    .map((value) => ({ value, text: tickText(value, unit, scaleFor([value], unit).factor) }));
}

/** Made once: making one takes longer than a thousand numbers. */
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

function tickText(value: number, unit: Unit, factor: number): string {
  const { suffix } = scaleFor([factor], unit);
  const number = threeDigits.format(Number((value / factor).toPrecision(3)));
  return suffix === '' ? number : `${number} ${suffix}`;
}

/** 1, 2 or 5 times a power of ten, not below `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = rough / power;
  return power * (multiple <= 1 ? 1 : multiple <= 2 ? 2 : multiple <= 5 ? 5 : 10);
}

function extent(values: readonly number[]): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A repeatable sideways place in -1..1 for the n-th dot, so that equal values do not hide each other. */
export function nudge(index: number): number {
  return (((index * 0.6180339887) % 1) - 0.5) * 2;
}
