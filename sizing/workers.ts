/**
 * Containers in virtual machines: containers are packed into machines of the policy's size, and the machines
 * become the instances that hosts hold. What needs a machine of its own, or is larger than one, gets one.
 */
import { needAs, sumOf, type Amount, type Need } from './demand.ts';
import type { DemandRow, HostType, SizingPolicy } from './model.ts';
import type { Packing, Problem } from './packing/model.ts';
import { allowedHosts, everyHost, placedAs, scaled, type Placed, type Setting } from './problem.ts';
import { reservedBy } from './policy/reserve.ts';
import { insideBytesAt, tareBytesAt } from './tare-curve.ts';

export interface Workers {
  /** Machines and what stays a machine of its own, ready to be packed onto hosts. */
  readonly placed: readonly Placed[];
  readonly count: number;
  /** No packing of the containers needs fewer machines. */
  readonly bound: number;
  readonly pools: readonly { readonly id: string; readonly problem: Problem; readonly packing: Packing }[];
  readonly alone: number;
  /** Of all machines, for the kubelet and the system in them. */
  readonly keptBytes: number;
}

export type Make = (problem: Problem) => Packing | Promise<Packing>;

/** What a machine that holds containers keeps for its own system. */
function keptInside({ worker, reserved, maxInstances }: SizingPolicy): {
  readonly cpuThreads: number;
  readonly memoryBytes: number;
} {
  const own = reserved.worker;
  const kept = reservedBy(own.rule, { ...worker, maxInstances: maxInstances.container });
  return {
    cpuThreads: kept.cpuThreads + own.cpuThreads,
    memoryBytes: kept.memoryBytes + kept.evictionBytes + own.memoryBytes,
  };
}

/** Room in one machine: its size less the guest, what the kubelet keeps and daemon sets, to the fill target. */
function workerRoom(
  setting: Setting,
  hosts: readonly HostType[] = setting.hosts,
): { cpu: number; memory: number } {
  const { policy, weights } = setting;
  const { cpuThreads, memoryBytes } = policy.worker;
  const kept = keptInside(policy);
  const every = everyHost(setting, hosts);
  return {
    cpu: Math.max(0, (cpuThreads - kept.cpuThreads - weights.vm.idleThreads - every.cpu) * policy.fill),
    memory: Math.max(
      0,
      (memoryBytes -
        insideBytesAt(weights.vm.memory, memoryBytes, cpuThreads) -
        kept.memoryBytes -
        every.memory) *
        policy.fill,
    ),
  };
}

/** Packs the containers into machines, those of one choice of hosts together. */
export async function workersOf(setting: Setting, make: Make): Promise<Workers> {
  const { policy, weights, hosts } = setting;
  const room = workerRoom(setting);
  const pools = new Map<string, Placed[]>();
  const alone: Placed[] = [];
  const containers = placedAs('container', setting);
  // What goes onto one host together goes into one machine where it fits, and into machines on one host else.
  const joint = new Map<string, { cpu: number; memory: number }>();
  for (const { row, count, need } of containers) {
    if (row.together === null) continue;
    const sum = joint.get(row.together) ?? { cpu: 0, memory: 0 };
    joint.set(row.together, { cpu: sum.cpu + need.cpu * count, memory: sum.memory + need.memory * count });
  }
  for (const item of containers) {
    const { cpu, memory } = joint.get(item.row.together ?? '') ?? item.need;
    // A device is passed to a machine of its own.
    const hasDevice = Object.keys(item.need.devices).some((name) => name.includes('/'));
    const fits = cpu <= room.cpu && memory <= room.memory && !hasDevice;
    if (item.form === 'vm' || !fits) {
      // Hosts of this answer are filled by their machines, which are filled to the target themselves.
      const need = scaled(
        needAs('vm', item.form === 'vm' ? item.own : item.need, weights, item.row),
        1 / policy.fill,
      );
      alone.push({ ...item, form: 'vm', need });
      continue;
    }
    const pool = JSON.stringify(allowedHosts(item.row, hosts).bins ?? []);
    const known = pools.get(pool);
    if (known === undefined) pools.set(pool, [item]);
    else known.push(item);
  }
  const placed: Placed[] = [...alone];
  const packed: { id: string; problem: Problem; packing: Packing }[] = [];
  let count = 0;
  let bound = 0;
  for (const [at, items] of [...pools.values()].entries()) {
    const keys = ['cpu', 'memory'] as const;
    const problem: Problem = {
      dimensions: keys,
      items: items
        .filter((item) => item.count > 0)
        .map(({ row, count: copies, need, apart, marks, avoids }) => ({
          id: row.id,
          count: copies,
          size: keys.map((key) => need[key]),
          ...(apart.length > 0 ? { apart } : {}),
          ...(marks.length > 0 ? { marks } : {}),
          ...(avoids.length > 0 ? { avoids } : {}),
          ...(row.together === null ? {} : { together: row.together }),
        })),
      bins: [
        {
          id: 'worker',
          capacity: keys.map((key) => room[key]),
          cost: 1,
          maxItems: policy.maxInstances.container,
        },
      ],
    };
    const packing = await make(problem);
    const id = pools.size === 1 ? 'worker' : `worker-${String(at + 1)}`;
    packed.push({ id, problem, packing });
    count += packing.count;
    bound += packing.countBound;
    placed.push(...machines(id, items, packing, setting));
  }
  return {
    placed,
    count,
    bound,
    pools: packed,
    alone: alone.reduce((sum, item) => sum + item.count, 0),
    keptBytes: count * keptInside(policy).memoryBytes,
  };
}

