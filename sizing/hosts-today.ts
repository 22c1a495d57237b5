/** The hosts of an inventory as kinds of hosts to pack onto: to reuse what is there, and to see what it holds. */
import type { ExistingHost, HostType, Price } from './model.ts';

export interface HostsToday {
  readonly hosts: readonly HostType[];
  /** Hosts that cannot be packed onto, and what was taken for what is not known. */
  readonly remarks: readonly string[];
}

/** Labels that differ from node to node, or that every node has. */
const own = /^(kubernetes\.io\/hostname|.*\/(instance-id|node-name|hostname)|csi\..*|topology\..*\.csi\..*)$/;

/**
 * Hosts that are alike are one kind, of which there are so many. What is there has no price but `price`: it is paid
 * for. A host whose cores or memory are not known is left out and named.
 */
export function hostsToday(today: readonly ExistingHost[], price: Price | null): HostsToday {
  const kinds = new Map<
    string,
    { readonly host: Omit<HostType, 'id' | 'available'>; count: number; name: string }
  >();
  const unknown: string[] = [];
  let threadsAsCores = 0;
  for (const one of today) {
    const cores = one.cores ?? one.threads;
    if (cores === null || one.memoryBytes === null) {
      unknown.push(one.id);
      continue;
    }
    if (one.cores === null) threadsAsCores += 1;
    const host: Omit<HostType, 'id' | 'available'> = {
      sockets: one.sockets ?? 1,
      cores,
      threads: one.threads ?? cores,
      memoryBytes: one.memoryBytes,
      disks: [],
      networkBytesPerSecond: null,
      devices: one.devices,
      price,
      watts: null,
      licences: [],
      labels: Object.fromEntries(Object.entries(one.labels).filter(([key]) => !own.test(key))),
      taints: one.taints,
      domain: one.domain,
      maxInstances: one.maxInstances,
      source: { ...one.source, row: null },
    };
    const key = JSON.stringify(host);
    const known = kinds.get(key);
    if (known !== undefined) known.count += 1;
    else kinds.set(key, { host, count: 1, name: nameOf(one, cores) });
  }
  const names = new Map<string, number>();
  const hosts = [...kinds.values()].map(({ host, count, name }): HostType => {
    const times = (names.get(name) ?? 0) + 1;
    names.set(name, times);
    return { ...host, id: times === 1 ? name : `${name} (${String(times)})`, available: count };
  });
  return {
    hosts,
    remarks: [
      ...(unknown.length > 0
        ? [
            `${String(unknown.length)} hosts of today tell no cores or memory and are not used: ${unknown.slice(0, 5).join(', ')}`,
          ]
        : []),
      ...(threadsAsCores > 0
        ? [`${String(threadsAsCores)} hosts of today tell threads and no cores: each thread counts as a core`]
        : []),
    ],
  };
}

function nameOf({ memoryBytes }: ExistingHost, cores: number): string {
  return `today ${String(cores)}c/${String(Math.round((memoryBytes ?? 0) / 2 ** 30))}GiB`;
}
