/**
 * What sets the count: of every rule and resource the fewest hosts that it alone asks for, the largest of which is
 * what limits; what easing that one would save; and what makes virtual machines and containers differ.
 */
import type { HostType } from '../model.ts';
import type { BinType } from '../packing/model.ts';
import type { Alternative } from '../problem.ts';
import type { Answer, Question } from '../size.ts';
import { byAlternative, countOf, difference, lightAnswer, type Count } from './counts.ts';

export interface Limit {
  readonly kind: 'resource' | 'instances' | 'apart';
  /** Dimension of the packing, or the key of what is kept apart. */
  readonly name: string;
  /** Of what is kept apart: so many on one host, of so many. */
  readonly most: number;
  readonly count: number;
  /** Hosts that it alone asks for: of a resource in fractions of what the hosts in use have on average. */
  readonly hosts: number;
}

/** Largest first; without one where nothing is placed. */
export function limitsOf({ problem, packing }: Answer): Limit[] {
  const types = new Map(problem.bins.map((type) => [type.id, type]));
  const all = packing.bins.reduce((sum, { copies }) => sum + copies, 0);
  if (all === 0) return [];
  // Against the mean of the hosts in use: of one kind its own room, of several what their mix has.
  const mean = (room: (type: BinType) => number) =>
    packing.bins.reduce((sum, { type, copies }) => {
      const found = types.get(type);
      return sum + (found === undefined ? 0 : copies * room(found));
    }, 0) / all;
  const worth = (sum: number, room: number) => (sum === 0 ? 0 : room > 0 ? sum / room : Infinity);
  const sums = problem.dimensions.map((name, d): Limit => {
    const sum = problem.items.reduce((total, { count, size }) => total + count * (size[d] ?? 0), 0);
    const hosts = worth(
      sum,
      mean(({ capacity }) => capacity[d] ?? 0),
    );
    return { kind: 'resource', name, most: 0, count: sum, hosts };
  });
  const count = problem.items.reduce((total, item) => total + item.count, 0);
  const slots = mean(({ maxItems }) => maxItems ?? Infinity);
  const keys = new Map<string, { most: number; count: number }>();
  for (const { count: items, apart = [] } of problem.items) {
    if (items === 0) continue;
    for (const { key, most, weight = 1 } of apart) {
      const known = keys.get(key) ?? { most, count: 0 };
      keys.set(key, { most: Math.min(known.most, most), count: known.count + items * weight });
    }
  }
  const rules = [...keys].map(([name, key]): Limit => ({
    kind: 'apart',
    name,
    ...key,
    hosts: Math.ceil(key.count / key.most),
  }));
  const instances: Limit = { kind: 'instances', name: '', most: slots, count, hosts: count / slots };
  return [...sums, instances, ...rules].sort((a, b) => b.hosts - a.hosts);
}

/** What sets the count of an answer; null: nothing is placed. */
export function limitOf(answer: Answer): Limit | null {
  return limitsOf(answer)[0] ?? null;
}

export interface Eased {
  /** How it was eased. */
  readonly how: 'dropped' | 'a quarter more per host';
  /** Hosts and cost that are saved, below 0; null: one of both does not fit. */
  readonly hosts: number | null;
  readonly cost: number | null;
}

/** The question without a rule, or with hosts that have more of a resource. */
function ease({ inventory, hosts, policy, ...rest }: Question, { kind, name }: Limit): Question {
  if (kind === 'apart') {
    const demand = inventory.demand.map((row) => ({
      ...row,
      apart: row.apart.filter(({ key }) => key !== name),
    }));
    return { ...rest, hosts, policy, inventory: { ...inventory, demand } };
  }
  if (kind === 'instances') {
    const maxInstances = { vm: 1e6, container: 1e6 };
    const free = hosts.map((host) => ({ ...host, maxInstances: null }));
    return { ...rest, inventory, hosts: free, policy: { ...policy, maxInstances } };
  }
  return { ...rest, inventory, policy, hosts: hosts.map((host) => larger(host, name)) };
}

