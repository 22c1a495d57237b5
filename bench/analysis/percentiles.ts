/**
 * Percentiles of what was timed many times within launches (requests, I/Os): histograms are merged across
 * launches, never their percentiles averaged (METHODOLOGY B12), and a percentile exists only where enough
 * samples carry it (C21). What a percentile varies by between launches is told from each launch's own.
 */
import type { Percentiles } from '../../model/analysis.ts';
import type { Distribution } from '../../model/observation.ts';
import type { CellRecord, RecordedTrial } from '../../model/record.ts';
import { countForQuantile } from '../../model/descriptive.ts';
import { medianInterval } from '../statistics/median-interval.ts';

/** The percentiles that are ever given. */
export const askedQuantiles: readonly number[] = [0.5, 0.9, 0.99, 0.999];

export type Bins = Distribution['bins'];

/** One histogram of several: equal values add up. Ascending. */
export function mergeBins(histograms: readonly Bins[]): Bins {
  const counts = new Map<number, number>();
  for (const bins of histograms) {
    for (const [value, count] of bins) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

/** Samples in a histogram. */
export function countOf(bins: Bins): number {
  return bins.reduce((total, [, count]) => total + count, 0);
}

/** The smallest value that a share q of the samples does not exceed; null for an empty histogram. */
export function quantileOf(bins: Bins, q: number): number | null {
  const wanted = Math.max(1, Math.ceil(q * countOf(bins) - 1e-9));
  let seen = 0;
  for (const [value, count] of bins) {
    seen += count;
    if (count > 0 && seen >= wanted) return value;
  }
  return null;
}

/** The same, null too where fewer samples than ln 0.05 / ln q stand behind it (C21). */
export function allowedQuantileOf(bins: Bins, q: number): number | null {
  return countOf(bins) < countForQuantile(q) ? null : quantileOf(bins, q);
}

/** A metric's histogram within one launch; null where the launch has none. */
export function distributionOf(trial: RecordedTrial, metric: string): Bins | null {
  const found = trial.observations.filter(isDistribution).filter((each) => each.metric === metric);
  return found.length === 0 ? null : mergeBins(found.map(({ bins }) => bins));
}

/** Percentiles of every distribution of every cell, from the launches that count. */
export function percentilesOf(
  cells: readonly CellRecord[],
  trials: ReadonlyMap<string, readonly RecordedTrial[]>,
): Percentiles[] {
  return cells.flatMap(({ id }) => {
    const launches = trials.get(id) ?? [];
    const seen = launches.flatMap(({ observations }) => observations.filter(isDistribution));
    const metrics = [...new Set(seen.map(({ metric }) => metric))];
    return metrics.flatMap((metric) => percentilesIn(id, metric, launches));
  });
}

function percentilesIn(cell: string, metric: string, trials: readonly RecordedTrial[]): Percentiles[] {
  const own = trials.flatMap((trial) => {
    const bins = distributionOf(trial, metric);
    return bins === null ? [] : [{ trial, bins }];
  });
  const bins = mergeBins(own.map((each) => each.bins));
  if (countOf(bins) === 0) return [];
  const launches = own.map(({ trial, bins: each }) => ({
    block: trial.block,
    trial: trial.index,
    count: countOf(each),
    quantiles: quantilesIn(each),
  }));
  const quantiles = quantilesIn(bins).map(({ q, value }) => {
    const values = launches.flatMap((launch) => launch.quantiles.filter((each) => each.q === q));
    return { q, value, interval: medianInterval(values.map((each) => each.value)), launches: values.length };
  });
  return [{ cell, metric, count: countOf(bins), bins, quantiles, max: bins.at(-1)?.[0] ?? 0, launches }];
}

function quantilesIn(bins: Bins): { readonly q: number; readonly value: number }[] {
  return askedQuantiles.flatMap((q) => {
    const value = allowedQuantileOf(bins, q);
    return value === null ? [] : [{ q, value }];
  });
}

function isDistribution(observation: RecordedTrial['observations'][number]): observation is Distribution {
  return (observation.kind as string) === 'distribution';
}
