/**
 * What people say about VMs and containers, put against one run. Each resource answers for itself and
 * answers are never merged into a score (C28); what was not measured says what to run instead.
 * "Orders of magnitude" means at least ten times, with the whole interval above ten.
 */
import type { RuleId } from '../../../model/rules.ts';
import type { Analysis, Comparison } from '../../../model/analysis.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { CellRecord, RunRecord } from '../../../model/record.ts';
import type { Claim, ClaimRow, ClaimState } from '../../parts/claim.ts';
import { formatRatio } from '../../../model/units.ts';
import { fitRows } from './density.ts';
import {
  claimTable,
  ordersOfMagnitude,
  taxedResources,
  type ClaimReader,
  type Resource,
  type Selector,
} from './table.ts';
import { isolationClaimRows } from './isolation.ts';
import { surfaceRows, wholeSystemRows } from './surface.ts';
import { requirementRows } from './requirements.ts';
import { sameRows } from './sameness.ts';
import { lostWords } from './lost.ts';
import { subjectsOf, type Subjects } from '../../parts/subjects.ts';
import { lowerFirst, ratioWords } from '../../parts/words.ts';

/** Every claim of the table, answered from one run as far as it can speak to it. Pure; never throws. */
export function claimsOf(record: RunRecord, analysis: Analysis): readonly Claim[] {
  const subjects = subjectsOf(record);
  const readers: Readonly<Record<ClaimReader, () => readonly ClaimRow[]>> = {
    tax: () => taxRows(record, analysis, subjects),
    same: () => sameRows(record),
    share: () => shareRows(record, analysis, subjects),
    requirements: () => requirementRows(record, subjects),
    surface: () => surfaceRows(record, subjects),
    neighbours: () => isolationClaimRows(record, analysis, subjects),
    powers: () => wholeSystemRows(record, subjects),
  };
  return claimTable.map(({ id, statement, metrics, rule, reader, toMeasure }): Claim => {
    const rows = reader === null ? [unread(metrics, toMeasure)] : readers[reader]();
    return { id, statement, metrics, rule, rows, state: stateOf(rows) };
  });
}

function unread(metrics: readonly string[], toMeasure: string): ClaimRow {
  return {
    resource: metrics.join(', '),
    state: 'not-measured',
    evidence: toMeasure,
    metric: null,
    rule: null,
  };
}

/** A claim holds, or fails, only when every resource says so; anything mixed is "partly". */
function stateOf(rows: readonly ClaimRow[]): ClaimState {
  const states = new Set(rows.map((row) => row.state));
  const [only] = states;
  if (only === undefined) return 'not-measured';
  if (states.size === 1) return only;
  const judged = states.has('holds') || states.has('does-not-hold') || states.has('partly');
  if (judged) return 'partly';
  return states.has('refused') ? 'refused' : 'not-measured';
}

function taxRows(record: RunRecord, analysis: Analysis, subjects: Subjects): ClaimRow[] {
  const pairs = analysis.comparisons.filter(
    (item) =>
      item.kind === 'runners' &&
      subjects.isolation(item.subject) === 'virtual machine' &&
      subjects.isolation(item.reference) === 'container',
  );
  return taxedResources.flatMap((resource) => {
    const found = pairs.filter((item) => {
      const metric = subjects.metric(item.metric);
      return metric !== null && resource.told.some((one) => fits(one, metric));
    });
    const declared = record.header.metrics.some((metric) => resource.told.some((one) => fits(one, metric)));
    const lost = declared ? lostWords(record, analysis, subjects) : null;
    if (found.length === 0) return [missing(resource, lost)];
    return found.map((item) =>
      item.n === 0 && lost !== null ? missing(resource, lost) : taxRow(resource, item, subjects),
    );
  });
}

function fits(one: Selector, { id, family, better, source }: MetricDeclaration): boolean {
  if (one.id === id) return true;
  if (source.kind === 'interval') return one.interval?.[0] === source.from && one.interval[1] === source.to;
  if (source.kind === 'slope') return one.slope === source.of && source.state !== 'loaded';
  return one.rateOf === family && better === 'higher' && source.kind === 'sample';
}

