/**
 * What was not measured, each reason once: cells of one runner that lack the same thing are told together,
 * so that a host without loop devices does not fill a page.
 */
import type { RunRecord } from '../../model/record.ts';
import { few } from './warnings.ts';

export interface Skip {
  readonly runner: string;
  /** The workloads concerned, or `everything`. */
  readonly what: string;
  readonly cells: number;
  readonly reason: string;
  readonly hint: string;
}

/** Said of a runner none of whose cells were measured. */
export const everything = 'everything';

/** Workloads spelled out per reason. */
const spelledOut = 4;

export function skipsOf({ header }: Pick<RunRecord, 'header'>): readonly Skip[] {
  const present = new Set(header.cells.map(({ runner }) => runner));
  const groups = new Map<
    string,
    { first: (typeof header.skipped)[number]; workloads: Set<string>; cells: number }
  >();
  for (const skipped of header.skipped) {
    const key = JSON.stringify([skipped.runner, skipped.reason, skipped.hint]);
    const group = groups.get(key) ?? { first: skipped, workloads: new Set<string>(), cells: 0 };
    group.workloads.add(skipped.cell.split('/')[1] ?? skipped.cell);
    group.cells += 1;
    groups.set(key, group);
  }
  return [...groups.values()].map(({ first: { runner, reason, hint }, workloads, cells }) => ({
    runner,
    what: present.has(runner) ? few([...workloads], spelledOut) : everything,
    cells,
    reason,
    hint,
  }));
}
