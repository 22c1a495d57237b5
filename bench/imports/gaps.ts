/** What was not understood of a file, counted by kind; units without a direction above all. */
import type { Direction, Directions, NotUnderstood } from './parsed.ts';
import type { KnownUnit } from './units.ts';

/** Collects what was not understood, counted by kind. */
export interface Gaps {
  add(what: string, first: string, hint: string): void;
  readonly list: () => readonly NotUnderstood[];
}

export function createGaps(): Gaps {
  const found = new Map<string, { what: string; count: number; first: string; hint: string }>();
  return {
    add: (what, first, hint) => {
      const known = found.get(what);
      if (known === undefined) found.set(what, { what, count: 1, first, hint });
      else known.count += 1;
    },
    list: () => [...found.values()],
  };
}

/**
 * Which way is better for values that a tool calls `word`: as the user says, or as the unit tells. Null: the
 * values are left out, as the user wants or, noted in `gaps`, because nobody knows.
 */
export function directionOf(
  word: string,
  unit: KnownUnit,
  stated: Directions,
  gaps: Gaps,
  place: string,
): Direction | null {
  const said = Object.hasOwn(stated, word) ? stated[word] : undefined;
  if (said !== undefined) return said === 'ignore' ? null : said;
  if (unit.better === null) {
    gaps.add(
      `values in ${word}, of which it is not known which way is better`,
      place,
      `say it with --better '${word}=lower' or '${word}=higher', or leave them out with '${word}=ignore'`,
    );
  }
  return unit.better;
}
