/**
 * From requirements, evidence and rules to an answer for each app and the server, pure and without weights: hard
 * rules and measured objectives rule sides out, soft rules speak for a side where the evidence carries them, and
 * what would turn the answer is found by asking again with one thing changed.
 */
import { formatRatio, formatValue } from '../bench/units.ts';
import type { Evidence, Value } from './evidence.ts';
import { citable } from './published/index.ts';
import type { AppNeeds, Requirements } from './requirements.ts';
import { factsOf, holds, rules as ownRules, type Quantity, type Rule, type Side } from './rules.ts';

export type Answer = 'vm' | 'container' | 'containers in VMs' | 'unknown';

export interface Finding {
  readonly rule: string;
  readonly side: Side;
  readonly state: 'fires' | 'does not fire' | 'unknown';
  readonly evidence: 'stated' | 'measured' | 'imported' | 'published' | 'unknown';
  /** What it rests on, for a reader. */
  readonly why: string;
  /** Path of a record, or key of a publication; null for the requirements themselves. */
  readonly source: string | null;
}

export interface AppAdvice {
  readonly app: string;
  readonly answer: Answer;
  readonly confidence: string;
  readonly findings: readonly Finding[];
  readonly flips: readonly string[];
  readonly measureNext: readonly string[];
}

export interface Advice {
  readonly name: string;
  /** Of the server as a whole; `mixed`: its apps need different things. */
  readonly answer: Answer | 'mixed';
  readonly summary: string;
  readonly apps: readonly AppAdvice[];
  readonly refused: readonly string[];
}

type Decided = Omit<AppAdvice, 'flips'>;

const commands: Readonly<Record<Quantity, string>> = { memory: 'tare run tare', start: 'tare run startup' };

export function advise(asked: Requirements, evidence: Evidence, rules: readonly Rule[] = ownRules): Advice {
  const apps = asked.apps.map((app): AppAdvice => {
    const decided = decide(app, asked, evidence, rules);
    return { ...decided, flips: flipsOf(app, asked, evidence, rules, decided.answer) };
  });
  const sure = [...new Set(apps.map(({ answer }) => answer))].filter((answer) => answer !== 'unknown');
  const without = apps.filter(({ answer }) => answer === 'unknown').map(({ app }) => app);
  const tooMuch = overflowOf(asked);
  const parts = [
    sure.length > 1
      ? `The apps need different things: ${apps.map(({ app, answer }) => `${app}: ${answer}`).join('; ')}.`
      : `Answer of every app that has one: ${sure[0] ?? 'none has one'}.`,
    ...(without.length === 0 ? [] : [`Without an answer: ${without.join(', ')}.`]),
    ...(tooMuch === null ? [] : [tooMuch]),
  ];
  const whole = sure.length > 1 ? 'mixed' : (sure[0] ?? 'unknown');
  return {
    name: asked.name,
    answer: without.length > 0 || tooMuch !== null ? 'unknown' : whole,
    summary: parts.join(' '),
    apps,
    refused: evidence.refused,
  };
}

function decide(app: AppNeeds, asked: Requirements, evidence: Evidence, rules: readonly Rule[]): Decided {
  const facts = factsOf(app, asked);
  const findings = rules.map((rule) => findingOf(rule, facts, evidence));
  const limits = objectivesOf(app, evidence);
  const all = [...findings, ...limits.findings];
  const fired = findings.filter(({ state }) => state === 'fires');
  const hardIds = new Set(rules.filter(({ strength }) => strength === 'hard').map(({ id }) => id));
  const hard = new Set(fired.filter(({ rule }) => hardIds.has(rule)).map(({ side }) => side));
  const out = new Set([...limits.out, ...[...hard].map(opposite)]);
  const missing = [
    ...findings.filter(({ state }) => state === 'unknown').map(({ rule }) => quantityOf(rule, rules)),
    ...limits.missing,
  ];
  const measureNext = [...new Set(missing)].map((quantity) => commands[quantity]);
  const result = (answer: Answer, confidence: string): Decided => ({
    app: app.id,
    answer,
    confidence,
    findings: all,
    measureNext,
  });
  if (out.size > 1) {
    return result(
      'unknown',
      'contradiction: what is required rules out both sides, so one requirement must give',
    );
  }
  const soft = new Set(fired.filter(({ rule }) => !hardIds.has(rule)).map(({ side }) => side));
  const needsOther = facts.otherOs === true || facts.otherArchitecture === true;
  if (out.size === 1) {
    const [left] = out.has('vm') ? (['container'] as const) : (['vm'] as const);
    const both = left === 'vm' && hard.has('vm') && soft.has('container') && !needsOther;
    const unproven = limits.open.has(left);
    if (hard.size > 0) {
      const words = unproven ? '; whether it keeps the objectives is not shown' : '';
      return result(both ? 'containers in VMs' : left, `high: a hard rule decides${words}`);
    }
    if (unproven) {
      return result(
        'unknown',
        `none: only ${left} is left, and whether that keeps the objectives is not shown`,
      );
    }
    return result(left, 'good: the other side misses an objective, measured on this host');
  }
  if (soft.size === 0) {
    const leaning = new Set(findings.filter(({ state }) => state === 'unknown').map(({ side }) => side));
    const [side] = leaning;
    if (side === undefined) return result('unknown', 'none: nothing that is asked speaks for a side');
    return result('unknown', `none: the needs lean to ${side}, but nothing shows that it is worth it here`);
  }
  const isOpen = all.some(({ state }) => state === 'unknown');
  const weakest = fired.some((one) => one.evidence === 'published')
    ? 'low: it rests on published numbers of other hosts'
    : fired.every((one) => one.evidence === 'stated')
      ? 'fair: it rests on what was stated, not on a measurement'
      : fired.some((one) => one.evidence === 'imported')
        ? 'fair: measured by another tool, and imported'
        : usesEmulation(fired, rules, evidence)
          ? 'fair: measured on this host, the VM emulated'
          : 'good: measured on this host';
  const words = isOpen ? `${weakest}; rules that lack evidence stay open` : weakest;
  if (soft.size > 1) return result('containers in VMs', words);
  return result(soft.has('vm') ? 'vm' : 'container', words);
}

