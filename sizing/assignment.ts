/**
 * The certificate of a sizing as a table: which instances are on which host, and (for containers in machines) in
 * which machine. `check-assignment.ts` judges one, whoever wrote it.
 */
import { UserError } from '../model/errors.ts';
import type { PackedBin } from './packing/model.ts';
import type { Alternative } from './problem.ts';
import type { Answer, Sizing } from './size.ts';
import type { StorageAnswer } from './storage/place.ts';

/** Volumes on arrays are the same for every answer, and so an answer of their own. */
export const storageName = 'storage';

/** One line of the table: so many of an item in a bin. A bin that is held back has no item. */
export interface Assigned {
  readonly alternative: Alternative | typeof storageName;
  /** "hosts", the pool of machines that containers are in, or "arrays". */
  readonly level: string;
  /** From 1 within its level. */
  readonly bin: number;
  readonly type: string;
  readonly item: string;
  readonly count: number;
}

/** Lines of a certificate; beyond, a program of its own would have to read it. */
const mostLines = 5_000_000;

/** @throws UserError for more lines than any table holds */
export function assignmentOf(sizing: Pick<Sizing, 'answers'>): Assigned[] {
  if (isTooLong(sizing)) {
    throw new UserError(
      `the assignment has more than ${mostLines.toLocaleString('en-US')} lines`,
      'leave --assignment and --format csv out, or size a part of the demand',
    );
  }
  return sizing.answers.flatMap((answer) =>
    levelsOf(answer).flatMap(({ level, bins }) => linesOf(answer.alternative, level, bins)),
  );
}

/** Whether it is beyond what a table holds; told without making it. */
export function isTooLong({ answers }: Pick<Sizing, 'answers'>): boolean {
  const bins = answers.flatMap(levelsOf).flatMap((one) => one.bins);
  return (
    bins.reduce((sum, { copies, contents }) => sum + copies * Math.max(1, contents.length), 0) > mostLines
  );
}

function levelsOf({ spared, packing, workers }: Answer) {
  const empty = (spared?.empty ?? []).map(({ type, copies }) => ({ type, copies, contents: [] }));
  return [
    // The empty ones first: whichever line is taken away then leaves a gap in the numbers or an item short.
    { level: 'hosts', bins: [...empty, ...packing.bins] },
    ...(workers?.pools ?? []).map(({ id, packing: inside }) => ({ level: id, bins: inside.bins })),
  ];
}

export function storageLines({ packing }: StorageAnswer): Assigned[] {
  return linesOf(storageName, 'arrays', packing.bins);
}

function linesOf(
  alternative: Assigned['alternative'],
  level: string,
  bins: readonly PackedBin[],
): Assigned[] {
  const lines: Assigned[] = [];
  let bin = 0;
  for (const { type, contents, copies } of bins) {
    for (let copy = 0; copy < copies; copy += 1) {
      bin += 1;
      if (contents.length === 0) lines.push({ alternative, level, bin, type, item: '', count: 0 });
      for (const { item, count } of contents) lines.push({ alternative, level, bin, type, item, count });
    }
  }
  return lines;
}
