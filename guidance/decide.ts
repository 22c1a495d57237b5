/**
 * The answer for one app, pure and without weights: what the server allows, hard rules and measured objectives
 * rule sides out; where both are left, soft rules speak for a side where the evidence carries them.
 */
import { formatRatio } from '../model/units.ts';
import type { Evidence } from './evidence.ts';
import { factsOf, type Facts } from './facts.ts';
import { findingOf, type Finding } from './findings.ts';
import { limitsOf, opposite } from './objectives.ts';
import { citable } from './published/index.ts';
import type { Quantity } from './quantities.ts';
import type { AppNeeds, Requirements, Server, Side } from './requirements.ts';
import type { Rule } from './rules.ts';

export type Answer = 'vm' | 'container' | 'containers in VMs' | 'unknown';

/** All that an answer is made from. */
export interface Question {
  readonly asked: Requirements;
  readonly app: AppNeeds;
  readonly server: Server;
  readonly evidence: Evidence;
  readonly rules: readonly Rule[];
  /** Where the measured host differs from the server. */
  readonly differences: readonly string[];
}

export interface Decision {
  readonly answer: Answer;
  readonly confidence: string;
  /** The one thing that decided, as a clause; null: nothing did. */
  readonly reason: string | null;
  readonly findings: readonly Finding[];
  /** What rules out a side and what rules out the other, where nothing is left; null: something is. */
  readonly conflict: string | null;
  /** Quantities that are not known and that something here asks for. */
  readonly open: readonly Quantity[];
  /** Quantities of its own work that a limit of it asks for, and that are not known. */
  readonly openLimits: readonly Quantity[];
}

export function decide({ asked, app, server, evidence, rules, differences }: Question): Decision {
  const facts = factsOf(app, server, asked);
  const ruled = rules.map((rule) => findingOf(rule, facts, evidence, app.workload));
  const limits = limitsOf(app, evidence);
  const findings = [...ruled, ...limits.findings];
  const fired = (strength: Rule['strength']) =>
    ruled.filter((one) => one.state === 'fires' && one.strength === strength);
  const hard = fired('hard');
  const soft = fired('soft');
  const closed = closedSides(server, facts);
  const reasons: Record<Side, string[]> = { vm: [], container: [] };
  for (const { side, rule, why } of hard)
    reasons[opposite(side)].push(`${rule} needs a ${side}: ${why.replace(/\.$/, '')}`);
  for (const [side, why] of [...closed, ...limits.out]) reasons[side].push(why);
  // What a rule that is asked for was not shown by: it could say otherwise.
  const open = ruled
    .filter(({ state }) => state !== 'not asked')
    .flatMap(({ items }) => items)
    .filter(({ state, evidence: of }) => (of !== 'measured' && of !== 'imported') || state === 'unclear')
    .map(({ quantity }) => quantity);
  const result = (answer: Answer, confidence: string, conflict: string | null = null): Decision => ({
    answer,
    confidence,
    reason: answer === 'unknown' ? null : reasonFor(answer, { hard, soft, reasons }),
    findings,
    conflict,
    open: [...new Set(open)],
    openLimits: [...new Set(limits.missing)],
  });
  const where =
    differences.length === 0 ? 'on this host' : `on a host that differs (${differences.join('; ')})`;

  if (reasons.vm.length > 0 && reasons.container.length > 0) {
    const conflict = `No machine: ${reasons.vm.join('; ')}. No container: ${reasons.container.join('; ')}`;
    return result(
      'unknown',
      'contradiction: what is required rules out both sides, so one requirement must give',
      conflict,
    );
  }
  const unsettled = ruled.find(({ state, strength }) => state === 'unknown' && strength === 'hard');
  if (unsettled !== undefined && reasons.container.length === 0) {
    return result('unknown', `none: ${unsettled.rule} would decide, and it is ${unsettled.why}`);
  }
  const speaks = new Set(soft.map(({ side }) => side));
  const left: Side | null = reasons.vm.length > 0 ? 'container' : reasons.container.length > 0 ? 'vm' : null;
  if (left !== null) {
    const isHard = hard.some(({ side }) => side === left);
    const isClosed = closed.has(opposite(left));
    const needsOther = facts.otherOs === true || facts.otherArchitecture === true;
    const inMachines = left === 'vm' && speaks.has('container') && !needsOther && (isHard || isClosed);
    const unproven = limits.open.has(left);
    if (!isHard && !isClosed) {
      if (unproven) {
        return result(
          'unknown',
          `none: only ${left} is left, and whether that keeps the objectives is not shown`,
        );
      }
      return result(
        left,
        `${differences.length === 0 ? 'good' : 'fair'}: the other side misses an objective, measured ${where}`,
      );
    }
    const why = isHard ? 'a hard rule decides' : 'the server allows nothing else';
    const lean =
      !isHard && !inMachines && speaks.has(opposite(left)) ? `; the needs lean to ${opposite(left)}` : '';
    const doubt = unproven ? '; whether it keeps the objectives is not shown' : '';
    return result(inMachines ? 'containers in VMs' : left, `high: ${why}${lean}${doubt}`);
  }
  if (soft.length === 0) {
    const leaning = new Set(ruled.filter(({ state }) => state === 'unknown').map(({ side }) => side));
    const [side] = leaning;
    if (side === undefined && limits.open.size > 0) {
      const sides = [...limits.open].join(' or ');
      return result(
        'unknown',
        `none: whether ${sides} keeps the objectives is not shown, and nothing else speaks for a side`,
      );
    }
    if (side === undefined) return result('unknown', 'none: nothing that is asked speaks for a side');
    return result('unknown', `none: the needs lean to ${side}, but nothing shows that it is worth it here`);
  }
  const isOpen = findings.some(({ state }) => state === 'unknown');
  const words = `${strengthOf(soft, evidence, where)}${isOpen ? '; rules that lack evidence stay open' : ''}`;
  if (speaks.size > 1) return result('containers in VMs', words);
  return result(speaks.has('vm') ? 'vm' : 'container', words);
}

