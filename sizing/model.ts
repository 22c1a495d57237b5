/**
 * What sizing speaks of: demand, hosts, policy, and what could and could not be read of them. Types only.
 * Bytes are bytes, CPU is hardware threads (one vCPU asks for one thread), money and watts are per host; a clock
 * rate never stands for CPU. null means "not known", never 0.
 */

/** Where something was read, so that a reader can look it up. */
export interface Source {
  readonly file: string;
  /** Sheet of a workbook, table of an export, or kind of object in a dump. */
  readonly sheet: string | null;
  /** Row from 1 as a spreadsheet counts, or line of a text file; null: the whole sheet or file. */
  readonly row: number | null;
}

/** How a usage figure sums up the time it was watched. `now` is one look, which says little of a day. */
export type UsageStatistic = 'now' | 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'max';

/** What an instance was seen to use. */
export interface Usage {
  readonly cpuThreads: number | null;
  readonly memoryBytes: number | null;
  readonly statistic: UsageStatistic;
  /** How long was watched. */
  readonly windowSeconds: number | null;
  /** How much it varies, as a coefficient of variation, where the input tells. */
  readonly cv?: { readonly cpu: number | null; readonly memory: number | null };
}

export interface Volume {
  readonly id: string;
  readonly bytes: number;
  readonly iops: number | null;
  readonly access: Access;
  /** Class of storage that it asks for; null: any. */
  readonly storageClass: string | null;
  /** Copies that are kept, the first included, no two on one array or, if asked for, in one failure domain. */
  readonly replicas: number;
  readonly replicasApart: 'array' | 'domain';
}

export type Access = 'block' | 'file';

/** A volume that no row of the demand holds: a claim of Kubernetes, a disk of a machine that is off. */
export interface Claim {
  readonly volume: Volume;
  readonly count: number;
  readonly source: Source;
}

/** A kind of storage array that could be bought or is there. */
export interface ArrayType {
  readonly id: string;
  readonly access: readonly Access[];
  /** Classes of storage that it offers; none: it serves volumes that ask for none. */
  readonly classes: readonly string[];
  /** Usable, to its fill target. */
  readonly bytes: number;
  readonly iops: number | null;
  readonly maxVolumes: number | null;
  readonly price: Price | null;
  /** null: as many as needed. */
  readonly available: number | null;
  readonly domain: string | null;
  readonly source: Source;
}

export type OsFamily = 'linux' | 'windows' | 'other' | 'unknown';

/** At most `most` instances with this key on one host. */
export interface Apart {
  readonly key: string;
  readonly most: number;
  /** It binds who shares a kernel: a port of the node. Virtual machines on one host do not meet in it. */
  readonly withinKernel?: true;
}

