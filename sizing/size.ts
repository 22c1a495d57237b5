/**
 * The answer: for one demand the hosts as virtual machines, as containers, and as containers in virtual
 * machines, each packed, bounded, explained and with every loss that must be survived replayed.
 */
import { choose } from './choose.ts';
import { basisOf, sumOf, type Basis, type Need } from './demand.ts';
import { hostWords, mayRunOn } from './labels.ts';
import type { HostType, Inventory, SizingPolicy } from './model.ts';
import { explain, type Explanation } from './packing/explain.ts';
import type { Packing, Problem, Unplaced } from './packing/model.ts';
import type { Spared } from './packing/losses/spare.ts';
import {
  alternatives,
  isCounted,
  keptOf,
  monthlyCost,
  placedAs,
  problemOf,
  type Alternative,
  type Placed,
  type Setting,
} from './problem.ts';
import { tareBytesAt } from './tare-curve.ts';
import type { BothWeights, Form } from './weights.ts';
import { workersOf, type Make, type Workers } from './workers.ts';

export interface Question {
  readonly inventory: Inventory;
  readonly hosts: readonly HostType[];
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
}

export interface Answer {
  readonly alternative: Alternative;
  /** Hosts to have, those held back for losses included; null: there is no room for all, or no loss is survived. */
  readonly hosts: number | null;
  /** Hosts that the demand alone needs, and the fewest that any packing could. */
  readonly working: number;
  readonly bound: number;
  readonly byType: readonly { readonly type: string; readonly hosts: number }[];
  /** Losses that are survived, and the rule that says how many. */
  readonly survives: { readonly losses: number } & SizingPolicy['survive'];
  readonly problem: Problem;
  readonly packing: Packing;
  readonly spared: Spared | null;
  /** Of the hosts and of the machines. */
  readonly unplaced: readonly Unplaced[];
  readonly why: Explanation;
  /** Instances on the hosts, and how many of them are virtual machines. */
  readonly instances: number;
  readonly machines: number;
  /** What the applications take by themselves, and what their isolation adds. */
  readonly own: Need;
  readonly tareBytes: number;
  /** What all hosts keep for their own systems, and the machines that hold containers for theirs. */
  readonly keptBytes: number;
  readonly workers: Workers | null;
  /** Per month; null: a type in use has no price, or currencies differ. */
  readonly cost: { readonly perMonth: number; readonly currency: string } | null;
  /** Drawn with CPU as full as the demand makes it; null: a type in use does not tell. */
  readonly watts: number | null;
}

export interface Sizing {
  readonly basis: Basis;
  readonly answers: readonly Answer[];
  /** Null: the inventory names no hosts. */
  readonly today: Today | null;
  /** What of the demand these hosts cannot be asked for, and was not counted. */
  readonly remarks: readonly string[];
}

/** The hosts of the inventory as they run; a sum that not every host tells is null. */
export interface Today {
  readonly hosts: number;
  readonly cores: number | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
}

/**
 * Sizes every alternative. `make` packs: the prover, or the heuristics where there is no time or no Node. `begin` is
 * called before each alternative.
 */
export async function size(
  question: Question,
  make: Make,
  begin: (alternative: Alternative) => void = () => undefined,
): Promise<Sizing> {
  const answers: Answer[] = [];
  for (const alternative of alternatives) {
    begin(alternative);
    answers.push(await sizeAs(alternative, question, make));
  }
  const { inventory, policy } = question;
  return {
    basis: basisOf(inventory, policy),
    answers,
    today: todayOf(inventory),
    remarks: remarksOn(question),
  };
}

function remarksOn({ inventory, hosts }: Question): string[] {
  const nowhere = inventory.perHost.filter((row) => !hosts.some((host) => mayRunOn(row, host)));
  const asked = new Set(inventory.demand.flatMap(({ devices }) => Object.keys(devices)));
  const silent = [...asked].filter((name) => !isCounted(name, hosts));
  return [
    ...nowhere.map(
      (row) =>
        `${row.app} runs once per host and selects none of these (${hostWords(row) ?? 'taints'}): not counted`,
    ),
    ...silent.map((name) => `${name} is requested and not counted: not every host declares it (devices)`),
  ];
}

