/**
 * Isolation by performance, as tables: what each neighbour did to its victim (interference), whether it kept
 * within its limits (containment), and what the kernel says happened (mechanism). Never one score, and no
 * word on security: those facts are another section's and are never merged with these (C28).
 */
import type { Analysis } from '../../../model/analysis.ts';
import type { NeighbourLimits, NeighbourPhase } from '../../../model/observation.ts';
import type { RunRecord } from '../../../model/record.ts';
import type {
  Containment,
  ContainmentState,
  Interference,
  Isolation,
  Mechanism,
} from '../../../bench/analysis/isolation.ts';
import { absent, formatValue, formatShare } from '../../../model/units.ts';
import { limitsWords } from '../../../bench/workloads/neighbour/neighbour.ts';
import { besideWords, readIsolation, shareWords, titleOf } from './neighbour-words.ts';
import {
  badge,
  columns,
  folded,
  number,
  table,
  text,
  type Block,
  type Table,
  type TableCell,
  type Tone,
} from '../../parts/parts.ts';
import { shapeWords, type Subjects } from '../../parts/subjects.ts';
import { count } from '../../parts/words.ts';

/** A cell, with what its launches declared. */
interface Column {
  readonly cell: string;
  readonly runner: string;
  readonly victim: string;
  readonly shape: string;
  readonly limits: NeighbourLimits;
  /** The kernel weighs the neighbour's CPU time against the victim's as a whole. */
  readonly cpuApart: boolean;
}

/** The isolation matrix, containment and evidence of a run; empty where no neighbour was measured. */
export function isolationBlocks(record: RunRecord, _analysis: Analysis, subjects: Subjects): Block[] {
  const found = readIsolation(record);
  const columnsOf = columnsIn(record, subjects);
  const groups = [...Map.groupBy(columnsOf, ({ victim, shape }) => `${victim}\n${shape}`).values()];
  return groups.flatMap((group, index) => {
    const [first] = group;
    if (first === undefined) return [];
    const title = `${titleOf(first.victim)}${groups.length > 1 ? ` (${first.shape})` : ''}`;
    const several = index === 0 ? '' : `-${index + 1}`;
    if (!found.interference.some(({ cell }) => group.some((one) => one.cell === cell))) {
      const line = `What a neighbour does to ${title}: every block with these launches was voided, so nothing can be said about it here. The record keeps what was seen.`;
      return [{ kind: 'prose' as const, lines: [line] }];
    }
    return [
      { kind: 'table' as const, table: matrix(`isolation${several}`, title, group, found, subjects) },
      {
        kind: 'table' as const,
        table: containmentTable(`containment${several}`, title, group, found, false),
      },
      folded(containmentTable(`containment-all${several}`, title, group, found, true)),
      folded(mechanismTable(`mechanism${several}`, title, group, found)),
    ];
  });
}

function columnsIn(record: RunRecord, subjects: Subjects): Column[] {
  return record.header.cells.flatMap((cell) => {
    const phases = phasesOf(record, cell.id);
    const [phase] = phases;
    if (phase === undefined) return [];
    const { victim, limits } = phase;
    const cpuApart = phases.some(({ neighbour }) => neighbour?.cpuApart === true);
    const shape = shapeWords(cell);
    return [{ cell: cell.id, runner: subjects.named(cell.id), victim, limits, shape, cpuApart }];
  });
}

function phasesOf(record: RunRecord, cell: string): NeighbourPhase[] {
  return record.trials
    .filter((trial) => trial.cell === cell)
    .flatMap(({ observations }) => observations.filter((one) => one.kind === 'neighbour'));
}

/** The columns' runners, each once, in order. */
const runnersOf = (group: readonly Column[]): string[] => [...new Set(group.map(({ runner }) => runner))];
const limitsOf = (group: readonly Column[]): NeighbourLimits[] => [
  ...new Set(group.map(({ limits }) => limits)),
];