/** A rule on labels, as Kubernetes means it; Gt and Lt compare with the first value as numbers. */
export interface LabelRule {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** Keeps instances off a host that do not tolerate it. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** Taints of such a key, value and effect are tolerated; null: of any. */
export interface Toleration {
  readonly key: string | null;
  readonly value: string | null;
  readonly effect: string | null;
}

/** Instances with this key differ by at most `skew` between the failure domains. */
export interface Spread {
  readonly key: string;
  readonly skew: number;
}

/** Identical instances: a virtual machine, a pod, a replica of an application. */
export interface DemandRow {
  /** Unique in an inventory. */
  readonly id: string;
  readonly app: string;
  /** Cluster and site (datacentre) that it is in today; null: not told. */
  readonly cluster: string | null;
  readonly site: string | null;
  readonly count: number;
  /** Asked for per instance: vCPUs of a VM, request of a pod. */
  readonly cpuThreads: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytes: number | null;
  /** Operations per second of its disks. */
  readonly iops: number | null;
  readonly networkBytesPerSecond: number | null;
  /** Whole units of devices and other named resources: { "nvidia.com/gpu": 1 }. */
  readonly devices: Readonly<Record<string, number>>;
  readonly usage: Usage | null;
  readonly os: { readonly name: string; readonly family: OsFamily };
  /** What it can run as. */
  readonly form: 'any' | 'vm' | 'container';
  /** May not share a kernel with others: a container of it needs a VM around it. */
  readonly ownKernel: boolean;
  /** What it is today; null: it is a plan. */
  readonly today: 'vm' | 'container' | null;
  readonly apart: readonly Apart[];
  /** What others know it by, who avoid it. */
  readonly marks: readonly string[];
  /** Shares no host with an instance that has one of these marks. */
  readonly avoids: readonly string[];
  readonly spread: Spread | null;
  /** All instances with this key go onto one host. */
  readonly together: string | null;
  /** Labels that its host must carry. */
  readonly hostLabels: Readonly<Record<string, string>>;
  /** Of these alternatives one must hold, each of several rules on the labels of its host; none: any host. */
  readonly hostRules: readonly (readonly LabelRule[])[];
  readonly tolerations: readonly Toleration[];
  /** Growth of the count per year, as a fraction; null: the policy's. */
  readonly growthPerYear: number | null;
  readonly volumes: readonly Volume[];
  readonly source: Source;
}

export interface HostDisk {
  readonly bytes: number;
  readonly iops: number | null;
}

/** A kind of host that could be bought or is in the rack. */
export interface HostType {
  readonly id: string;
  readonly sockets: number;
  /** Physical cores of all sockets. */
  readonly cores: number;
  /** Hardware threads of all sockets: equal to cores without SMT. */
  readonly threads: number;
  readonly memoryBytes: number;
  readonly disks: readonly HostDisk[];
  readonly networkBytesPerSecond: number | null;
  /** Whole units of devices and other named resources: { "nvidia.com/gpu": 8 }. */
  readonly devices: Readonly<Record<string, number>>;
  readonly price: Price | null;
  readonly watts: Watts | null;
  readonly licences: readonly Licence[];
  /** How many there are; null: as many as needed. */
  readonly available: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Those that keep instances off: NoSchedule and NoExecute. */
  readonly taints: readonly Taint[];
  /** What fails together: a rack, a room; null: all hosts without one share one. */
  readonly domain: string | null;
  /** Overrides the policy's limit of instances. */
  readonly maxInstances: number | null;
  readonly source: Source;
}

/** Money is the user's data and has a date; it is never converted. */
export interface Price {
  readonly perMonth: number;
  readonly currency: string;
  /** ISO date of the offer; null: not told. */
  readonly date: string | null;
}

/** Power drawn at rest and under full load. */
export interface Watts {
  readonly idle: number;
  readonly full: number;
}

export interface Licence {
  readonly name: string;
  readonly per: 'core' | 'socket' | 'host';
  /** Per unit and month, in the currency of the catalogue. */
  readonly perMonth: number;
  /** Cores that are charged per socket at least; null: none. */
  readonly minimumCoresPerSocket: number | null;
  /** Which of the answers pay it. */
  readonly appliesTo: 'all' | 'vm' | 'container';
}

/** A host as it runs today. */
export interface ExistingHost {
  readonly id: string;
  readonly cluster: string | null;
  readonly site: string | null;
  readonly sockets: number | null;
  readonly cores: number | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
  /** Instances it can take by its own limit: pods of a node. */
  readonly maxInstances: number | null;
  /** What its system leaves to instances; null: not told. */
  readonly allocatable: { readonly cpuThreads: number; readonly memoryBytes: number } | null;
  readonly cpuUsedShare: number | null;
  readonly memoryUsedShare: number | null;
  readonly model: string | null;
  readonly devices: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly domain: string | null;
  readonly source: Source;
}

/** An input row that asks for nothing, and why. */
export interface LeftOut {
  readonly source: Source;
  readonly what: string;
  readonly why: string;
}

/** Something wrong in the input, and what was done with it. */
export interface InputProblem {
  readonly source: Source;
  readonly field: string;
  /** As it stands in the input, shortened. */
  readonly got: string;
  readonly problem: string;
  readonly remedy: string;
  readonly effect: 'file not read' | 'sheet not read' | 'row left out' | 'value not used' | 'value used';
}

/** Everything that was understood of the files given. */
export interface Inventory {
  readonly files: readonly InventoryFile[];
  readonly demand: readonly DemandRow[];
  /** Runs once on every host whatever its size (`count` is 1): daemon sets. No instances of the demand. */
  readonly perHost: readonly DemandRow[];
  readonly today: readonly ExistingHost[];
  /** Volumes beside those of the demand. */
  readonly claims: readonly Claim[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly InputProblem[];
  /** What a reader of the result must know of how the files were read. */
  readonly remarks: readonly string[];
  /** Share of the instances with a usage figure, 0 to 1. */
  readonly confidence: number;
}

export type InventoryKind =
  'rvtools' | 'azure-migrate' | 'powercli' | 'hyper-v' | 'proxmox' | 'kubernetes' | 'csv' | 'apps';

export interface InventoryFile {
  readonly file: string;
  /** null: not recognised or not readable. */
  readonly kind: InventoryKind | null;
  readonly rows: number;
}

export type ReserveRule = 'none' | 'gke' | 'eks' | 'aks';

/** A published rule, and what is kept on top of it. */
export interface ReservedByRule {
  readonly rule: ReserveRule;
  readonly cpuThreads: number;
  readonly memoryBytes: number;
}

/** Rules of the answer; every field has a published default (`policy.ts`). */
export interface SizingPolicy {
  readonly file: string | null;
  readonly name: string;
  /** Added to what was seen in use, never to what was asked for. */
  readonly headroom: { readonly cpu: number; readonly memory: number };
  /** Losses of hosts that are survived: the larger of `least` and `share` of all hosts, rounded up. */
  readonly survive: { readonly least: number; readonly share: number; readonly unit: 'host' | 'domain' };
  /** vCPU or bytes asked for per thread or byte of the host; never applied to usage. */
  readonly overcommit: Readonly<
    Record<'vm' | 'container', { readonly cpu: number; readonly memory: number }>
  >;
  /** Largest share of a host that is filled. */
  readonly fill: number;
  /** Of every host, before anything runs on it. */
  readonly reserved: {
    readonly vm: { readonly cpuThreads: number; readonly memoryBytes: number };
    readonly container: ReservedByRule;
    /** Of a virtual machine that holds containers. */
    readonly worker: ReservedByRule;
  };
  readonly maxInstances: Readonly<Record<'vm' | 'container', number>>;
  readonly growth: { readonly perYear: number; readonly years: number };
  /** Worth of a second thread against a core: effective cores = cores + smt x (threads - cores). */
  readonly smt: number;
  readonly basis: {
    /** `auto`: usage where at least `leastConfidence` of the instances have it, else requests. */
    readonly kind: 'auto' | 'requests' | 'usage';
    readonly statistic: UsageStatistic;
    readonly leastConfidence: number;
  };
  /** Whether apart and spread rules of the demand bind. */
  readonly affinity: boolean;
  /** The virtual machine that holds containers, where containers run in virtual machines. */
  readonly worker: { readonly cpuThreads: number; readonly memoryBytes: number };
  /** How far the demand may be from its figures, and how often that is drawn. */
  readonly uncertainty: { readonly demandCv: number; readonly draws: number; readonly seed: number };
  /** Of who declares instead of measuring. */
  readonly assume: Readonly<Record<'vm' | 'container', AssumedTare | null>>;
  /** Every number above with where it comes from, for the reader. */
  readonly choices: readonly PolicyChoice[];
}

/** What an instance is declared to cost beyond its application. */
export interface AssumedTare {
  /** Published rule that fills what is not declared; null: none. */
  readonly rule: 'kubevirt' | 'kata' | 'red-hat-hci' | null;
  readonly memoryBytes: number;
  /** Of each byte and each vCPU of the instance. */
  readonly perByte: number;
  readonly perThread: number;
  /** The guest's OS, on top and inside the guest's memory; null: `memoryBytes` is all of it and counts as inside. */
  readonly insideBytes: number | null;
  readonly diskBytes: number;
  readonly idleThreads: number;
}

export interface PolicyChoice {
  /** "overcommit.vm.cpu" */
  readonly field: string;
  readonly value: string;
  readonly from: 'default' | 'policy';
  /** Publication of a default, or "policy.yaml:12". */
  readonly source: string;
}
