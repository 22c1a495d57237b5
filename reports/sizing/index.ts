/** A sizing in every format; the assignment is the certificate that `tare size --check` reads back. */
import { safeJson } from '../verdicts/json.ts';
import type { SizingView } from './text.ts';
import { csvOf } from '../csv.ts';
import { assignmentOf } from '../../sizing/assignment.ts';

export { sizingText as renderSizingText } from './text.ts';
export type { SizingView } from './text.ts';

/** Raised when a field changes its meaning or goes away; new fields raise nothing. */
const schema = 1;

export function renderSizingJson({ sizing, policy, weights, between, steps }: SizingView): string {
  const plain = (form: 'vm' | 'container') => {
    const { evidence, source, diskBytes, idleThreads, remarks } = weights[form];
    return {
      evidence,
      source,
      memoryBytesAtOneGiB: weights[form].memoryAt(2 ** 30),
      diskBytes,
      idleThreads,
      remarks,
    };
  };
  const answers = sizing.answers.map(({ problem: _problem, packing, workers, spared, ...answer }) => ({
    ...answer,
    fill: packing.fill,
    gap: packing.gap,
    optimal: packing.optimal,
    method: packing.method,
    boundMethod: packing.boundMethod,
    replays: spared?.survival.replays.length ?? 0,
    workers: workers === null ? null : { count: workers.count, bound: workers.bound, alone: workers.alone },
    between: between?.[answer.alternative] ?? null,
  }));
  return safeJson({
    schema,
    kind: 'sizing',
    basis: sizing.basis,
    today: sizing.today,
    answers,
    tare: { vm: plain('vm'), container: plain('container') },
    steps,
    policy,
  });
}

export function renderSizingCsv({ sizing }: SizingView): string {
  return csvOf([
    ['answer', 'level', 'bin', 'type', 'item', 'count'],
    ...assignmentOf(sizing).map(({ alternative, level, bin, type, item, count }) => [
      alternative,
      level,
      bin,
      type,
      item,
      count,
    ]),
  ]);
}
