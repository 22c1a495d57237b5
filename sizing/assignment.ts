/**
 * The certificate of a sizing: which instances are on which host, and (for containers in machines) in which
 * machine. Written as a table and checked as one, whoever wrote it.
 */
import { UserError } from '../model/errors.ts';
import type { PackedBin, Problem } from './packing/model.ts';
import { checkPacking } from './packing/check.ts';
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
    { level: 'hosts', bins: [...packing.bins, ...empty] },
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

/** Every rule that an assignment breaks, in words; only the answers that it speaks of are judged. */
export function checkAssignment(
  { answers }: Pick<Sizing, 'answers'>,
  lines: readonly Assigned[],
  storage: StorageAnswer | null = null,
): string[] {
  const certified: Certified[] = answers.map(({ alternative, problem, workers }) => ({
    name: alternative,
    levels: [
      { level: 'hosts', problem },
      ...(workers?.pools ?? []).map(({ id, problem: inside }) => ({ level: id, problem: inside })),
    ],
  }));
  if (storage !== null)
    certified.push({ name: storageName, levels: [{ level: 'arrays', problem: storage.problem }] });
  const by = new Map<string, Assigned[]>();
  for (const line of lines) {
    const known = by.get(line.alternative);
    if (known === undefined) by.set(line.alternative, [line]);
    else known.push(line);
  }
  const strange = [...by.keys()].filter((name) => !certified.some((one) => one.name === name));
  return [
    ...strange.map((name) => `there is no answer ${JSON.stringify(name)}`),
    ...certified.flatMap((one) => {
      const own = by.get(one.name);
      return own === undefined ? [] : faultsOf(one, own);
    }),
  ];
}

/** Answers that an assignment does not speak of: it says nothing of them, good or bad. */
export function unjudged(
  { answers }: Pick<Sizing, 'answers'>,
  lines: readonly Assigned[],
  storage: StorageAnswer | null,
): string[] {
  const told = new Set<string>(lines.map(({ alternative }) => alternative));
  const all = [...answers.map(({ alternative }) => alternative), ...(storage === null ? [] : [storageName])];
  return all.filter((name) => !told.has(name));
}

/** An answer with the problem behind each of its levels. */
interface Certified {
  readonly name: Assigned['alternative'];
  readonly levels: readonly { readonly level: string; readonly problem: Problem }[];
}

function faultsOf({ name, levels }: Certified, lines: readonly Assigned[]): string[] {
  const known = new Set(levels.map(({ level }) => level));
  const strange = new Set(lines.filter(({ level }) => !known.has(level)).map(({ level }) => level));
  return [
    ...[...strange].map((level) => `${name}: there is no level ${JSON.stringify(level)}`),
    ...levels.flatMap(({ level, problem: asked }) =>
      checkPacking(asked, { bins: binsOf(lines.filter((line) => line.level === level)) }).map(
        (fault) => `${name}, ${level}: ${fault}`,
      ),
    ),
  ];
}

function binsOf(lines: readonly Assigned[]): PackedBin[] {
  const bins = new Map<string, { type: string; contents: { item: string; count: number }[] }>();
  for (const { bin, type, item, count } of lines) {
    // Two types under one number are two bins: the checker counts both.
    const key = `${bin} ${type}`;
    const found = bins.get(key) ?? { type, contents: [] };
    if (item !== '') found.contents.push({ item, count });
    bins.set(key, found);
  }
  return [...bins.values()].map(({ type, contents }) => ({ type, contents, copies: 1 }));
}
