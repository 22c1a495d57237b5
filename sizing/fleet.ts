/**
 * What a change of an instance's weight costs a fleet in hosts: "+12 MiB per instance at 20,000 instances on these
 * hosts under this policy = +2 hosts". Small, pure and deterministic, so that a gate can call it; the packing is
 * that of `tare size` without its prover.
 */
import { z } from 'zod';
import { parseChecked } from '../model/yaml.ts';
import { needAs, type Need } from './demand.ts';
import { share, size, wholePositive } from './policy/fields.ts';
import { blankRow } from './inventories/rows.ts';
import { surviving } from './losses.ts';
import type { HostType, Inventory, SizingPolicy } from './model.ts';
import { packQuickly } from './packing/pack.ts';
import { defaultPolicy } from './policy/policy.ts';
import { problemOf, type Placed, type Setting } from './problem.ts';
import { flat } from './tare-curve.ts';
import type { Form, Weights } from './weights.ts';

const instanceSchema = z.strictObject({
  name: z.string().min(1).optional(),
  count: wholePositive.max(10_000_000),
  cpu: z.number().nonnegative().max(1024).describe('Threads that one instance is given: 0.25.'),
  memory: size.describe('That one instance takes of its host before the change, its isolation included.'),
});
const lossSchema = z.strictObject({
  least: z.number().int().min(0).max(100_000).optional(),
  share: share.optional(),
});
const wholeShare = share.refine((value) => value > 0 && value <= 1, {
  message: 'must be more than 0 and at most 100%',
});

/** A fleet as a block of YAML, in a file of its own or within another. */
export const fleetSchema = z.strictObject({
  form: z.enum(['vm', 'container']).default('container').describe('Which rules of the host hold.'),
  instances: z.array(instanceSchema).min(1),
  host: z
    .strictObject({
      cores: wholePositive.describe('Physical cores of all sockets.'),
      threads: wholePositive.optional().describe('Hardware threads; without it SMT is off.'),
      memory: size.describe('512GiB'),
      available: wholePositive.optional(),
      maxInstances: wholePositive.optional(),
    })
    .refine(({ cores, threads }) => threads === undefined || (threads >= cores && threads % cores === 0), {
      message: 'must be the cores or a whole multiple of them',
      path: ['threads'],
    }),
  headroom: share.default(0).describe("Added to the instances' needs, not to the change: 10%."),
  overcommit: z.number().min(1).max(100).default(1).describe('Threads given per thread of the host.'),
  fill: wholeShare.optional().describe('Largest share of a host that is filled: 80%.'),
  reserved: z
    .strictObject({ cpu: z.number().nonnegative().default(0), memory: size.optional() })
    .optional()
    .describe('Of every host, instead of the published rule.'),
  survive: lossSchema.default({}).describe('Hosts that may be lost: the larger of both.'),
});

export interface Fleet {
  readonly form: Form;
  readonly instances: readonly {
    readonly name: string;
    readonly count: number;
    /** Of its host, headroom and overcommit applied. */
    readonly need: Need;
  }[];
  readonly host: HostType;
  readonly policy: SizingPolicy;
}

/** Per instance; below 0 where it became lighter. */
export interface FleetChange {
  readonly memoryBytes: number;
  readonly cpuThreads: number;
}

export interface FleetCount {
  /** Those held back for losses included; null: there is no room for all. */
  readonly hosts: number | null;
  /** Working hosts, and the fewest that any packing could have. */
  readonly working: number;
  readonly bound: number;
  /** "memory", "cpu" or "items per bin": the fullest. */
  readonly binding: string | null;
}

export interface HostsOfChange {
  readonly instances: number;
  readonly change: FleetChange;
  readonly before: FleetCount;
  readonly after: FleetCount;
  /** Hosts more; null: one of both does not fit. */
  readonly more: number | null;
  /** Both counts are the fewest possible, so that the difference is no accident of the packing. */
  readonly isProven: boolean;
}

/**
 * A fleet of its own file.
 * @throws UserError with every problem, one line each
 */
export function parseFleet(text: string, file: string): Fleet {
  const { data } = parseChecked(text, file, fleetSchema, {
    what: 'fleet',
    expected: 'a mapping with instances and host',
    hint: 'fix the fleet; docs/sizing/fleet.yaml is an example',
  });
  return fleetOf(data);
}

