/**
 * When a number may be shown but not concluded from (METHODOLOGY Part C, "must refuse"). All but the last
 * rule look at the conditions of the measurement only, never at its result, so that what is tested is
 * settled before anything is known. Each refusal says what would lift it.
 */
import { formatShare } from '../../model/units.ts';
import { mean } from '../../model/descriptive.ts';
import type { Refusal } from '../../model/analysis.ts';
import type { HostFingerprint } from '../../model/instance.ts';
import type { Family, MetricDeclaration } from '../../model/metric.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { voidingRows } from './fairness.ts';
import { familyTable } from '../workloads/families.ts';
import { besideOf } from '../workloads/neighbour/neighbour.ts';
import { isBeyond } from '../statistics/equivalence.ts';
import type { RatioEstimate } from '../statistics/bootstrap.ts';
import { laggingGenerator } from './lagging.ts';
import { openEnd } from './open-sweeps.ts';
import { isVirtualMachine, type Pair } from './pairs.ts';
import { storageMismatch } from './storage.ts';

/** What the launches of both sides met while they ran. */
export interface Conditions {
  readonly host: HostFingerprint;
  readonly hostHashAfter: string | null;
  /** Launches of both sides that count. */
  readonly trials: readonly RecordedTrial[];
  /** Share of launches, of the worse side, that failed. */
  readonly failedShare: number;
}

/** C19: the host gave less than its CPU. */
const stealLimit = 0.01;
/** C19: others kept this much of a core busy. */
const foreignLimit = 0.05;
const throttledLimit = 0.01;
/** Beyond this share of failures the survivors are no longer a sample of the launches (C6). */
const failedLimit = 0.2;

/** Refusals that follow from how it was measured. The A/A control is exempt: its truth is known. */
export function refusalsByCondition(pair: Pair, metric: MetricDeclaration, met: Conditions): Refusal[] {
  if (pair.kind === 'control') return [];
  return [
    ...emulation(pair, metric),
    ...openEnd(pair, metric, met.trials),
    ...unfairness(pair, metric.family),
    ...storageMismatch(pair, metric, met.trials),
    ...disturbance(metric, met),
    ...memorySharing(pair, metric, met.host),
    ...laggingGenerator(pair, metric, met.trials),
    ...tooManyFailures(met.failedShare),
    ...unfinishedVictims(metric, met.trials),
    ...changedHost(met),
  ];
}

/** C23: a guest faster than the machine it runs on is a finding about caches, until it is explained. */
export function refusalsByResult(
  pair: Pair,
  metric: MetricDeclaration,
  estimate: RatioEstimate | null,
): Refusal[] {
  const physical = pair.reference.isolation === 'process';
  if (metric.unit === 'B') return [];
  if (estimate === null || pair.kind === 'control' || !physical || !isVirtualMachine(pair.subject)) return [];
  const isSpeed = familyTable[metric.family].measures.includes('speed');
  if (!isSpeed || estimate.interval.high >= 1) return [];
  if (!isBeyond(estimate.ratio, metric.threshold)) return [];
  return [
    {
      rule: 'C23',
      message: `Suspect: the guest "${pair.subject.runner}" appears faster than the physical baseline "${pair.reference.runner}".`,
      remedy:
        'Explain it first: check cache modes, flush semantics and the amount of data against memory size, then measure again with direct I/O.',
    },
  ];
}

function emulation(pair: Pair, metric: MetricDeclaration): Refusal[] {
  const emulated = [pair.subject, pair.reference].find(
    (cell) =>
      isVirtualMachine(cell) && (cell.acceleration.class === 'tcg' || cell.acceleration.class === 'none'),
  );
  if (emulated === undefined) return [];
  const forbidden = {
    refused: true,
    judged: false,
    'by metric': metric.needsRealCpu,
  }[familyTable[metric.family].emulation];
  if (!forbidden) return [];
  const how =
    emulated.acceleration.class === 'tcg' ? 'ran on an emulated CPU' : 'ran on a CPU of unknown acceleration';
  return [
    {
      rule: 'C17',
      message: `The virtual machine "${emulated.runner}" ${how}: emulated, not representative.`,
      remedy:
        'Run on a host where KVM can run a guest: bare metal with virtualization enabled in firmware, or an instance type with nested virtualization. "tare doctor" says which this host is.',
    },
  ];
}

function unfairness(pair: Pair, family: Family): Refusal[] {
  return voidingRows(pair.subject, pair.reference, family).map((row) => ({
    rule: 'C4',
    message: `Not like for like: ${row.title.toLowerCase()} differs (${row.values.map(({ runner, value }) => `${runner}: ${value ?? 'unknown'}`).join('; ')}).`,
    remedy: `Compare runners that agree on it, or change their options until the fairness ledger says "same" for ${row.title.toLowerCase()}.`,
  }));
}