function missing(resource: Resource, lost: string | null): ClaimRow {
  const evidence = lost ?? `No VM and container were compared on this; to measure it, ${resource.toMeasure}.`;
  return { resource: resource.name, state: 'not-measured', evidence, metric: null, rule: null };
}

function taxRow(resource: Resource, item: Comparison, subjects: Subjects): ClaimRow {
  const metric = subjects.metric(item.metric);
  const what = `${withVersion(item.subject, subjects)} vs ${withVersion(item.reference, subjects)}`;
  const figure = `${ratioWords(item.ratio, item.interval)} in ${lowerFirst(metric?.title ?? item.metric)}, n = ${item.n}`;
  const emulated = subjects.of(item.subject)?.acceleration.class === 'tcg';
  const row = (state: ClaimState, evidence: string, rule: RuleId | null): ClaimRow => ({
    resource: resource.name,
    state,
    evidence,
    metric: item.metric,
    rule,
  });
  if (item.verdict === 'refused') {
    const rule = item.refusals[0]?.rule ?? null;
    const why = rule === null ? '' : ` (rule ${rule}, see the refusals)`;
    return row('refused', `${what}: ${figure}${emulated ? ', emulated' : ''}; not judged${why}.`, rule);
  }
  // A ladder's memory facts may be judged under emulation, its CPU-bound metrics may not (C17).
  if (emulated && metric?.needsRealCpu === true) {
    return row('refused', `${what}: ${figure}, emulated and so not representative.`, 'C17');
  }
  const { interval } = item;
  if (item.ratio === null) {
    return row('not-measured', `${what}: no paired launches; to measure it, ${resource.toMeasure}.`, null);
  }
  if (interval === null || item.verdict === 'no-verdict') {
    return row('refused', `${what}: ${figure}; too few blocks for a verdict, at least 10 are needed.`, 'C3');
  }
  const flag = emulated ? ' Emulated VM: a fact about memory and files, not about speed.' : '';
  const limit = formatRatio(ordersOfMagnitude);
  if (interval.low >= ordersOfMagnitude)
    return row('holds', `${what}: ${figure}; all above ${limit}.${flag}`, null);
  if (interval.high < ordersOfMagnitude) {
    return row('does-not-hold', `${what}: ${figure}; below ${limit}.${flag}`, null);
  }
  return row('partly', `${what}: ${figure}; the interval includes ${limit}.${flag}`, null);
}

/** "vm (QEMU 7.2.22 q35)": a claim's subject is a runner in a version (C29). */
function withVersion(cellId: string, subjects: Subjects): string {
  const cell = subjects.of(cellId);
  return cell === null ? subjects.label(cellId) : `${subjects.label(cellId)} (${cell.product})`;
}

function shareRows(record: RunRecord, analysis: Analysis, subjects: Subjects): ClaimRow[] {
  const host = subjects.cells.find((cell) => subjects.isolation(cell.id) === 'process')?.traits.kernel;
  const groups = new Map<string, { readonly cell: CellRecord; readonly runners: Set<string> }>();
  for (const cell of subjects.cells) {
    const isolation = subjects.isolation(cell.id);
    if (isolation === null || isolation === 'process') continue;
    const key = JSON.stringify([isolation, cell.traits.kernel]);
    const group = groups.get(key) ?? { cell, runners: new Set<string>() };
    group.runners.add(cell.runner);
    groups.set(key, group);
  }
  const seen = [...groups.values()].map(({ cell, runners }): ClaimRow => {
    const { kernel } = cell.traits;
    const known = host !== undefined && kernel !== undefined;
    const shares = kernel === host;
    const isContainer = subjects.isolation(cell.id) === 'container';
    const names = [...runners].join(', ');
    const saw = `kernel of ${names}: ${kernel ?? 'unknown'}; of the host process: ${host ?? 'unknown'}`;
    const evidence = known
      ? `${saw}. ${shares ? 'Shared' : 'Its own'}.`
      : `${saw}; add the runner "process" to compare.`;
    return {
      resource: `kernel of ${names} is ${isContainer ? 'the host’s' : 'its own'}`,
      state: !known ? 'not-measured' : shares === isContainer ? 'holds' : 'does-not-hold',
      evidence,
      metric: null,
      rule: null,
    };
  });
  return [...seen, ...fitRows(record, analysis, subjects)];
}
