/** Files that a user wrote, as text in whatever encoding; what had to be guessed of one is said once. */
import { readFileSync } from 'node:fs';
import { decodeText } from '../model/text.ts';

/** Where a remark goes: `output.err`. */
export type Say = (remark: string) => void;

/** @throws what the file system says */
export function readTextFile(path: string, say: Say): string {
  const { text, remark } = decodeText(readFileSync(path));
  if (remark !== null) say(`${path} ${remark}`);
  return text;
}