function matrix(
  id: string,
  title: string,
  group: readonly Column[],
  { interference }: Isolation,
  subjects: Subjects,
): Table {
  const own = interference.filter(
    ({ cell, value }) => value !== 'p50' && group.some((one) => one.cell === cell),
  );
  const values = [...new Set(own.map(({ value }) => value))];
  const besides = [...new Set(own.map(({ beside }) => beside))];
  const [runners, limits] = [runnersOf(group), limitsOf(group)];
  const notes = new Set<string>();
  const find = (runner: string, held: NeighbourLimits, beside: string, value: Interference['value']) => {
    const column = group.find((one) => one.runner === runner && one.limits === held);
    return own.find((one) => one.cell === column?.cell && one.beside === beside && one.value === value);
  };
  const rows = values.flatMap((value) =>
    besides.flatMap((beside) =>
      limits.map((held) => ({
        head: `${besideWords(beside)}${values.length > 1 ? `: ${valueWords[value]}` : ''}`,
        cells: [
          ...(limits.length > 1 ? [text(held)] : []),
          ...runners.map((runner): TableCell => {
            const item = find(runner, held, beside, value);
            if (item === undefined) return text(absent);
            for (const reason of item.reasons) {
              notes.add(`${subjects.label(item.cell)}, ${besideWords(beside)}: ${reason}`);
            }
            return interferenceCell(item);
          }),
        ],
      })),
    ),
  );
  const emulated = own.some(({ refusals }) => refusals.length > 0);
  return table(
    id,
    `What a neighbour does to ${title}: throughput lost${values.includes('p99') ? ', p99 latency gained' : ''}`,
    columns('Neighbour', ...(limits.length > 1 ? ['Limits'] : []), ...runners.map((name) => `#${name}`)),
    rows,
    [
      'Each stressor against an idle neighbour of the same launch; the idle one against being alone. Median over launches, 95 % interval where six launches allow one. A victim that did not finish ranks below every number. Rows are not comparable as a sum: there is no isolation score.',
      ...limits.map((name) => `Limits of the neighbour, ${name}: ${limitsWords[name]}.`),
      ...sharingNotes(group, subjects),
      ...(emulated
        ? ['† Emulated VM (rule C17): not representative of a virtual machine, no verdict follows.']
        : []),
      ...notes,
    ],
  );
}

/** Where "off" could not take the groups' CPU shares away. */
function sharingNotes(group: readonly Column[], subjects: Subjects): string[] {
  const apart = group.filter(({ limits, cpuApart }) => limits === 'off' && cpuApart);
  if (apart.length === 0) return [];
  const names = apart.map(({ cell }) => subjects.runner(cell)).join(', ');
  return [`Off, ${names}: the runtime or this host gives each instance a CPU share of its own all the same.`];
}

const valueWords: Readonly<Record<Interference['value'], string>> = {
  throughput: 'throughput',
  p50: 'p50',
  p99: 'p99',
};

function interferenceCell(item: Interference): TableCell {
  const { degradation, interval, n, didNotFinish, voided, refusals } = item;
  const mark = refusals.length > 0 ? ' †' : '';
  if (degradation === null) return number(voided > 0 ? `void (${voided} of ${voided + n})` : absent);
  const unfinished = didNotFinish === 0 ? '' : `; did not finish ${didNotFinish} of ${n}`;
  if (degradation === 'did-not-finish')
    return badge(`did not finish, ${didNotFinish} of ${n}${mark}`, 'more');
  const range = interval === null ? '' : ` (${shareWords(interval.low)} to ${shareWords(interval.high)})`;
  return number(`${shareWords(degradation)}${range}${unfinished}${mark}`);
}

const containmentWords: Readonly<Record<ContainmentState, { readonly text: string; readonly tone: Tone }>> = {
  held: { text: 'held', tone: 'less' },
  passed: { text: 'passed', tone: 'more' },
  below: { text: 'not reached', tone: 'same' },
  'no-limit': { text: 'none set', tone: 'plain' },
  unset: { text: 'cannot be set here', tone: 'warn' },
  unknown: { text: 'not counted here', tone: 'unsure' },
};

