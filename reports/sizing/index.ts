/** A sizing in every format; the assignment is the certificate that `tare size --check` reads back. */
import { assignmentOf, isTooLong, storageLines } from '../../sizing/assignment.ts';
import { limitsOf } from '../../sizing/explain/limits.ts';
import type { StorageAnswer } from '../../sizing/storage/place.ts';
import type { Question } from '../../sizing/size.ts';
import { safeJson } from '../verdicts/json.ts';
import { assignmentCsv } from './assignment-csv.ts';
import { sizingHtml } from './page.ts';
import { headline } from './limit-words.ts';
import type { SizingView } from './tables.ts';
import { dimensionName, whyNotFewer } from './words.ts';

export {
  sizingHead as renderSizingHead,
  sizingTail as renderSizingTail,
  sizingText as renderSizingText,
} from './text.ts';
export type { SizingView } from './tables.ts';

/** Raised when a field changes its meaning or goes away; new fields raise nothing. */
const schema = 1;

export function renderSizingJson(view: SizingView): string {
  const { sizing, policy, weights, uncertainty, sensitivity, breakEven, limits, storage } = view;
  const answers = sizing.answers.map((answer) => {
    const { problem: _problem, packing, workers, spared, why: _why, ...rest } = answer;
    return {
      ...rest,
      fill: packing.fill.map((fill) => ({ ...fill, dimension: dimensionName(fill.dimension) })),
      gap: packing.gap,
      optimal: packing.optimal,
      workingCost: packing.cost,
      workingCostBound: packing.bound,
      method: packing.method,
      boundMethod: packing.boundMethod,
      whyNotFewer: whyNotFewer(answer),
      limits: limitsOf(answer).slice(0, 5),
      eased: limits?.eased[answer.alternative] ?? null,
      replays: spared?.survival.replays.length ?? 0,
      lossEvidence: spared?.survival.evidence ?? null,
      workers: workers === null ? null : { count: workers.count, bound: workers.bound, alone: workers.alone },
    };
  });
  return safeJson({
    schema,
    kind: 'sizing',
    basis: sizing.basis,
    today: sizing.today,
    remarks: sizing.remarks,
    answers,
    tare: weights,
    decision: limits?.decision ?? null,
    headline: headline(view),
    uncertainty,
    sensitivity,
    breakEven,
    storage: storage == null ? null : storageJson(storage),
    policy,
  });
}

function storageJson({ problem: _problem, packing, why: _why, ...rest }: StorageAnswer) {
  const { bound, countBound, gap, optimal, method, boundMethod, fill, unplaced } = packing;
  return { ...rest, bound, countBound, gap, optimal, method, boundMethod, fill, unplaced };
}

export function renderSizingCsv({ sizing, storage }: SizingView): string {
  return assignmentCsv([...assignmentOf(sizing), ...(storage == null ? [] : storageLines(storage))]);
}

export async function renderSizingHtml(
  view: SizingView,
  question: Question,
  version: string,
): Promise<string> {
  const assignment = isTooLong(view.sizing) ? null : renderSizingCsv(view);
  return await sizingHtml(view, question, { assignment, version });
}
