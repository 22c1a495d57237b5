/** How published numbers are told: their age, how well they are confirmed, what they mean. */
import { ageOf, type PublishedRow } from '../../guidance/published/index.ts';
import type { Tone } from '../parts/parts.ts';

const marks: Readonly<Record<PublishedRow['mark'], string>> = {
  D: 'raw data',
  T: 'primary text',
  S: 'secondary text',
  M: 'unverified',
};

export function markWords({ mark }: PublishedRow): { readonly text: string; readonly tone: Tone } {
  return { text: marks[mark], tone: mark === 'M' ? 'warn' : 'plain' };
}

/** Amber beyond five years, red beyond ten, as on the day of the run or of the question. */
export function ageWords(
  { year }: Pick<PublishedRow, 'year'>,
  day: Date,
): { readonly text: string; readonly tone: Tone } {
  switch (ageOf(year, day)) {
    case 'red':
      return { text: `${year}, over 10 years`, tone: 'more' };
    case 'amber':
      return { text: `${year}, over 5 years`, tone: 'warn' };
    case 'recent':
      return { text: String(year), tone: 'plain' };
    case 'undated':
      return { text: 'undated', tone: 'unsure' };
  }
}

/** "QEMU process spawned → guest init executed", or how it was counted. */
export function definitionWords({ start, end, method }: PublishedRow): string {
  return start !== null && end !== null ? `from “${start}” to “${end}”` : (method ?? '');
}

/** Parts that are not empty, each ending in a full stop. */
export function sentences(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => (part.endsWith('.') ? part : `${part}.`))
    .join(' ');
}
