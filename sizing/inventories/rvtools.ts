/**
 * An RVTools export -> demand and today's hosts. Each machine is joined over vInfo, vCPU, vMemory and vDisk; vInfo
 * is believed where they disagree, which is told. MB in its older headers is 2^20 bytes, as MiB in the newer.
 */
import type { Claim, DemandRow, ExistingHost, Usage, Volume } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import { blankRow, bounds, mib, systemOf } from './rows.ts';
import {
  type Bounds,
  columnOf,
  isTrue,
  numberAt,
  plainName,
  sourceOf,
  type Table,
  type TableRow,
  textAt,
} from './table.ts';

/** Names of the columns, newest first, with what spreadsheets in other languages make of them. */
const columns = {
  vm: ['vm', 'vmname', 'virtuellemaschine', 'machinevirtuelle', 'maquinavirtual', 'name'],
  id: ['vmuuid', 'vmid'],
  power: ['powerstate', 'betriebszustand', 'energiezustand', 'etatdalimentation', 'estado'],
  template: ['template', 'vorlage', 'modele', 'plantilla'],
  placeholder: ['srmplaceholder'],
  cpus: ['cpus', 'numcpu', 'prozessoren', 'processeurs', 'vcpus'],
  memory: ['memory', 'memorymib', 'memorymb', 'sizemib', 'sizemb', 'arbeitsspeicher', 'memoire', 'memoria'],
  provisioned: ['provisionedmib', 'provisionedmb'],
  capacity: ['capacitymib', 'capacitymb'],
  consumed: ['consumed', 'consumedmib', 'consumedmb'],
  overall: ['overall', 'overallmhz'],
  disk: ['disk', 'festplatte'],
  os: ['osaccordingtothevmwaretools', 'osaccordingtotheconfigurationfile', 'os', 'betriebssystem'],
  cluster: ['cluster'],
  host: ['host', 'esxhost'],
  sockets: ['cpu', 'sockets'],
  cores: ['cores'],
  hyperThreading: ['htactive', 'htavailable'],
  hostMemory: ['memory', 'memorymib', 'memorymb'],
  cpuUsed: ['cpuusage'],
  memoryUsed: ['memoryusage'],
  speed: ['speed', 'speedmhz'],
  model: ['cpumodel'],
} as const satisfies Record<string, readonly string[]>;

type Column = keyof typeof columns;

const tabs = ['vinfo', 'vcpu', 'vmemory', 'vdisk', 'vhost', 'vcluster'] as const;
export type Tab = (typeof tabs)[number];

/** Which tab a sheet or file is, by its name or else by its columns; null: none that is read. */
export function tabOf(table: Table): Tab | null {
  const named = plainName(table.sheet ?? table.file.replace(/\.[^.]*$/, ''));
  const byName = tabs.find((tab) => named.endsWith(tab));
  if (byName !== undefined) return byName;
  const has = (...names: Column[]) => names.every((name) => columnOf(table, columns[name]) !== -1);
  if (has('vm', 'power', 'cpus', 'memory')) return 'vinfo';
  if (has('host', 'sockets', 'cores', 'speed')) return 'vhost';
  return null;
}

export interface RvtoolsResult {
  readonly demand: readonly DemandRow[];
  readonly today: readonly ExistingHost[];
  readonly claims: readonly Claim[];
}

