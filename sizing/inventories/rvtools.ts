/**
 * An RVTools export -> demand and today's hosts. Each machine is joined over vInfo, vCPU, vMemory and vDisk; vInfo
 * is believed where they disagree, and what it leaves empty the others fill: both are noted. A disk that several
 * machines share is counted once. MB in its older headers is 2^20 bytes, as MiB in the newer.
 */
import type { Claim, DemandRow, ExistingHost, Usage, Volume } from '../model.ts';
import { addProblem, tally, type Notes } from './notes.ts';
import { powerOf, whyNotRunning } from './power.ts';
import { blankRow, bounds, mib, osFamily, systemOf } from './rows.ts';
import { vcpu, vdisk, vhost, vinfo, vmemory } from './rvtools-columns.ts';
import {
  detailsOf,
  keysWithin,
  rowsOfMachine,
  tabOf,
  type Details,
  type DetailTab,
  type Place,
} from './rvtools-sheets.ts';
import { type Bounds, isTruth, numberOf, sourceOf, type Table, textOf } from './table.ts';

export interface RvtoolsResult {
  readonly demand: readonly DemandRow[];
  readonly today: readonly ExistingHost[];
  readonly claims: readonly Claim[];
}

/** What is known of all machines while each is read. */
interface Export {
  readonly details: Details;
  /** Machines of each name. */
  readonly names: ReadonlyMap<string, number>;
  readonly speeds: ReadonlyMap<string, number | null>;
  readonly seen: Set<string>;
  readonly claims: Claim[];
  /** Files of disks that an earlier machine has. */
  readonly disks: Set<string>;
  readonly notes: Notes;
}

/** Reads the tabs of one vCenter's export. */
export function readRvtools(tables: readonly Table[], notes: Notes): RvtoolsResult {
  const of = (tab: 'vinfo' | 'vhost') => tables.filter((table) => tabOf(table) === tab);
  const hosts = of('vhost').flatMap((table) => readHosts(table, notes));
  if (tables.some(({ header }) => header.some((name) => / MB$/.test(name)))) {
    notes.remarks.add('MB in the headers of RVTools is 2^20 bytes (MiB), as its newer versions write');
  }
  const names = new Map<string, number>();
  const infos = of('vinfo').flatMap((table) => table.rows.map((row): Place => ({ table, row })));
  for (const { table, row } of infos) {
    const [name, whole] = keysWithin(table, row, textOf(table, row, vinfo.vm));
    names.set(name, (names.get(name) ?? 0) + 1);
    if (whole !== name) names.set(whole, names.get(whole) ?? 0);
  }
  const all: Export = {
    details: detailsOf(tables),
    names,
    speeds: new Map(hosts.flatMap(({ keys, speedMhz }) => keys.map((key) => [key, speedMhz] as const))),
    seen: new Set(),
    claims: [],
    disks: new Set(),
    notes,
  };
  const demand = infos.flatMap((place) => {
    const machine = readMachine(place, all);
    return machine === null ? [] : [machine];
  });
  tellStrays(all.details, names, notes);
  return { demand, today: hosts.map(({ host }) => host), claims: all.claims };
}

/** Of a machine in vInfo and in the other sheets. */
type Lookup = (tab: DetailTab) => readonly Place[];

