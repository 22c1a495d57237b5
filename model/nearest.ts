/** The known word that a mistyped one was most likely meant to be. The only door to the edit distance's package. */
import { distance } from 'fastest-levenshtein';

/**
 * @returns the known word at the least edit distance, or null where none is near: at most a third of the word's
 *   letters may differ, of short words one and of others two at least; the same letters in another order are near
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const ranked = known
    .filter((one) => one !== word)
    .map((one) => ({ one, away: distance(word.toLowerCase(), one.toLowerCase()) }))
    .toSorted((a, b) => a.away - b.away);
  const letters = (text: string): string => Array.from(text.toLowerCase()).toSorted().join('');
  const [best] = ranked.filter(({ one, away }) => away <= limit || letters(one) === letters(word));
  return best?.one ?? null;
}

/** `; did you mean NAME?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  return found === null ? '' : `; did you mean ${found}?`;
}
