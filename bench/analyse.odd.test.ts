import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse } from './analyse.ts';
import {
  codes,
  compared,
  failed,
  flaws,
  processRunner,
  quick,
  read,
  realRunners,
} from './analysis/testing/lookup.ts';
import type { Analysis, Comparison } from '../model/analysis.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { RecordedTrial, RunRecord } from '../model/record.ts';
import { buildRecord, builtMetrics } from './record/testing/builder.ts';

describe('unusual records', () => {
  const value = (metric: string, make: (trial: RecordedTrial) => number | null) => (trial: RecordedTrial) => {
    const made = make(trial);
    return { ...trial, samples: made === null ? [] : [{ metric, value: made }] };
  };
  const only = (overrides: Partial<MetricDeclaration>): readonly MetricDeclaration[] => [
    {
      ...builtMetrics[2]!,
      family: 'tare',
      better: 'lower',
      needsRealCpu: false,
      unit: 'count',
      ...overrides,
    },
  ];
  const first = (analysis: Analysis): Comparison => analysis.comparisons[0]!;

  it('identical values are equivalent, zeros too', () => {
    for (const constant of [3, 0]) {
      const analysis = read({ metrics: only({}), alter: value('cpu.throughput', () => constant) });
      expect(first(analysis)).toMatchObject({
        ratio: 1,
        verdict: 'equivalent',
        interval: { low: 1, high: 1 },
      });
      expect(flaws(analysis)).toEqual([]);
    }
  });

  it('constant but different values are different', () => {
    const analysis = read({
      metrics: only({}),
      alter: value('cpu.throughput', ({ cell }) => (cell.startsWith('process/') ? 2 : 3)),
    });
    expect(first(analysis)).toMatchObject({ ratio: 1.5, verdict: 'regression' });
  });

  it('a zero reference or a negative slope has no ratio, and the difference is told', () => {
    for (const low of [0, -5]) {
      const analysis = read({
        metrics: only({}),
        alter: value('cpu.throughput', ({ cell, index }) =>
          cell.startsWith('process/') ? low : 4 + (index % 3),
        ),
      });
      expect(first(analysis)).toMatchObject({ ratio: null, interval: null, verdict: 'inconclusive' });
      expect(first(analysis).p).toBeLessThan(0.001);
      expect(codes(first(analysis).warnings)).toContain('no-ratio');
      expect(flaws(analysis)).toEqual([]);
    }
  });

  it('one side without values, or one value only', () => {
    const missing = read({
      metrics: only({}),
      alter: value('cpu.throughput', ({ cell }) => (cell.startsWith('process/') ? 2 : null)),
    });
    expect(first(missing)).toMatchObject({ n: 0, ratio: null, verdict: 'no-verdict' });
    expect(codes(first(missing).warnings)).toEqual(['missing-side']);
    expect(missing.summaries.map(({ n }) => n)).toEqual([30, 30, 0, 0]);
    const single = read({ blocks: 1 });
    expect(first(single)).toMatchObject({ n: 1, interval: null, verdict: 'no-verdict' });
    expect(flaws([missing, single])).toEqual([]);
  });

  it('a metric of one workload is not expected of another', () => {
    const analysis = read({
      workloads: ['idle', 'busy'],
      alter: (trial) => (trial.cell.includes('/idle/') ? { ...trial, samples: [] } : trial),
    });
    const cells = analysis.summaries
      .filter(({ metric }) => metric === 'cpu.throughput')
      .map(({ cell }) => cell);
    expect(cells.every((cell) => cell.includes('/busy/'))).toBe(true);
    expect(analysis.comparisons.filter(({ metric }) => metric === 'cpu.throughput')).toHaveLength(4);
  });

  it('a launch broken off and done again counts once, and not as a failure', () => {
    const record = buildRecord({ runners: realRunners });
    const again = record.trials.flatMap((trial): RecordedTrial[] => {
      if (trial.index !== 20) return [trial];
      const outcome = { state: 'failed', reason: 'interrupted', message: 'stopped', detail: '' } as const;
      return [{ ...trial, outcome }, trial];
    });
    const analysis = analyse({ ...record, trials: again }, quick);
    expect(analysis.comparisons).toEqual(analyse(record, quick).comparisons);
  });

  it('nothing at all', () => {
    for (const record of [
      buildRecord({ blocks: 0 }),
      buildRecord({ runners: [] }),
      buildRecord({ alter: failed }),
      buildRecord({ metrics: [] }),
      { ...buildRecord({}), trials: [], end: null },
    ]) {
      const analysis = analyse(record, quick);
      expect(analysis.comparisons).toEqual([]);
      expect(flaws(analysis)).toEqual([]);
    }
    expect(read({ alter: failed }).failures.map(({ count }) => count)).toEqual([31, 31, 31, 31]);
  });
});

describe('properties', () => {
  const scaled = (record: RunRecord, cell: string, by: number): RunRecord => ({
    ...record,
    trials: record.trials.map((trial) =>
      trial.cell.startsWith(cell)
        ? { ...trial, samples: trial.samples.map((each) => ({ ...each, value: by * each.value })) }
        : trial,
    ),
  });
  const seeds = fc.integer({ min: 1, max: 1000 });
  const few = { numRuns: 15 };

  it('a change of unit changes no ratio, p or verdict', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const record = buildRecord({ seed, blocks: 12, runners: realRunners });
        const strip = ({ comparisons }: Analysis) =>
          comparisons.map(({ warnings: _warnings, ...rest }) => rest);
        expect(strip(analyse(scaled(record, '', 1024), quick))).toEqual(strip(analyse(record, quick)));
      }),
      few,
    );
  });

  it('the order of lines in the record changes nothing', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const record = buildRecord({ seed, blocks: 12, runners: realRunners });
        expect(analyse({ ...record, trials: record.trials.toReversed() }, quick)).toEqual(
          analyse(record, quick),
        );
      }),
      few,
    );
  });

  it('swapping the sides turns the ratio, its interval and the verdict round', () => {
    const mirrored = { regression: 'improvement', improvement: 'regression' } as Readonly<
      Record<string, string>
    >;
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.9, max: 1.1, noNaN: true }), (seed, by) => {
        const runners = [processRunner, { ...processRunner, id: 'other', kind: 'oci' as const }];
        const record = scaled(buildRecord({ seed, blocks: 12, runners, control: null }), 'other', by);
        const turned: RunRecord = { ...record, header: { ...record.header, baseline: 'other' } };
        const there = compared(analyse(record, quick), 'cpu.throughput', 'other', 'process');
        const back = compared(analyse(turned, quick), 'cpu.throughput', 'process', 'other');
        expect(back.ratio! * there.ratio!).toBeCloseTo(1, 10);
        expect(back.interval!.low * there.interval!.high).toBeCloseTo(1, 10);
        expect(back.verdict).toBe(mirrored[there.verdict] ?? there.verdict);
      }),
      few,
    );
  });

  it('the same record gives the same analysis, any record a JSON-safe one', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 0, max: 25 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (seed, blocks, noise) => {
          const record = buildRecord({ seed, blocks, noise, runners: realRunners });
          const analysis = analyse(record, quick);
          expect(flaws(analysis)).toEqual([]);
          expect(analyse(record, quick)).toEqual(analysis);
        },
      ),
      few,
    );
  });
});
