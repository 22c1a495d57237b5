/**
 * The same demand as a packing problem for each answer: virtual machines on hosts, containers on hosts, and
 * containers in virtual machines (first into the machines, then those onto hosts).
 */
import {
  amountOf,
  amounts,
  grownCounts,
  mustBeVm,
  needAs,
  ownNeed,
  sumOf,
  type Amount,
  type Basis,
  type Need,
} from './demand.ts';
import { hostWords, mayRunOn } from './labels.ts';
import { licenceCost } from './licence.ts';
import type { DemandRow, HostType, Inventory, SizingPolicy } from './model.ts';
import type { Apart, BinType, ItemGroup, Problem } from './packing/model.ts';
import { effectiveCores, reservedBy } from './policy/reserve.ts';
import type { BothWeights, Form } from './weights.ts';

export const alternatives = ['vm', 'container', 'containers-in-vms'] as const;
export type Alternative = (typeof alternatives)[number];

export interface Setting {
  readonly inventory: Inventory;
  readonly hosts: readonly HostType[];
  readonly policy: SizingPolicy;
  readonly weights: BothWeights;
  readonly basis: Basis;
}

/** A demand row as it would run. */
export interface Placed {
  readonly row: DemandRow;
  readonly count: number;
  readonly own: Need;
  readonly form: Form;
  readonly need: Need;
  /** Of itself, or of what is inside it. */
  readonly apart: readonly (Apart & Pick<DemandRow['apart'][number], 'withinKernel'>)[];
  readonly marks: readonly string[];
  readonly avoids: readonly string[];
}

const none: readonly never[] = [];

/** Rows in the form that an alternative asks for, or the one they cannot leave. */
export function placedAs(form: Form, { inventory, policy, basis, weights }: Setting): Placed[] {
  const counts = grownCounts(inventory.demand, policy);
  return inventory.demand.map((row, at) => {
    const own = ownNeed(row, policy, basis, weights);
    const actual = form === 'container' && (mustBeVm(row) || row.ownKernel) ? 'vm' : form;
    const binds = ({ withinKernel }: DemandRow['apart'][number]) => withinKernel !== true || actual !== 'vm';
    return {
      row,
      count: counts[at] ?? row.count,
      own,
      form: actual,
      need: needAs(actual, own, weights, row),
      apart: policy.affinity ? row.apart.filter(binds) : none,
      marks: policy.affinity ? row.marks : none,
      avoids: policy.affinity ? row.avoids : none,
    };
  });
}

/**
 * Which needs a host can be asked for: CPU and memory always, others where something needs and all hosts tell.
 * A device that is asked for always counts: a host that does not name it has none. What Kubernetes names without
 * a domain (ephemeral-storage) is counted like a disk, where all hosts tell.
 */
export function dimensionsOf(placed: readonly Placed[], hosts: readonly HostType[]): string[] {
  const asked = sumOf(placed);
  const told: Record<Amount, boolean> = {
    cpu: true,
    memory: true,
    disk: hosts.every(({ disks }) => disks.length > 0),
    iops: hosts.every(({ disks }) => disks.length > 0 && disks.every(({ iops }) => iops !== null)),
    network: hosts.every(({ networkBytesPerSecond }) => networkBytesPerSecond !== null),
  };
  return [
    ...amounts.filter((key) => told[key] && (key === 'cpu' || key === 'memory' || asked[key] > 0)),
    ...Object.keys(asked.devices)
      .filter((name) => (asked.devices[name] ?? 0) > 0)
      .filter((name) => isCounted(name, hosts))
      .sort(),
  ];
}

/** Whether a named resource is a dimension of these hosts, where something asks for it. */
export function isCounted(device: string, hosts: readonly HostType[]): boolean {
  return device.includes('/') || hosts.every((host) => Object.hasOwn(host.devices, device));
}

export function problemOf(placed: readonly Placed[], setting: Setting, form: Form): Problem {
  const keys = dimensionsOf(placed, setting.hosts);
  const domains = new Set(setting.hosts.map(({ domain }) => domain)).size;
  const isMixed = placed.some((item) => item.form !== form);
  return {
    dimensions: keys,
    items: placed
      .filter(({ count }) => count > 0)
      .map(({ row, count, need, apart, marks, avoids }): ItemGroup => ({
        id: row.id,
        count,
        size: keys.map((key) => amountOf(need, key)),
        ...(apart.length > 0 ? { apart } : {}),
        ...(marks.length > 0 ? { marks } : {}),
        ...(avoids.length > 0 ? { avoids } : {}),
        ...(setting.policy.affinity && row.spread !== null && domains > 1 ? { domains } : {}),
        ...(row.together === null ? {} : { together: row.together }),
        ...allowedHosts(row, setting.hosts),
      })),
    bins: setting.hosts.map((host) => binOf(host, keys, setting, form, isMixed)),
  };
}

