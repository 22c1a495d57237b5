/**
 * One rule put against one app: whether its conditions are asked for, what the evidence says of each quantity
 * that must show it, and so whether it fires. A quantity never outvotes another: a gain of one and a loss of
 * another is a divided answer, which speaks for nobody.
 */
import { formatRatio, formatValue } from '../model/units.ts';
import type { Contrast, Origin } from './contrast.ts';
import type { Evidence } from './evidence.ts';
import { fields, holds, type Facts } from './facts.ts';
import { citable } from './published/index.ts';
import { quantities, type Quantity } from './quantities.ts';
import type { Side } from './requirements.ts';
import type { Rule } from './rules.ts';

/** What a statement rests on. `assumed`: on how the technique works, and on what the file states. */
export type EvidenceClass = 'measured' | 'imported' | 'published' | 'assumed' | 'unknown';

/** What the evidence says of one quantity, seen from the side that a rule speaks for. */
export interface Item {
  readonly quantity: Quantity;
  readonly state: 'for' | 'against' | 'no difference' | 'unclear' | 'few' | 'refused' | 'missing';
  readonly evidence: EvidenceClass;
  readonly words: string;
  readonly source: string | null;
  /** Of a published number; null: undated, or not published. */
  readonly year: number | null;
}

export interface Finding {
  readonly rule: string;
  readonly side: Side;
  readonly strength: 'hard' | 'soft' | 'objective';
  readonly state: 'fires' | 'does not fire' | 'unknown' | 'not asked';
  readonly evidence: EvidenceClass;
  /** What it says; the items say what shows it. */
  readonly why: string;
  /** Path of a record, or key of a publication; null for the requirements themselves. */
  readonly source: string | null;
  readonly items: readonly Item[];
}

export function findingOf(rule: Rule, facts: Facts, evidence: Evidence, workload: string | null): Finding {
  const { id, side, strength, statement } = rule;
  const found = (
    state: Finding['state'],
    kind: EvidenceClass,
    why: string,
    items: readonly Item[] = [],
  ): Finding => {
    const source = items.find(({ evidence: of }) => of === kind)?.source ?? null;
    return { rule: id, side, strength, state, evidence: kind, why, source, items };
  };
  const asked = rule.when.map((condition) => holds(condition, facts));
  if (asked.includes(false)) return found('not asked', 'assumed', 'its conditions are not asked for');
  const unknown = rule.when.filter((_, index) => asked[index] === null).map(({ field }) => fields[field]);
  if (unknown.length > 0) {
    return found('unknown', 'unknown', `not known whether the app ${unknown.join(' and ')}`);
  }
  if (rule.shownBy.length === 0) return confirmed(rule, evidence, found);
  const items = rule.shownBy.map((quantity) => itemOf(quantity, side, evidence, workload));
  const measured = items.filter(({ evidence: of }) => of === 'measured' || of === 'imported');
  const kind: EvidenceClass = measured.some(({ evidence: of }) => of === 'imported')
    ? 'imported'
    : 'measured';
  const has = (some: readonly Item[], state: Item['state']) => some.some((one) => one.state === state);
  if (has(measured, 'for') && has(measured, 'against')) {
    return found('unknown', kind, `${statement} The measurements disagree, and nothing ranks them.`, items);
  }
  if (has(measured, 'for')) return found('fires', kind, statement, items);
  if (has(measured, 'against')) return found('does not fire', kind, statement, items);
  if (items.every(({ state }) => state === 'no difference')) {
    return found('does not fire', kind, statement, items);
  }
  // A number of others speaks only where nothing was measured that could.
  const published = items.filter(({ evidence: of }) => of === 'published');
  if (measured.length === 0 && published.length > 0) {
    if (has(published, 'for') && !has(published, 'against'))
      return found('fires', 'published', statement, items);
    if (!has(published, 'for')) return found('does not fire', 'published', statement, items);
  }
  return found('unknown', 'unknown', statement, items);
}

/** A rule that the needs alone decide; facts from inside take the place of what is assumed. */
function confirmed(
  { confirmedBy, side, strength, statement }: Rule,
  evidence: Evidence,
  found: (state: Finding['state'], kind: EvidenceClass, why: string, items?: readonly Item[]) => Finding,
): Finding {
  const contrasts =
    confirmedBy === null ? [] : evidence.contrasts.filter(({ quantity }) => quantity === confirmedBy);
  if (confirmedBy === null || contrasts.length === 0) return found('fires', 'assumed', statement);
  const shows = contrasts.some(({ favours }) => favours === side);
  const words = `seen from inside: ${factWords(contrasts)}`;
  const state = shows ? 'for' : 'no difference';
  const item: Item = {
    quantity: confirmedBy,
    state,
    evidence: 'measured',
    words,
    source: sourcesOf(contrasts),
    year: null,
  };
  if (shows) return found('fires', 'measured', statement, [item]);
  if (strength === 'hard')
    return found('fires', 'assumed', `${statement} What is required stays required.`, [item]);
  return found('does not fire', 'measured', statement, [item]);
}