function larger(host: HostType, dimension: string): HostType {
  const more = 1.25;
  switch (dimension) {
    case 'cpu':
      return { ...host, cores: host.cores * more, threads: host.threads * more };
    case 'memory':
      return { ...host, memoryBytes: host.memoryBytes * more };
    case 'disk':
      return { ...host, disks: host.disks.map((disk) => ({ ...disk, bytes: disk.bytes * more })) };
    case 'iops':
      return {
        ...host,
        disks: host.disks.map((disk) => ({ ...disk, iops: disk.iops === null ? null : disk.iops * more })),
      };
    case 'network':
      return { ...host, networkBytesPerSecond: (host.networkBytesPerSecond ?? 0) * more };
    default: {
      const units = host.devices[dimension] ?? 0;
      return { ...host, devices: { ...host.devices, [dimension]: Math.ceil(units * more) } };
    }
  }
}

/** What separates containers from virtual machines. */
export type Factor = 'reserves' | 'instances' | 'tare' | 'licences';

export interface Decision {
  /** Made equal by itself, this takes the difference away; more than one where each does. */
  readonly factors: readonly Factor[];
  readonly measure: 'hosts' | 'cost';
}

export interface Limits {
  /** What easing the limit of each answer saves; null: nothing limits it, or it does not fit. */
  readonly eased: Readonly<Record<Alternative, Eased | null>>;
  /** Null: they do not differ, or nothing alone makes them. */
  readonly decision: Decision | null;
}

/** By heuristics on both sides of each difference. */
export async function easedOf(question: Question, answers: readonly Answer[]): Promise<Limits> {
  const plain = await byAlternative(async (name) => countOf(await lightAnswer(name, question)));
  const eased = await byAlternative(async (name): Promise<Eased | null> => {
    const answer = answers.find(({ alternative }) => alternative === name);
    const limit = answer === undefined || answer.unplaced.length > 0 ? null : limitOf(answer);
    if (limit === null) return null;
    const after = countOf(await lightAnswer(name, ease(question, limit)));
    const [hosts, cost] = [
      difference(after.hosts, plain[name].hosts),
      difference(after.cost, plain[name].cost),
    ];
    // An answer with less to ask for needs no more: more is the packer's luck.
    const isLuck = (cost ?? hosts ?? 0) > 0;
    const how = limit.kind === 'resource' ? 'a quarter more per host' : 'dropped';
    return { how, hosts: isLuck ? 0 : hosts, cost: isLuck && cost !== null ? 0 : cost };
  });
  return { eased, decision: await decisionOf(question, plain) };
}

async function decisionOf(
  question: Question,
  plain: Readonly<Record<Alternative, Count>>,
): Promise<Decision | null> {
  const between = (vm: Count, container: Count, measure: Decision['measure']) =>
    difference(container[measure], vm[measure]);
  const measure = (['hosts', 'cost'] as const).find(
    (one) => (between(plain.vm, plain.container, one) ?? 0) !== 0,
  );
  if (measure === undefined) return null;
  const { policy, weights, hosts } = question;
  const { reserved, maxInstances } = policy;
  const equal: readonly (readonly [Factor, Question])[] = [
    [
      'reserves',
      {
        ...question,
        policy: { ...policy, reserved: { ...reserved, container: { rule: 'none', ...reserved.vm } } },
      },
    ],
    [
      'instances',
      { ...question, policy: { ...policy, maxInstances: { ...maxInstances, container: maxInstances.vm } } },
    ],
    ['tare', { ...question, weights: { ...weights, vm: { ...weights.container, form: 'vm' } } }],
    ['licences', { ...question, hosts: hosts.map((host) => ({ ...host, licences: [] })) }],
  ];
  const factors: Factor[] = [];
  for (const [factor, asked] of equal) {
    const vm = countOf(await lightAnswer('vm', asked));
    const container = countOf(await lightAnswer('container', asked));
    if (between(vm, container, measure) === 0) factors.push(factor);
  }
  return { factors, measure };
}
