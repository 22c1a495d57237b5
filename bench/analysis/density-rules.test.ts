/** When a sweep goes on and what binds, on steps and readings written by hand. */
import { expect, test } from 'vitest';
import {
  bindingOfFailures,
  endByObjective,
  fitSaysEnough,
  foresee,
  memoryPerInstance,
  sweepCounts,
} from './density-rules.ts';
import { sampleOf } from '../fleets/density-objectives.ts';
import type { HostLoad, HostRoom } from '../../model/instance.ts';
import type { DensityStep, ObjectiveReading } from '../../model/observation.ts';
import { orderStatistic } from '../../model/descriptive.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const quiet: HostLoad = {
  cpuBusyShare: 0.1,
  cpuPressureShare: 0,
  memoryPressureShare: 0,
  ioPressureShare: 0,
};

function room(part: Partial<HostRoom> = {}): HostRoom {
  return {
    memoryTotalBytes: 16 * GiB,
    memoryAvailableBytes: 12 * GiB,
    tasks: 200,
    tasksLimit: 32_768,
    diskFreeBytes: 100 * GiB,
    diskTotalBytes: 200 * GiB,
    openFiles: 30,
    openFilesLimit: 20_000,
    ...part,
  };
}

/** n instances of `each` bytes on a host that had 12 GiB. */
function step(instances: number, each = 10 * MiB, part: Partial<HostRoom> = {}): DensityStep {
  return {
    kind: 'density-step',
    instances,
    startSeconds: [],
    failures: [],
    objectives: [],
    throughputs: [],
    room: room({ memoryAvailableBytes: 12 * GiB - instances * each, ...part }),
    hostBytes: 4 * GiB + instances * each,
    kernelPlusPssBytes: GiB + instances * each,
    groupBytes: null,
  };
}

const steps = (counts: readonly number[], each?: number) => counts.map((count) => step(count, each));
const limits = { reserveBytes: GiB, capBytes: 256 * MiB };

test('before the first instance its cap is what it may take; after it, what was seen', () => {
  expect(memoryPerInstance([], limits.capBytes)).toBe(256 * MiB);
  expect(memoryPerInstance(steps([0]), limits.capBytes)).toBe(256 * MiB);
  expect(memoryPerInstance(steps([0, 1, 5, 10]), limits.capBytes)).toBeCloseTo(10 * MiB, -1);
  // A last step that took more than the line says is believed.
  const steeper = [...steps([0, 1, 5]), { ...step(10), kernelPlusPssBytes: GiB + 50 * MiB + 5 * 80 * MiB }];
  expect(memoryPerInstance(steeper, limits.capBytes)).toBeGreaterThanOrEqual(80 * MiB);
  // Memory outside PSS and the kernel's own (files in RAM) shows in MemAvailable alone.
  const hidden = [0, 5, 10].map((count) => ({
    ...step(count),
    room: room({ memoryAvailableBytes: 12 * GiB - count * 200 * MiB }),
  }));
  expect(memoryPerInstance(hidden, limits.capBytes)).toBeCloseTo(200 * MiB, -1);
  // Never nothing, however flat the line.
  expect(memoryPerInstance(steps([0, 1, 2], 0), limits.capBytes)).toBe(MiB);
});

test('a step that would reach into the reserve is not taken', () => {
  const seen = steps([0, 1, 5, 10], 100 * MiB);
  expect(foresee(seen, 10, room({ memoryAvailableBytes: 3 * GiB }), limits)).toBeNull();
  expect(foresee(seen, 10, room({ memoryAvailableBytes: 1.5 * GiB }), limits)).toMatchObject({
    binding: 'memory',
  });
  // A host that cannot hold even one at its cap.
  expect(foresee(steps([0]), 1, room({ memoryAvailableBytes: GiB + 100 * MiB }), limits)).toMatchObject({
    binding: 'memory',
  });
});

test('process slots, descriptors and disk are foreseen from what the instances took', () => {
  const seen = [step(0), step(10, MiB, { tasks: 240, openFiles: 130, diskFreeBytes: 99 * GiB })];
  expect(foresee(seen, 10, room(), limits)).toBeNull();
  expect(foresee(seen, 10, room({ tasks: 880, tasksLimit: 1000 }), limits)?.binding).toBe('pids');
  expect(foresee(seen, 10, room({ openFiles: 820, openFilesLimit: 1000 }), limits)?.binding).toBe(
    'open-files',
  );
  expect(foresee(seen, 10, room({ diskFreeBytes: 10.5 * GiB }), limits)?.binding).toBe('disk');
  // A full disk that the instances do not write to does not bind them.
  const idle = [step(0), step(10, MiB)];
  expect(foresee(idle, 10, room({ diskFreeBytes: GiB }), limits)).toBeNull();
});

