/** Small parts that the readers of tables share: a plain demand row, families of systems, unique ids. */
import { oneLine } from '../../model/visible-text.ts';
import type { DemandRow, OsFamily, Source } from '../model.ts';
import type { Bounds } from './table.ts';

export const mib = 2 ** 20;

/** Beyond these a value is a slip, not a machine: in threads, MiB, MHz and percent. */
export const bounds = {
  cpus: { least: 1, most: 1024, whole: true },
  memoryMib: { least: 1, most: 64 * 2 ** 20, whole: true },
  diskMib: { least: 0, most: 2 ** 40, whole: true },
  mhz: { least: 0, most: 1024 * 10_000, whole: false },
  percent: { least: 0, most: 1000, whole: false },
  amount: { least: 0, most: 1e15, whole: false },
} as const satisfies Record<string, Bounds>;

const noNames: Readonly<Record<string, never>> = {};
const none: readonly never[] = [];

/** An instance that asks for nothing yet. */
export function blankRow(id: string, source: Source): DemandRow {
  return {
    id,
    app: id,
    cluster: null,
    site: null,
    count: 1,
    cpuThreads: null,
    memoryBytes: null,
    diskBytes: null,
    iops: null,
    networkBytesPerSecond: null,
    devices: noNames,
    usage: null,
    os: systemOf(''),
    form: 'any',
    ownKernel: false,
    today: null,
    apart: none,
    marks: none,
    avoids: none,
    spread: null,
    together: null,
    hostLabels: noNames,
    hostRules: none,
    tolerations: none,
    growthPerYear: null,
    volumes: none,
    source,
  };
}

export function osFamily(name: string): OsFamily {
  if (name.trim() === '') return 'unknown';
  if (/windows|microsoft/i.test(name)) return 'windows';
  if (/linux|ubuntu|debian|centos|red hat|rhel|suse|sles|rocky|alma|fedora|photon|coreos|alpine/i.test(name))
    return 'linux';
  return 'other';
}

/** One object per system, not per machine: there are few, and inventories of a million rows. */
export const systemOf = (() => {
  const known = new Map<string, DemandRow['os']>();
  return (name: string): DemandRow['os'] => {
    const found = known.get(name) ?? { name, family: osFamily(name) };
    // Names made up by the row would pile up.
    if (known.size < 1000) known.set(name, found);
    return found;
  };
})();

/** Gives each id once: "web", "web (2)", "web (3)"; as one line, which is how the assignment names it. */
export function uniqueIds(): (id: string) => string {
  const seen = new Map<string, number>();
  const unique = (id: string): string => {
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    return times === 1 ? id : unique(`${id} (${times})`);
  };
  return (id) => unique(oneLine(id));
}
