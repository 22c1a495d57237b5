/**
 * An instance weighed while its service works: ready and idle, half-way through its load, and idle again
 * after it. A guest's memory only ratchets up, so the three are different facts (METHODOLOGY B14). Read from
 * the host with every ruler at once, and once from inside, where a guest's own kernel knows what is free.
 */
import { hostMemory, parseMeminfo } from '../../host/meter/memory.ts';
import { TrialFailure } from '../../runners/runner.ts';
import type { GroupReading } from '../../model/instance.ts';
import type { GuestMemory, MemoryMoment, MemoryReading } from '../../model/observation.ts';
import type { Sample } from '../../model/record.ts';
import { runInside, type Inside } from './program.ts';
import { guestBytes, withoutTranslation } from './emulator.ts';
import { waitForMerging } from './ksm.ts';
import type { Gathered } from './gathered.ts';
import { readSeen, type ServiceLoad, type Step } from '../workloads/service-load.ts';
import type { WeighWorkload } from '../workloads/workload.ts';

/** Weighs a ready instance at the three moments and adds its metrics. */
export async function weighService(
  inside: Inside & { readonly gathered: Gathered },
  workload: WeighWorkload,
  options: unknown,
): Promise<void> {
  const { trial, signal, gathered } = inside;
  const { tools } = trial;
  const load = workload.load(options);
  const { settleSeconds, seconds } = workload.timing(options);
  const weigh = async (moment: MemoryMoment): Promise<MemoryReading> => {
    // From the host first: looking from inside starts programs there.
    const outside = await readOutside(inside);
    const reading = { ...outside, ...(await readInside(inside, load, moment)), moment, load: load.words };
    gathered.observations.push(reading);
    return reading;
  };
  await tools.sleep(settleSeconds, signal);
  await weigh('ready');
  if (load.steps.fill !== null) await take(inside, 'fill', load.steps.fill);
  await take(inside, 'start', load.steps.start);
  await tools.sleep(seconds / 2, signal);
  const loaded = await weigh('loaded');
  await tools.sleep(seconds / 2, signal);
  await take(inside, 'stop', load.steps.stop);
  await tools.sleep(settleSeconds, signal);
  const after = await weigh('after');
  if (load.steps.check !== null) await take(inside, 'check', load.steps.check);
  const end = inside.instance.ended();
  if (end !== null) throw new TrialFailure(end);
  gathered.samples.push(...samplesOf(loaded, after, trial.prepared.acceleration.class === 'tcg'));
}

/** Gives an instance of a ladder its load and lets it work for a while. */
export async function loadService(inside: Inside, load: ServiceLoad, seconds: number): Promise<void> {
  const { signal, trial } = inside;
  if (load.steps.fill !== null) await take(inside, 'fill', load.steps.fill);
  await take(inside, 'start', load.steps.start);
  await trial.tools.sleep(seconds, signal);
  await take(inside, 'stop', load.steps.stop);
}

/** Counts what is stored; after the last reading, because counting takes memory too. */
export async function checkService(inside: Inside, { steps }: ServiceLoad): Promise<void> {
  if (steps.check !== null) await take(inside, 'check', steps.check);
}

async function take(inside: Inside, label: string, step: Step): Promise<string> {
  // Generous: an emulated guest on a busy host is a hundred times slower; the trial's own limit is the user's.
  const { result } = await runInside(inside, label, step.argv, Math.ceil(step.seconds * 100 + 60));
  step.expect(result.stdout);
  return result.stdout;
}

type Outside = Omit<MemoryReading, 'guest' | 'serviceBytes' | 'clientBytes' | 'moment' | 'load'>;

async function readOutside({ trial, instance, account, signal }: Inside): Promise<Outside> {
  const { tools, cell, prepared } = trial;
  const mergedBytes = await waitForMerging(tools, signal);
  const reading = account?.read() ?? null;
  const pids = instance.pids();
  const isGuest = prepared.isolation === 'virtual machine';
  const configuredBytes = cell.shape.memoryBytes;
  const own = pids === null ? null : tools.site.processes(pids, isGuest ? guestBytes(configuredBytes) : null);
  return {
    kind: 'memory',
    pssBytes: own?.pssBytes ?? null,
    rssBytes: own?.rssBytes ?? null,
    groupBytes: reading?.memoryBytes ?? null,
    workingSetBytes: workingSet(reading),
    heldBytes: reading?.workingBytes ?? null,
    cacheBytes: reading?.cacheBytes ?? null,
    configuredBytes,
    hypervisor: own?.hypervisor ?? null,
    mergedBytes,
  };
}

function workingSet(reading: GroupReading | null): number | null {
  if (reading?.memoryBytes == null || reading.inactiveFileBytes == null) return null;
  return Math.max(0, reading.memoryBytes - reading.inactiveFileBytes);
}

async function readInside(
  inside: Inside,
  { steps }: ServiceLoad,
  moment: MemoryMoment,
): Promise<Pick<MemoryReading, 'guest' | 'serviceBytes' | 'clientBytes'>> {
  const { meminfo, serviceBytes, clientBytes } = readSeen(await take(inside, `look ${moment}`, steps.look));
  const isGuest = inside.trial.prepared.isolation === 'virtual machine';
  return { guest: isGuest ? guestMemory(meminfo) : null, serviceBytes, clientBytes };
}

function guestMemory(meminfo: string): GuestMemory {
  const { hostBytes: usedBytes } = hostMemory(meminfo);
  const values = parseMeminfo(meminfo);
  const get = (key: string) => values.get(key) ?? 0;
  const totalBytes = get('MemTotal');
  return {
    totalBytes,
    availableBytes: totalBytes - usedBytes,
    cacheBytes: get('Cached') + get('Buffers') - get('Shmem'),
  };
}

function samplesOf(loaded: MemoryReading, after: MemoryReading, isEmulated: boolean): readonly Sample[] {
  // Readings keep what was read; a metric is the machine's, without what an emulator has translated for it.
  const own = (reading: MemoryReading, bytes: number | null) =>
    withoutTranslation(bytes, isEmulated ? (reading.hypervisor?.translationBytes ?? null) : 0);
  const values: readonly (readonly [string, number | null])[] = [
    ['memory.loaded-held', own(loaded, loaded.heldBytes)],
    ['memory.loaded-pss', own(loaded, loaded.pssBytes)],
    ['memory.loaded-working-set', own(loaded, loaded.workingSetBytes)],
    ['memory.after-held', own(after, after.heldBytes)],
  ];
  return values.flatMap(([metric, value]) => (value === null ? [] : [{ metric, value }]));
}
