/**
 * How an image that cannot be taken is refused: a message that names the archive, the layer and the entry,
 * and says what was wrong. Everything in an archive is another's word, so every check here ends in one of these.
 */
import { UserError } from '../../model/errors.ts';

export interface Place {
  /** The archive, folder or reference as the user named it. */
  readonly archive: string;
  /** Which layer, e.g. "2 of 5 (sha256:0123456789ab)". */
  readonly layer?: string;
  /** Path of the entry as the archive has it. */
  readonly entry?: string;
}

const usualRemedy = 'nothing was imported; make the image again with a current tool, or repair it';

/** "image.tar, layer 1 of 2, entry "etc/passwd"" */
export function describePlace({ archive, layer, entry }: Place): string {
  return [
    archive,
    ...(layer === undefined ? [] : [`layer ${layer}`]),
    ...(entry === undefined ? [] : [`entry ${printable(entry)}`]),
  ].join(', ');
}

/** An entry's name in quotes, harmless to a terminal and never longer than a line or two. */
export function printable(text: string): string {
  const shown = text.length > 200 ? `${text.slice(0, 120)}[...]${text.slice(-60)}` : text;
  return JSON.stringify(shown).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
}

export function refusal(place: Place, problem: string, remedy: string = usualRemedy): UserError {
  return new UserError(`${describePlace(place)}: ${problem}`, remedy);
}
