/**
 * Numbers as people and spreadsheets write them: 1.234,5 and 1,234.5 and 1 234. One that could be either is told
 * as such and never guessed.
 */

export type Decimal = '.' | ',';

/** null: no number. */
export type ReadNumber = number | 'ambiguous' | null;

const spaces = /(?<=\d)[\s\u00a0\u202f'’](?=\d{3}(?:\D|$))/g;

/** Reads a number. `decimal` is what the table shows to use, `whole` that only whole numbers make sense. */
export function readNumber(text: string, decimal: Decimal | null, whole: boolean): ReadNumber {
  // Most cells of a large inventory: nothing to be weighed.
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const bare = text.trim().replaceAll(spaces, '').replace(/\s*%$/, '');
  if (!/^[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?$/.test(bare)) return null;
  const mark = decimalOf(bare);
  if (mark === 'none') return finite(bare);
  if (mark !== 'ambiguous') return finite(withPoint(bare, mark));
  const own = bare.includes(',') ? ',' : '.';
  const grouped = bare.replace(own, '');
  if (whole) return finite(grouped);
  if (decimal === null) return 'ambiguous';
  return finite(decimal === own ? withPoint(bare, own) : grouped);
}

/** What marks decimals in these texts; null where they do not tell or contradict one another. */
export function decimalIn(texts: Iterable<string>): Decimal | null {
  const seen = new Set<Decimal>();
  for (const text of texts) {
    const bare = text.trim().replaceAll(spaces, '');
    if (!/^[+-]?\d[\d.,]*$/.test(bare)) continue;
    const mark = decimalOf(bare);
    if (mark === '.' || mark === ',') seen.add(mark);
  }
  return seen.size === 1 ? ([...seen][0] ?? null) : null;
}

function decimalOf(text: string): Decimal | 'none' | 'ambiguous' {
  const points = timesIn(text, '.');
  const commas = timesIn(text, ',');
  if (points === 0 && commas === 0) return 'none';
  if (points > 0 && commas > 0) return text.lastIndexOf('.') > text.lastIndexOf(',') ? '.' : ',';
  // Grouped more than once ("1.234.567"): the other one would mark decimals.
  if (points > 1) return ',';
  if (commas > 1) return '.';
  if (/^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(text)) return 'ambiguous';
  return points === 1 ? '.' : ',';
}

function timesIn(text: string, mark: string): number {
  let times = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) times += 1;
  return times;
}

function withPoint(text: string, decimal: Decimal): string {
  return text.replaceAll(decimal === '.' ? ',' : '.', '').replace(',', '.');
}

function finite(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
