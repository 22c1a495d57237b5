/**
 * The performance half of "virtual machines are more isolated": who disturbs whom, stressor by stressor. What
 * can be reached from inside is another claim's (claims-surface.ts); the two are never merged (C28).
 */
import type { RuleId } from '../../../model/rules.ts';
import type { Analysis, Comparison } from '../../../model/analysis.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow, ClaimState } from '../../parts/claim.ts';
import type { Interference, Isolation } from '../../../bench/analysis/isolation.ts';
import { absent } from '../../../model/units.ts';
import { besideOf } from '../../../bench/workloads/neighbour/neighbour.ts';
import { besideWords, isStressor, readIsolation, shareWords } from '../families/neighbour-words.ts';
import { lostWords } from './lost.ts';
import type { Subjects } from '../../parts/subjects.ts';
import { ratioWords } from '../../parts/words.ts';

/**
 * The performance half of "VMs are more isolated": one row per stressor and pair of VM and container, from
 * the comparisons of their slowdowns. Empty comparisons give one row that says what to run.
 */
export function isolationClaimRows(
  record: RunRecord,
  analysis: Analysis,
  subjects: Subjects,
): readonly ClaimRow[] {
  const pairs = analysis.comparisons.filter(
    ({ kind, metric, subject, reference }) =>
      kind === 'runners' &&
      metricBeside(metric) !== null &&
      subjects.isolation(subject) === 'virtual machine' &&
      subjects.isolation(reference) === 'container',
  );
  const declared = record.header.metrics.some(({ id }) => metricBeside(id) !== null);
  const lost = declared ? lostWords(record, analysis, subjects) : null;
  if (pairs.length === 0 || (lost !== null && pairs.every(({ n }) => n === 0))) {
    return [
      {
        resource: 'interference',
        state: 'not-measured',
        evidence:
          lost ??
          'No VM and container were measured next to a noisy neighbour; to measure it, run a scenario with the workload "neighbour" and both runners.',
        metric: null,
        rule: null,
      },
    ];
  }
  const found = readIsolation(record);
  return pairs.map((item) => claimRow(item, found, subjects));
}

/** The stressor a slowdown metric belongs to; null for other metrics of the family. */
function metricBeside(metric: string): string | null {
  const name = besideOf(metric);
  return isStressor(name) ? name : null;
}

function claimRow(item: Comparison, found: Isolation, subjects: Subjects): ClaimRow {
  const beside = metricBeside(item.metric) ?? item.metric;
  const value = item.metric.endsWith('-p99') ? 'p99' : 'throughput';
  const at = (cell: string) =>
    found.interference.find((one) => one.cell === cell && one.beside === beside && one.value === value);
  const [vm, container] = [at(item.subject), at(item.reference)];
  const name = (cell: string) => {
    const facts = subjects.of(cell);
    return facts === null ? subjects.label(cell) : `${subjects.label(cell)} (${facts.product})`;
  };
  const lost = (one: Interference | undefined) =>
    one === undefined ? absent : `${degradationWords(one)}, n = ${one.n}`;
  const evidence = `${name(item.subject)}: ${lost(vm)}; ${name(item.reference)}: ${lost(container)}; slowdowns as ratio ${ratioWords(item.ratio, item.interval)}`;
  const row = (state: ClaimState, more: string, rule: RuleId | null): ClaimRow => ({
    resource: `interference: ${besideWords(beside).toLowerCase()}${value === 'p99' ? ', p99' : ''}`,
    state,
    evidence: `${evidence}${more}.`,
    metric: item.metric,
    rule,
  });
  const emulated = vm?.refusals[0];
  if (emulated !== undefined) return row('refused', '; emulated and so not representative', emulated.rule);
  const ranked = unfinished(vm, container);
  if (ranked !== null) return row(ranked.state, ranked.more, ranked.rule);
  switch (item.verdict) {
    case 'improvement':
      return row('holds', '', null);
    case 'regression':
    case 'equivalent':
    case 'different-but-small':
      return row('does-not-hold', item.verdict === 'regression' ? '' : '; no difference that matters', null);
    case 'refused':
      return row('refused', '; not judged', item.refusals[0]?.rule ?? null);
    case 'no-verdict':
      return row('refused', '; too few blocks for a verdict, at least 10 are needed', 'C3');
    case 'inconclusive':
      return row('refused', '; inconclusive', 'C20');
  }
}

/** Most of one side unfinished and none of the other is a difference that no ratio can state. */
function unfinished(
  vm: Interference | undefined,
  container: Interference | undefined,
): { readonly state: ClaimState; readonly more: string; readonly rule: RuleId | null } | null {
  if (vm === undefined || container === undefined) return null;
  if (vm.didNotFinish === 0 && container.didNotFinish === 0) return null;
  const decided = (dead: Interference, living: Interference) =>
    dead.degradation === 'did-not-finish' && living.didNotFinish === 0 && Math.min(dead.n, living.n) >= 10;
  if (decided(container, vm)) return { state: 'holds', more: '; by ranks', rule: null };
  if (decided(vm, container)) return { state: 'does-not-hold', more: '; by ranks', rule: null };
  return {
    state: 'refused',
    more: '; some launches did not finish, so that those which did do not stand for all',
    rule: 'C6',
  };
}

function degradationWords({ degradation, value, didNotFinish, n }: Interference): string {
  if (degradation === null) return absent;
  if (degradation === 'did-not-finish') return `did not finish in ${didNotFinish} of ${n}`;
  return `${shareWords(degradation)} ${value === 'throughput' ? 'of its throughput lost' : 'of latency gained'}`;
}