/** Reads the tabs of one vCenter's export. */
export function readRvtools(tables: readonly Table[], notes: Notes): RvtoolsResult {
  const of = (tab: Tab) => tables.filter((table) => tabOf(table) === tab);
  const hosts = of('vhost').flatMap((table) => readHosts(table, notes));
  const speeds = new Map(hosts.map(({ host, speedMhz }) => [host.id, speedMhz]));
  const details = {
    vcpu: joined(of('vcpu')),
    vmemory: joined(of('vmemory')),
    vdisk: joined(of('vdisk')),
  };
  if (tables.some(({ header }) => header.some((name) => / MB$/.test(name)))) {
    notes.remarks.add('MB in the headers of RVTools is 2^20 bytes (MiB), as its newer versions write');
  }
  const names = new Map<string, number>();
  const infos = of('vinfo').flatMap((table) => table.rows.map((row) => ({ table, row })));
  for (const { table, row } of infos) {
    const name = textAt(row, columnOf(table, columns.vm));
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  const seen = new Set<string>();
  const claims: Claim[] = [];
  const demand = infos.flatMap(({ table, row }) => {
    const machine = readMachine(table, row, details, names, speeds, seen, claims, notes);
    return machine === null ? [] : [machine];
  });
  tellStrays(details, names, notes);
  return { demand, today: hosts.map(({ host }) => host), claims };
}

type Place = { readonly table: Table; readonly row: TableRow };
type Joined = ReadonlyMap<string, readonly Place[]>;
type Details = Readonly<Record<'vcpu' | 'vmemory' | 'vdisk', Joined>>;

/** Rows by the machine's id and, for exports without, by its name. */
function joined(tables: readonly Table[]): Joined {
  const rows = new Map<string, Place[]>();
  for (const table of tables) {
    const name = columnOf(table, columns.vm);
    const id = columnOf(table, columns.id);
    for (const row of table.rows) {
      const keys = new Set([`name:${textAt(row, name)}`, `id:${textAt(row, id)}`]);
      for (const key of keys) {
        if (key === 'id:' || key === 'name:') continue;
        const known = rows.get(key);
        if (known === undefined) rows.set(key, [{ table, row }]);
        else known.push({ table, row });
      }
    }
  }
  return rows;
}

function readMachine(
  table: Table,
  row: TableRow,
  details: Details,
  names: ReadonlyMap<string, number>,
  speeds: ReadonlyMap<string, number | null>,
  seen: Set<string>,
  claims: Claim[],
  notes: Notes,
): DemandRow | null {
  const source = sourceOf(table, row);
  const text = (column: Column) => textAt(row, columnOf(table, columns[column]));
  const name = text('vm');
  const out = (why: string): null => {
    notes.leftOut.push({ source, what: name === '' ? '(no name)' : name, why });
    return null;
  };
  if (name === '') return out('a row without a name: a total or a remark');
  const id = text('id');
  if (id !== '' && seen.has(id)) return out(`the machine ${id} is in an earlier row already`);
  if (id !== '') seen.add(id);
  const isNamesake = (names.get(name) ?? 0) > 1;
  const rowsOf = (tab: keyof Details): readonly Place[] => {
    const own = details[tab].get(`id:${id}`);
    if (own !== undefined || isNamesake) return own ?? [];
    return details[tab].get(`name:${name}`) ?? [];
  };
  const disksOf = (): Volume[] => volumesOf(name, rowsOf('vdisk'), notes);
  /** Nothing runs, but its disks are kept. */
  const kept = (why: string): null => {
    for (const volume of disksOf()) claims.push({ volume, count: 1, source });
    return out(why);
  };
  if (isTrue(row, columnOf(table, columns.template))) return kept('a template, not a machine');
  if (isTrue(row, columnOf(table, columns.placeholder))) return out('a placeholder of site recovery');
  if (/^vCLS[-\s(]/.test(name)) return out("an agent of vSphere's cluster services");
  const power = plainName(text('power'));
  if (/^(suspended|angehalten)/.test(power)) return kept('suspended');
  if (/off|aus|eteint|apagad/.test(power)) return kept('powered off');
  if (isNamesake) {
    addProblem(
      notes,
      source,
      'VM',
      name,
      'several machines have this name',
      'rows of other sheets are matched by VM ID or VM UUID only',
      'value used',
    );
  }
  const size = (column: 'cpus' | 'memory', tab: 'vcpu' | 'vmemory', limits: Bounds): number | null => {
    const here = numberAt(table, row, columnOf(table, columns[column]), limits, notes);
    const other = rowsOf(tab)[0];
    if (other === undefined) return here;
    const there = numberAt(other.table, other.row, columnOf(other.table, columns[column]), limits, notes);
    if (here !== null && there !== null && here !== there) {
      addProblem(
        notes,
        sourceOf(other.table, other.row),
        column,
        there,
        `vInfo says ${here}`,
        'the value of vInfo was used; export all sheets at one time',
        'value not used',
      );
    }
    return here ?? there;
  };
  const cpus = size('cpus', 'vcpu', bounds.cpus);
  const memory = size('memory', 'vmemory', bounds.memoryMib);
  if (cpus === null && memory === null) return out('neither CPUs nor memory can be read');
  const disks = disksOf();
  const provisioned = numberAt(table, row, columnOf(table, columns.provisioned), bounds.diskMib, notes);
  return {
    ...blankRow(name, source),
    cpuThreads: cpus,
    memoryBytes: memory === null ? null : memory * mib,
    diskBytes:
      disks.length > 0
        ? disks.reduce((sum, { bytes }) => sum + bytes, 0)
        : provisioned === null
          ? null
          : provisioned * mib,
    usage: usageOf(rowsOf('vcpu')[0], rowsOf('vmemory')[0], speeds.get(text('host')) ?? null, notes),
    os: systemOf(text('os')),
    today: 'vm',
    volumes: disks,
  };
}

function volumesOf(name: string, rows: readonly Place[], notes: Notes): Volume[] {
  return rows.flatMap(({ table, row }, at): Volume[] => {
    const capacity = numberAt(table, row, columnOf(table, columns.capacity), bounds.diskMib, notes);
    if (capacity === null) return [];
    const label = textAt(row, columnOf(table, columns.disk));
    return [
      {
        id: `${name}/${label === '' ? String(at + 1) : label}`,
        bytes: capacity * mib,
        iops: null,
        access: 'block',
        storageClass: null,
        replicas: 1,
        replicasApart: 'array',
      },
    ];
  });
}

/** MHz become threads only by the clock of the machine's own host. */
function usageOf(
  cpu: Place | undefined,
  memory: Place | undefined,
  speedMhz: number | null,
  notes: Notes,
): Usage | null {
  const at = (place: Place | undefined, column: Column, limits: Bounds) =>
    place === undefined
      ? null
      : numberAt(place.table, place.row, columnOf(place.table, columns[column]), limits, notes);
  const mhz = at(cpu, 'overall', bounds.mhz);
  const consumed = at(memory, 'consumed', { ...bounds.memoryMib, least: 0 });
  const threads = mhz === null || speedMhz === null ? null : mhz / speedMhz;
  if (threads === null && consumed === null) return null;
  return {
    cpuThreads: threads,
    memoryBytes: consumed === null ? null : consumed * mib,
    statistic: 'now',
    windowSeconds: null,
  };
}

function readHosts(
  table: Table,
  notes: Notes,
): { readonly host: ExistingHost; readonly speedMhz: number | null }[] {
  return table.rows.flatMap((row) => {
    const text = (column: Column) => textAt(row, columnOf(table, columns[column]));
    const number = (column: Column, limits: Bounds) =>
      numberAt(table, row, columnOf(table, columns[column]), limits, notes);
    const id = text('host');
    const source = sourceOf(table, row);
    if (id === '') {
      notes.leftOut.push({ source, what: '(no name)', why: 'a row without a host' });
      return [];
    }
    const cores = number('cores', bounds.cpus);
    const memory = number('hostMemory', bounds.memoryMib);
    const share = (column: 'cpuUsed' | 'memoryUsed') => {
      const percent = number(column, { least: 0, most: 100, whole: false });
      return percent === null ? null : percent / 100;
    };
    const host: ExistingHost = {
      id,
      cluster: text('cluster') === '' ? null : text('cluster'),
      sockets: number('sockets', bounds.cpus),
      cores,
      threads: cores === null ? null : cores * (isTrue(row, columnOf(table, columns.hyperThreading)) ? 2 : 1),
      memoryBytes: memory === null ? null : memory * mib,
      maxInstances: null,
      allocatable: null,
      cpuUsedShare: share('cpuUsed'),
      memoryUsedShare: share('memoryUsed'),
      model: text('model') === '' ? null : text('model'),
      labels: {},
      domain: null,
      source,
    };
    return [{ host, speedMhz: number('speed', { least: 100, most: 10_000, whole: false }) }];
  });
}

/** Machines that other sheets know and vInfo does not. */
function tellStrays(details: Details, names: ReadonlyMap<string, number>, notes: Notes): void {
  for (const rows of Object.values(details)) {
    for (const [key, [place]] of rows) {
      if (!key.startsWith('name:') || names.has(key.slice(5)) || place === undefined) continue;
      notes.leftOut.push({
        source: sourceOf(place.table, place.row),
        what: key.slice(5),
        why: 'is not in vInfo',
      });
    }
  }
}
