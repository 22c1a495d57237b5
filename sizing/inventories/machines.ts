/**
 * Lists of machines as management tools export them: which tool made a table, and what its columns are called there.
 * A name means what it means in its own tool: MemoryGB of PowerCLI is GiB, the memory of Hyper-V and Proxmox bytes.
 */
import type { Power } from './power.ts';
import { hasColumn, type Table } from './table.ts';

type Names = readonly string[];

/** Columns of an amount with what their unit is worth in bytes; the first that a row fills counts. */
export type Amounts = readonly (readonly [names: Names, factor: number])[];

export interface Flavour {
  readonly kind: 'powercli' | 'hyper-v' | 'proxmox';
  /** Of each of these sets one column is there. */
  readonly needs: readonly Names[];
  /** How one header is written, where plain names do not tell the tool; null: they do. */
  readonly spelling: RegExp | null;
  readonly name: Names;
  readonly cpu: Names;
  readonly memory: Amounts;
  readonly disk: Amounts;
  readonly os: Names;
  readonly power: Names;
  /** States that are written as numbers. */
  readonly powerCodes: Readonly<Record<string, Power>>;
  readonly template: Names;
  /** What kind of thing a row is; only these are machines. */
  readonly type: Names;
  readonly cluster: Names;
  readonly site: Names;
  /** What is in use in one look. */
  readonly usedMemory: Amounts;
  /** As a share of its CPUs. */
  readonly usedCpuShare: Names;
}

const mib = 2 ** 20;
const gib = 2 ** 30;
const none: Names = [];

/** What lists made by hand call it. */
export const cpuNames = [
  'cpu',
  'cpus',
  'vcpu',
  'vcpus',
  'threads',
  'cpucount',
  'numcpu',
  'numcpus',
  'numberofcpus',
  'cpucores',
  'cores',
];

const flavours: readonly Flavour[] = [
  {
    kind: 'powercli',
    needs: [
      ['numcpu', 'powerstate'],
      ['memorygb', 'memorymb'],
    ],
    spelling: /^Memory[GM]B$/,
    name: ['name', 'vm', 'vmname'],
    cpu: ['numcpu', ...cpuNames],
    memory: [
      [['memorygb'], gib],
      [['memorymb'], mib],
    ],
    disk: [
      [['provisionedspacegb'], gib],
      [['usedspacegb'], gib],
    ],
    os: ['guestosfullname', 'osfullname', 'guestfullname', 'guestos', 'configuredguestos', 'guest', 'os'],
    power: ['powerstate'],
    powerCodes: { '0': 'off', '1': 'on', '2': 'suspended' },
    template: ['template', 'istemplate'],
    type: none,
    cluster: ['cluster', 'clustername'],
    site: ['datacenter', 'datacentername'],
    usedMemory: [],
    usedCpuShare: none,
  },
  {
    kind: 'hyper-v',
    needs: [
      [
        'memorystartup',
        'memoryassigned',
        'memorystartupgb',
        'memoryassignedgb',
        'memorystartupmb',
        'memoryassignedmb',
      ],
    ],
    spelling: null,
    name: ['vmname', 'name', 'elementname'],
    cpu: ['processorcount', 'cpucount', ...cpuNames],
    // Of a machine with dynamic memory what it has been given; of one that was never started, what it starts with.
    memory: [
      [['memoryassigned'], 1],
      [['memoryassignedgb'], gib],
      [['memoryassignedmb'], mib],
      [['memorystartup'], 1],
      [['memorystartupgb'], gib],
      [['memorystartupmb'], mib],
    ],
    disk: [[['filesize', 'vhdsize', 'disksize'], 1]],
    os: ['guestoperatingsystem', 'operatingsystem', 'os', 'osname'],
    power: ['state', 'powerstate', 'enabledstate'],
    powerCodes: { '2': 'on', '3': 'off', '6': 'suspended', '9': 'suspended' },
    template: none,
    type: none,
    cluster: ['cluster', 'clustername'],
    site: none,
    usedMemory: [[['memorydemand'], 1]],
    usedCpuShare: none,
  },
  {
    kind: 'proxmox',
    needs: [['maxmem', 'memmb'], ['vmid']],
    spelling: null,
    name: ['name', 'hostname'],
    cpu: ['maxcpu', 'cpus', 'cores'],
    memory: [
      [['maxmem'], 1],
      [['memmb'], mib],
    ],
    disk: [
      [['maxdisk'], 1],
      [['bootdiskgb'], gib],
    ],
    os: ['ostype', 'os'],
    power: ['status', 'qmpstatus'],
    powerCodes: {},
    template: ['template'],
    type: ['type'],
    cluster: ['cluster'],
    site: none,
    usedMemory: [[['mem'], 1]],
    usedCpuShare: ['cpu'],
  },
];

/** The tool whose export a table is; null: none that is known. */
export function flavourOf(table: Table): Flavour | null {
  return (
    flavours.find(
      ({ needs, spelling }) =>
        needs.every((names) => hasColumn(table, names)) &&
        (spelling === null || table.header.some((name) => spelling.test(name))),
    ) ?? null
  );
}

/** Every name, to tell a header from a title. */
export const machineNames: ReadonlySet<string> = new Set(
  flavours.flatMap((one) => [
    ...one.name,
    ...one.cpu,
    ...[...one.memory, ...one.disk, ...one.usedMemory].flatMap(([names]) => names),
    ...[one.os, one.power, one.template, one.type, one.cluster, one.site, one.usedCpuShare].flat(),
  ]),
);
