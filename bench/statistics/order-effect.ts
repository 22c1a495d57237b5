/**
 * Does a launch's number depend on when it ran, or on what ran just before it? (METHODOLOGY B1)
 * Log values lose the means of their cell and of their block; what is left is regressed on the position
 * within the block, and on the predecessor. The regressors lose the same means first (Frisch and Waugh),
 * so that blocks with missing launches are treated right.
 */
import { fisherTail } from './distributions.ts';

export interface Observation {
  readonly block: number;
  readonly cell: string;
  readonly position: number;
  /** Cell of the launch just before, if there was one. */
  readonly predecessor: string | null;
  /** Natural logarithm of the launch's value. */
  readonly logValue: number;
}

export interface Effect {
  readonly p: number;
  /** Largest change that the effect explains, on the log scale. */
  readonly size: number;
}

/** Null for an effect that the order of this run cannot show, e.g. the same order in every block. */
export interface OrderEffect {
  readonly position: Effect | null;
  readonly predecessor: Effect | null;
}

/** Both effects with their p (F tests). */
export function orderEffect(observations: readonly Observation[]): OrderEffect {
  const centre = centring(observations);
  const residuals = centre(observations.map(({ logValue }) => logValue));
  const levels = [...new Set(observations.map(({ predecessor }) => predecessor))];
  const indicators = levels
    .slice(1)
    .map((level) => observations.map(({ predecessor }) => (predecessor === level ? 1 : 0)));
  const test = (regressors: readonly (readonly number[])[]): Effect | null =>
    explain(residuals, regressors.map(centre), freeDimensions(observations));
  return { position: test([observations.map(({ position }) => position)]), predecessor: test(indicators) };
}

/** Degrees of freedom left after cell and block means. */
function freeDimensions(observations: readonly Observation[]): number {
  const blocks = new Set(observations.map(({ block }) => block)).size;
  const cells = new Set(observations.map(({ cell }) => cell)).size;
  return observations.length - blocks - cells + 1;
}

/** Share of the residuals explained by an orthogonal base of the regressors (modified Gram-Schmidt). */
function explain(
  residuals: readonly number[],
  regressors: readonly (readonly number[])[],
  free: number,
): Effect | null {
  const base: number[][] = [];
  for (const regressor of regressors) {
    let rest = [...regressor];
    for (const axis of base) rest = minus(rest, axis, dot(rest, axis));
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-6 * Math.sqrt(residuals.length)) base.push(rest.map((each) => each / length));
  }
  const freedom = free - base.length;
  if (base.length === 0 || freedom < 5) return null;
  const shares = base.map((axis) => dot(residuals, axis));
  const explained = dot(shares, shares);
  const left = dot(residuals, residuals) - explained;
  if (left <= 1e-24 * residuals.length) return null;
  const fitted = residuals.map((_, at) =>
    base.reduce((sum, axis, index) => sum + (axis[at] ?? 0) * (shares[index] ?? 0), 0),
  );
  const size = fitted.reduce((a, b) => Math.max(a, b)) - fitted.reduce((a, b) => Math.min(a, b));
  return { p: fisherTail(explained / base.length / (left / freedom), base.length, freedom), size };
}

/** Takes cell and block means out, alternately until nothing moves (once is enough without gaps). */
function centring(observations: readonly Observation[]): (values: readonly number[]) => number[] {
  const groupings = [
    grouping(observations.map(({ block }) => String(block))),
    grouping(observations.map(({ cell }) => cell)),
  ];
  return (values) => {
    const centred = [...values];
    const scale = Math.max(...values.map(Math.abs), 1e-300);
    for (let round = 0; round < 100; round += 1) {
      let moved = 0;
      for (const groups of groupings) {
        for (const members of groups) {
          const mean = members.reduce((sum, at) => sum + (centred[at] ?? 0), 0) / members.length;
          for (const at of members) centred[at] = (centred[at] ?? 0) - mean;
          if (round > 0) moved = Math.max(moved, Math.abs(mean));
        }
      }
      if (round > 0 && moved < 1e-12 * scale) break;
    }
    return centred;
  };
}

function grouping(keys: readonly string[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  keys.forEach((key, at) => {
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [at]);
    else members.push(at);
  });
  return [...groups.values()];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, each, at) => sum + each * (b[at] ?? 0), 0);
}

function minus(a: readonly number[], axis: readonly number[], by: number): number[] {
  return a.map((each, at) => each - by * (axis[at] ?? 0));
}