function readMachine(place: Place, all: Export): DemandRow | null {
  const { table, row } = place;
  const { notes, names, details } = all;
  const source = sourceOf(table, row);
  const name = textOf(table, row, vinfo.vm);
  const out = (why: string): null => {
    notes.leftOut.push({ source, what: name === '' ? '(no name)' : name, why });
    return null;
  };
  if (name === '') return out('a row without a name: a total or a remark');
  const id = textOf(table, row, vinfo.id);
  const key = keysWithin(table, row, id)[0];
  if (id !== '' && all.seen.has(key)) return out(`the machine ${id} is in an earlier row already`);
  if (id !== '') all.seen.add(key);
  const isNamesake = (names.get(keysWithin(table, row, name)[0]) ?? 0) > 1;
  const rowsOf: Lookup = (tab) => rowsOfMachine(place, details[tab], isNamesake);
  const word = (columns: readonly string[], meaning: (text: string) => string) =>
    textWithin(place, rowsOf, columns, meaning, name, notes);
  const disksOf = (): Volume[] => volumesOf(name, rowsOf('vdisk'), all);
  /** Nothing runs, but its disks are kept. */
  const kept = (why: string): null => {
    for (const volume of disksOf()) all.claims.push({ volume, count: 1, source });
    return out(why);
  };
  const truth = (text: string) => String(isTruth(text));
  if (isTruth(word(vinfo.template, truth))) return kept('a template, not a machine');
  if (isTruth(textOf(table, row, vinfo.placeholder))) return out('a placeholder of site recovery');
  if (/^vCLS[-\s(]/.test(name)) return out("an agent of vSphere's cluster services");
  const connection = /^(orphaned|inaccessible|invalid)$/i.exec(textOf(table, row, vinfo.connection))?.[0];
  if (connection !== undefined) return kept(`${connection.toLowerCase()}: no host can run it`);
  const why = whyNotRunning(powerOf(word(vinfo.power, powerOf)));
  if (why !== null) return kept(why);
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
  const cpus = sizeOf('CPUs', place, vinfo.cpus, rowsOf('vcpu')[0], vcpu.cpus, bounds.cpus, notes);
  const memory = sizeOf(
    'memory',
    place,
    vinfo.memory,
    rowsOf('vmemory')[0],
    vmemory.memory,
    bounds.memoryMib,
    notes,
  );
  if (cpus === null && memory === null) return out('neither CPUs nor memory can be read');
  const disks = disksOf();
  const provisioned = numberOf(table, row, vinfo.provisioned, bounds.diskMib, notes);
  const text = (columns: readonly string[]) => textOf(table, row, columns);
  const speed = keysWithin(table, row, text(vinfo.host)).map((one) => all.speeds.get(one));
  return {
    ...blankRow(name, source),
    cluster: orNull(text(vinfo.cluster)),
    site: orNull(text(vinfo.datacenter)),
    cpuThreads: cpus,
    memoryBytes: memory === null ? null : memory * mib,
    diskBytes:
      rowsOf('vdisk').length > 0
        ? disks.reduce((sum, { bytes }) => sum + bytes, 0)
        : provisioned === null
          ? null
          : provisioned * mib,
    usage: usageOf(rowsOf('vcpu')[0], rowsOf('vmemory')[0], speed.find((it) => it != null) ?? null, notes),
    os: systemOf(word(vinfo.os, osFamily)),
    today: 'vm',
    volumes: disks,
  };
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** A text of vInfo; where it is empty that of another sheet. Sheets that mean something else are noted. */
function textWithin(
  { table, row }: Place,
  rowsOf: Lookup,
  columns: readonly string[],
  meaning: (text: string) => string,
  name: string,
  notes: Notes,
): string {
  const here = textOf(table, row, columns);
  for (const tab of ['vcpu', 'vmemory', 'vdisk'] as const) {
    const [other] = rowsOf(tab);
    if (other === undefined) continue;
    const there = textOf(other.table, other.row, columns);
    if (there === '' || meaning(there) === meaning(here)) continue;
    const field = columns[0] ?? '';
    if (here === '') {
      tally(notes, `${field} is empty in vInfo and was taken from ${tab}`, name);
      return there;
    }
    addProblem(
      notes,
      sourceOf(other.table, other.row),
      field,
      there,
      `vInfo says ${here}`,
      'the value of vInfo was used; export all sheets at one time',
      'value not used',
    );
    return here;
  }
  return here;
}

/** A number of vInfo and of the sheet that has it too. */
function sizeOf(
  field: 'CPUs' | 'memory',
  { table, row }: Place,
  columns: readonly string[],
  other: Place | undefined,
  columnsThere: readonly string[],
  limits: Bounds,
  notes: Notes,
): number | null {
  const here = numberOf(table, row, columns, limits, notes);
  if (other === undefined) return here;
  const there = numberOf(other.table, other.row, columnsThere, limits, notes);
  const source = sourceOf(other.table, other.row);
  if (here !== null && there !== null && here !== there) {
    addProblem(
      notes,
      source,
      field,
      there,
      `vInfo says ${here}`,
      'the value of vInfo was used; export all sheets at one time',
      'value not used',
    );
  }
  if (here === null && there !== null)
    tally(
      notes,
      `${field} cannot be read in vInfo and was taken from ${source.sheet ?? source.file}`,
      textOf(table, row, vinfo.vm),
    );
  return here ?? there;
}

/** A disk that an earlier machine has too, by its LUN, file or id, is not counted again. */
function volumesOf(name: string, rows: readonly Place[], { disks, notes }: Export): Volume[] {
  return rows.flatMap(({ table, row }, at): Volume[] => {
    const capacity = numberOf(table, row, vdisk.capacity, bounds.diskMib, notes);
    if (capacity === null) return [];
    const label = textOf(table, row, vdisk.disk);
    const id = `${name}/${label === '' ? String(at + 1) : label}`;
    const file = [vdisk.lun, vdisk.path, vdisk.uuid]
      .map((columns) => textOf(table, row, columns))
      .find((text) => text !== '');
    if (file !== undefined) {
      const key = keysWithin(table, row, file)[0];
      if (disks.has(key)) {
        tally(notes, 'disks that an earlier machine shares are counted once', id);
        return [];
      }
      disks.add(key);
    }
    return [
      {
        id,
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
  const at = (place: Place | undefined, columns: readonly string[], limits: Bounds) =>
    place === undefined ? null : numberOf(place.table, place.row, columns, limits, notes);
  const mhz = at(cpu, vcpu.overall, bounds.mhz);
  const consumed = at(memory, vmemory.consumed, { ...bounds.memoryMib, least: 0 });
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
): {
  readonly host: ExistingHost;
  readonly keys: readonly string[];
  readonly speedMhz: number | null;
}[] {
  return table.rows.flatMap((row) => {
    const text = (columns: readonly string[]) => textOf(table, row, columns);
    const number = (columns: readonly string[], limits: Bounds) =>
      numberOf(table, row, columns, limits, notes);
    const id = text(vhost.host);
    const source = sourceOf(table, row);
    if (id === '') {
      notes.leftOut.push({ source, what: '(no name)', why: 'a row without a host' });
      return [];
    }
    const cores = number(vhost.cores, bounds.cpus);
    const memory = number(vhost.memory, bounds.memoryMib);
    const share = (columns: readonly string[]) => {
      const percent = number(columns, { least: 0, most: 100, whole: false });
      return percent === null ? null : percent / 100;
    };
    const host: ExistingHost = {
      id,
      cluster: orNull(text(vhost.cluster)),
      site: orNull(text(vhost.datacenter)),
      sockets: number(vhost.sockets, bounds.cpus),
      cores,
      threads: cores === null ? null : cores * (isTruth(text(vhost.hyperThreading)) ? 2 : 1),
      memoryBytes: memory === null ? null : memory * mib,
      maxInstances: null,
      allocatable: null,
      cpuUsedShare: share(vhost.cpuUsed),
      memoryUsedShare: share(vhost.memoryUsed),
      model: orNull(text(vhost.model)),
      devices: {},
      labels: {},
      taints: [],
      domain: null,
      source,
    };
    const speedMhz = number(vhost.speed, { least: 100, most: 10_000, whole: false });
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
        what: textOf(place.table, place.row, vinfo.vm),
        why: 'is not in vInfo',
      });
    }
  }
}
