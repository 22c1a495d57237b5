/** Estates and clusters made from a seed, dirty as real ones are: what was made is told beside it, for tests. */
import { createRandom } from '../../model/random.ts';
import type { XlsxCell } from './xlsx.ts';

export interface Estate {
  readonly sheets: Readonly<Record<string, XlsxCell[][]>>;
  /** What a reader must come to. */
  readonly truth: {
    readonly running: number;
    readonly leftOut: number;
    readonly vcpus: number;
    readonly mib: number;
  };
}

/** `machines` rows over three clusters: some off, some templates, some of one name, blank rows, odd numbers. */
export function makeEstate(seed: number, machines: number): Estate {
  const random = createRandom(seed);
  const vInfo: XlsxCell[][] = [
    [
      'VM',
      'Powerstate',
      'Template',
      'CPUs',
      'Memory',
      'Provisioned MiB',
      'In Use MiB',
      'Cluster',
      'Host',
      'Creation date',
      'OS according to the configuration file',
      'VM ID',
    ],
  ];
  const vCPU: XlsxCell[][] = [['VM', 'CPUs', 'Overall', 'VM ID']];
  const vMemory: XlsxCell[][] = [['VM', 'Size MiB', 'Consumed', 'VM ID']];
  const vDisk: XlsxCell[][] = [['VM', 'Disk', 'Capacity MiB', 'VM ID']];
  const vHost: XlsxCell[][] = [
    ['Host', 'Cluster', '# CPU', '# Cores', 'HT Active', '# Memory', 'Speed', 'CPU Model'],
  ];
  const truth = { running: 0, leftOut: 0, vcpus: 0, mib: 0 };
  for (let host = 0; host < 12; host += 1) {
    vHost.push([`esx${host}`, `cluster-${host % 3}`, 2, 32, 'True', 524288, 2600, 'Xeon']);
  }
  for (let at = 0; at < machines; at += 1) {
    const cpus = 2 ** random.integer(5);
    const memory = 1024 * 2 ** random.integer(6);
    const isTemplate = random.integer(20) === 0;
    const isOff = random.integer(10) === 0;
    const id = `vm-${at}`;
    const name = random.integer(25) === 0 ? 'copy' : `app${at % 40}-${at}`;
    const host = random.integer(12);
    // As a German spreadsheet writes a thousand.
    const written = random.integer(8) === 0 ? memory.toLocaleString('de-DE') : memory;
    if (random.integer(15) === 0) vInfo.push([]);
    vInfo.push([
      name,
      isOff ? 'poweredOff' : 'poweredOn',
      isTemplate ? 'True' : 'False',
      cpus,
      written,
      40960,
      10000,
      `cluster-${host % 3}`,
      `esx${host}`,
      45000.5,
      random.integer(3) === 0 ? 'Microsoft Windows Server 2019 (64-bit)' : 'Ubuntu Linux (64-bit)',
      id,
    ]);
    vCPU.push([
      name,
      random.integer(30) === 0 ? cpus + 1 : cpus,
      Math.round(cpus * 2600 * random.next()),
      id,
    ]);
    vMemory.push([name, memory, Math.round(memory * random.next()), id]);
    vDisk.push([name, 'Hard disk 1', 40960, id]);
    if (isOff || isTemplate) truth.leftOut += 1;
    else {
      truth.running += 1;
      truth.vcpus += cpus;
      truth.mib += memory;
    }
  }
  return { sheets: { vInfo, vCPU, vMemory, vDisk, vHost }, truth };
}

/** A sheet as the CSV export writes it. */
export function sheetCsv(rows: readonly (readonly XlsxCell[])[], delimiter: ',' | ';'): string {
  const text = (cell: XlsxCell) =>
    `"${String(typeof cell === 'object' ? (cell?.value ?? '') : cell).replaceAll('"', '""')}"`;
  return rows.map((cells) => cells.map(text).join(delimiter)).join('\r\n');
}

/** A dump of pods and nodes: `apps` deployments of 1 to 8 pods, one daemon set, some jobs that are done. */
export function makeCluster(
  seed: number,
  apps: number,
): { readonly json: string; readonly pods: number; readonly done: number } {
  const random = createRandom(seed);
  const items: unknown[] = [];
  let pods = 0;
  let done = 0;
  const add = (name: string, owner: string, kind: string, cpu: number, phase: string) =>
    items.push({
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [{ kind, name: owner }],
        labels: { 'pod-template-hash': 'x1' },
      },
      spec: {
        containers: [{ name: 'main', resources: { requests: { cpu: `${cpu}m`, memory: `${cpu}Mi` } } }],
      },
      status: { phase },
    });
  for (let node = 0; node < 6; node += 1) {
    items.push({
      kind: 'Node',
      metadata: { name: `node-${node}`, labels: { 'topology.kubernetes.io/zone': `z${node % 3}` } },
      status: {
        capacity: { cpu: '16', memory: '64Gi', pods: '110' },
        allocatable: { cpu: '15800m', memory: '60Gi' },
      },
    });
    add(`agent-${node}`, 'agent', 'DaemonSet', 50, 'Running');
  }
  for (let app = 0; app < apps; app += 1) {
    const replicas = 1 + random.integer(8);
    const cpu = 50 * (1 + random.integer(20));
    for (let at = 0; at < replicas; at += 1)
      add(`app${app}-x1-${at}`, `app${app}-x1`, 'ReplicaSet', cpu, 'Running');
    pods += replicas;
    if (random.integer(4) > 0) continue;
    add(`job${app}`, `job${app}`, 'Job', 100, 'Succeeded');
    done += 1;
  }
  return { json: JSON.stringify({ kind: 'List', items }), pods, done };
}
