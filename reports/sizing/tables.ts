/** The tables of a sizing as plain data, for the terminal and the page alike. */
import { formatValue, formatShare, capital } from '../../model/units.ts';
import type { BreakEven, Crossing } from '../../sizing/explain/break-even.ts';
import type { SizingPolicy } from '../../sizing/model.ts';
import { alternatives } from '../../sizing/problem.ts';
import type { Sensitivity, StepCost } from '../../sizing/explain/sensitivity.ts';
import type { Answer, Sizing } from '../../sizing/size.ts';
import type { StorageAnswer } from '../../sizing/storage/place.ts';
import type { CountInterval, Uncertainty } from '../../sizing/explain/uncertainty.ts';
import type { Limits } from '../../sizing/explain/limits.ts';
import type { BothWeights } from '../../sizing/weights.ts';
import { columns, narrow, number, table, text, type Table } from '../parts/parts.ts';
import { headline, limitCell } from './limit-words.ts';
import { alternativeNames, assumedMark, bindingWords, gapWords, kindsWords, lossWords } from './words.ts';

/** Everything that a reader of the count must see beside it. */
export interface SizingView {
  readonly sizing: Sizing;
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
  /** Null: there were too many different instances to ask so often, or nobody asked. */
  readonly sensitivity: readonly Sensitivity[] | null;
  readonly breakEven: BreakEven | null;
  readonly uncertainty: Uncertainty | null;
  /** What easing would save, and what separates the answers; null: nobody asked. */
  readonly limits?: Limits | null;
  /** Volumes on arrays; null: no arrays in the catalogue, or no volumes in the demand. */
  readonly storage?: StorageAnswer | null;
  readonly preview: readonly string[];
  /** The same in a few lines, reasons counted. */
  readonly understood?: readonly string[];
}

const none = '–';
const heads = alternatives.map((name) => `#${alternativeNames[name]}`);

/** The three answers side by side, and today. */
export function answerTable({ sizing, uncertainty, weights }: SizingView): Table {
  const { answers, today } = sizing;
  const row = (head: string, of: (answer: Answer) => string, now = none) => ({
    head,
    cells: [...(today === null ? [] : [number(now)]), ...answers.map((answer) => number(of(answer)))],
  });
  const bytes = (value: number | null | undefined) => (value == null ? none : formatValue(value, 'B'));
  const sum = ({ byType, problem }: Answer, dimension: 'memory' | 'cpu') => {
    const at = problem.dimensions.indexOf(dimension);
    const room = new Map(problem.bins.map(({ id, capacity }) => [id, capacity[at] ?? 0]));
    return byType.reduce((total, { type, hosts }) => total + hosts * (room.get(type) ?? 0), 0);
  };
  const by = (answer: Answer) => uncertainty?.by[answer.alternative] ?? null;
  return table(
    'answer',
    'The same demand three ways',
    columns(
      '',
      ...(today === null ? [] : ['#today']),
      ...alternatives.map((name) => `#${alternativeNames[name]}${assumedMark(name, weights)}`),
    ),
    [
      row(
        'hosts',
        ({ hosts }) => (hosts === null ? 'does not fit' : String(hosts)),
        String(today?.hosts ?? none),
      ),
      ...(uncertainty === null ? [] : [row('  95 % of draws', (answer) => intervalWords(by(answer)))]),
      row('  kinds', ({ byType, hosts }) => (hosts === null ? none : kindsWords({ byType }))),
      row('cost a month', ({ cost, hosts }) =>
        cost === null || hosts === null ? none : `${cost.perMonth.toFixed(0)} ${cost.currency}`,
      ),
      row('set by', limitCell),
      row('  of them working', ({ working }) => String(working)),
      row('  at least of these kinds, proven', ({ bound }) => String(bound)),
      row('  losses survived', lossWords),
      row('bottleneck', bindingWords),
      row('instances', ({ instances }) => String(instances)),
      row('VMs on the hosts', ({ machines }) => String(machines)),
      row('tare, memory', ({ tareBytes }) => bytes(tareBytes)),
      row('reserved for systems, memory', ({ keptBytes }) => bytes(keptBytes)),
      row('room, memory', (answer) => bytes(sum(answer, 'memory')), `${bytes(today?.memoryBytes)} gross`),
      row(
        'room, CPU',
        (answer) => `${sum(answer, 'cpu').toFixed(0)} cores`,
        today?.threads == null ? none : `${String(today.threads)} threads`,
      ),
      row('  working, at least, proven', costBound),
      row('  gap between them', gapWords),
      row('power', ({ watts, hosts }) => (watts === null || hosts === null ? none : `${watts.toFixed(0)} W`)),
    ],
    [
      'Working hosts hold the demand; the others are there for losses, each of which was replayed.',
      'The bounds are of the working hosts: no packing has fewer of these kinds, and none of any kinds costs less. Without prices cost is the number of hosts.',
    ],
  );
}

/** Of the working hosts; the spare ones are no part of the packing that is bounded. */
function costBound({ packing, cost, hosts }: Answer): string {
  if (hosts === null) return none;
  return `${packing.bound.toFixed(0)} of ${packing.cost.toFixed(0)}${cost === null ? '' : ` ${cost.currency}`}`;
}

export function intervalWords(interval: CountInterval | null): string {
  if (interval === null) return none;
  const { low, high, misfits } = interval;
  const words = low === high ? String(low) : `${String(low)} to ${String(high)}`;
  return misfits > 0 ? `${words} (${formatShare(misfits)} do not fit)` : words;
}

