/**
 * A dump of a cluster (`kubectl get pods,nodes,pvc,namespaces -A -o json`) -> demand and today's hosts. A pod counts
 * as the scheduler counts it; pods of one owner that request the same by the same rules are one row.
 */
import type { Claim, DemandRow, ExistingHost, Source } from '../../model.ts';
import { addProblem, objectOf, type Notes } from '../notes.ts';
import { blankRow, uniqueIds } from '../rows.ts';
import { affinitiesOf, namespaceOf } from './affinity.ts';
import { readClaim } from './claims.ts';
import type { DumpedObject } from './documents.ts';
import { namespaceSchema, nodeSchema, podSchema, type Pod } from './objects.ts';
import { podRequests } from './pod-requests.ts';
import { countUnread, hostRulesOf, portRulesOf, spreadOf, zones } from './pod-rules.ts';
import { parseQuantity } from './quantity.ts';
import type { Labels } from './selectors.ts';

export interface KubernetesResult {
  readonly demand: readonly DemandRow[];
  readonly perHost: readonly DemandRow[];
  readonly today: readonly ExistingHost[];
  readonly claims: readonly Claim[];
}

interface Read {
  readonly pod: Pod;
  readonly source: Source;
}

/** Reads the objects of one cluster, of however many files; `row` of a source is the place in its file, from 1. */
export function readKubernetes(
  objects: readonly (DumpedObject & { readonly source: Source })[],
  notes: Notes,
): KubernetesResult {
  const pods: Read[] = [];
  const today: ExistingHost[] = [];
  const claims: Claim[] = [];
  const labelled = new Map<string, Labels>();
  for (const { kind, value, source } of objects) {
    if (kind === 'Pod') pods.push(...readPod(value, source, notes));
    else if (kind === 'Node') today.push(...readNode(value, source, notes));
    else if (kind === 'PersistentVolumeClaim') claims.push(...readClaim(value, source, notes));
    else if (kind === 'Namespace') {
      const { metadata } = objectOf(namespaceSchema, value, source, notes) ?? {};
      if (metadata !== undefined) labelled.set(metadata.name, metadata.labels ?? {});
    } else notes.leftOut.push({ source, what: kind, why: 'neither a Pod, a Node, a claim nor a Namespace' });
  }
  return { ...rowsOf(pods, labelled, notes), today, claims };
}

function readPod(item: unknown, source: Source, notes: Notes): Read[] {
  const pod = objectOf(podSchema, item, source, notes);
  if (pod === null) return [];
  const phase = pod.status?.phase ?? '';
  const isMirror =
    ownerOf(pod).kind === 'Node' || pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const why =
    phase === 'Succeeded' || phase === 'Failed'
      ? `finished (${phase})`
      : isMirror
        ? "a mirror of a static pod: part of its host's own system"
        : null;
  if (why === null) return [{ pod, source }];
  notes.leftOut.push({ source, what: `${namespaceOf(pod)}/${pod.metadata.name}`, why });
  return [];
}

function rowsOf(
  read: readonly Read[],
  labelled: ReadonlyMap<string, Labels>,
  notes: Notes,
): Pick<KubernetesResult, 'demand' | 'perHost'> {
  // Of a namespace that holds pods at least its name is known.
  const namespaces = new Map([...read.map(({ pod }) => [namespaceOf(pod), {}] as const), ...labelled]);
  const ofDaemonSet = ({ pod }: Read) => ownerOf(pod).kind === 'DaemonSet';
  const own = read.filter((one) => !ofDaemonSet(one));
  const affinities = affinitiesOf(
    own.map(({ pod }) => pod),
    namespaces,
    appOf,
  );
  countUnread(
    own.map(({ pod }) => pod),
    labelled,
    notes,
  );
  const demand = new Map<string, DemandRow>();
  for (const { pod, source } of own) {
    const { apart, marks, avoids } = affinities.rulesOf(pod);
    const row = {
      ...rowOf(pod, source, notes),
      apart: [...apart, ...portRulesOf(pod)],
      marks,
      avoids,
      spread: spreadOf(pod, appOf(pod)),
    };
    const key = JSON.stringify({ ...row, source: null });
    const known = demand.get(key);
    demand.set(key, known === undefined ? row : { ...known, count: known.count + 1 });
  }
  const unique = uniqueIds();
  const named = (rows: Iterable<DemandRow>) => [...rows].map((row) => ({ ...row, id: unique(row.id) }));
  return { demand: named(demand.values()), perHost: named(daemonsOf(read.filter(ofDaemonSet), notes)) };
}