function usesEmulation(fired: readonly Finding[], rules: readonly Rule[], { contrasts }: Evidence): boolean {
  const used = new Set(fired.map(({ rule }) => rules.find(({ id }) => id === rule)?.evidence));
  return contrasts.some(({ quantity, emulated }) => emulated && used.has(quantity));
}

function findingOf(rule: Rule, facts: ReturnType<typeof factsOf>, evidence: Evidence): Finding {
  const { id, side, statement } = rule;
  const found = (
    state: Finding['state'],
    kind: Finding['evidence'],
    why: string,
    source: string | null = null,
  ): Finding => ({ rule: id, side, state, evidence: kind, why, source });
  if (!rule.when.every((condition) => holds(condition, facts))) {
    return found('does not fire', 'stated', 'its conditions are not asked for');
  }
  const { evidence: quantity } = rule;
  if (quantity === null) return found('fires', 'stated', statement);
  const contrasts = evidence.contrasts.filter((one) => one.quantity === quantity);
  const [first] = contrasts;
  if (first !== undefined) {
    const words = contrasts
      .map(({ vm, container, emulated, metric, workload, median, interval }) => {
        const range =
          interval === null
            ? 'too few launches'
            : `${formatRatio(interval.low)} to ${formatRatio(interval.high)}`;
        return `${metric} (${workload}), ${vm}${emulated ? ', emulated,' : ''} over ${container}: ${formatRatio(median)} (${range})`;
      })
      .join('; ');
    const kind = contrasts.some(({ imported }) => imported) ? 'imported' : 'measured';
    const gains = ({ interval }: (typeof contrasts)[number]) =>
      interval !== null && (side === 'container' ? interval.low > 1 : interval.high < 1);
    const loses = ({ interval }: (typeof contrasts)[number]) =>
      interval !== null && (side === 'container' ? interval.high <= 1 : interval.low >= 1);
    if (contrasts.every(gains)) return found('fires', kind, words, first.source);
    if (contrasts.every(loses)) return found('does not fire', kind, words, first.source);
    return found('unknown', kind, `not clear: ${words}`, first.source);
  }
  const [vm, container] = (rule.published ?? []).map((row) => citable(row));
  if (vm === undefined || container === undefined) {
    return found('unknown', 'unknown', `no usable measurement of ${quantity} on both sides`);
  }
  const years = `${vm.source}, ${vm.year ?? 'undated'}`;
  const words = `${vm.metric}: ${vm.subject} ${formatValue(vm.value, vm.unit)}, ${container.subject} ${formatValue(container.value, container.unit)} (${years}; ${vm.conditions})`;
  const isGain = side === 'container' ? vm.value > container.value : vm.value < container.value;
  return found(isGain ? 'fires' : 'does not fire', 'published', words, vm.source);
}

interface Limits {
  readonly findings: readonly Finding[];
  readonly out: readonly Side[];
  /** Sides of which an objective is neither kept nor missed for certain. */
  readonly open: ReadonlySet<Side>;
  readonly missing: readonly Quantity[];
}

