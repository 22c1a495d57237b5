/**
 * What people say about VMs and containers, as data: each statement, what bears on it, the rule that turns that
 * into an answer, and what to run where nothing does. The readers of evidence are named, and live beside this
 * file; claims without one cannot be measured yet.
 */
import type { Family, LadderQuantity } from '../../../model/metric.ts';

/** Whose rows answer a claim. */
export type ClaimReader = 'tax' | 'same' | 'share' | 'requirements' | 'surface' | 'neighbours' | 'powers';

export interface ClaimDeclaration {
  readonly id: string;
  readonly statement: string;
  /** Metrics, or kinds of facts, that bear on it. */
  readonly metrics: readonly string[];
  /** How rows are answered, for a reader. */
  readonly rule: string;
  /** null: nothing in a record of a run bears on it. */
  readonly reader: ClaimReader | null;
  /** What it would take; said where there is no reader. */
  readonly toMeasure: string;
}

const factRule =
  'holds where every VM keeps apart what no container does, partly where some container does too; each fact for itself';

/** In the order in which they are shown (DESIGN, S1 to S7 and O1 to O5). */
export const claimTable: readonly ClaimDeclaration[] = [
  {
    id: 'S1',
    statement: 'Containers are orders of magnitude less taxing on the server than virtual machines.',
    metrics: ['startup.ready', 'tare.memory', 'slopes of a ladder', 'tare.disk', 'tare.processes', 'cpu.*'],
    rule: 'orders of magnitude are at least ten times: holds where the whole interval of VM over container is above, does not hold where it is below, each resource for itself',
    reader: 'tax',
    toMeasure: 'Run the scenarios "tare", "startup" and "cpu".',
  },
  {
    id: 'S2',
    statement: 'Containerised software runs the same from one environment to another.',
    metrics: ['image digest proven from inside', 'digests of output'],
    rule: 'holds where every launch proved the digest, and where every runner printed the same every time',
    reader: 'same',
    toMeasure: 'Run the scenario "portability".',
  },
  {
    id: 'S3',
    statement: 'Many workloads share one operating system, so containers let you run more of them.',
    metrics: ['kernel seen inside', 'density.instances', 'density.memory-per-instance'],
    rule: 'the kernel: holds where a container sees the host’s; the number: by the verdict of VM against container, never beyond the instances that ran (C24)',
    reader: 'share',
    toMeasure: 'Run the scenario "density".',
  },
  {
    id: 'S4',
    statement: 'A container’s dependence on the host’s kernel limits apps that need another system.',
    metrics: ['required kernel, modules, architecture and system, looked up from inside'],
    rule: 'holds where a VM met what no container did',
    reader: 'requirements',
    toMeasure: 'Run the scenario "portability".',
  },
  {
    id: 'S5',
    statement: 'Virtual machines are more isolated and secure.',
    metrics: ['surface facts'],
    rule: factRule,
    reader: 'surface',
    toMeasure: 'Run the scenario "surface".',
  },
  // Two claims in one sentence, answered apart: what can be reached, and who disturbs whom (C28).
  {
    id: 'S5-neighbours',
    statement: 'Virtual machines are more isolated: a noisy neighbour disturbs them less.',
    metrics: ['isolation.*'],
    rule: 'by the verdict of VM against container in the slowdown of a victim, stressor by stressor',
    reader: 'neighbours',
    toMeasure: 'Run the scenario "isolation".',
  },
  {
    id: 'S6',
    statement: 'A virtual machine gives an app the whole of an operating system.',
    metrics: ['surface facts'],
    rule: 'each power for itself: holds where every VM has it, partly where some has',
    reader: 'powers',
    toMeasure: 'Run the scenario "surface".',
  },
  {
    id: 'S7',
    statement: 'Fewer, denser servers cost less.',
    metrics: ['hosts for one demand as VMs, as containers and as both'],
    rule: 'from a count of hosts for the same demand on both sides, which no run of one host can give',
    reader: null,
    toMeasure:
      'A record of one host counts no servers. Run "tare size INVENTORY --hosts HOSTS --profile RECORD" with this record: hosts of the same demand as VMs, as containers and as both.',
  },
  {
    id: 'O1',
    statement: 'Storage is delivered automatically, on demand.',
    metrics: ['request to first durable write'],
    rule: 'not measured yet',
    reader: null,
    toMeasure: 'No run asks for storage yet; "io" measures volumes that are there already.',
  },
  {
    id: 'O2',
    statement: 'Provisioning follows policies.',
    metrics: ['policy asked against policy held: size, rate'],
    rule: 'not measured yet',
    reader: null,
    toMeasure: 'No run asks for storage by a policy yet.',
  },
  {
    id: 'O3',
    statement: 'Scaling is elastic across storage arrays.',
    metrics: ['time for more instances across arrays'],
    rule: 'not measured yet',
    reader: null,
    toMeasure: 'No run has arrays yet; "scale-out" measures more instances on one host.',
  },
  {
    id: 'O4',
    statement: 'Placement across file and block arrays is intelligent.',
    metrics: ['volumes placed within capacity, rate and policy'],
    rule: 'not measured yet',
    reader: null,
    toMeasure: 'No run places volumes; what a plan does with them is the business of "tare size".',
  },
  {
    id: 'O5',
    statement: 'Failover is automated and data access heals itself.',
    metrics: ['time to ready again, acknowledged writes lost'],
    rule: 'not measured yet',
    reader: null,
    toMeasure: 'No run kills what it measures or counts lost writes yet.',
  },
];

/** What "orders of magnitude" has to reach. */
export const ordersOfMagnitude = 10;

/** Which metrics tell what a resource takes: one of these must fit. */
export interface Selector {
  readonly id?: string;
  readonly interval?: readonly [from: string, to: string];
  /** Of idle instances. */
  readonly slope?: LadderQuantity;
  /** What a program of a family reaches, more being better. */
  readonly rateOf?: Family;
}

export interface Resource {
  readonly name: string;
  readonly told: readonly Selector[];
  readonly toMeasure: string;
}

/** The resources that S1 is answered for, each for itself. */
export const taxedResources: readonly Resource[] = [
  {
    name: 'start time',
    told: [{ interval: ['T0', 'T6'] }],
    toMeasure: 'run a scenario with a VM runner and a container runner',
  },
  {
    name: 'idle memory, own cgroup',
    told: [{ id: 'tare.memory' }, { slope: 'groupBytes' }],
    toMeasure: 'run a scenario with the workload "idle"',
  },
  {
    name: 'idle memory, whole host',
    told: [{ slope: 'hostBytes' }],
    toMeasure: 'run a scenario with the workload "ladder"',
  },
  {
    name: 'disk',
    told: [{ id: 'tare.disk' }, { slope: 'diskBytes' }],
    toMeasure: 'run a scenario with the workload "idle" or "ladder"',
  },
  {
    name: 'processes',
    told: [{ id: 'tare.processes' }, { slope: 'processes' }],
    toMeasure: 'run a scenario with the workload "idle" or "ladder"',
  },
  {
    name: 'CPU throughput',
    told: [{ rateOf: 'cpu' }],
    toMeasure: 'run a scenario with the workload "cpu"',
  },
];