function itemOf(quantity: Quantity, side: Side, evidence: Evidence, workload: string | null): Item {
  const contrasts = ofWorkload(
    evidence.contrasts.filter((one) => one.quantity === quantity),
    workload,
  );
  const [first] = contrasts;
  const { title } = quantities[quantity];
  const item = (state: Item['state'], kind: EvidenceClass, words: string, source: string | null): Item => ({
    quantity,
    state,
    evidence: kind,
    words: `${title}: ${words}`,
    source,
    year: null,
  });
  const words = contrasts.map(contrastWords).join('; ');
  const said = new Set(
    contrasts.map(({ favours }) => favours).filter((of) => of !== 'few' && of !== 'refused'),
  );
  if (first !== undefined && said.size > 0) {
    const [only] = said;
    const state =
      said.size > 1 || only === 'unclear'
        ? 'unclear'
        : only === 'neither'
          ? 'no difference'
          : only === side
            ? 'for'
            : 'against';
    return item(
      state,
      contrasts.some(({ imported }) => imported) ? 'imported' : 'measured',
      words,
      sourcesOf(contrasts),
    );
  }
  const stands = publishedItem(quantity, side);
  if (stands !== null) {
    const instead = first === undefined ? 'not measured' : `measured and not usable (${words})`;
    const found = item(stands.state, 'published', `${instead}; ${stands.words}`, stands.source);
    return { ...found, year: stands.year };
  }
  if (first === undefined) return item('missing', 'unknown', 'not measured on both sides', null);
  const state = contrasts.some(({ favours }) => favours === 'few') ? 'few' : 'refused';
  return item(state, 'unknown', words, sourcesOf(contrasts));
}

/** Whether a number is of the app's own work: its workload, or a scenario made of it. */
export function isOwn(
  { scenario, workload }: Pick<Origin, 'scenario' | 'workload'>,
  own: string | null,
): boolean {
  return own !== null && (workload === own || scenario === own);
}

/** Of the app's own work where that was measured, else of every one. */
export function ofWorkload<T extends Origin>(all: readonly T[], own: string | null): readonly T[] {
  const some = all.filter((one) => isOwn(one, own));
  return some.length > 0 ? some : all;
}

function publishedItem(
  quantity: Quantity,
  side: Side,
): {
  readonly state: 'for' | 'against' | 'no difference';
  readonly words: string;
  readonly source: string;
  readonly year: number | null;
} | null {
  const [vm, container] = (quantities[quantity].published ?? []).map((id) => citable(id));
  if (vm === undefined || container === undefined) return null;
  const cost = vm.better === 'lower' ? vm.value / container.value : container.value / vm.value;
  const cheaper: Side = cost > 1 ? 'container' : 'vm';
  const show = (row: typeof vm) => `${row.subject} ${formatValue(row.value, row.unit)}`;
  return {
    state: cost === 1 ? 'no difference' : cheaper === side ? 'for' : 'against',
    words: `published (${vm.source}, ${vm.year ?? 'undated'}; ${vm.conditions}): ${vm.metric}, ${show(vm)}, ${show(container)}`,
    source: vm.source,
    year: vm.year,
  };
}

const emulatedWords = { tcg: ', emulated' } as Readonly<Partial<Record<string, string>>>;

/** "tare.memory of main: vm 7.2.22, emulated, against namespace: 460× (457 to 462), n = 12". */
function contrastWords(one: Contrast): string {
  const how = emulatedWords[one.acceleration] ?? '';
  const range =
    one.interval === null ? '' : ` (${formatRatio(one.interval.low)} to ${formatRatio(one.interval.high)})`;
  const size =
    one.ratio === null
      ? 'has no ratio (a value is zero or below)'
      : `costs ${formatRatio(one.ratio)}${range}`;
  const remark = one.remark === null ? '' : ` [${one.remark}]`;
  return `${one.metric} of ${one.workload}: ${one.vm}${how} against ${one.container} ${size}, n = ${one.n}${remark}`;
}

/** "kernel underneath (vm: its own; namespace, runc: the host’s)": runners that say the same are named together. */
function factWords(contrasts: readonly Contrast[]): string {
  const facts = [...Map.groupBy(contrasts, ({ metric }) => metric)].map(([metric, all]) => {
    const said = new Map<string, Set<string>>();
    for (const part of all.flatMap(({ remark }) => remark?.split('; ') ?? [])) {
      const [runner = '', words = ''] = part.split(': ');
      said.set(words, (said.get(words) ?? new Set<string>()).add(runner));
    }
    return `${metric} (${[...said].map(([words, runners]) => `${[...runners].join(', ')}: ${words}`).join('; ')})`;
  });
  return facts.join(', ');
}

function sourcesOf(contrasts: readonly Contrast[]): string {
  return [...new Set(contrasts.map(({ source }) => source))].join(', ');
}