const kinds: readonly {
  readonly kind: Containment['kind'];
  readonly title: string;
  readonly bites: (n: number) => string;
  readonly format: (value: number | null) => string;
}[] = [
  {
    kind: 'cpu',
    title: 'CPU',
    bites: (n) => `${count(n, 'period')} cut short`,
    format: (value) => formatValue(value, 'cores'),
  },
  {
    kind: 'memory',
    title: 'memory',
    bites: (n) => count(n, 'OOM kill'),
    format: (value) => formatValue(value, 'B'),
  },
  {
    kind: 'processes',
    title: 'processes',
    bites: (n) => `${count(n, 'fork')} refused`,
    format: (value) => (value === null ? absent : value.toLocaleString('en-US')),
  },
  {
    kind: 'writes',
    title: 'writes',
    bites: () => '',
    format: (value) => formatValue(value, 'B/s'),
  },
];

/** Rows in which some limit was met, passed or missing; with `all`, every row. */
function containmentTable(
  id: string,
  title: string,
  group: readonly Column[],
  { containment }: Isolation,
  all: boolean,
): Table {
  const telling = (one: Containment) =>
    one.state === 'held' || one.state === 'passed' || one.state === 'unset' || one.state === 'unknown';
  const rows = group.flatMap(({ cell, runner, limits }) => {
    const own = containment.filter((one) => one.cell === cell);
    return [...new Set(own.filter((one) => all || telling(one)).map(({ beside }) => beside))].map(
      (beside) => ({
        head: `${runner}, ${limits}`,
        cells: [
          text(besideWords(beside)),
          ...kinds.map((kind): TableCell => {
            const one = own.find((item) => item.beside === beside && item.kind === kind.kind);
            return one === undefined ? text(absent) : containmentCell(one, kind, all);
          }),
        ],
      }),
    );
  });
  return table(
    id,
    all
      ? `Every neighbour of ${title} and its limits`
      : `Where neighbours of ${title} met their limits, and whether those held`,
    columns('Runner, limits', 'Neighbour', ...kinds.map(({ title: name }) => name)),
    rows,
    [
      'Most over launches, read from the neighbour’s cgroup on the host. Containment is apart from interference: a neighbour may keep within its limits and still disturb, or pass them and disturb nobody. A VM’s memory and processes are bounded by its own kernel, not by a cgroup. On cgroup v1 a cap on writes holds only those that wait for the disk.',
    ],
  );
}

/** @param whole with the figures, not only what came of the limit */
function containmentCell(
  one: Containment,
  { bites, format }: (typeof kinds)[number],
  whole: boolean,
): TableCell {
  const words = containmentWords[one.state];
  const used = one.limit === null ? format(one.most) : `${format(one.most)} of ${format(one.limit)}`;
  const bitten = one.limit === null || one.bites === null || one.bites === 0 ? '' : bites(one.bites);
  const figures = whole || one.state === 'passed' ? used : '';
  const said = [words.text, figures, bitten].filter((part) => part !== '').join(', ');
  return one.state === 'no-limit' || one.state === 'below' ? text(said) : badge(said, words.tone);
}

function mechanismTable(
  id: string,
  title: string,
  group: readonly Column[],
  { mechanisms }: Isolation,
): Table {
  const shown = (share: number | null): TableCell => number(formatShare(share));
  const rows = group.flatMap(({ cell, runner, limits }) =>
    mechanisms
      .filter((one) => one.cell === cell)
      .map((one: Mechanism) => ({
        head: `${runner}, ${limits}`,
        cells: [
          text(one.beside === 'alone' ? 'None (alone)' : besideWords(one.beside)),
          shown(one.cpuPressureShare),
          shown(one.memoryPressureShare),
          shown(one.ioPressureShare),
          shown(one.throttledShare),
          number(one.majorFaults === null ? absent : one.majorFaults.toLocaleString('en-US')),
          shown(one.stealShare),
          number(formatValue(one.neighbourCores, 'cores')),
          number(String(one.n)),
        ],
      })),
  );
  return table(
    id,
    `Evidence of the mechanism: what the victim waited for (${title})`,
    columns(
      'Runner, limits',
      'Neighbour',
      '#Waited for CPU',
      '#for memory',
      '#for I/O',
      '#Throttled',
      '#Major faults',
      '#Host steal',
      '#Neighbour’s CPU',
      '#n',
    ),
    rows,
    [
      'Medians over launches, as shares of the time the victim’s program took, from the pressure counters (PSI) and statistics of its cgroup on the host. What a VM’s own tasks wait for inside the guest is not in them.',
    ],
  );
}
