/** A family's percentiles as a table and curves. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import { builtMetrics, buildRecord } from '../../../bench/record/testing/builder.ts';
import { percentileBlocks, quantileName } from './percentiles.ts';
import { subjectsOf } from '../../parts/subjects.ts';

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
const record = buildRecord({
  blocks: 4,
  metrics: [...builtMetrics, latency],
  alter: (trial) => ({
    ...trial,
    observations: [
      {
        kind: 'distribution',
        metric: 'network.latency',
        bins: [
          [0.001, 90],
          [0.004, 10],
        ],
      },
    ],
  }),
});
const analysis = analyse(record, { resamples: 200 });
const subjects = subjectsOf(record);

test('the table gives what 400 samples carry, and a dash for what they do not', () => {
  const blocks = percentileBlocks('network', analysis, subjects);
  const fold = blocks.find(({ kind }) => kind === 'fold');
  const [inner] = fold?.kind === 'fold' ? fold.blocks : [];
  const table = inner?.kind === 'table' ? inner.table : null;
  expect(table?.rows).toHaveLength(3);
  expect(table?.rows[0]?.head).toBe('Latency');
  expect(table?.rows[0]?.cells.map(({ kind, ...cell }) => ('text' in cell ? cell.text : kind))).toEqual([
    'process',
    '1.00 ms',
    '1.00 ms',
    '4.00 ms',
    '–',
    '4.00 ms',
    '400',
    '4',
  ]);
});

test('curves end where the samples do', () => {
  const [first] = percentileBlocks('network', analysis, subjects);
  const [chart] = first?.kind === 'charts' ? first.charts : [];
  if (chart?.kind !== 'lines') throw new Error('no curve');
  expect(chart.series.map(({ label }) => label)).toEqual(['process', 'namespace', 'vm']);
  expect(chart.xTicks?.map(({ text }) => text)).toEqual(['50', '90', '99']);
  expect(chart.series[0]?.points.at(-1)).toEqual({ x: expect.closeTo(2, 9) as number, y: 0.004 });
});

test('a family without distributions has nothing to show', () => {
  expect(percentileBlocks('io', analysis, subjects)).toEqual([]);
});

test('names of quantiles', () => {
  expect([0.5, 0.99, 0.999, 0.9999].map(quantileName)).toEqual(['p50', 'p99', 'p99.9', 'p99.99']);
});
