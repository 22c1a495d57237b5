/**
 * The numbers of one comparison: launches paired by block, always read as a cost. Where more is better
 * the sides change places in the ratio, so that above 1 the subject costs more, whatever the metric.
 */
import type { LaunchValue, Warning } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Bootstrap, RatioEstimate } from '../statistics/bootstrap.ts';
import { median, standardDeviation } from '../../model/descriptive.ts';
import { pairedShift } from '../statistics/hodges-lehmann.ts';
import { signedRank } from '../statistics/signed-rank.ts';
import { fewestForInterval } from './summaries.ts';

export interface Contrast {
  /** Blocks in which both sides have a value. */
  readonly n: number;
  readonly ratio: number | null;
  /** Null below six blocks, or where a ratio has no interval. */
  readonly estimate: RatioEstimate | null;
  readonly p: number | null;
  /** Standard deviation of the paired log ratios: the noise that decides how many blocks it takes. */
  readonly deviation: number | null;
  readonly warnings: readonly Warning[];
}

/** Pairs the launches of subject and reference and estimates the ratio of their costs. */
export function contrast(
  subject: readonly LaunchValue[],
  reference: readonly LaunchValue[],
  metric: MetricDeclaration,
  bootstrap: Bootstrap,
): Contrast {
  const [above, below] = metric.better === 'lower' ? [subject, reference] : [reference, subject];
  const { first, second } = pairByBlock(above, below);
  const n = first.length;
  const ratio = ratioOfMedians(first, second);
  const logs = first.map((value, index) => Math.log(value / (second[index] ?? 0)));
  const positive = logs.every(Number.isFinite);
  const shown = n >= fewestForInterval;
  // Without logarithms (a zero, a negative slope) ranks of plain differences answer the same question.
  const differences = positive ? logs : first.map((value, index) => value - (second[index] ?? 0));
  const estimate = shown ? estimateRatio(first, second, metric, bootstrap) : null;
  return {
    n,
    ratio,
    estimate,
    p: shown ? signedRank(differences).p : null,
    deviation: shown && positive ? standardDeviation(logs) : null,
    warnings: ratioWarnings(ratio, estimate, differences, shown, metric),
  };
}

/** Values of both sides in the blocks where both are present, in block order. */
function pairByBlock(
  first: readonly LaunchValue[],
  second: readonly LaunchValue[],
): { readonly first: number[]; readonly second: number[] } {
  const others = new Map(second.map(({ block, value }) => [block, value]));
  const paired = first.filter(({ block }) => others.has(block));
  return {
    first: paired.map(({ value }) => value),
    second: paired.map(({ block }) => others.get(block) ?? 0),
  };
}

/** Null unless both medians are positive; two sides that are identical in every block are 1, zeros too. */
function ratioOfMedians(first: readonly number[], second: readonly number[]): number | null {
  if (first.length > 0 && areIdentical(first, second)) return 1;
  const above = median(first);
  const below = median(second);
  return above === null || below === null || above <= 0 || below <= 0 ? null : above / below;
}

function estimateRatio(
  first: readonly number[],
  second: readonly number[],
  metric: MetricDeclaration,
  bootstrap: Bootstrap,
): RatioEstimate | null {
  if (areIdentical(first, second)) {
    const exactly = (level: number) => ({ low: 1, high: 1, level });
    return { ratio: 1, interval: exactly(0.95), ninety: exactly(0.9) };
  }
  return bootstrap.paired(first, second, tickOf([...first, ...second], metric));
}

function areIdentical(first: readonly number[], second: readonly number[]): boolean {
  return first.every((value, index) => value === second[index]);
}

/**
 * Resolution of durations that were read from a coarse timer: the smallest step between distinct values,
 * if at least a fifth of the values repeat another one. Counts and sizes repeat because they are exact.
 */
export function tickOf(values: readonly number[], metric: MetricDeclaration): number {
  if (metric.unit !== 's' && metric.unit !== 's/op') return 0;
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  if (distinct.length > 0.8 * values.length || distinct.length < 2) return 0;
  return distinct
    .slice(1)
    .reduce((step, value, index) => Math.min(step, value - (distinct[index] ?? 0)), Infinity);
}

function ratioWarnings(
  ratio: number | null,
  estimate: RatioEstimate | null,
  differences: readonly number[],
  shown: boolean,
  metric: MetricDeclaration,
): Warning[] {
  if (differences.length === 0 || (ratio !== null && (estimate !== null || !shown))) return [];
  const shift = pairedShift(differences);
  const by = shift === null ? '' : `: paired difference of cost ${shift.shift.toPrecision(3)} ${metric.unit}`;
  const between =
    shift?.interval == null
      ? ''
      : ` (${shift.interval.low.toPrecision(3)} to ${shift.interval.high.toPrecision(3)}, 95 %)`;
  return [
    {
      code: 'no-ratio',
      message: `Values at or below zero have no ${ratio === null ? 'ratio' : 'interval of their ratio'}${by}${between}.`,
    },
  ];
}