/** An item that no host may take may go nowhere, and the packing says so. */
export function allowedHosts(row: DemandRow, hosts: readonly HostType[]): Pick<ItemGroup, 'bins'> {
  const fit = hosts.filter((host) => mayRunOn(row, host));
  if (fit.length === hosts.length) return {};
  if (fit.length > 0) return { bins: fit.map(({ id }) => id) };
  const words = hostWords(row);
  return {
    bins: [words === null ? 'a host without a taint that it does not tolerate' : `a host with ${words}`],
  };
}

function binOf(
  host: HostType,
  keys: readonly string[],
  setting: Setting,
  form: Form,
  isMixed: boolean,
): BinType {
  const room = roomOf(host, setting, form);
  const cost = monthlyCost(host, form, isMixed);
  const priced = setting.hosts.every(({ price }) => price !== null);
  return {
    id: host.id,
    capacity: keys.map((key) => amountOf(room, key)),
    cost: priced ? (cost ?? 1) : 1,
    ...(host.available === null ? {} : { available: host.available }),
    ...(host.domain === null ? {} : { domain: host.domain }),
    maxItems: host.maxInstances ?? setting.policy.maxInstances[form],
  };
}

/** Price and licences; null: without a price. A host with both forms pays the dearer licence of the two. */
export function monthlyCost(host: HostType, form: Form, isMixed: boolean): number | null {
  if (host.price === null) return null;
  const licences = isMixed
    ? Math.max(licenceCost(host, 'vm'), licenceCost(host, 'container'))
    : licenceCost(host, form);
  return host.price.perMonth + licences;
}

/** What a host keeps for its own system: threads and bytes, those at which a kubelet evicts included. */
export function keptOf(
  host: HostType,
  { reserved, maxInstances }: SizingPolicy,
  form: Form,
): { readonly cpuThreads: number; readonly memoryBytes: number } {
  const own = reserved[form];
  const kept = reservedBy(form === 'vm' ? 'none' : reserved.container.rule, {
    cpuThreads: host.threads,
    memoryBytes: host.memoryBytes,
    maxInstances: host.maxInstances ?? maxInstances[form],
  });
  return {
    cpuThreads: kept.cpuThreads + own.cpuThreads,
    memoryBytes: kept.memoryBytes + kept.evictionBytes + own.memoryBytes,
  };
}

/** What a host gives to instances: less what is reserved and what runs on every host, to the fill target. */
function roomOf(host: HostType, setting: Setting, form: Form): Need {
  const { policy } = setting;
  const cores = effectiveCores(host.cores, host.threads, policy.smt);
  const kept = keptOf(host, policy, form);
  const every = everyHost(setting, [host]);
  const part = cores / host.threads;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const left = {
    cpu: cores - kept.cpuThreads * part - every.cpu,
    memory: host.memoryBytes - kept.memoryBytes - every.memory,
    disk: sum(host.disks.map(({ bytes }) => bytes)) - every.disk,
    iops: sum(host.disks.map(({ iops }) => iops)) - every.iops,
    network: (host.networkBytesPerSecond ?? 0) - every.network,
    devices: Object.fromEntries(
      Object.entries(host.devices).map(([name, count]) => [
        name,
        Math.max(0, count - (every.devices[name] ?? 0)),
      ]),
    ),
  };
  return scaled(left, policy.fill);
}

/** Daemon sets and the like: one of each on every host that one of these types is and that it may run on. */
export function everyHost(
  { inventory, policy, basis, weights }: Setting,
  hosts: readonly Pick<HostType, 'labels' | 'taints'>[],
): Need {
  return sumOf(
    inventory.perHost
      .filter((row) => hosts.some((host) => mayRunOn(row, host)))
      .map((row) => ({
        count: 1,
        need: needAs('container', ownNeed(row, policy, basis, weights), weights, row),
      })),
  );
}

/** Devices are whole and stay as they are: neither a fill target nor a headroom makes them fewer. */
export function scaled(need: Need, by: number): Need {
  return {
    cpu: Math.max(0, need.cpu * by),
    memory: Math.max(0, need.memory * by),
    disk: Math.max(0, need.disk * by),
    iops: Math.max(0, need.iops * by),
    network: Math.max(0, need.network * by),
    devices: need.devices,
  };
}
