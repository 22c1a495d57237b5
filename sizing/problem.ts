/**
 * The same demand as a packing problem for each answer: virtual machines on hosts, containers on hosts, and
 * containers in virtual machines (first into the machines, then those onto hosts).
 */
import {
  dimensions,
  grownCounts,
  mustBeVm,
  needAs,
  ownNeed,
  sumOf,
  type Basis,
  type Need,
} from './demand.ts';
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
  readonly apart: readonly Apart[];
}

/** Rows in the form that an alternative asks for, or the one they cannot leave. */
export function placedAs(form: Form, { inventory, policy, basis, weights }: Setting): Placed[] {
  const counts = grownCounts(inventory.demand, policy);
  return inventory.demand.map((row, at) => {
    const own = ownNeed(row, policy, basis, weights);
    const apart = policy.affinity && row.apart !== null ? [row.apart] : [];
    const actual = form === 'container' && (mustBeVm(row) || row.ownKernel) ? 'vm' : form;
    return {
      row,
      count: counts[at] ?? row.count,
      own,
      form: actual,
      need: needAs(actual, own, weights, row),
      apart,
    };
  });
}

/** Which needs a host can be asked for: CPU and memory always, others where something needs and all hosts tell. */
export function dimensionsOf(placed: readonly Placed[], hosts: readonly HostType[]): (keyof Need)[] {
  const asked = sumOf(placed);
  const told: Record<keyof Need, boolean> = {
    cpu: true,
    memory: true,
    disk: hosts.every(({ disks }) => disks.length > 0),
    iops: hosts.every(({ disks }) => disks.length > 0 && disks.every(({ iops }) => iops !== null)),
    network: hosts.every(({ networkBytesPerSecond }) => networkBytesPerSecond !== null),
  };
  return dimensions.filter((key) => told[key] && (key === 'cpu' || key === 'memory' || asked[key] > 0));
}

export function problemOf(placed: readonly Placed[], setting: Setting, form: Form): Problem {
  const keys = dimensionsOf(placed, setting.hosts);
  const domains = new Set(setting.hosts.map(({ domain }) => domain)).size;
  const isMixed = placed.some((item) => item.form !== form);
  return {
    dimensions: keys,
    items: placed
      .filter(({ count }) => count > 0)
      .map(({ row, count, need, apart }): ItemGroup => ({
        id: row.id,
        count,
        size: keys.map((key) => need[key]),
        ...(apart.length > 0 ? { apart } : {}),
        ...(setting.policy.affinity && row.spread !== null && domains > 1 ? { domains } : {}),
        ...(row.together === null ? {} : { together: row.together }),
        ...allowedHosts(row, setting.hosts),
      })),
    bins: setting.hosts.map((host) => binOf(host, keys, setting, form, isMixed)),
  };
}

/** An item whose labels no host carries may go nowhere, and the packing says so. */
export function allowedHosts(row: DemandRow, hosts: readonly HostType[]): Pick<ItemGroup, 'bins'> {
  const labels = Object.entries(row.hostLabels);
  if (labels.length === 0) return {};
  const fit = hosts.filter((host) => labels.every(([key, value]) => host.labels[key] === value));
  return {
    bins:
      fit.length > 0
        ? fit.map(({ id }) => id)
        : [`a host with ${labels.map(([key, value]) => `${key}=${value}`).join(', ')}`],
  };
}

function binOf(
  host: HostType,
  keys: readonly (keyof Need)[],
  setting: Setting,
  form: Form,
  isMixed: boolean,
): BinType {
  const room = roomOf(host, setting, form);
  const cost = monthlyCost(host, form, isMixed);
  const priced = setting.hosts.every(({ price }) => price !== null);
  return {
    id: host.id,
    capacity: keys.map((key) => room[key]),
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

/** What a host gives to instances: less what is reserved and what runs on every host, to the fill target. */
export function roomOf(host: HostType, setting: Setting, form: Form): Need {
  const { policy } = setting;
  const cores = effectiveCores(host.cores, host.threads, policy.smt);
  const own = policy.reserved[form];
  const kept = reservedBy(form === 'vm' ? 'none' : policy.reserved.container.rule, {
    cpuThreads: host.threads,
    memoryBytes: host.memoryBytes,
    maxInstances: host.maxInstances ?? policy.maxInstances[form],
  });
  const every = everyHost(setting);
  const part = cores / host.threads;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const left = {
    cpu: cores - (kept.cpuThreads + own.cpuThreads) * part - every.cpu,
    memory: host.memoryBytes - kept.memoryBytes - kept.evictionBytes - own.memoryBytes - every.memory,
    disk: sum(host.disks.map(({ bytes }) => bytes)) - every.disk,
    iops: sum(host.disks.map(({ iops }) => iops)) - every.iops,
    network: (host.networkBytesPerSecond ?? 0) - every.network,
  };
  return scaled(left, policy.fill);
}

/** Daemon sets and the like: one of each on every host. */
export function everyHost({ inventory, policy, basis, weights }: Setting): Need {
  return sumOf(
    inventory.perHost.map((row) => ({
      count: 1,
      need: needAs('container', ownNeed(row, policy, basis, weights), weights, row),
    })),
  );
}

export function scaled(need: Need, by: number): Need {
  return {
    cpu: Math.max(0, need.cpu * by),
    memory: Math.max(0, need.memory * by),
    disk: Math.max(0, need.disk * by),
    iops: Math.max(0, need.iops * by),
    network: Math.max(0, need.network * by),
  };
}