/** A hard rule before what the server or an objective rules out, and that before a soft rule. */
function reasonFor(
  answer: Answer,
  given: {
    readonly hard: readonly Finding[];
    readonly soft: readonly Finding[];
    readonly reasons: Readonly<Record<Side, readonly string[]>>;
  },
): string | null {
  const { hard, soft, reasons } = given;
  const side: Side = answer === 'container' ? 'container' : 'vm';
  const rule = hard.find((one) => one.side === side);
  if (rule !== undefined) return ruleWords(rule);
  const [closed] = reasons[opposite(side)];
  if (closed !== undefined) return closed;
  const spoke = soft.find((one) => one.side === side) ?? soft[0];
  return spoke === undefined ? null : ruleWords(spoke);
}

/** The rule's statement as a clause, and the first number that shows it. */
function ruleWords({ why, items }: Finding): string {
  const statement = why.replace(/\.$/, '');
  const clause = /^[A-Z][a-z]*\b/.test(statement)
    ? statement.charAt(0).toLowerCase() + statement.slice(1)
    : statement;
  const shown = items.find(({ state }) => state === 'for');
  if (shown === undefined) return clause;
  return shown.evidence === 'published'
    ? `${clause} (published: ${shown.source ?? ''})`
    : `${clause} (${shown.words.split('; ')[0] ?? ''})`;
}

/** Sides that the server does not offer to this app, with the reason. */
function closedSides(server: Server, facts: Facts): Map<Side, string> {
  const closed = new Map<Side, string>();
  for (const side of ['vm', 'container'] as const) {
    if (!server.runs.includes(side)) closed.set(side, `${server.id} runs ${server.runs.join(' and ')} only`);
  }
  // Another architecture is emulated whatever the server can do.
  if (server.virtualization === 'none' && facts.otherArchitecture !== true && !closed.has('vm')) {
    closed.set(
      'vm',
      `${server.id} has no virtualization: a VM would be emulated${emulationCost()}, for trials of function only`,
    );
  }
  return closed;
}

/** ", at 10.2× to 17.9× the instructions (published: KAR20)": what others counted. */
function emulationCost(): string {
  const rows = ['tcg-int', 'tcg-double'].flatMap((id) => citable(id) ?? []);
  const [first] = rows;
  if (first === undefined) return '';
  return `, at ${rows.map(({ value }) => formatRatio(value)).join(' to ')} the instructions (published: ${first.source})`;
}

/** How sure soft rules can be: as sure as the weakest that spoke. */
function strengthOf(soft: readonly Finding[], { contrasts }: Evidence, where: string): string {
  if (soft.some((one) => one.evidence === 'published')) {
    return 'low: it rests on published numbers of other hosts';
  }
  if (soft.some((one) => one.evidence === 'imported')) {
    return 'fair: it rests on what another tool measured, in a way that tare cannot check';
  }
  if (soft.some((one) => one.evidence === 'assumed')) {
    return 'fair: it rests on what was stated and on how the technique works, not on a measurement';
  }
  const used = new Set(
    soft.flatMap(({ items }) => items.filter(({ state }) => state === 'for')).map(({ quantity }) => quantity),
  );
  const of = (acceleration: string) =>
    contrasts.some((one) => used.has(one.quantity) && one.unit !== null && one.acceleration === acceleration);
  if (of('tcg')) return `fair: measured ${where}, the VM emulated`;
  if (of('kvm-nested') || of('kvm-pvm')) return `good: measured ${where}, and for nested hosts only`;
  return `${where === 'on this host' ? 'good' : 'fair'}: measured ${where}`;
}
