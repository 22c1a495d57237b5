/** Why blocks were voided, in words, and what to do about it. */
import type { Analysis } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import { count } from '../parts/words.ts';

/** By the rules that a run declares. */
const reasons: Readonly<Partial<Record<string, { readonly why: string; readonly remedy: string }>>> = {
  steal: {
    why: 'the hypervisor below this host took CPU time',
    remedy: 'Run on bare metal or on a machine with CPUs of its own.',
  },
  'foreign-load': {
    why: 'other programs kept this host busy',
    remedy: 'Stop other work on this host and run again; more blocks do not help.',
  },
  resumed: { why: 'an interruption cut them in two', remedy: 'Resume the run to measure more blocks.' },
  unclean: { why: 'an instance left something behind', remedy: '`tare gc` removes it; then run again.' },
};

/** " 9 of 10 blocks voided: other programs kept this host busy. Stop other work ..."; nothing where none was. */
export function voidedWords(record: RunRecord, { blocks }: Analysis): string {
  if (blocks.voided === 0) return '';
  const rules = [...new Set(record.voided.map(({ rule }) => rule))];
  const whys = rules.map((rule) => reasons[rule]?.why ?? rule);
  const remedies = rules.flatMap((rule) => reasons[rule]?.remedy ?? []);
  const because = whys.length === 0 ? '' : `: ${whys.join('; ')}`;
  return [` ${blocks.voided} of ${count(blocks.planned, 'block')} voided${because}.`, ...remedies].join(' ');
}
