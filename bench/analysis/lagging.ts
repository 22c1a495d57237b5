/**
 * Loads that a declared rule took out launch by launch (the generator lagged, or was the limit itself): where
 * they were many, the launches that are left are those of the host's quiet moments and stand for nothing (C22).
 */
import { formatShare } from '../../model/units.ts';
import type { Refusal } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { LoadPhase } from '../../model/observation.ts';
import type { RecordedTrial } from '../../model/record.ts';
import type { Pair } from './pairs.ts';

/** Beyond it, more than a hundredth of all requests fall into time that the host did not have. */
const stealLimit = 0.01;
/** As for failed launches. */
const discardedLimit = 0.2;

export function laggingGenerator(
  pair: Pair,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): Refusal[] {
  const point = pointOf(metric);
  if (point === null) return [];
  const worst = [pair.subject, pair.reference]
    .map(({ id, runner }) => {
      const phases = trials.filter(({ cell }) => cell === id).flatMap((trial) => phasesOf(trial, point));
      const discarded = phases.filter((phase) => phase.discarded !== null);
      return { runner, discarded, share: phases.length === 0 ? 0 : discarded.length / phases.length };
    })
    .sort((a, b) => b.share - a.share)[0];
  const example = worst?.discarded[0]?.discarded;
  if (worst === undefined || example == null || worst.share <= discardedLimit) return [];
  const stolen = worst.discarded.some(({ stealShare }) => stealShare !== null && stealShare > stealLimit);
  return [
    {
      rule: 'C22',
      message: `In ${formatShare(worst.share)} of the launches of "${worst.runner}" this load was discarded; for one, ${example}.`,
      remedy: stolen
        ? "This host's own CPUs are withheld from it more than 1 % of the time, so no generator on it can be on time at p99: measure on a machine whose CPUs are its own."
        : 'Give the generator a CPU of its own (a host with more CPUs than the shape has), stop other work on this host, or ask fewer requests per second.',
    },
  ];
}

/** The load a metric is of: "30" of `network.p99-at-30`; null for metrics of no load. */
function pointOf({ id, family }: MetricDeclaration): string | null {
  if (family !== 'network') return null;
  if (id === 'network.capacity') return 'capacity';
  return /-at-(.+)$/.exec(id)?.[1] ?? null;
}

function phasesOf({ observations }: RecordedTrial, point: string): LoadPhase[] {
  return observations.filter((each) => each.kind === 'load-phase').filter((phase) => phase.point === point);
}