/** A daemon set once: each host of the answer that it selects gets one. In the middle of a rollout, its larger pod. */
function daemonsOf(read: readonly Read[], notes: Notes): DemandRow[] {
  const sets = new Map<string, DemandRow>();
  const rollouts = new Set<string>();
  const more = (a: number | null, b: number | null) => (a === null || (b !== null && b > a) ? b : a);
  for (const { pod, source } of read) {
    const row = rowOf(pod, source, notes);
    const known = sets.get(row.app);
    if (known === undefined) {
      sets.set(row.app, row);
      continue;
    }
    const names = [...new Set([...Object.keys(known.devices), ...Object.keys(row.devices)])];
    const larger = {
      ...known,
      cpuThreads: more(known.cpuThreads, row.cpuThreads),
      memoryBytes: more(known.memoryBytes, row.memoryBytes),
      devices: Object.fromEntries(
        names.map((name) => [name, Math.max(known.devices[name] ?? 0, row.devices[name] ?? 0)]),
      ),
    };
    if (known.cpuThreads !== row.cpuThreads || known.memoryBytes !== row.memoryBytes) rollouts.add(row.app);
    sets.set(row.app, larger);
  }
  for (const app of rollouts)
    notes.remarks.add(
      `pods of the daemon set ${app} request different amounts: the largest counts, once per host`,
    );
  return [...sets.values()];
}

function rowOf(pod: Pod, source: Source, notes: Notes): DemandRow {
  const app = appOf(pod);
  const isVm = pod.metadata.labels?.['kubevirt.io'] === 'virt-launcher';
  if (isVm)
    notes.remarks.add(
      "requests of virt-launcher pods hold KubeVirt's own overhead next to the guest's memory",
    );
  const selected = pod.spec.nodeSelector ?? {};
  const system = pod.spec.os?.name ?? selected['kubernetes.io/os'] ?? selected['beta.kubernetes.io/os'];
  const isWindows = system === 'windows' && !isVm;
  if (isWindows)
    notes.remarks.add('pods of Windows are sized as virtual machines: a container is one of Linux here');
  return {
    ...blankRow(app, source),
    app,
    ...podRequests(pod, source, notes),
    os: isWindows ? { name: 'windows', family: 'windows' } : { name: 'linux', family: 'linux' },
    form: isVm ? 'vm' : 'any',
    ownKernel: isVm || /kata|gvisor|firecracker/i.test(pod.spec.runtimeClassName ?? ''),
    today: isVm ? 'vm' : 'container',
    ...hostRulesOf(pod),
  };
}

function appOf(pod: Pod): string {
  return `${namespaceOf(pod)}/${ownerOf(pod).name}`;
}

/** Its controller. The deployment behind a replica set is its name without the hash of the template. */
function ownerOf({ metadata: { name, labels, ownerReferences = [] } }: Pod): {
  readonly kind: string;
  readonly name: string;
} {
  const owner = ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0];
  if (owner === undefined) return { kind: 'Pod', name };
  const hash = labels?.['pod-template-hash'];
  const isHashed = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`);
  return { kind: owner.kind, name: isHashed ? owner.name.slice(0, -hash.length - 1) : owner.name };
}

function readNode(item: unknown, source: Source, notes: Notes): ExistingHost[] {
  const node = objectOf(nodeSchema, item, source, notes);
  if (node === null) return [];
  const {
    metadata: { name, labels = {} },
    spec,
    status: { capacity, allocatable },
  } = node;
  const amount = (of: Record<string, unknown>, field: string): number | null => {
    const value = parseQuantity(of[field]);
    if (value !== null && value > 0) return value;
    addProblem(
      notes,
      source,
      field,
      of[field],
      'is no quantity above 0',
      'dump the nodes again',
      'value not used',
    );
    return null;
  };
  const cpuThreads = allocatable === undefined ? null : amount(allocatable, 'cpu');
  const memoryBytes = allocatable === undefined ? null : amount(allocatable, 'memory');
  const devices = Object.entries(allocatable ?? capacity).flatMap(([resource, got]) => {
    const units = parseQuantity(got);
    const isOther = !/^(cpu|memory|pods|hugepages-.*)$/.test(resource);
    return isOther && units !== null && units > 0 ? [[resource, units] as const] : [];
  });
  return [
    {
      id: name,
      cluster: null,
      site: null,
      sockets: null,
      cores: null,
      threads: amount(capacity, 'cpu'),
      memoryBytes: amount(capacity, 'memory'),
      maxInstances: amount(capacity, 'pods'),
      allocatable: cpuThreads === null || memoryBytes === null ? null : { cpuThreads, memoryBytes },
      cpuUsedShare: null,
      memoryUsedShare: null,
      model: labels['node.kubernetes.io/instance-type'] ?? null,
      devices: Object.fromEntries(devices),
      labels,
      taints: (spec?.taints ?? [])
        .filter(({ effect }) => effect !== 'PreferNoSchedule')
        .map(({ key, value = '', effect }) => ({ key, value, effect })),
      domain: zones.map((zone) => labels[zone]).find((zone) => zone !== undefined) ?? null,
      source,
    },
  ];
}
