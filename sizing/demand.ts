/**
 * What an instance needs of a host in each form. The application's own need is the same in all of them: how a
 * request is overcommitted follows from what was asked for (vCPUs of a virtual machine, a container's request),
 * not from what it would run as, so that the answers differ by the tare alone.
 */
import { formatShare } from '../model/units.ts';
import type { DemandRow, Inventory, SizingPolicy, UsageStatistic } from './model.ts';
import { insideBytesAt, tareBytesAt } from './tare-curve.ts';
import type { BothWeights, Form } from './weights.ts';

/** Per instance: threads, bytes, operations and bytes per second. */
export interface Need {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly iops: number;
  readonly network: number;
  /** Whole units of named resources. */
  readonly devices: Readonly<Record<string, number>>;
}

/** A quantity of a need: one of those that every instance has, or a named resource. */
export type Amount = Exclude<keyof Need, 'devices'>;

export const amounts = ['cpu', 'memory', 'disk', 'iops', 'network'] as const satisfies readonly Amount[];

function isAmount(dimension: string): dimension is Amount {
  return (amounts as readonly string[]).includes(dimension);
}

/** Of a need in one dimension: its own field, or that many units of a named resource. */
export function amountOf(need: Need, dimension: string): number {
  return isAmount(dimension) ? need[dimension] : (need.devices[dimension] ?? 0);
}

/** Which figures the answer stands on. */
export interface Basis {
  readonly kind: 'requests' | 'usage';
  /** Share of the instances with a usage figure as demanding as the policy asks, 0 to 1. */
  readonly confidence: number;
  readonly words: string;
}

const demanding: readonly UsageStatistic[] = ['now', 'mean', 'p50', 'p90', 'p95', 'p99', 'max'];

function hasUsage({ usage }: DemandRow, policy: SizingPolicy): boolean {
  return (
    usage !== null &&
    (usage.cpuThreads !== null || usage.memoryBytes !== null) &&
    demanding.indexOf(usage.statistic) >= demanding.indexOf(policy.basis.statistic)
  );
}

/** Usage where enough instances have it, requests otherwise, unless the policy says which. */
export function basisOf({ demand }: Inventory, policy: SizingPolicy): Basis {
  const { kind, statistic, leastConfidence } = policy.basis;
  let all = 0;
  let seen = 0;
  for (const row of demand) {
    all += row.count;
    if (hasUsage(row, policy)) seen += row.count;
  }
  const confidence = all === 0 ? 0 : seen / all;
  const percent = `${formatShare(confidence)} of the instances have usage of ${statistic} or above`;
  const chosen = kind === 'auto' ? (confidence >= leastConfidence && seen > 0 ? 'usage' : 'requests') : kind;
  const words =
    chosen === 'usage'
      ? `usage where known, else what was asked for: ${percent}`
      : `what was asked for: ${percent}${kind === 'auto' ? `, less than ${formatShare(leastConfidence)}` : ''}`;
  return { kind: chosen, confidence, words };
}

type Grows = Pick<DemandRow, 'count' | 'growthPerYear'>;

/**
 * How many of each row there are at the end of the policy's growth. Rows that grow alike grow together: three hundred
 * machines at 1 % are three more, spread evenly, not each of them twice. The sum of them is rounded up.
 */
export function grownCounts(rows: readonly Grows[], { growth }: SizingPolicy): number[] {
  const rate = ({ growthPerYear }: Grows) => growthPerYear ?? growth.perYear;
  const sums = new Map<number, { whole: number; seen: number; given: number }>();
  for (const row of rows) {
    const sum = sums.get(rate(row)) ?? { whole: 0, seen: 0, given: 0 };
    sums.set(rate(row), { ...sum, whole: sum.whole + row.count });
  }
  return rows.map((row) => {
    const sum = sums.get(rate(row));
    if (sum === undefined) return row.count;
    // What grows by nothing stays whole, whatever the power of 1 is rounded to.
    const times = (1 + rate(row)) ** growth.years;
    sum.seen += row.count;
    const isLast = sum.seen === sum.whole;
    const until = isLast ? Math.ceil(sum.seen * times - 1e-9) : Math.floor(sum.seen * times + 1e-9);
    const count = until - sum.given;
    sum.given = until;
    return count;
  });
}

/** Can it be a container at all: another OS than Linux, or a demand for its own machine, keeps it a VM. */
export function mustBeVm(row: DemandRow): boolean {
  return row.form === 'vm' || row.os.family === 'windows' || row.os.family === 'other';
}

/**
 * What the application takes without any isolation around it. What a virtual machine of today asks for holds
 * its guest OS too: so much of the tare of a VM of its size as lies inside it is taken off.
 */
export function ownNeed(row: DemandRow, policy: SizingPolicy, basis: Basis, weights: BothWeights): Need {
  const used = basis.kind === 'usage' && hasUsage(row, policy) ? row.usage : null;
  const asked = policy.overcommit[row.today === 'vm' ? 'vm' : 'container'];
  const cpu =
    used?.cpuThreads == null
      ? (row.cpuThreads ?? 0) / asked.cpu
      : used.cpuThreads * (1 + policy.headroom.cpu);
  const memory =
    used?.memoryBytes == null
      ? (row.memoryBytes ?? 0) / asked.memory
      : used.memoryBytes * (1 + policy.headroom.memory);
  const guest =
    row.today === 'vm' ? insideBytesAt(weights.vm.memory, row.memoryBytes ?? memory, row.cpuThreads ?? 0) : 0;
  return {
    cpu,
    memory: Math.max(0, memory - guest),
    disk: row.diskBytes ?? 0,
    iops: row.iops ?? 0,
    network: row.networkBytesPerSecond ?? 0,
    devices: row.devices,
  };
}

/** What an instance takes of its host in a form: its own need and the form's tare. */
export function needAs(
  form: Form,
  own: Need,
  weights: BothWeights,
  { cpuThreads }: Pick<DemandRow, 'cpuThreads'>,
): Need {
  const tare = weights[form];
  return {
    ...own,
    cpu: own.cpu + tare.idleThreads,
    memory: own.memory + tareBytesAt(tare.memory, own.memory, cpuThreads ?? 0),
    disk: own.disk + tare.diskBytes,
  };
}

export function sumOf(needs: Iterable<{ readonly need: Need; readonly count: number }>): Need {
  const devices: Record<string, number> = {};
  const sum = { cpu: 0, memory: 0, disk: 0, iops: 0, network: 0, devices };
  for (const { need, count } of needs) {
    for (const key of amounts) sum[key] += need[key] * count;
    for (const name in need.devices) devices[name] = (devices[name] ?? 0) + (need.devices[name] ?? 0) * count;
  }
  return sum;
}
