/** Percentiles from merged histograms, and the sample counts that allow them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analyse } from '../analyse.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { builtMetrics, buildRecord } from '../record/testing/builder.ts';
import { allowedQuantileOf, countOf, mergeBins, quantileOf } from './percentiles.ts';

test('merging adds counts of equal values and keeps the order', () => {
  const merged = mergeBins([
    [
      [1, 2],
      [3, 1],
    ],
    [
      [2, 5],
      [3, 4],
    ],
  ]);
  expect(merged).toEqual([
    [1, 2],
    [2, 5],
    [3, 5],
  ]);
  expect(countOf(merged)).toBe(12);
});

test('a quantile is the smallest value that enough samples do not exceed', () => {
  const bins = [
    [1, 50],
    [2, 49],
    [9, 1],
  ] as const;
  expect([0.5, 0.51, 0.99, 0.991].map((q) => quantileOf(bins, q))).toEqual([1, 2, 2, 9]);
  expect(quantileOf([], 0.5)).toBeNull();
});

test('merged quantiles are those of all values together, whatever launch they came from', () => {
  const launches = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(launches, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (values, q) => {
      const histograms = values.map((each) => mergeBins(each.map((value) => [[value, 1] as const])));
      const sorted = values.flat().sort((a, b) => a - b);
      const rank = Math.max(1, Math.ceil(q * sorted.length - 1e-9));
      expect(quantileOf(mergeBins(histograms), q)).toBe(sorted[rank - 1]);
    }),
  );
});

test('p99 needs 299 samples, p99.9 needs 2995', () => {
  expect(allowedQuantileOf([[1, 298]], 0.99)).toBeNull();
  expect(allowedQuantileOf([[1, 299]], 0.99)).toBe(1);
  expect(allowedQuantileOf([[1, 2994]], 0.999)).toBeNull();
  expect(allowedQuantileOf([[1, 2995]], 0.999)).toBe(1);
});

const latency: MetricDeclaration = {
  id: 'network.latency',
  family: 'network',
  title: 'Latency',
  unit: 's',
  better: 'lower',
  source: { kind: 'distribution' },
  definition: 'From the intended start to the whole reply.',
  threshold: 0.1,
  needsRealCpu: true,
};
const p99: MetricDeclaration = {
  ...latency,
  id: 'network.p99',
  source: { kind: 'quantile', of: 'network.latency', q: 0.99 },
};
const timed =
  (bins: (block: number) => readonly (readonly [number, number])[]) =>
  (trial: RecordedTrial): RecordedTrial => ({
    ...trial,
    observations: [{ kind: 'distribution', metric: 'network.latency', bins: bins(trial.block) }],
  });

test('launches too small for a percentile have no value of it; merged they may carry it', () => {
  const metrics = [...builtMetrics, latency, p99];
  const alter = timed(() => [
    [0.001, 150],
    [0.002, 50],
  ]);
  const analysis = analyse(buildRecord({ blocks: 8, metrics, alter }), { resamples: 200 });
  expect(analysis.summaries.filter(({ metric }) => metric === 'network.p99')).toEqual([]);
  const [merged] = analysis.percentiles;
  expect(merged?.count).toBe(1600);
  expect(merged?.quantiles.map(({ q, launches }) => [q, launches])).toEqual([
    [0.5, 8],
    [0.9, 8],
    [0.99, 0],
  ]);
});

test('a quantile metric is one value per launch, compared like any other', () => {
  const metrics = [...builtMetrics, latency, p99];
  const alter = timed((block) => [
    [0.001, 396],
    [0.002 + block / 1e4, 4],
  ]);
  const analysis = analyse(buildRecord({ blocks: 8, metrics, alter }), { resamples: 200 });
  const summary = analysis.summaries.find(({ metric }) => metric === 'network.p99');
  expect(summary?.n).toBe(8);
  expect(summary?.launches.map(({ value }) => value)).toEqual(Array(8).fill(0.001));
  const merged = analysis.percentiles.find(({ cell }) => cell.startsWith('namespace'));
  expect(merged?.quantiles.find(({ q }) => q === 0.999)?.value).toBe(0.0027);
  expect(merged?.quantiles.find(({ q }) => q === 0.99)?.interval).toEqual({
    low: 0.001,
    high: 0.001,
    level: 0.95,
  });
});
