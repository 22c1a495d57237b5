/**
 * Records that stand side by side: one side per host, or one per run where a machine is looked at before and
 * after. Each side is analysed by itself and keeps its name on every number; nothing is pooled (C26).
 */
import { analyse } from '../../bench/analyse.ts';
import { UserError } from '../../model/errors.ts';
import { mergeRecords } from '../../bench/record/merge.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import { subjectsOf, type Subjects } from '../parts/subjects.ts';

export interface Side {
  /** The host's name, with the run's start where one host stands there twice. */
  readonly name: string;
  readonly record: RunRecord;
  readonly analysis: Analysis;
  readonly subjects: Subjects;
}

/** Whether these records are of hosts whose facts that must match differ. */
export function severalHosts(records: readonly RunRecord[]): boolean {
  return new Set(records.map(({ header }) => header.host.hash)).size > 1;
}

/**
 * One side per host, its runs merged, in the order in which hosts come first; `each`: one side per record.
 * @throws UserError where a run is named twice, or runs of one host cannot stand in one analysis
 */
export function sidesOf(
  records: readonly RunRecord[],
  { each }: { readonly each: boolean },
): readonly Side[] {
  const runs = records.map(({ header }) => `${header.runId} of ${header.startedAt}`);
  const twice = runs.find((run, index) => runs.indexOf(run) < index);
  if (twice !== undefined) {
    throw new UserError(
      `run ${twice} is named twice`,
      'name each run once; a run is no evidence beside itself',
    );
  }
  const groups = new Map<string, RunRecord[]>();
  records.forEach((record, index) => {
    const key = each ? String(index) : record.header.host.hash;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  });
  const merged = [...groups.values()].map((group) => mergeRecords(group));
  const names = namesOf(merged);
  return merged.map((record, index) => ({
    name: names[index] ?? '',
    record,
    analysis: analyse(record),
    subjects: subjectsOf(record),
  }));
}

/** Host names; where two are the same, with the start of the run to the minute, then numbered. */
function namesOf(records: readonly RunRecord[]): readonly string[] {
  const hosts = records.map(({ header }) => header.host.hostname);
  const timed = records.map(({ header }, index) => {
    const host = hosts[index] ?? '';
    const alone = hosts.filter((name) => name === host).length === 1;
    return alone ? host : `${host} ${header.startedAt.slice(0, 16).replace('T', ' ')}`;
  });
  return timed.map((name, index) => {
    const before = timed.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
