/**
 * What reports call the parts of a noisy-neighbour measurement, and its analysis, made once per record: the
 * matrix and the claim read the same numbers in the same words.
 */
import { formatShare } from '../../../model/units.ts';
import type { RunRecord } from '../../../model/record.ts';
import { isolationOf, type Degradation, type Isolation } from '../../../bench/analysis/isolation.ts';
import { stressors } from '../../../bench/workloads/neighbour/stressors.ts';
import { victims } from '../../../bench/workloads/neighbour/victims.ts';

/** Reading the phases again is milliseconds; the report does it once per record. */
const known = new WeakMap<RunRecord, Isolation>();

export function readIsolation(record: RunRecord): Isolation {
  const found = known.get(record) ?? isolationOf(record);
  known.set(record, found);
  return found;
}

const stressorTitles: Readonly<Record<string, { readonly title: string; readonly takes: string }>> =
  stressors;
const victimTitles: Readonly<Record<string, { readonly title: string }>> = victims;

export const titleOf = (victim: string): string => victimTitles[victim]?.title ?? victim;

export function besideWords(beside: string): string {
  if (beside === 'idle') return 'Idle';
  return stressorTitles[beside]?.title ?? beside;
}

/** Whether a stressor has this name. */
export const isStressor = (name: string): boolean => stressorTitles[name] !== undefined;

/** A share in percent, or that there is none. */
export function shareWords(share: Degradation): string {
  if (share === 'did-not-finish') return 'did not finish';
  return formatShare(share);
}
