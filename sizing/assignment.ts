/**
 * The certificate of a sizing: which instances are on which host, and (for containers in machines) in which
 * machine. Written as a table and checked as one, whoever wrote it.
 */
import type { PackedBin } from './packing/model.ts';
import { checkPacking } from './packing/check.ts';
import type { Alternative } from './problem.ts';
import type { Answer, Sizing } from './size.ts';

/** One line of the table: so many of an item in a bin. A bin that is held back has no item. */
export interface Assigned {
  readonly alternative: Alternative;
  /** "hosts", or the pool of machines that containers are in. */
  readonly level: string;
  /** From 1 within its level. */
  readonly bin: number;
  readonly type: string;
  readonly item: string;
  readonly count: number;
}

export function assignmentOf({ answers }: Pick<Sizing, 'answers'>): Assigned[] {
  return answers.flatMap((answer) => {
    const empty = (answer.spared?.empty ?? []).map(({ type, copies }) => ({ type, copies, contents: [] }));
    const levels = [
      { level: 'hosts', bins: [...answer.packing.bins, ...empty] },
      ...(answer.workers?.pools ?? []).map(({ id, packing }) => ({ level: id, bins: packing.bins })),
    ];
    return levels.flatMap(({ level, bins }) => linesOf(answer.alternative, level, bins));
  });
}

function linesOf(alternative: Alternative, level: string, bins: readonly PackedBin[]): Assigned[] {
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
export function checkAssignment(sizing: Sizing, lines: readonly Assigned[]): string[] {
  const spoken = new Set<string>(lines.map(({ alternative }) => alternative));
  const strange = [...spoken].filter((name) => !sizing.answers.some((answer) => answer.alternative === name));
  return [
    ...strange.map((name) => `there is no answer ${JSON.stringify(name)}`),
    ...sizing.answers
      .filter(({ alternative }) => spoken.has(alternative))
      .flatMap((answer) =>
        faultsOf(
          answer,
          lines.filter(({ alternative }) => alternative === answer.alternative),
        ),
      ),
  ];
}

function faultsOf({ alternative, problem, workers }: Answer, lines: readonly Assigned[]): string[] {
  const levels = [
    { level: 'hosts', problem },
    ...(workers?.pools ?? []).map(({ id, problem: inside }) => ({ level: id, problem: inside })),
  ];
  const known = new Set(levels.map(({ level }) => level));
  const strange = new Set(lines.filter(({ level }) => !known.has(level)).map(({ level }) => level));
  return [
    ...[...strange].map((level) => `${alternative}: there is no level ${JSON.stringify(level)}`),
    ...levels.flatMap(({ level, problem: asked }) =>
      checkPacking(asked, { bins: binsOf(lines.filter((line) => line.level === level)) }).map(
        (fault) => `${alternative}, ${level}: ${fault}`,
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