/** A side is out where every runner of it is above the objective with its whole interval. */
function objectivesOf(app: AppNeeds, evidence: Evidence): Limits {
  const findings: Finding[] = [];
  const out: Side[] = [];
  const open = new Set<Side>();
  const missing: Quantity[] = [];
  for (const quantity of ['start', 'memory'] as const) {
    const limit = app.objectives[quantity];
    if (limit === null) continue;
    for (const side of ['vm', 'container'] as const) {
      const values = valuesOf(app, evidence, quantity, side);
      const [first] = values;
      const show = (value: number) => formatValue(value, quantity === 'start' ? 's' : 'B');
      const words = values.map(({ runner, workload, median, interval }) => {
        const range = interval === null ? '' : ` (${show(interval.low)} to ${show(interval.high)})`;
        return `${runner}/${workload} ${show(median)}${range}`;
      });
      const misses =
        values.length > 0 && values.every(({ interval }) => interval !== null && interval.low > limit);
      const keeps = values.some(({ interval }) => interval !== null && interval.high <= limit);
      if (misses) out.push(side);
      if (!misses && !keeps) {
        open.add(side);
        missing.push(quantity);
      }
      findings.push({
        rule: `objective ${quantity}`,
        side: misses ? opposite(side) : side,
        state: misses ? 'fires' : keeps ? 'does not fire' : 'unknown',
        evidence: first === undefined ? 'unknown' : first.imported ? 'imported' : 'measured',
        why: `${side} within ${show(limit)}: ${first === undefined ? 'not measured' : `${misses ? 'no' : keeps ? 'yes' : 'not clear'}; ${words.join(', ')}`}`,
        source: first?.source ?? null,
      });
    }
  }
  return { findings, out, open, missing };
}

/** Of the app's own workload where that was measured, else of every one. */
function valuesOf(app: AppNeeds, { values }: Evidence, quantity: Quantity, side: Side): readonly Value[] {
  const all = values.filter((value) => value.quantity === quantity && value.side === side);
  const own = all.filter(({ workload }) => workload === app.image);
  return own.length > 0 ? own : all;
}

/** One thing changed at a time, and asked again. */
function flipsOf(
  app: AppNeeds,
  asked: Requirements,
  evidence: Evidence,
  rules: readonly Rule[],
  answer: Answer,
): readonly string[] {
  const objective = (quantity: Quantity): (readonly [string, Partial<AppNeeds>])[] => {
    const limit = app.objectives[quantity];
    if (limit === null) return [];
    const show = (value: number) => formatValue(value, quantity === 'start' ? 's' : 'B');
    const edges = (['vm', 'container'] as const).flatMap((side) =>
      valuesOf(app, evidence, quantity, side).flatMap(({ interval }) =>
        interval === null ? [] : [interval.low],
      ),
    );
    return [...new Set(edges)]
      .sort((a, b) => Math.abs(a - limit) - Math.abs(b - limit))
      .map((edge) => {
        // At the edge a side is still in; a hair below it is out.
        const to = edge > limit ? edge : edge * (1 - 1e-9);
        const words = `${quantity} objective of ${edge > limit ? '' : 'less than '}${show(edge)} instead of ${show(limit)}`;
        return [words, { objectives: { ...app.objectives, [quantity]: to } }] as const;
      });
  };
  const counts = rules.flatMap(({ when }) =>
    when.flatMap((one) => ('atLeast' in one && one.field === 'instances' ? [one.atLeast] : [])),
  );
  const changes: readonly (readonly [string, Partial<AppNeeds>])[] = [
    [`os ${asked.server.os}`, { os: asked.server.os }],
    ['the kernel of the server', { kernel: null }],
    ['a kernel of its own', { kernel: 'own' }],
    ['no kernel modules', { modules: [] }],
    ['the architecture of the server', { architecture: null }],
    ['trusted tenants', { trust: 'trusted' }],
    ['untrusted tenants, a kernel each', { trust: 'untrusted', isolation: 'own-kernel' }],
    ['a shared kernel', { isolation: 'shared-kernel' }],
    ['no need of a whole operating system', { wholeSystem: false }],
    ...app.priorities.map(
      (gone) =>
        [`no priority ${gone}`, { priorities: app.priorities.filter((one) => one !== gone) }] as const,
    ),
    ...counts.map((count) =>
      app.instances >= count
        ? ([`fewer than ${count} instances`, { instances: count - 1 }] as const)
        : ([`${count} instances`, { instances: count }] as const),
    ),
    ...objective('start'),
    ...objective('memory'),
  ];
  return changes.flatMap(([words, change]) => {
    const other = { ...app, ...change };
    const apps = asked.apps.map((one) => (one.id === app.id ? other : one));
    const then = decide(other, { ...asked, apps }, evidence, rules).answer;
    return then === answer ? [] : [`${words}: ${then}`];
  });
}

/** Why the memory that the objectives allow cannot be had of the server; null where nothing shows that. */
function overflowOf({ server, apps }: Requirements): string | null {
  if (server.memory === null) return null;
  const bytes = apps.reduce(
    (sum, { instances, objectives }) => sum + instances * (objectives.memory ?? 0),
    0,
  );
  if (bytes <= server.memory) return null;
  const [need, has] = [formatValue(bytes, 'B'), formatValue(server.memory, 'B')];
  return `Impossible as asked: the memory objectives come to ${need} and the server has ${has}.`;
}

function opposite(side: Side): Side {
  return side === 'vm' ? 'container' : 'vm';
}

function quantityOf(id: string, rules: readonly Rule[]): Quantity {
  return rules.find((rule) => rule.id === id)?.evidence ?? 'memory';
}