/** A fleet of what `fleetSchema` read, where it is a block within another file. */
export function fleetOf(data: z.output<typeof fleetSchema>): Fleet {
  const base = defaultPolicy();
  const { form, host, reserved, survive } = data;
  const own = { cpuThreads: reserved?.cpu ?? 0, memoryBytes: reserved?.memory ?? 0 };
  const policy: SizingPolicy = {
    ...base,
    name: 'fleet',
    fill: data.fill ?? base.fill,
    survive: {
      least: survive.least ?? base.survive.least,
      share: survive.share ?? base.survive.share,
      unit: 'host',
    },
    reserved:
      reserved === undefined
        ? base.reserved
        : { ...base.reserved, vm: own, container: { rule: 'none', ...own } },
  };
  return {
    form,
    instances: data.instances.map(({ name, count, cpu, memory }, at) => ({
      name: name ?? `instances.${String(at + 1)}`,
      count,
      need: {
        cpu: (cpu / data.overcommit) * (1 + data.headroom),
        memory: memory * (1 + data.headroom),
        disk: 0,
        iops: 0,
        network: 0,
        devices: {},
      },
    })),
    host: {
      id: 'host',
      sockets: 1,
      cores: host.cores,
      threads: host.threads ?? host.cores,
      memoryBytes: host.memory,
      disks: [],
      networkBytesPerSecond: null,
      devices: {},
      price: null,
      watts: null,
      licences: [],
      available: host.available ?? null,
      labels: {},
      taints: [],
      domain: null,
      maxInstances: host.maxInstances ?? null,
      source: { file: 'fleet', sheet: null, row: null },
    },
    policy,
  };
}

/**
 * Hosts more (or fewer, below 0) where every instance takes so much more. A change is added as it is: neither
 * headroom nor overcommit make a measured byte more or less.
 */
export function hostsOfChange(fleet: Fleet, change: FleetChange): HostsOfChange {
  const none = { memoryBytes: 0, cpuThreads: 0 };
  const [before, after] = orderedCounts(countOf(fleet, none), countOf(fleet, change), change);
  return {
    instances: fleet.instances.reduce((sum, { count }) => sum + count, 0),
    change,
    before,
    after,
    more: before.hosts === null || after.hosts === null ? null : after.hosts - before.hosts,
    isProven: before.working === before.bound && after.working === after.bound,
  };
}

/**
 * A packing of heavier instances holds for lighter ones: where the heuristics found fewer hosts for the heavier,
 * those are taken for the lighter too.
 */
function orderedCounts(before: FleetCount, after: FleetCount, change: FleetChange): [FleetCount, FleetCount] {
  const { memoryBytes, cpuThreads } = change;
  const fewer = (light: FleetCount, heavy: FleetCount): FleetCount =>
    heavy.hosts !== null && (light.hosts === null || heavy.hosts < light.hosts)
      ? { ...light, hosts: heavy.hosts, working: heavy.working }
      : light;
  if (memoryBytes >= 0 && cpuThreads >= 0) return [fewer(before, after), after];
  if (memoryBytes <= 0 && cpuThreads <= 0) return [before, fewer(after, before)];
  return [before, after];
}

function countOf(fleet: Fleet, change: FleetChange): FleetCount {
  const { form, host, policy } = fleet;
  const placed = fleet.instances.map(({ name, count, need }): Placed => {
    const row = { ...blankRow(name, host.source), id: name, count };
    const own = {
      ...need,
      cpu: Math.max(0, need.cpu + change.cpuThreads),
      memory: Math.max(0, need.memory + change.memoryBytes),
    };
    return {
      row,
      count,
      own,
      form,
      need: needAs(form, own, weightless, row),
      apart: [],
      marks: [],
      avoids: [],
    };
  });
  const setting: Setting = {
    inventory: { ...emptyInventory, demand: placed.map(({ row }) => row) },
    hosts: [host],
    policy,
    weights: weightless,
    basis: { kind: 'usage', confidence: 1, words: 'declared' },
  };
  const problem = problemOf(placed, setting, form);
  const packing = packQuickly(problem);
  const { hosts } = surviving(problem, packing, policy);
  const { count: working, countBound: bound, fill } = packing;
  return { hosts, working, bound, binding: fill[0]?.dimension ?? null };
}

/** What instances take includes their isolation: nothing is added to it. */
const nothing = (form: Form): Weights => ({
  form,
  evidence: 'assumed',
  emulated: false,
  source: 'fleet',
  memory: flat(0),
  diskBytes: 0,
  idleThreads: 0,
  remarks: [],
});
const weightless = { vm: nothing('vm'), container: nothing('container') };

const emptyInventory: Inventory = {
  files: [],
  demand: [],
  perHost: [],
  today: [],
  leftOut: [],
  problems: [],
  remarks: [],
  claims: [],
  confidence: 1,
};
