/**
 * The words readers see for the codes that the analysis speaks. One file, so that the report, the
 * terminal and the claims never call the same thing by two names.
 */
import type { Comparison, Verdict } from '../../model/analysis.ts';
import type { AccelerationClass, FailureReason, Milestone } from '../../model/instance.ts';
import type { HostResource } from '../../model/observation.ts';
import type { Interval } from '../../model/quantities.ts';
import type { ClaimState } from './claim.ts';
import { absent, formatRatio } from '../../model/units.ts';
import type { Tone } from './parts.ts';

const verdicts: Readonly<Record<Verdict, { readonly text: string; readonly tone: Tone }>> = {
  regression: { text: 'costs more', tone: 'more' },
  improvement: { text: 'costs less', tone: 'less' },
  equivalent: { text: 'equivalent', tone: 'same' },
  'different-but-small': { text: 'different but small', tone: 'same' },
  inconclusive: { text: 'inconclusive', tone: 'unsure' },
  refused: { text: 'refused', tone: 'refused' },
  'no-verdict': { text: 'too few blocks', tone: 'unsure' },
};

/**
 * A comparison's verdict for a reader, with the rule that refuses it or the blocks it lacks.
 * `applies` false: one side can have no value by nature.
 */
export function verdictWords(
  comparison: Comparison,
  applies = true,
): { readonly text: string; readonly tone: Tone } {
  const { text, tone } = verdicts[comparison.verdict];
  if (!applies) return { text: 'not applicable', tone: 'unsure' };
  if (comparison.ratio === null && comparison.verdict !== 'refused')
    return { text: comparison.n === 0 ? 'no data' : 'no ratio', tone: 'unsure' };
  if (comparison.verdict === 'refused') {
    const rules = [...new Set(comparison.refusals.map((refusal) => refusal.rule))];
    return { text: rules.length === 0 ? text : `${text}: rule ${rules.join(', ')}`, tone };
  }
  if (comparison.verdict === 'inconclusive' && comparison.blocksNeeded !== null) {
    return { text: `${text}, needs ${comparison.blocksNeeded} blocks`, tone };
  }
  return { text, tone };
}

export const claimWords: Readonly<Record<ClaimState, { readonly text: string; readonly tone: Tone }>> = {
  holds: { text: 'holds', tone: 'less' },
  'does-not-hold': { text: 'does not hold', tone: 'more' },
  partly: { text: 'partly', tone: 'same' },
  refused: { text: 'not judged', tone: 'refused' },
  'not-measured': { text: 'not measured', tone: 'unsure' },
};

const resources: Readonly<Record<HostResource, string>> = {
  memory: 'memory',
  cpu: 'CPU',
  pids: 'process slots',
  disk: 'disk',
  'open-files': 'open files',
  ports: 'ports',
  unknown: 'something unidentified',
};

/** What binds, for a reader; null: nothing did. */
export function resourceWords(resource: HostResource | null): string {
  return resource === null ? 'nothing yet' : resources[resource];
}

export const accelerationWords: Readonly<Record<AccelerationClass, string>> = {
  'kvm-hw': 'hardware virtualization (KVM)',
  'kvm-nested': 'nested KVM',
  'kvm-pvm': 'paravirtual KVM (PVM)',
  tcg: 'emulated (TCG)',
  none: 'host CPU, not virtualized',
};

/** The same in a word or two, for the head of a column; nothing where no machine is virtual. */
export const accelerationTags: Readonly<Record<AccelerationClass, string>> = {
  'kvm-hw': 'KVM',
  'kvm-nested': 'nested KVM',
  'kvm-pvm': 'PVM',
  tcg: 'emulated',
  none: '',
};

export const milestoneWords: Readonly<Record<Milestone, string>> = {
  T0: 'request',
  T1: 'runtime or VMM running',
  T2: 'VMM or namespaces ready',
  T3: 'guest kernel entered',
  T4: 'PID 1',
  T5: 'workload main',
  T6: 'ready',
  T7: 'gone',
};

export const failureWords: Readonly<Record<FailureReason, string>> = {
  launch: 'could not be launched',
  timeout: 'ran out of time',
  hang: 'stopped answering',
  panic: 'guest kernel panicked',
  'early-exit': 'ended early',
  oom: 'killed for lack of memory',
  crash: 'crashed',
  'bad-output': 'printed something unreadable',
  'digest-mismatch': 'ran another image than the others',
  'missing-program': 'lacks a program',
  requirement: 'has not what is required',
  unclean: 'left something behind',
  interrupted: 'was interrupted',
};

/** "12.3× (11.9 to 12.8)", or the ratio alone where there is no interval. */
export function ratioWords(ratio: number | null, interval: Interval | null): string {
  if (ratio === null) return absent;
  return interval === null ? formatRatio(ratio) : `${formatRatio(ratio)} (${intervalWords(interval)})`;
}

/** "11.9 to 12.8", without unit. */
export function intervalWords(interval: Interval | null): string {
  if (interval === null) return absent;
  const bare = (value: number) => formatRatio(value).replace('×', '');
  return `${bare(interval.low)} to ${bare(interval.high)}`;
}

/** "1 launch", "3 launches". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}

/** At most this many letters, the last one an ellipsis if some are left out. */
export function shortened(label: string, most: number): string {
  const letters = Array.from(label);
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : label;
}

/** First letter lowered, unless the word is a name such as "CPU" or "MemAvailable". */
export function lowerFirst(title: string): string {
  return /^\p{Lu}\p{Ll}+(?!\p{L})/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}
