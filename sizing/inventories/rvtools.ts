/**
 * An RVTools export -> demand and today's hosts. Each machine is joined over vInfo, vCPU, vMemory and vDisk; vInfo
 * is believed where they disagree, which is told. MB in its older headers is 2^20 bytes, as MiB in the newer.
 */
import type { Claim, DemandRow, ExistingHost, Usage, Volume } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import { blankRow, bounds, mib, systemOf } from './rows.ts';
import { columns, type Column } from './rvtools-columns.ts';
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
  const speeds = new Map(hosts.flatMap(({ keys, speedMhz }) => keys.map((key) => [key, speedMhz] as const)));
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
    const [name, whole] = keysWithin(table, row, textAt(row, columnOf(table, columns.vm)));
    names.set(name, (names.get(name) ?? 0) + 1);
    if (whole !== name) names.set(whole, names.get(whole) ?? 0);
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

/**
 * Names and ids hold within one vCenter only: its UUID or server tells which, else the workbook. The CSVs of an export
 * have neither in common, and are taken for those of one. A sheet without the column is looked up by its workbook.
 */
function keysWithin(table: Table, row: TableRow, key: string): readonly [string, string] {
  const center = textAt(row, columnOf(table, columns.center));
  const whole = JSON.stringify([table.sheet === null ? '' : table.file, key]);
  return [center === '' ? whole : JSON.stringify([center, key]), whole];
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
      for (const [kind, column] of [
        ['name', name],
        ['id', id],
      ] as const) {
        const own = textAt(row, column);
        if (own === '') continue;
        const key = `${kind}:${keysWithin(table, row, own)[0]}`;
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
  const idKeys = keysWithin(table, row, id);
  const nameKeys = keysWithin(table, row, name);
  if (id !== '' && seen.has(idKeys[0])) return out(`the machine ${id} is in an earlier row already`);
  if (id !== '') seen.add(idKeys[0]);
  const isNamesake = (names.get(nameKeys[0]) ?? 0) > 1;
  const rowsOf = (tab: keyof Details): readonly Place[] => {
    const found = (kind: 'id' | 'name', keys: readonly string[]) =>
      keys.map((key) => details[tab].get(`${kind}:${key}`)).find((rows) => rows !== undefined);
    const own = id === '' ? undefined : found('id', idKeys);
    return own ?? (isNamesake ? [] : (found('name', nameKeys) ?? []));
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
  if (/^(suspend|angehalten|サスヘント|一時停止)/.test(power)) return kept('suspended');
  if (/off|aus|eteint|horstension|apagad|オフ|停止/.test(power)) return kept('powered off');
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
    usage: usageOf(
      rowsOf('vcpu')[0],
      rowsOf('vmemory')[0],
      speedOf(speeds, keysWithin(table, row, text('host'))),
      notes,
    ),
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

function speedOf(speeds: ReadonlyMap<string, number | null>, keys: readonly string[]): number | null {
  return keys.map((key) => speeds.get(key)).find((speed) => speed != null) ?? null;
}

function readHosts(
  table: Table,
  notes: Notes,
): {
  readonly host: ExistingHost;
  readonly keys: readonly string[];
  readonly speedMhz: number | null;
}[] {
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
      devices: {},
      labels: {},
      taints: [],
      domain: null,
      source,
    };
    const speedMhz = number('speed', { least: 100, most: 10_000, whole: false });
    return [{ host, keys: keysWithin(table, row, id), speedMhz }];
  });
}

/** Machines that other sheets know and vInfo does not. */
function tellStrays(details: Details, names: ReadonlyMap<string, number>, notes: Notes): void {
  for (const rows of Object.values(details)) {
    for (const [key, [place]] of rows) {
      if (!key.startsWith('name:') || names.has(key.slice(5)) || place === undefined) continue;
      notes.leftOut.push({
        source: sourceOf(place.table, place.row),
        what: textAt(place.row, columnOf(place.table, columns.vm)),
        why: 'is not in vInfo',
      });
    }
  }
}
