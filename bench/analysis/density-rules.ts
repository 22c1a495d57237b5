/**
 * When a density sweep goes on, and what binds when it does not. Pure: steps and readings in, a decision
 * with its evidence out. Two kinds of end must not be confused: an objective that is no longer held, and
 * a host that the next step would hurt, which is foreseen from the cost of the instances so far.
 */
import type { HostLoad, HostRoom } from '../../model/instance.ts';
import type {
  DensityEnd,
  DensityStep,
  HostResource,
  InstanceFailure,
  ObjectiveReading,
} from '../../model/observation.ts';
import type { Bytes } from '../../model/quantities.ts';
import { theilSen, type Slope } from '../statistics/slope.ts';
import { formatValue, formatShare } from '../../model/units.ts';

type Step = Pick<DensityStep, 'instances' | 'room' | 'hostBytes' | 'kernelPlusPssBytes'>;

/** Never used up: what the host itself needs to stay usable. */
const keptTaskShare = 0.1;
const keptFileShare = 0.1;
const keptDiskShare = 0.05;
/** From this many instances on, MemAvailable's fall over them says more than what else moved it. */
const enoughForAvailable = 10;
/** One instance costs at least this, whatever a slope over few says. */
const leastMemory: Bytes = 2 ** 20;
/** A launch and an instance hold at least so many tasks and descriptors. */
const leastTasks = 2;

/** Busy enough to be the reason of a wait. */
const saturatedCpu = 0.9;
const pressedCpu = 0.5;
const pressedMemory = 0.1;
const pressedIo = 0.3;

/** Memory one more instance takes: Theil-Sen over the steps, by kernel memory + PSS or, failing that, MemAvailable. */
export function memorySlope(steps: readonly Step[]): Slope | null {
  const exact = steps.every(({ kernelPlusPssBytes }) => kernelPlusPssBytes !== null);
  return theilSen(
    steps.map(({ instances, kernelPlusPssBytes, hostBytes }) => ({
      x: instances,
      y: exact ? (kernelPlusPssBytes ?? 0) : hostBytes,
    })),
  );
}

/** The most that one more instance has been seen to take, so that a forecast errs on the safe side. */
export function memoryPerInstance(steps: readonly Step[], capBytes: Bytes): Bytes {
  const [first, last] = [steps[0], steps.at(-1)];
  // Before the first instance only its cap is known, which a VM's guest may touch whole.
  if (first === undefined || last === undefined || last.instances <= first.instances) return capBytes;
  const slope = memorySlope(steps);
  const before = steps.at(-2) ?? first;
  const grown = last.instances - before.instances;
  const level = (step: Step) => step.kernelPlusPssBytes ?? step.hostBytes;
  const available = (first.room.memoryAvailableBytes - last.room.memoryAvailableBytes) / last.instances;
  return Math.max(
    leastMemory,
    slope?.interval?.high ?? slope?.slope ?? 0,
    grown > 0 ? (level(last) - level(before)) / grown : 0,
    last.instances >= enoughForAvailable ? available : 0,
  );
}

export interface Forecast {
  readonly binding: HostResource;
  readonly evidence: string;
}

/**
 * Whether `more` instances would leave the host what it needs, from what the ones so far took.
 * @param now the room at this moment
 * @returns null when they would
 */
export function foresee(
  steps: readonly Step[],
  more: number,
  now: HostRoom,
  limits: { readonly reserveBytes: Bytes; readonly capBytes: Bytes },
): Forecast | null {
  const first = steps[0]?.room ?? now;
  const running = steps.at(-1)?.instances ?? 0;
  const each = (of: (room: HostRoom) => number, least: number) =>
    running === 0 ? least : Math.max(least, (of(steps.at(-1)?.room ?? now) - of(first)) / running);
  const memory = more * memoryPerInstance(steps, limits.capBytes);
  if (now.memoryAvailableBytes - memory < limits.reserveBytes) {
    return {
      binding: 'memory',
      evidence:
        `${more} more would take about ${formatValue(memory, 'B')} of the ${formatValue(now.memoryAvailableBytes, 'B')} ` +
        `available, and ${formatValue(limits.reserveBytes, 'B')} is kept for the host`,
    };
  }
  const tasks = more * each((room) => room.tasks, leastTasks);
  if (now.tasks + tasks > now.tasksLimit * (1 - keptTaskShare)) {
    const evidence = `${more} more would take about ${Math.ceil(tasks)} tasks beside ${now.tasks} of at most ${now.tasksLimit}; a tenth is kept`;
    return { binding: 'pids', evidence };
  }
  const files = more * each((room) => room.openFiles, leastTasks);
  if (now.openFiles + files > now.openFilesLimit * (1 - keptFileShare)) {
    const evidence = `${more} more would take about ${Math.ceil(files)} of tare's descriptors beside ${now.openFiles} of at most ${now.openFilesLimit}; a tenth is kept`;
    return { binding: 'open-files', evidence };
  }
  const disk = more * each((room) => -room.diskFreeBytes, 0);
  const keptDisk = keptDiskShare * now.diskTotalBytes;
  if (disk > 0 && now.diskFreeBytes - disk < keptDisk) {
    return {
      binding: 'disk',
      evidence: `${more} more would take about ${formatValue(disk, 'B')} of the ${formatValue(now.diskFreeBytes, 'B')} free, and ${formatValue(keptDisk, 'B')} is kept`,
    };
  }
  return null;
}

