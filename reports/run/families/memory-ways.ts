/**
 * Every way of counting the memory of a working instance, in reading order, each with what it misses: none
 * is the truth, and they differ most for virtual machines (METHODOLOGY B14).
 */
import type { MemoryMoment, MemoryReading } from '../../../model/observation.ts';
import type { CellRecord } from '../../../model/record.ts';
import { median } from '../../../model/descriptive.ts';

/** One runner's evidence for one load. */
export interface Column {
  readonly runner: string;
  readonly cell: CellRecord;
  readonly readings: readonly MemoryReading[];
  readonly ladder: CellRecord | null;
  /** Most instances its ladder held. */
  readonly top: number;
}

/** How a row gets its value from one column; null: unknown, undefined: there is no such thing. */
export type Read = (column: Column) => number | null | undefined;

/** Median over launches of one reading at one moment. */
export function reading(
  moment: MemoryMoment,
  value: (item: MemoryReading) => number | null | undefined,
): Read {
  return ({ readings }) => {
    const values = readings.filter((item) => item.moment === moment).map(value);
    if (values.length > 0 && values.every((item) => item === undefined)) return undefined;
    return median(values.filter((item) => item != null));
  };
}

const loaded = (value: (item: MemoryReading) => number | null | undefined) => reading('loaded', value);
/** A virtual machine has it, a container has not. */
const ofGuest = (value: (item: MemoryReading) => number | null | undefined) =>
  loaded((item) => (item.guest === null ? undefined : value(item)));

export interface Way {
  readonly title: string;
  readonly read: Read;
  readonly misses: string;
  /** Left out where no runner has a value. */
  readonly optional?: boolean;
}

export const ways: readonly Way[] = [
  {
    title: 'Sum of PSS',
    read: loaded((item) => item.pssBytes),
    misses: 'kernel memory (slab, sockets, page tables); falls as more instances share pages',
  },
  {
    title: 'Sum of RSS',
    read: loaded((item) => item.rssBytes),
    misses: 'nothing, but counts shared pages once per process: an upper bound',
  },
  {
    title: 'Cgroup, all that is charged',
    read: loaded((item) => item.groupBytes),
    misses: 'files that others read first; holds page cache that could go',
  },
  {
    title: 'Cgroup working set',
    read: loaded((item) => item.workingSetBytes),
    misses: 'files that others read first; still holds active page cache',
  },
  {
    title: 'Cgroup: anonymous + kernel + shared',
    read: loaded((item) => item.heldBytes),
    misses: 'page cache, and kernel memory charged to nobody',
  },
  {
    title: 'Page cache of the host, charged to it',
    read: loaded((item) => item.cacheBytes),
    misses: 'what was in the cache before: the first to touch a file pays',
  },
  {
    title: 'Page cache in the guest',
    read: ofGuest((item) => item.guest?.cacheBytes),
    misses: 'nothing, but the same file may be cached by the host too',
  },
  {
    title: 'Used in the guest (MemTotal - MemAvailable)',
    read: ofGuest((item) => item.guest && item.guest.totalBytes - item.guest.availableBytes),
    misses: 'freed pages that the host still holds, and the hypervisor',
  },
  {
    title: 'Hypervisor: guest RAM',
    read: ofGuest((item) => item.hypervisor?.guestRamBytes ?? null),
    misses: 'the hypervisor itself; touched once is held for good',
  },
  {
    title: 'Hypervisor: its own memory',
    read: ofGuest((item) => item.hypervisor?.otherBytes ?? null),
    misses: 'kernel memory for the guest (page tables, KVM)',
  },
  {
    title: 'Hypervisor: translated code',
    read: loaded((item) =>
      item.hypervisor === null || item.hypervisor.translationBytes === 0
        ? undefined
        : item.hypervisor.translationBytes,
    ),
    misses: 'exists under emulation only: a VM on hardware KVM has none of it',
    optional: true,
  },
  {
    title: 'Clients inside, part of the rows above',
    read: loaded((item) => item.clientBytes),
    misses: 'their kernel memory; production has them elsewhere',
    optional: true,
  },
  {
    title: 'What the service counts itself',
    read: loaded((item) => item.serviceBytes),
    misses: 'code, libraries, fragmentation, kernel memory',
    optional: true,
  },
  {
    title: 'Merged by the kernel (KSM), all guests',
    read: loaded((item) => item.mergedBytes ?? undefined),
    misses: 'depends on what else runs',
    optional: true,
  },
  {
    title: 'Configured',
    read: loaded((item) => item.configuredBytes),
    misses: 'everything: address space, not memory; never used for density (C24)',
  },
];
