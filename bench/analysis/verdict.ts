/**
 * From numbers to one of five verdicts (METHODOLOGY B9, B10, C20), or none. A difference is called one
 * only if three things agree: the corrected p, the interval, and the practical threshold. The absence of
 * a difference must be proven too: a large p alone is "inconclusive", never "equal".
 */
import type { Verdict } from '../../model/analysis.ts';
import type { RatioEstimate } from '../statistics/bootstrap.ts';
import { isBeyond, isEquivalent } from '../statistics/equivalence.ts';
import { blocksForVerdict, minimumBlocks, verdictAlpha } from '../statistics/power.ts';
import type { Contrast } from './contrast.ts';

export interface Judgement {
  readonly verdict: Verdict;
  readonly blocksNeeded: number | null;
}

/** More blocks than this are no advice. */
const mostBlocks = 10_000;

/**
 * Judges one comparison that is not refused.
 * @param pAdjusted Adjusted p, null where no verdict is due
 * @param orderSize largest change on the log scale that the order of launches explains, 0 for none
 */
export function judge(
  numbers: Contrast,
  threshold: number,
  pAdjusted: number | null,
  familySize: number,
  orderSize: number,
): Judgement {
  if (numbers.n < minimumBlocks || pAdjusted === null) {
    return { verdict: 'no-verdict', blocksNeeded: blocksNeeded(numbers, threshold, familySize) };
  }
  const verdict = numbers.estimate === null ? 'inconclusive' : decide(numbers.estimate, threshold, pAdjusted);
  const settled = verdict !== 'inconclusive' && !isDrowned(numbers, verdict, threshold, orderSize);
  return settled
    ? { verdict, blocksNeeded: null }
    : { verdict: 'inconclusive', blocksNeeded: blocksNeeded(numbers, threshold, familySize) };
}

/** What corrected p, intervals and practical threshold say together of one ratio of costs. */
export function decide(estimate: RatioEstimate, threshold: number, pAdjusted: number): Verdict {
  const { ratio, interval, ninety } = estimate;
  const differs = pAdjusted < verdictAlpha && (interval.low > 1 || interval.high < 1);
  if (differs && isBeyond(ratio, threshold)) return ratio > 1 ? 'regression' : 'improvement';
  if (!isEquivalent(ninety, threshold)) return 'inconclusive';
  return differs ? 'different-but-small' : 'equivalent';
}

/** B1's downgrade: an order effect as large as what was judged (the difference, or the room for one). */
function isDrowned(numbers: Contrast, verdict: Verdict, threshold: number, orderSize: number): boolean {
  if (orderSize === 0 || numbers.ratio === null) return false;
  const judged =
    verdict === 'regression' || verdict === 'improvement'
      ? Math.abs(Math.log(numbers.ratio))
      : Math.log1p(threshold);
  return orderSize >= judged;
}

/** Blocks for a verdict at the noise seen, more than there were; null if unknown or beyond any use. */
function blocksNeeded(numbers: Contrast, threshold: number, familySize: number): number | null {
  const { n, deviation, ratio } = numbers;
  if (deviation === null || ratio === null) return null;
  const planned = blocksForVerdict(deviation, threshold, Math.max(1, familySize));
  if (planned > n) return planned <= mostBlocks ? planned : null;
  // The noise is small enough: the ratio itself is close to the threshold. Ask what tells those apart.
  const distance = Math.abs(Math.abs(Math.log(ratio)) - Math.log1p(threshold));
  const apart = distance === 0 ? Infinity : blocksForVerdict(deviation, Math.expm1(distance), 1);
  const needed = Math.max(n + 1, apart);
  return needed <= mostBlocks ? needed : null;
}