export function hostsTable({ sizing }: SizingView): Table {
  const types = [...new Set(sizing.answers.flatMap(({ byType }) => byType.map(({ type }) => type)))];
  return table(
    'types',
    'Hosts by kind',
    columns('kind', ...heads),
    types.map((type) => ({
      head: type,
      cells: sizing.answers.map(({ byType }) =>
        number(String(byType.find((entry) => entry.type === type)?.hosts ?? 0)),
      ),
    })),
  );
}

export function sensitivityTable(rows: readonly Sensitivity[]): Table {
  return table(
    'sensitivity',
    'What a step costs',
    columns('one step, all else as it is', ...heads),
    rows.map(({ label, by }) => ({
      head: label,
      cells: alternatives.map((name) => number(stepWords(by[name]))),
    })),
    [
      'Extra hosts needed as packed; in brackets, how much more of a host the bottleneck needs: many small steps add up.',
      'Both sides of a difference are packed by the same heuristics, without the prover: a host more or less may be theirs.',
    ],
  );
}

function stepWords({ hosts, cost, share }: StepCost): string {
  if (hosts === null) return 'does not fit';
  const sign = (value: number, digits: number) => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;
  const parts = share === null ? '' : ` (${Math.abs(share) < 0.0005 ? '0' : sign(share, 3)})`;
  const money = cost === null || cost === 0 ? '' : `, cost ${sign(cost, 0)}`;
  return `${hosts === 0 ? '0' : sign(hosts, 0)}${parts}${money}`;
}

export function breakEvenTable({ points }: BreakEven): Table {
  const hasCost = points.some(({ by }) => by.vm.cost !== null);
  const cell = (value: number | null) => number(value === null ? none : value.toFixed(0));
  return table(
    'break-even',
    'Hosts by number of instances',
    columns('instances', ...heads, ...(hasCost ? heads.map((head) => `${head}, cost`) : [])),
    points.map(({ instances, by }) => ({
      head: String(instances),
      cells: [
        ...alternatives.map((name) => cell(by[name].hosts)),
        ...(hasCost ? alternatives.map((name) => cell(by[name].cost)) : []),
      ],
    })),
    ['The same mix of instances at other sizes, packed by the heuristics alone, losses included.'],
  );
}

export function crossingWords({ alternative, measure, from, exact, upTo, stays }: Crossing): string {
  const name = alternativeNames[alternative];
  const less = measure === 'hosts' ? 'need fewer hosts than' : 'cost less than';
  if (from === null)
    return `${name} ${less} virtual machines at no number${exact ? '' : ' looked at'} up to ${String(upTo)} instances`;
  const first = `${exact ? '' : 'at most '}${String(from)} instance${from === 1 ? '' : 's'}`;
  return stays
    ? `${name} ${less} virtual machines from ${first} on, at every larger size looked at up to ${String(upTo)}`
    : `${name} ${less} virtual machines at some sizes, the first ${first}, and not at every larger one: whole hosts make steps`;
}

/** How sure, in sentences. */
export function sureness({ sizing, uncertainty, weights, policy }: SizingView): string[] {
  const { confidence, words } = sizing.basis;
  const lines = [
    `Stands on ${words}.`,
    ...sizing.remarks.map((remark) => `${capital(remark)}.`),
    ...(['vm', 'container'] as const).map(
      (form) =>
        `Tare of a ${form === 'vm' ? 'virtual machine' : 'container'}: ${weights[form].evidence}, ${weights[form].source}.`,
    ),
    ...(['vm', 'container'] as const).flatMap((form) => weights[form].remarks.map((remark) => `${remark}.`)),
  ];
  if (uncertainty === null && policy.uncertainty.demandCv > 0)
    return [...lines, 'No interval: it is drawn by the analysis, which was left out (--analysis).'];
  if (uncertainty === null)
    return [
      ...lines,
      'No interval: neither the tares nor the demand tell how far they vary (six launches, usage at two percentiles, or uncertainty: demandCv in the policy would).',
    ];
  const { draws, seed, tares, varied } = uncertainty;
  return [
    ...lines,
    `The interval holds 95 % of ${String(draws)} draws (seed ${String(seed)}): ${tares ? 'the tares from their launches' : 'the tares as they are, which have no spread'}, and ${
      varied === 0
        ? 'the demand as it is, for which no spread is known'
        : `the demand of ${formatShare(varied)} of the instances by its spread${policy.uncertainty.demandCv > 0 ? ` (declared: ${formatShare(policy.uncertainty.demandCv)})` : ''}`
    }.`,
    ...(confidence < 1
      ? [
          `${formatShare(1 - confidence)} of the instances have no usage: what they asked for stands for them.`,
        ]
      : []),
  ];
}

export function policyTable({ policy }: SizingView): Table {
  return table(
    'policy',
    'Every rule, its value and where it comes from',
    columns('rule', 'value', 'from', 'source'),
    policy.choices.map(({ field, value, from, source }) => ({
      head: field,
      cells: [text(value), text(from === 'default' ? 'published default' : 'policy'), narrow(source)],
    })),
  );
}

export function summary(view: SizingView): string[] {
  const { sizing, breakEven } = view;
  const saved = breakEven?.crossings.filter(({ from, stays }) => from !== null && stays) ?? [];
  return [
    ...headline(view),
    ...(sizing.answers.every(({ hosts }) => hosts === null)
      ? ['The demand does not fit: see what has no place.']
      : []),
    ...saved.slice(0, 2).map((crossing) => `${capital(crossingWords(crossing))}.`),
  ];
}
