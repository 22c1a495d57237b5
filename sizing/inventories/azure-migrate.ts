/**
 * The import CSV of Azure Migrate -> demand. Its MB and GB are taken as 2^20 and 2^30 bytes, as the sizes of virtual
 * machines are given; it does not say which statistic its utilisation is, so that it counts as one look.
 */
import type { DemandRow, Volume } from '../model.ts';
import type { Notes } from './notes.ts';
import { blankRow, bounds, mib, systemOf } from './rows.ts';
import { columnOf, hasColumn, numberAt, sourceOf, type Table, type TableRow, textAt } from './table.ts';

const gib = 2 ** 30;
const diskBounds = { least: 0, most: 2 ** 20, whole: false };
const percentBounds = { least: 0, most: 100, whole: false };

/** Names that tell its header from a title. */
export const azureNames: ReadonlySet<string> = new Set(['servername', 'cores', 'memoryinmb', 'osname']);

export function isAzureMigrate(table: Table): boolean {
  const has = (name: string) => hasColumn(table, [name]);
  return has('servername') && has('cores') && has('memoryinmb');
}

export function readAzureMigrate(table: Table, notes: Notes): DemandRow[] {
  const at = (name: string) => columnOf(table, [name]);
  const name = at('servername');
  const cores = at('cores');
  const memory = at('memoryinmb');
  const os = at('osname');
  const cpuUsed = at('cpuutilizationpercentage');
  const memoryUsed = at('memoryutilizationpercentage');
  const disks = disksIn(table);
  notes.remarks.add('MB and GB of Azure Migrate are taken as 2^20 and 2^30 bytes');
  if (cpuUsed !== -1 || memoryUsed !== -1)
    notes.remarks.add('utilisation of Azure Migrate names no statistic: it counts as one look');
  return table.rows.flatMap((row): DemandRow[] => {
    const source = sourceOf(table, row);
    const id = textAt(row, name);
    const cpuThreads = numberAt(table, row, cores, bounds.cpus, notes);
    const mebibytes = numberAt(table, row, memory, bounds.memoryMib, notes);
    if (id === '' || (cpuThreads === null && mebibytes === null)) {
      const why = id === '' ? 'a row without a name' : 'neither cores nor memory can be read';
      notes.leftOut.push({ source, what: id === '' ? '(no name)' : id, why });
      return [];
    }
    const memoryBytes = mebibytes === null ? null : mebibytes * mib;
    const share = (column: number) => numberAt(table, row, column, percentBounds, notes);
    const [cpuShare, memoryShare] = [share(cpuUsed), share(memoryUsed)];
    const usage = {
      cpuThreads: cpuShare === null || cpuThreads === null ? null : (cpuThreads * cpuShare) / 100,
      memoryBytes: memoryShare === null || memoryBytes === null ? null : (memoryBytes * memoryShare) / 100,
    };
    const volumes = disks.flatMap((disk, index) =>
      volumeOf(table, row, disk, `${id}/disk ${String(index + 1)}`, notes),
    );
    const iops = volumes.reduce<number | null>((sum, volume) => add(sum, volume.iops), null);
    return [
      {
        ...blankRow(id, source),
        cpuThreads,
        memoryBytes,
        diskBytes: volumes.length === 0 ? null : volumes.reduce((sum, { bytes }) => sum + bytes, 0),
        iops,
        usage:
          usage.cpuThreads === null && usage.memoryBytes === null
            ? null
            : { ...usage, statistic: 'now', windowSeconds: null },
        os: systemOf(textAt(row, os)),
        today: 'vm',
        volumes,
      },
    ];
  });
}

/** Columns of one disk. */
interface Disk {
  readonly size: number;
  readonly reads: number;
  readonly writes: number;
}

function disksIn(table: Table): Disk[] {
  const disks: Disk[] = [];
  for (let n = 1; ; n += 1) {
    const starting = (words: string) => {
      const name = [...table.columns.keys()].find((one) => one.startsWith(`disk${String(n)}${words}`));
      return name === undefined ? -1 : columnOf(table, [name]);
    };
    const size = starting('size');
    if (size === -1) return disks;
    disks.push({ size, reads: starting('readops'), writes: starting('writeops') });
  }
}

function volumeOf(table: Table, row: TableRow, disk: Disk, id: string, notes: Notes): Volume[] {
  const size = numberAt(table, row, disk.size, diskBounds, notes);
  if (size === null || size === 0) return [];
  const reads = numberAt(table, row, disk.reads, bounds.amount, notes);
  const writes = numberAt(table, row, disk.writes, bounds.amount, notes);
  return [
    {
      id,
      bytes: Math.round(size * gib),
      iops: add(reads, writes),
      access: 'block',
      storageClass: null,
      replicas: 1,
      replicasApart: 'array',
    },
  ];
}

function add(one: number | null, other: number | null): number | null {
  return one === null ? other : one + (other ?? 0);
}
