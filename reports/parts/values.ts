/**
 * Measured values in words. Memory, time and CPU cannot be negative: where noise makes a difference or a slope
 * negative, all that was seen is that the cost is below what this host can resolve.
 */
import type { Summary } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import { formatValue, scaleFor, type Scale } from '../../model/units.ts';

export type Seen = Pick<Summary, 'median' | 'interval' | 'min' | 'max'>;

type Measure = Pick<MetricDeclaration, 'family' | 'unit'>;

/** True of a median that only noise can explain. A program's own numbers may be below zero by meaning. */
export function isBelowNoise(item: Seen | null | undefined, { family, unit }: Measure): boolean {
  const isAmount = family !== 'app' && unit !== 'ratio' && unit !== 'share';
  return isAmount && item?.median != null && item.median < 0;
}

/**
 * The smallest amount that this sample could have shown: the end of its interval (or of its values, where too few
 * carry one) that is farthest from zero, rounded up to one digit.
 */
export function resolution({ median, interval, min, max }: Seen): number {
  const ends = interval === null ? [min, max, median] : [interval.low, interval.high, median];
  const farthest = Math.max(...ends.map((end) => Math.abs(end ?? 0)));
  const step = 10 ** Math.floor(Math.log10(farthest));
  return farthest > 0 ? Math.ceil(farthest / step) * step : 0;
}

/** "217 MiB", in the scale given; "below 300 KiB" for what noise made negative. */
export function medianWords(item: Seen | null | undefined, metric: Measure, scale?: Scale): string {
  const median = item?.median ?? null;
  const own = scale ?? scaleFor([median], metric.unit);
  return item != null && isBelowNoise(item, metric)
    ? `below ${plainValue(item, metric)}`
    : own.format(median);
}

/** In binary units one digit of bytes is not one digit of what is shown, so the shown number is rounded up. */
function plainValue(item: Seen, { unit }: Measure): string {
  const { factor } = scaleFor([resolution(item)], unit);
  const shown = resolution(scaled(item, factor)) * factor;
  return formatValue(shown, unit).replace(/\.0+(?=\D|$)|(\.\d*?[1-9])0+(?=\D|$)/, '$1');
}

function scaled({ median, interval, min, max }: Seen, factor: number): Seen {
  const over = (value: number | null) => (value === null ? null : value / factor);
  return {
    median: over(median),
    min: over(min),
    max: over(max),
    interval:
      interval === null ? null : { ...interval, low: interval.low / factor, high: interval.high / factor },
  };
}
