/**
 * Two independent samples: does one tend to lie above the other? Mann and Whitney's U with the exact
 * p where counting is cheap (n m <= 400, no ties) and the tie-corrected normal one elsewhere, and what
 * U says about separation: A12 and Cliff's delta. Separation is not size: print the ratio first (C11).
 */
import { normalTail } from '../distributions.ts';
import { rank } from '../ranks.ts';

export interface MannWhitney {
  /** Pairs in which the first sample's value is the larger one; ties count half. */
  readonly u: number;
  /** Two-sided. */
  readonly p: number;
  readonly exact: boolean;
  /** Chance that a value of the first sample is the larger one. */
  readonly a12: number;
  /** 2 A12 - 1. */
  readonly delta: number;
}

const exactUpTo = 400;

/** Null if either sample is empty. */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney | null {
  const n = first.length;
  const m = second.length;
  if (n === 0 || m === 0) return null;
  const { ranks, ties } = rank([...first, ...second]);
  const u = ranks.slice(0, n).reduce((sum, each) => sum + each, 0) - (n * (n + 1)) / 2;
  const exact = ties.length === 0 && n * m <= exactUpTo;
  const p = exact ? exactP(n, m, u) : normalP(n, m, u, ties);
  const a12 = u / (n * m);
  return { u, p, exact, a12, delta: 2 * a12 - 1 };
}

/**
 * Share of arrangements with each U, by Mann and Whitney's recurrence in its generating form: the
 * product over i of (1 - q^(m+i)) / (1 - q^i), one factor at a time, scaled to probabilities.
 */
function exactP(n: number, m: number, u: number): number {
  const top = n * m;
  const counts = new Float64Array(top + 1);
  counts[0] = 1;
  for (let i = 1; i <= n; i += 1) {
    for (let k = top; k >= m + i; k -= 1) counts[k] = (counts[k] ?? 0) - (counts[k - m - i] ?? 0);
    for (let k = i; k <= top; k += 1) counts[k] = (counts[k] ?? 0) + (counts[k - i] ?? 0);
  }
  const total = counts.reduce((sum, each) => sum + each, 0);
  const extreme = Math.min(u, top - u);
  let tail = 0;
  for (let k = 0; k <= extreme; k += 1) tail += counts[k] ?? 0;
  return Math.min(1, (2 * tail) / total);
}

function normalP(n: number, m: number, u: number, ties: readonly number[]): number {
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - tieCorrection(ties) / (all * (all - 1)));
  if (variance <= 0) return 1;
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return Math.min(1, 2 * normalTail(distance / Math.sqrt(variance)));
}

/** Sum of t^3 - t over tie groups, the correction a rank variance needs. */
function tieCorrection(ties: readonly number[]): number {
  return ties.reduce((sum, t) => sum + t ** 3 - t, 0);
}
