/**
 * What the two sides are compared by: each quantity with the metrics that tell it, the command that measures it
 * and the published pair that may stand in for it. Data alone; each quantity answers for itself (C28).
 */

export type Quantity =
  'memory' | 'fit' | 'disk' | 'start' | 'cpu' | 'io' | 'latency' | 'interference' | 'kernel' | 'powers';

export interface QuantityDeclaration {
  readonly title: string;
  /** Ids of its metrics, `*` for any letters; empty: facts seen from inside, which no metric counts. */
  readonly metrics: readonly string[];
  readonly command: string;
  /** What measures it of an app's own work, for limits; null: the same. */
  readonly ownCommand: string | null;
  /** Published rows of one definition that may stand in, VM first; never where there is a measurement. */
  readonly published: readonly [vm: string, container: string] | null;
}

export const quantities: Readonly<Record<Quantity, QuantityDeclaration>> = {
  memory: {
    title: 'memory of an instance',
    metrics: [
      'tare.memory',
      'tare.memory-per-instance',
      'density.memory-per-instance',
      'memory.loaded-pss',
      'memory.loaded-per-instance',
    ],
    command: 'tare run tare',
    ownCommand: 'tare run memory-load',
    published: ['least-nginx-microvm', 'least-nginx-docker'],
  },
  fit: {
    title: 'instances that fit',
    metrics: ['density.instances'],
    command: 'tare run density',
    ownCommand: null,
    published: null,
  },
  disk: {
    title: 'disk of an instance',
    metrics: ['tare.disk', 'tare.disk-per-instance'],
    command: 'tare run tare',
    ownCommand: null,
    published: null,
  },
  start: {
    title: 'time until ready',
    metrics: ['startup.ready'],
    command: 'tare run startup',
    ownCommand: null,
    published: ['docker-date-kata', 'docker-date-runc'],
  },
  cpu: {
    title: 'CPU time per unit of work',
    metrics: ['cpu.*-cost', 'network.cpu-per-request'],
    command: 'tare run cpu',
    ownCommand: null,
    published: ['nginx-kvm', 'nginx-docker'],
  },
  io: {
    title: 'rate of input and output',
    metrics: ['io.*-iops', 'io.*-bandwidth', 'io.*-rate'],
    command: 'tare run io',
    ownCommand: null,
    published: null,
  },
  latency: {
    title: 'p99 latency under load',
    metrics: ['network.p99-at-*'],
    command: 'tare run network',
    ownCommand: null,
    published: null,
  },
  interference: {
    title: 'slowdown next to a noisy neighbour',
    metrics: ['isolation.*'],
    command: 'tare run isolation',
    ownCommand: null,
    published: null,
  },
  kernel: {
    title: 'whose kernel is underneath',
    metrics: [],
    command: 'tare run surface',
    ownCommand: null,
    published: null,
  },
  powers: {
    title: 'powers of an operating system',
    metrics: [],
    command: 'tare run surface',
    ownCommand: null,
    published: null,
  },
};

export const quantityNames = Object.keys(quantities) as Quantity[];

const patterns = new Map<string, RegExp>();

/** Which quantity a metric tells of; null: none that advice looks at. */
export function quantityOf(metric: string): Quantity | null {
  return quantityNames.find((name) => quantities[name].metrics.some((one) => isMatch(one, metric))) ?? null;
}

function isMatch(pattern: string, metric: string): boolean {
  const known = patterns.get(pattern) ?? new RegExp(`^${pattern.split('*').map(escaped).join('.+')}$`);
  patterns.set(pattern, known);
  return known.test(metric);
}

function escaped(text: string): string {
  return text.replaceAll(/[.\\+?^${}()|[\]]/g, String.raw`\$&`);
}