function disturbance(metric: MetricDeclaration, met: Conditions): Refusal[] {
  if (!metric.needsRealCpu || !familyTable[metric.family].boundByCpu) return [];
  const refusals: Refusal[] = [];
  const steal = meanDrift(met.trials, 'stealShare');
  if (steal !== null && steal > stealLimit) {
    refusals.push({
      rule: 'C19',
      message: `The hypervisor below this host took ${formatShare(steal)} of its CPU time; up to ${formatShare(stealLimit)} is tolerable.`,
      remedy: 'Measure on a host that is not shared: bare metal or dedicated CPUs.',
    });
  }
  const foreign = meanDrift(met.trials, 'foreignCores');
  if (foreign !== null && foreign > foreignLimit) {
    refusals.push({
      rule: 'C19',
      message: `Other programs kept ${foreign.toFixed(2)} cores busy; up to ${foreignLimit} is tolerable.`,
      remedy: 'Stop other work on this host, or measure at a quiet hour.',
    });
  }
  const throttled = throttledShare(met.trials);
  if (throttled !== null && throttled > throttledLimit) {
    refusals.push({
      rule: 'C19',
      message: `An instance was throttled by its CPU quota for ${formatShare(throttled)} of the time: a capped number, not a speed.`,
      remedy: 'Give instances whole CPUs by placement instead of a quota, or run fewer threads than CPUs.',
    });
  }
  return refusals;
}

/** C25: same-page merging and swapping move memory between the sides behind the meter's back. */
function memorySharing(pair: Pair, metric: MetricDeclaration, host: HostFingerprint): Refusal[] {
  if (metric.unit !== 'B' || !familyTable[metric.family].measures.includes('memory')) return [];
  const refusals: Refusal[] = [];
  const merging = host.must['memory.ksm'];
  if (merging !== undefined && isOn(merging)) {
    refusals.push({
      rule: 'C25',
      message: `The kernel merges equal pages of virtual machines (KSM: ${merging}): memory per instance depends on what else runs.`,
      remedy: 'Switch it off for the run: echo 2 > /sys/kernel/mm/ksm/run',
    });
  }
  const unrecorded = [pair.subject, pair.reference].find((cell) => cell.traits.memoryLimit === undefined);
  if (unrecorded !== undefined) {
    refusals.push({
      rule: 'C25',
      message: `How "${unrecorded.runner}" bounds memory was not recorded.`,
      remedy: 'Measure again with a version of tare whose runner records it.',
    });
  }
  return [...refusals, ...unlikePolicies(pair)];
}

/** C25: memory taken beforehand, merged or ballooned on one side only is another quantity. */
function unlikePolicies({ subject, reference }: Pair): Refusal[] {
  const [first, second] = [subject, reference].map((cell) => ({
    runner: cell.runner,
    policy: cell.traits.memoryPolicy,
  })) as [PolicyOf, PolicyOf];
  const unrecorded = [first, second].find(({ policy }) => policy === undefined);
  if (unrecorded !== undefined) {
    return [
      {
        rule: 'C25',
        message: `How "${unrecorded.runner}" is given memory and gives it back was not recorded.`,
        remedy: 'Measure again with a version of tare whose runner records it.',
      },
    ];
  }
  if (first.policy === second.policy) return [];
  const words = ({ runner, policy }: PolicyOf) => `"${runner}": ${policy ?? 'unknown'}`;
  return [
    {
      rule: 'C25',
      message: `Memory is not given and taken back alike (${words(first)}; ${words(second)}).`,
      remedy:
        'The ratio is shown and stands for these two ways alone. For a verdict give both sides the same ksm, freePageReporting, balloon and prealloc; between two such VMs the difference is what the options do.',
    },
  ];
}

interface PolicyOf {
  readonly runner: string;
  readonly policy: string | undefined;
}

function tooManyFailures(share: number): Refusal[] {
  if (share <= failedLimit) return [];
  return [
    {
      rule: 'C6',
      message: `${formatShare(share)} of one side's launches failed: those that succeeded do not stand for it.`,
      remedy: 'Read the failures, fix their cause, and run again.',
    },
  ];
}

/** A slowdown has no value where the victim did not finish: the launches that have one are the lucky ones. */
function unfinishedVictims(metric: MetricDeclaration, trials: readonly RecordedTrial[]): Refusal[] {
  if (metric.family !== 'isolation') return [];
  const phases = trials
    .flatMap(({ observations }) => observations)
    .filter((one) => one.kind === 'neighbour' && besideOf(metric.id) === one.beside);
  const unfinished = phases.filter(
    (one) => one.kind === 'neighbour' && one.result.state === 'did-not-finish',
  );
  if (unfinished.length === 0) return [];
  return [
    {
      rule: 'C6',
      message: `The victim did not finish in ${unfinished.length} of ${phases.length} launches of both sides: a ratio of those that did would leave the worst out.`,
      remedy: 'Read the isolation matrix, where such launches rank below every number.',
    },
  ];
}

function changedHost({ host, hostHashAfter }: Conditions): Refusal[] {
  if (hostHashAfter === null || hostHashAfter === host.hash) return [];
  return [
    {
      rule: 'C9',
      message: 'The host changed during the run: its fingerprint after the run differs from the one before.',
      remedy: 'Run again without changing kernel settings, CPU governor or memory options meanwhile.',
    },
  ];
}

/** Mean over the launches that know it of what the host did to them; null if none does. */
export function meanDrift(
  trials: readonly RecordedTrial[],
  key: 'stealShare' | 'foreignCores',
): number | null {
  return mean(trials.flatMap(({ drift }) => drift?.[key] ?? []));
}

/** Mean over the launches that know it; null if none does. */
function throttledShare(trials: readonly RecordedTrial[]): number | null {
  return mean(
    trials.flatMap(({ atEnd, wallSeconds }) =>
      atEnd?.throttledSeconds == null || wallSeconds <= 0 ? [] : [atEnd.throttledSeconds / wallSeconds],
    ),
  );
}

function isOn(value: string): boolean {
  return /^(1|on|yes|true|running|enabled|active)\b/i.test(value.trim());
}