function todayOf({ today }: Inventory): Today | null {
  if (today.length === 0) return null;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number | null>(
      (total, value) => (total === null || value === null ? null : total + value),
      0,
    );
  return {
    hosts: today.length,
    cores: sum(today.map(({ cores }) => cores)),
    threads: sum(today.map(({ threads }) => threads)),
    memoryBytes: sum(today.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** One of the alternatives. */
export async function sizeAs(alternative: Alternative, question: Question, make: Make): Promise<Answer> {
  const setting: Setting = { ...question, basis: basisOf(question.inventory, question.policy) };
  const form: Form = alternative === 'container' ? 'container' : 'vm';
  const workers = alternative === 'containers-in-vms' ? await workersOf(setting, make) : null;
  const placed = workers?.placed ?? placedAs(form, setting);
  // Machines that hold containers are filled to the target inside: their hosts may be full of them.
  const onHosts = workers === null ? setting : { ...setting, policy: { ...setting.policy, fill: 1 } };
  const problem = problemOf(placed, perHostOnce(onHosts, workers), form);
  const { packing, surviving } = await choose(problem, setting.policy, make);
  const { hosts, losses, spared } = surviving;
  const counts = new Map<string, number>();
  for (const { type, copies } of [...packing.bins, ...(spared?.empty ?? [])])
    counts.set(type, (counts.get(type) ?? 0) + copies);
  const byType = [...counts].map(([type, copies]) => ({ type, hosts: copies }));
  const unplaced = [...(workers?.pools ?? []).flatMap((pool) => pool.packing.unplaced), ...packing.unplaced];
  const complete = unplaced.length === 0;
  const apps = placedAs('container', setting);
  const own = sumOf(apps.map((item) => ({ need: item.own, count: item.count })));
  const sum = (items: readonly Placed[]) => items.reduce((total, { count }) => total + count, 0);
  return {
    alternative,
    hosts: complete ? hosts : null,
    working: packing.count,
    bound: packing.countBound,
    byType,
    survives: { losses, ...setting.policy.survive },
    problem,
    packing,
    spared,
    unplaced,
    why: explain(packing),
    instances: sum(apps),
    machines: sum(placed.filter((item) => item.form === 'vm')),
    own,
    tareBytes: tareOf(setting, placed, apps, workers),
    keptBytes: keptBy(byType, setting, form) + (workers?.keptBytes ?? 0),
    workers,
    cost: costOf(byType, setting.hosts, form, placed),
    watts: wattsOf(byType, setting.hosts, packing),
  };
}

/** Daemon sets run in each machine where containers run in machines, not on the host beside them. */
function perHostOnce(setting: Setting, workers: Workers | null): Setting {
  if (workers === null) return setting;
  return { ...setting, inventory: { ...setting.inventory, perHost: [] } };
}

/** Memory of all isolation: of each machine and container on hosts, and of the containers in machines. */
function tareOf(
  { weights, policy }: Setting,
  placed: readonly Placed[],
  apps: readonly Placed[],
  workers: Workers | null,
): number {
  const isWorker = new Set(workers?.pools.map(({ id }) => id));
  const inside = new Set(workers?.pools.flatMap(({ problem }) => problem.items.map(({ id }) => id)));
  const each = (form: Form, { own, row }: Placed) =>
    tareBytesAt(weights[form].memory, own.memory, row.cpuThreads ?? 0);
  const { cpuThreads, memoryBytes } = policy.worker;
  const worker = tareBytesAt(weights.vm.memory, memoryBytes, cpuThreads);
  return (
    placed.reduce(
      (sum, item) => sum + item.count * (isWorker.has(item.row.app) ? worker : each(item.form, item)),
      0,
    ) +
    apps
      .filter(({ row }) => inside.has(row.id))
      .reduce((sum, item) => sum + item.count * each('container', item), 0)
  );
}

function keptBy(byType: Counts, { hosts, policy }: Setting, form: Form): number {
  return byType.reduce((sum, { type, hosts: count }) => {
    const host = hosts.find(({ id }) => id === type);
    return sum + (host === undefined ? 0 : count * keptOf(host, policy, form).memoryBytes);
  }, 0);
}

type Counts = readonly { readonly type: string; readonly hosts: number }[];

function costOf(
  byType: Counts,
  hosts: readonly HostType[],
  form: Form,
  placed: readonly Placed[],
): Answer['cost'] {
  const isMixed = placed.some((item) => item.form !== form);
  let perMonth = 0;
  const currencies = new Set<string>();
  for (const { type, hosts: count } of byType) {
    const host = hosts.find(({ id }) => id === type);
    const each = host === undefined ? null : monthlyCost(host, form, isMixed);
    if (host?.price == null || each === null) return null;
    perMonth += each * count;
    currencies.add(host.price.currency);
  }
  const [currency] = currencies;
  return currency === undefined || currencies.size > 1 ? null : { perMonth, currency };
}

/** Linear between rest and full load, all hosts as busy as the whole: a spare host shares the load. */
function wattsOf(byType: Counts, hosts: readonly HostType[], packing: Packing): number | null {
  const busy = packing.fill.find(({ dimension }) => dimension === 'cpu')?.share ?? 0;
  let watts = 0;
  for (const { type, hosts: count } of byType) {
    const drawn = hosts.find(({ id }) => id === type)?.watts;
    if (drawn == null) return null;
    watts += count * (drawn.idle + busy * (drawn.full - drawn.idle));
  }
  return watts;
}
