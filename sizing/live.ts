/**
 * A question as data that a page can carry, and the rules of it that a reader may move there. The page answers by
 * the very functions of `tare size`, with the packer of `--seconds 0`: equal rules give equal counts.
 */
import { blankRow } from './inventories/rows.ts';
import type { DemandRow, HostType, SizingPolicy } from './model.ts';
import { heavier } from './explain/sensitivity.ts';
import type { Question } from './size.ts';
import type { BothWeights } from './weights.ts';

export interface LiveData {
  /** What differs from a blank row; without sources and volumes, which no count looks at. */
  readonly demand: readonly Partial<DemandRow>[];
  readonly perHost: readonly Partial<DemandRow>[];
  readonly hosts: readonly HostType[];
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
}

const nowhere = { file: '', sheet: null, row: null };

export function liveData({ inventory, hosts, policy, weights }: Question): LiveData {
  const short = (row: DemandRow): Partial<DemandRow> => {
    const blank = blankRow('', nowhere);
    const kept = Object.entries(row).filter(
      ([key, value]) =>
        !['source', 'volumes', 'app'].includes(key) &&
        JSON.stringify(value) !== JSON.stringify(blank[key as keyof DemandRow]),
    );
    return Object.fromEntries(kept);
  };
  return {
    demand: inventory.demand.map(short),
    perHost: inventory.perHost.map(short),
    hosts: hosts.map((host) => ({ ...host, source: nowhere })),
    policy: { ...policy, choices: [] },
    weights,
  };
}

export function questionOf({ demand, perHost, hosts, policy, weights }: LiveData): Question {
  const whole = (row: Partial<DemandRow>): DemandRow => ({ ...blankRow(row.id ?? '', nowhere), ...row });
  const inventory = {
    files: [],
    demand: demand.map(whole),
    perHost: perHost.map(whole),
    today: [],
    claims: [],
    leftOut: [],
    problems: [],
    remarks: [],
    confidence: 1,
  };
  return { inventory, hosts, policy, weights };
}

/** A rule that can be moved: a number as it is shown, between two ends. */
export interface Control {
  readonly id: string;
  readonly label: string;
  readonly unit: '%' | '' | 'MiB' | 'years' | 'hosts';
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly read: (question: Question) => number;
  readonly write: (question: Question, value: number) => Question;
}

function rule(
  of: Pick<Control, 'id' | 'label' | 'unit' | 'least' | 'most' | 'step'>,
  read: (policy: SizingPolicy) => number,
  write: (policy: SizingPolicy, value: number) => Partial<SizingPolicy>,
): Control {
  return {
    ...of,
    read: ({ policy }) => read(policy),
    write: (question, value) => ({
      ...question,
      policy: { ...question.policy, ...write(question.policy, value) },
    }),
  };
}

/** Parts of a hundred as a reader moves them; twelve digits, so that 0.07 x 100 is 7. */
const percent = (share: number) => Number((100 * share).toPrecision(12));
const overcommit = (form: 'vm' | 'container', key: 'cpu' | 'memory', label: string): Control =>
  rule(
    {
      id: `overcommit.${form}.${key}`,
      label,
      unit: '',
      least: 1,
      most: key === 'cpu' ? 16 : 2,
      step: key === 'cpu' ? 0.5 : 0.05,
    },
    (policy) => policy.overcommit[form][key],
    (policy, value) => ({
      overcommit: { ...policy.overcommit, [form]: { ...policy.overcommit[form], [key]: value } },
    }),
  );

const mib = 2 ** 20;

export const controls: readonly Control[] = [
  rule(
    { id: 'headroom.cpu', label: 'Headroom on CPU used', unit: '%', least: 0, most: 100, step: 1 },
    ({ headroom }) => percent(headroom.cpu),
    ({ headroom }, value) => ({ headroom: { ...headroom, cpu: value / 100 } }),
  ),
  rule(
    { id: 'headroom.memory', label: 'Headroom on memory used', unit: '%', least: 0, most: 100, step: 1 },
    ({ headroom }) => percent(headroom.memory),
    ({ headroom }, value) => ({ headroom: { ...headroom, memory: value / 100 } }),
  ),
  rule(
    { id: 'fill', label: 'Largest share of a host filled', unit: '%', least: 10, most: 100, step: 1 },
    ({ fill }) => percent(fill),
    (_, value) => ({ fill: value / 100 }),
  ),
  rule(
    { id: 'survive.least', label: 'Losses survived at least', unit: 'hosts', least: 0, most: 8, step: 1 },
    ({ survive }) => survive.least,
    ({ survive }, value) => ({ survive: { ...survive, least: value } }),
  ),
  rule(
    { id: 'survive.share', label: 'and this share of the hosts', unit: '%', least: 0, most: 50, step: 1 },
    ({ survive }) => percent(survive.share),
    ({ survive }, value) => ({ survive: { ...survive, share: value / 100 } }),
  ),
  overcommit('vm', 'cpu', 'vCPUs per thread, VMs of today'),
  overcommit('container', 'cpu', 'CPU requests per thread, others'),
  overcommit('vm', 'memory', 'Memory promised, VMs of today'),
  overcommit('container', 'memory', 'Memory promised, others'),
  rule(
    { id: 'growth.perYear', label: 'Growth a year', unit: '%', least: 0, most: 100, step: 1 },
    ({ growth }) => percent(growth.perYear),
    ({ growth }, value) => ({ growth: { ...growth, perYear: value / 100 } }),
  ),
  rule(
    { id: 'growth.years', label: 'Years of growth', unit: 'years', least: 0, most: 10, step: 1 },
    ({ growth }) => growth.years,
    ({ growth }, value) => ({ growth: { ...growth, years: value } }),
  ),
  {
    id: 'heavier',
    label: 'Each instance heavier by',
    unit: 'MiB',
    least: 0,
    most: 1024,
    step: 4,
    read: ({ weights }) => weights.vm.memory.more / mib,
    write: (question, value) => ({
      ...question,
      weights: heavier(question.weights, value * mib - question.weights.vm.memory.more),
    }),
  },
];

/** Beyond so many rows a page would be megabytes and its counts seconds late. */
export const mostLiveRows = 5000;
