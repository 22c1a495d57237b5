/**
 * Many tests at once: Holm's step-down for verdicts (no false alarm in the family, with 95 %), and
 * Benjamini-Hochberg for exploration (few false among those shown). Results keep the order of the input.
 */

/** Holm (1979): p adjusted = max over smaller ones of min(1, (m - j + 1) p(j)). */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length).fill(1);
  let floor = 0;
  ascending(ps).forEach(({ p, index }, position) => {
    floor = Math.max(floor, Math.min(1, (ps.length - position) * p));
    adjusted[index] = floor;
  });
  return adjusted;
}

/** Benjamini-Hochberg (1995): p adjusted = min over larger ones of min(1, m p(k) / k). */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length).fill(1);
  let ceiling = 1;
  ascending(ps)
    .reverse()
    .forEach(({ p, index }, position) => {
      // Never below p itself, which rounding would allow.
      ceiling = Math.min(ceiling, Math.max(p, (ps.length * p) / (ps.length - position)));
      adjusted[index] = ceiling;
    });
  return adjusted;
}

function ascending(ps: readonly number[]): { readonly p: number; readonly index: number }[] {
  return ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p || a.index - b.index);
}
