/** What to say of a pair that was launched, and of which no block is left. */
import type { Analysis } from '../../../model/analysis.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { Subjects } from '../../parts/subjects.ts';
import { voidedWords } from '../voided.ts';

/** Null where blocks are left, or where no VM or no container was launched: then something else is the reason. */
export function lostWords(record: RunRecord, analysis: Analysis, subjects: Subjects): string | null {
  if (analysis.blocks.voided === 0 || analysis.blocks.used > 0) return null;
  const launched = new Set(record.trials.map(({ cell }) => subjects.isolation(cell)));
  if (!launched.has('virtual machine') || !launched.has('container')) return null;
  return `A VM and a container were launched, but no block counts.${voidedWords(record, analysis)}`;
}