function reading(part: Partial<ObjectiveReading>): ObjectiveReading {
  return { name: 'startWithin', value: 2, limit: 1, held: false, load: quiet, ...part };
}

test('what binds is named from evidence, and is unknown without any', () => {
  const bound = (part: Partial<ObjectiveReading>) => endByObjective(reading(part), 7);
  expect(bound({ load: { ...quiet, cpuBusyShare: 0.97 } })).toMatchObject({
    binding: 'cpu',
    cause: 'objective',
  });
  expect(bound({ load: { ...quiet, cpuPressureShare: 0.8 } }).binding).toBe('cpu');
  expect(bound({ load: { ...quiet, cpuBusyShare: 1, memoryPressureShare: 0.3 } }).binding).toBe('memory');
  expect(bound({ load: { ...quiet, ioPressureShare: 0.5 } }).binding).toBe('disk');
  expect(bound({ name: 'memoryReserve', value: 1, limit: 2 }).binding).toBe('memory');
  expect(bound({}).binding).toBe('unknown');
  expect(bound({}).evidence).toBe(
    'with 7 running, startWithin: 2.00 s, at most 1.00 s was wanted; yet no resource of the host was short: its CPUs were 10 % busy',
  );
  expect(
    bound({ load: { ...quiet, cpuPressureShare: null, memoryPressureShare: null, ioPressureShare: null } })
      .binding,
  ).toBe('unknown');
});

test('failed starts say what ran out', () => {
  const of = (reason: 'launch' | 'oom', message: string, detail = '') =>
    bindingOfFailures([
      { reason: 'launch', message: 'odd' },
      { reason, message, detail },
    ]);
  expect(of('oom', 'met its cap')).toBe('memory');
  expect(of('launch', 'spawn ENOMEM')).toBe('memory');
  expect(of('launch', 'spawn EAGAIN')).toBe('pids');
  expect(of('launch', 'the launcher ended with 2', 'sh: 1: Cannot fork')).toBe('pids');
  expect(of('launch', 'mkdir: ENOSPC: no space left on device')).toBe('disk');
  expect(of('launch', 'EMFILE: too many open files')).toBe('open-files');
  expect(of('launch', 'RTNETLINK answers: Exchange full')).toBe('ports');
  expect(of('launch', 'the moon is full')).toBe('unknown');
  expect(bindingOfFailures([])).toBe('unknown');
});

test('enough is known when the slope is sharp, over enough instances, with no objective near', () => {
  const counts = [0, 2, 4, 6, 8, 10, 12];
  const sharp = steps(counts);
  expect(fitSaysEnough(sharp, 0.05)).toMatchObject({ cause: 'fit', binding: null });
  expect(fitSaysEnough(sharp.slice(0, 5), 0.05)).toBeNull();
  expect(fitSaysEnough(steps(counts, 0), 0.05)).toBeNull();
  const noisy = sharp.map((one, index) => ({
    ...one,
    kernelPlusPssBytes: (one.kernelPlusPssBytes ?? 0) + (index % 2) * 30 * MiB,
  }));
  expect(fitSaysEnough(noisy, 0.05)).toBeNull();
  const close = (part: Partial<ObjectiveReading>) =>
    sharp.with(-1, { ...step(12), objectives: [reading({ held: true, ...part })] });
  expect(fitSaysEnough(close({ value: 0.9, limit: 1 }), 0.05)).toBeNull();
  expect(fitSaysEnough(close({ value: 0.5, limit: 1 }), 0.05)).not.toBeNull();
  expect(fitSaysEnough(close({ name: 'workAtLeast', value: 0.85, limit: 0.8 }), 0.05)).toBeNull();
  expect(fitSaysEnough(close({ name: 'memoryReserve', value: 9 * GiB, limit: GiB }), 0.05)).not.toBeNull();
  expect(fitSaysEnough(close({ value: null, limit: 1 }), 0.05)).toBeNull();
});

test('a sweep reads one alone, then every step, and the maximum once', () => {
  expect(sweepCounts(12, 5)).toEqual([1, 5, 10, 12]);
  expect(sweepCounts(10, 5)).toEqual([1, 5, 10]);
  expect(sweepCounts(3, 1)).toEqual([1, 2, 3]);
  expect(sweepCounts(1, 5)).toEqual([1]);
  expect(sweepCounts(2, 500)).toEqual([1, 2]);
});

test('samples are spread and hold the newest; order statistics are values that occurred', () => {
  expect(sampleOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2)).toEqual([5, 10]);
  expect(sampleOf([1, 2, 3], 9)).toEqual([1, 2, 3]);
  expect(sampleOf([], 3)).toEqual([]);
  const ten = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  expect(orderStatistic(ten, 0.9)).toBe(9);
  expect(orderStatistic(ten, 0.5)).toBe(5);
  expect(orderStatistic(ten, 1)).toBe(10);
  expect(orderStatistic([], 0.5)).toBeNull();
});
