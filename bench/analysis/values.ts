/**
 * One launch, one value: the only way from a record's trials to numbers (METHODOLOGY C2). Whatever was
 * measured many times inside a launch is reduced here, before any statistics can mistake it for evidence.
 * Only launches that may count are seen: past the warm-up, successful, clean, in a block not voided.
 */
import type { LaunchValue } from '../../model/analysis.ts';
import type { LadderState, MetricDeclaration } from '../../model/metric.ts';
import type { LadderPoint } from '../../model/observation.ts';
import type { RecordedTrial, RunRecord } from '../../model/record.ts';
import { densityValue } from './density-result.ts';
import { median } from '../../model/descriptive.ts';
import { theilSen } from '../statistics/slope.ts';
import { allowedQuantileOf, distributionOf } from './percentiles.ts';

/** Block numbers out of the analysis: voided by a rule, or holding a launch whose clean-up is unproven (C30). */
export function voidBlocks(record: RunRecord): ReadonlySet<number> {
  const unclean = record.trials.filter((trial) => !trial.cleanupProven && trial.block >= 0);
  return new Set([...record.voided, ...unclean].map(({ block }) => block));
}

/** Launches that count, by cell, in block order. A block measured again after a resume counts once, the last. */
export function usableTrials(record: RunRecord): ReadonlyMap<string, readonly RecordedTrial[]> {
  const excluded = voidBlocks(record);
  const byCell = new Map<string, Map<number, RecordedTrial>>();
  for (const trial of record.trials) {
    if (trial.block < 0 || trial.outcome.state !== 'ok' || excluded.has(trial.block)) continue;
    const blocks = byCell.get(trial.cell) ?? new Map<number, RecordedTrial>();
    blocks.set(trial.block, trial);
    byCell.set(trial.cell, blocks);
  }
  return new Map(
    [...byCell].map(([cell, blocks]) => [cell, [...blocks.values()].sort((a, b) => a.block - b.block)]),
  );
}

/** Broken off by the user: neither a success nor a failure of what was measured. */
export function wasInterrupted({ outcome }: RecordedTrial): boolean {
  return outcome.state === 'failed' && outcome.reason === 'interrupted';
}

interface LaunchCount {
  readonly failed: number;
  readonly all: number;
}

/** Every comparison asks for both its sides; a record's launches are counted once. */
const counted = new WeakMap<readonly RecordedTrial[], ReadonlyMap<string, LaunchCount>>();

/** Failed and all launches of a cell past the warm-up, interrupted ones apart. */
export function countLaunches(trials: readonly RecordedTrial[], cell: string): LaunchCount {
  const counts = counted.get(trials) ?? countByCell(trials);
  counted.set(trials, counts);
  return counts.get(cell) ?? { failed: 0, all: 0 };
}

function countByCell(trials: readonly RecordedTrial[]): ReadonlyMap<string, LaunchCount> {
  const counts = new Map<string, LaunchCount>();
  for (const trial of trials) {
    if (trial.block < 0 || wasInterrupted(trial)) continue;
    const { failed, all } = counts.get(trial.cell) ?? { failed: 0, all: 0 };
    counts.set(trial.cell, {
      failed: failed + (hasBroken(trial) ? 1 : 0),
      all: all + 1,
    });
  }
  return counts;
}

/** A requirement that is not met is an answer, not a broken launch. */
function hasBroken({ outcome }: RecordedTrial): boolean {
  return outcome.state === 'failed' && outcome.reason !== 'requirement';
}

/** Values of one metric in one cell, one per launch, in block order; empty if there are none. */
export function valuesOf(record: RunRecord, cellId: string, metric: string): LaunchValue[] {
  const declaration = record.header.metrics.find(({ id }) => id === metric);
  return declaration === undefined ? [] : launchValues(usableTrials(record).get(cellId) ?? [], declaration);
}

/** Values of a metric in a cell. */
export type ValueReader = (cell: string, metric: MetricDeclaration) => readonly LaunchValue[];

/** A reader that reduces each launch once, however often it is asked. */
export function createValueReader(trials: ReadonlyMap<string, readonly RecordedTrial[]>): ValueReader {
  const known = new Map<string, readonly LaunchValue[]>();
  return (cell, metric) => {
    const key = `${metric.id}\n${cell}`;
    const values = known.get(key) ?? launchValues(trials.get(cell) ?? [], metric);
    known.set(key, values);
    return values;
  };
}

/** The value of each launch that has one. */
function launchValues(trials: readonly RecordedTrial[], metric: MetricDeclaration): LaunchValue[] {
  return trials.flatMap((trial) => {
    const value = launchValue(trial, metric);
    return value === null || !Number.isFinite(value)
      ? []
      : [{ block: trial.block, trial: trial.index, value }];
  });
}

function launchValue(trial: RecordedTrial, metric: MetricDeclaration): number | null {
  switch (metric.source.kind) {
    case 'interval':
      return interval(trial, metric.source.from, metric.source.to);
    case 'sample':
      return median(samplesOf(trial).get(metric.id) ?? []);
    case 'distribution':
      return null;
    case 'quantile': {
      const bins = distributionOf(trial, metric.source.of);
      return bins === null ? null : allowedQuantileOf(bins, metric.source.q);
    }
    case 'slope':
      return ladderState(trial) === (metric.source.state ?? 'idle')
        ? ladderSlope(trial.ladder, metric.source.of)
        : null;
    case 'density':
      return densityValue(trial, metric.source.of);
  }
}

/** Launches of hundreds of metrics are asked for each of them: their samples are sorted by metric once. */
const sampled = new WeakMap<RecordedTrial, ReadonlyMap<string, readonly number[]>>();

function samplesOf(trial: RecordedTrial): ReadonlyMap<string, readonly number[]> {
  const known = sampled.get(trial);
  if (known !== undefined) return known;
  const byMetric = new Map<string, number[]>();
  for (const { metric, value } of trial.samples) {
    const values = byMetric.get(metric);
    if (values === undefined) byMetric.set(metric, [value]);
    else values.push(value);
  }
  sampled.set(trial, byMetric);
  return byMetric;
}

/** Difference of two marks; a mark stamped twice counts from its first time. */
function interval(trial: RecordedTrial, from: string, to: string): number | null {
  const start = trial.marks.find(({ name }) => name === from);
  const end = trial.marks.find(({ name }) => name === to);
  return start === undefined || end === undefined ? null : end.at - start.at;
}

/** What the instances of a ladder were doing. */
export function ladderState(trial: RecordedTrial): LadderState {
  return trial.observations.some(({ kind }) => kind === 'load') ? 'loaded' : 'idle';
}

function ladderSlope(ladder: readonly LadderPoint[], quantity: keyof LadderPoint): number | null {
  const points = ladder.flatMap((point) => {
    const y = point[quantity];
    return y == null ? [] : [{ x: point.instances, y }];
  });
  return theilSen(points)?.slope ?? null;
}