/**
 * The machines of a pool as instances of hosts: alike but for what is kept apart inside them. What their containers
 * share of disk and network is spread evenly over them.
 */
function machines(
  id: string,
  items: readonly Placed[],
  { bins, count }: Packing,
  { policy, weights }: Setting,
): Placed[] {
  const { cpuThreads, memoryBytes } = policy.worker;
  const { memory: vm } = weights.vm;
  const [first] = items;
  if (first === undefined) throw new Error('a pool has items');
  const inside = sumOf(items);
  const share = (key: Amount) => (count === 0 ? 0 : inside[key] / count);
  const need: Need = {
    cpu: cpuThreads,
    // What the machine takes outside its guest is its host's to give.
    memory:
      memoryBytes + tareBytesAt(vm, memoryBytes, cpuThreads) - insideBytesAt(vm, memoryBytes, cpuThreads),
    disk: share('disk') + weights.vm.diskBytes,
    iops: share('iops'),
    network: share('network'),
    devices: Object.fromEntries(
      Object.entries(inside.devices).map(([name, units]) => [name, count === 0 ? 0 : units / count]),
    ),
  };
  const byId = new Map(items.map((item) => [item.row.id, item]));
  const kinds = new Map<
    string,
    { readonly rules: Pick<Placed, 'apart' | 'marks' | 'avoids'>; count: number }
  >();
  for (const { contents, copies } of bins) {
    const held = contents.flatMap((content) => {
      const item = byId.get(content.item);
      return item === undefined ? [] : [{ item, count: content.count }];
    });
    const weights = new Map<string, Placed['apart'][number]>();
    for (const { item, count: times } of held) {
      for (const rule of item.apart) {
        // Machines on one host do not meet in what only their own kernels have.
        if (rule.withinKernel === true) continue;
        const weight = (weights.get(rule.key)?.weight ?? 0) + times;
        weights.set(rule.key, { ...rule, weight });
      }
    }
    const all = (of: 'marks' | 'avoids') => [...new Set(held.flatMap(({ item }) => item[of]))].sort();
    const rules = {
      apart: [...weights.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
      marks: all('marks'),
      avoids: all('avoids'),
    };
    const key = JSON.stringify(rules);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { rules, count: copies });
    else known.count += copies;
  }
  return [...kinds.values()].map((kind, at): Placed => {
    const row: DemandRow = {
      ...first.row,
      id: kinds.size === 1 ? id : `${id}.${String(at + 1)}`,
      app: id,
      count: kind.count,
      apart: [],
      marks: [],
      avoids: [],
      spread: null,
      together: null,
      form: 'vm',
    };
    return { row, count: kind.count, own: need, form: 'vm', need, ...kind.rules };
  });
}
