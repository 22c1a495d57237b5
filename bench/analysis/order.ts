/**
 * Whether the order of launches shows in their numbers (METHODOLOGY B1), and whether that order was
 * random at all: without it a drifting host is taken for a difference in 6 of 10 runs (B0).
 */
import type { LaunchValue, Refusal, Warning } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord, RecordedTrial, RunRecord } from '../../model/record.ts';
import { holm } from '../statistics/holm.ts';
import { orderEffect, type Observation } from '../statistics/order-effect.ts';
import { minimumBlocks } from '../statistics/power.ts';
import { type ValueReader, wasInterrupted } from './values.ts';

/** What the order explains in one metric of one workload and shape. */
export interface OrderFinding {
  readonly metric: string;
  readonly workload: string;
  readonly shape: string;
  readonly kind: 'position' | 'predecessor';
  /** Holm-adjusted over everything tested. */
  readonly p: number;
  /** Largest change it explains, on the log scale. */
  readonly size: number;
}

const orderAlpha = 0.01;

/** Significant order effects of the run. */
export function findOrderEffects(record: RunRecord, valuesIn: ValueReader): OrderFinding[] {
  const places = placesOf(record.trials);
  const tested = groupsOf(record.header.cells).flatMap((cells) =>
    record.header.metrics.flatMap((metric) => testMetric(metric, cells, valuesIn, places)),
  );
  const adjusted = holm(tested.map(({ p }) => p));
  return tested
    .map((finding, index) => ({ ...finding, p: adjusted[index] ?? 1 }))
    .filter(({ p }) => p < orderAlpha);
}

/** A run whose blocks were not done one after the other has no pairs to compare (C1). */
export function refusalForOrder(trials: readonly RecordedTrial[]): Refusal | null {
  let last = -Infinity;
  for (const { block } of inOrder(trials)) {
    if (block < last) {
      return {
        rule: 'C1',
        message:
          'Launches were not interleaved in blocks: drift of the host cannot be told from a difference.',
        remedy: 'Run the scenario with tare, which plans randomised blocks, and keep its order.',
      };
    }
    last = block;
  }
  return null;
}

/** The same order in every block lets each cell inherit the state its predecessor leaves behind. */
export function warningForFixedOrder(trials: readonly RecordedTrial[]): Warning | null {
  const orders = new Map<number, string[]>();
  for (const { block, cell } of inOrder(trials)) {
    if (block >= 0) orders.set(block, [...(orders.get(block) ?? []), cell]);
  }
  const several = [...orders.values()].filter((cells) => cells.length > 1);
  const distinct = new Set(several.map((cells) => cells.join('\n')));
  if (several.length < minimumBlocks || distinct.size > 1) return null;
  return {
    code: 'fixed-order',
    message: 'Every block ran in the same order: effects of position and predecessor cannot be seen (B1).',
  };
}

function testMetric(
  metric: MetricDeclaration,
  cells: readonly CellRecord[],
  valuesIn: ValueReader,
  places: ReadonlyMap<number, Place>,
): OrderFinding[] {
  const observations = cells.flatMap(({ id }) => observe(id, valuesIn(id, metric), places));
  const blocks = new Set(observations.map(({ block }) => block));
  if (blocks.size < minimumBlocks) return [];
  const effects = orderEffect(observations);
  const [first] = cells;
  return (['position', 'predecessor'] as const).flatMap((kind) => {
    const effect = effects[kind];
    return effect === null || first === undefined
      ? []
      : [{ metric: metric.id, workload: first.workload, shape: first.shape.id, kind, ...effect }];
  });
}

function observe(
  cell: string,
  launches: readonly LaunchValue[],
  places: ReadonlyMap<number, Place>,
): Observation[] {
  return launches.flatMap(({ trial, block, value }) => {
    const place = places.get(trial);
    return value > 0 && place !== undefined ? [{ block, cell, ...place, logValue: Math.log(value) }] : [];
  });
}

/** As planned, without launches that were broken off and done again later. */
function inOrder(trials: readonly RecordedTrial[]): RecordedTrial[] {
  return trials.filter((trial) => !wasInterrupted(trial)).sort((a, b) => a.index - b.index);
}

interface Place {
  readonly position: number;
  readonly predecessor: string | null;
}

/** Position of each launch, and the cell of the launch just before it, whatever became of that one. */
function placesOf(trials: readonly RecordedTrial[]): ReadonlyMap<number, Place> {
  const ordered = inOrder(trials);
  return new Map(
    ordered.map(({ index, position }, at) => [
      index,
      { position, predecessor: ordered[at - 1]?.cell ?? null },
    ]),
  );
}

function groupsOf(cells: readonly CellRecord[]): CellRecord[][] {
  const groups = new Map<string, CellRecord[]>();
  for (const cell of cells) {
    const key = `${cell.workload}\n${cell.shape.id}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
}