const failureSigns: readonly (readonly [HostResource, RegExp])[] = [
  ['open-files', /EMFILE|ENFILE|too many open files/i],
  ['ports', /EXFULL|exchange full|EADDRINUSE|address already in use/i],
  ['disk', /ENOSPC|EDQUOT|no space left/i],
  ['memory', /ENOMEM|cannot allocate memory|out of memory|OOM kill/i],
  ['pids', /EAGAIN|resource temporarily unavailable|can't fork|cannot fork/i],
];

/** What made instances fail, by what they or the kernel said of it. */
export function bindingOfFailures(
  failures: readonly (InstanceFailure & { detail?: string })[],
): HostResource {
  for (const { reason, message, detail = '' } of failures.toReversed()) {
    if (reason === 'oom') return 'memory';
    const sign = failureSigns.find(([, pattern]) => pattern.test(`${message}\n${detail}`));
    if (sign !== undefined) return sign[0];
  }
  return 'unknown';
}

/** The end for an objective that was not held. */
export function endByObjective(reading: ObjectiveReading, instances: number): DensityEnd {
  const end = (binding: HostResource, why: string): DensityEnd => ({
    kind: 'density-end',
    cause: 'objective',
    binding,
    evidence: `with ${instances} running, ${objectiveWords(reading)}; ${why}`,
  });
  if (reading.name === 'memoryReserve') return end('memory', 'the reserve of the host was reached');
  return end(...bindingOfLoad(reading.load));
}

/** What the host was short of, most telling sign first. */
function bindingOfLoad(load: HostLoad): [HostResource, string] {
  const { cpuBusyShare, cpuPressureShare, memoryPressureShare, ioPressureShare } = load;
  if ((memoryPressureShare ?? 0) > pressedMemory) {
    return ['memory', `programs waited for memory ${formatShare(memoryPressureShare ?? 0)} of the time`];
  }
  if (cpuBusyShare >= saturatedCpu || (cpuPressureShare ?? 0) >= pressedCpu) {
    const waited =
      cpuPressureShare === null
        ? ''
        : ` and programs waited for one ${formatShare(cpuPressureShare)} of the time`;
    return ['cpu', `the CPUs were ${formatShare(cpuBusyShare)} busy${waited}`];
  }
  if ((ioPressureShare ?? 0) > pressedIo) {
    return ['disk', `programs waited for I/O ${formatShare(ioPressureShare ?? 0)} of the time`];
  }
  return [
    'unknown',
    `yet no resource of the host was short: its CPUs were ${formatShare(cpuBusyShare)} busy`,
  ];
}

/** "startWithin: 1.2 s, at most 1 s was wanted". */
function objectiveWords({ name, value, limit }: ObjectiveReading): string {
  const least = name === 'workAtLeast' || name === 'memoryReserve';
  const unit = name === 'memoryReserve' ? 'B' : name === 'workAtLeast' ? 'ratio' : 's';
  const none = name === 'requestWithin' ? 'no answer' : 'could not be read';
  const shown = value === null ? none : formatValue(value, unit);
  return `${name}: ${shown}, at ${least ? 'least' : 'most'} ${formatValue(limit, unit)} was wanted`;
}

/** From this share of the way to its limit on, an objective is near. */
const near = 0.8;
/** Fewer steps, or instances, give no slope worth stopping for (METHODOLOGY B14). */
const leastSteps = 6;
const leastInstances = 10;

/** Whether one more instance's cost is known to within a share of it, with every objective far from its limit. */
export function fitSaysEnough(steps: readonly DensityStep[], share: number): DensityEnd | null {
  const last = steps.at(-1);
  const slope = memorySlope(steps);
  if (last === undefined || slope?.interval == null || slope.slope <= 0) return null;
  if (steps.length < leastSteps || last.instances < leastInstances) return null;
  if (last.objectives.some((reading) => wayToLimit(reading) > near)) return null;
  const { low, high } = slope.interval;
  const width = (high - low) / slope.slope;
  if (width > share) return null;
  return {
    kind: 'density-end',
    cause: 'fit',
    binding: null,
    evidence:
      `memory per instance is known to within ${formatShare(width)} with ${last.instances} running ` +
      `(${formatValue(low, 'B')} to ${formatValue(high, 'B')}), and no objective was near its limit`,
  };
}

/** 0 far away, 1 at the limit, more beyond it. */
function wayToLimit({ name, value, limit }: ObjectiveReading): number {
  if (value === null) return Infinity;
  const least = name === 'workAtLeast' || name === 'memoryReserve';
  if (!least) return limit === 0 ? Infinity : value / limit;
  return value <= 0 ? Infinity : limit / value;
}

/** The counts at which a sweep reads: one alone, then every `step`, and the maximum. */
export function sweepCounts(maximum: number, step: number): number[] {
  const counts = [1];
  for (let count = Math.max(2, step); count < maximum; count += step) counts.push(count);
  if (maximum > 1) counts.push(maximum);
  return counts;
}
