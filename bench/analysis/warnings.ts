/** What a reader must know beside the numbers of one comparison; warnings weaken, refusals withhold. */
import { formatShare } from '../../model/units.ts';
import type { Warning } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord, RecordedTrial } from '../../model/record.ts';
import { isBeyond } from '../statistics/equivalence.ts';
import { findModes } from '../statistics/modes.ts';
import { minimumBlocks } from '../statistics/power.ts';
import type { Contrast } from './contrast.ts';
import type { OrderFinding } from './order.ts';
import { isVirtualMachine, type Pair } from './pairs.ts';
import { storageWarnings } from './storage.ts';
import { countLaunches, type ValueReader } from './values.ts';

/** Warnings of one comparison. `order`: order effects found in this metric. */
export function comparisonWarnings(
  pair: Pair,
  metric: MetricDeclaration,
  numbers: Contrast,
  order: readonly OrderFinding[],
  valuesIn: ValueReader,
  trials: readonly RecordedTrial[],
): Warning[] {
  const sides = [pair.subject, pair.reference];
  return [
    ...numbers.warnings,
    ...fewBlocks(numbers.n, sides, metric, valuesIn),
    ...sides.flatMap((cell) => severalModes(cell, metric, valuesIn)),
    ...(pair.kind === 'runners'
      ? sides.flatMap((cell) =>
          storageWarnings(cell, metric, trials).map(({ code, message }) => ({
            code,
            message: `${cell.id}: ${message}`,
          })),
        )
      : []),
    ...(pair.kind === 'runners' ? sides.flatMap(nestedAcceleration) : []),
    ...(pair.kind === 'runners' ? sides.flatMap((cell) => censored(cell, trials)) : []),
    ...fasterThanPhysical(pair, metric, numbers),
    ...order.map(({ kind, size }) => ({
      code: 'order-effect',
      message: `The ${kind} of a launch within the run explains up to ${formatShare(Math.expm1(size))} of this metric (B1).`,
    })),
  ];
}

function fewBlocks(
  n: number,
  sides: readonly CellRecord[],
  metric: MetricDeclaration,
  valuesIn: ValueReader,
): Warning[] {
  const missing = sides.filter(({ id }) => valuesIn(id, metric).length === 0);
  if (missing.length > 0) {
    return missing.map(({ id }) => ({ code: 'missing-side', message: `${id} has no value of this metric.` }));
  }
  if (n >= minimumBlocks) return [];
  return [
    {
      code: 'few-blocks',
      message: `${n} blocks have both sides: a verdict takes ${minimumBlocks}, an interval 6 (C3).`,
    },
  ];
}

/** C27: a median between two groups describes neither; their centres are shown instead. */
function severalModes(cell: CellRecord, metric: MetricDeclaration, valuesIn: ValueReader): Warning[] {
  const modes = findModes(valuesIn(cell.id, metric).map(({ value }) => value));
  if (modes.length < 2) return [];
  const centres = modes.map((centre) => centre.toPrecision(3)).join(' and ');
  return [
    {
      code: 'multimodal',
      message: `${cell.id} has separate groups of values around ${centres} ${metric.unit}: read the distribution, not the ratio (C27).`,
    },
  ];
}

/** C18: what nested or paravirtual virtualization costs says nothing about hardware virtualization. */
function nestedAcceleration(cell: CellRecord): Warning[] {
  const { class: acceleration } = cell.acceleration;
  if (!isVirtualMachine(cell) || (acceleration !== 'kvm-nested' && acceleration !== 'kvm-pvm')) return [];
  return [
    {
      code: 'nested-acceleration',
      message: `Holds on this nested host only (${cell.runner}: ${acceleration}); nothing follows for hardware KVM (C18).`,
    },
  ];
}

/** Launches that failed have no value: what they would have cost is unknown, and likely a lot (B6). */
function censored(cell: CellRecord, trials: readonly RecordedTrial[]): Warning[] {
  const { failed, all } = countLaunches(trials, cell.id);
  if (failed === 0) return [];
  return [
    {
      code: 'failures',
      message: `${failed} of ${all} launches of ${cell.id} failed and are missing from its numbers.`,
    },
  ];
}

/** A container cannot be faster than the same program without it; if it is, something else differs. */
function fasterThanPhysical(pair: Pair, metric: MetricDeclaration, { estimate }: Contrast): Warning[] {
  const container = !isVirtualMachine(pair.subject) && pair.reference.isolation === 'process';
  // Only work counts: less memory or a quicker end can be true.
  if (!container || !metric.needsRealCpu || pair.kind === 'control') return [];
  if (estimate === null || estimate.interval.high >= 1) return [];
  if (!isBeyond(estimate.ratio, metric.threshold)) return [];
  return [
    {
      code: 'faster-than-baseline',
      message: `${pair.subject.id} appears cheaper than the plain process: look for a difference in caches or placement.`,
    },
  ];
}
