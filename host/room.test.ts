import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { loadBetween, readLoadCounters, readRoom, tightest, type LoadCounters } from './room.ts';

test('this host has room, and its counts lie below their limits', () => {
  const room = readRoom(tmpdir());
  expect(room.memoryAvailableBytes).toBeGreaterThan(0);
  expect(room.memoryAvailableBytes).toBeLessThan(room.memoryTotalBytes);
  expect(room.tasks).toBeGreaterThan(1);
  expect(room.tasks).toBeLessThan(room.tasksLimit);
  expect(room.diskFreeBytes).toBeLessThanOrEqual(room.diskTotalBytes);
  expect(room.openFiles).toBeGreaterThan(2);
  expect(room.openFiles).toBeLessThan(room.openFilesLimit);
  expect(Object.values(room).every(Number.isFinite)).toBe(true);
});

test('the bound with the least left decides, not the lowest limit', () => {
  const roomy = { count: 10, limit: 500 };
  const tight = { count: 32_000, limit: 32_768 - 600 };
  expect(tightest([roomy, tight])).toBe(tight);
  expect(tightest([roomy])).toBe(roomy);
});

const counters = (at: number, busySeconds: number, pressure: number | null): LoadCounters => ({
  at,
  totalSeconds: 2 * at,
  busySeconds,
  cpuPressure: pressure,
  memoryPressure: pressure,
  ioPressure: pressure,
});

test('load is a share of the span between two readings', () => {
  expect(loadBetween(counters(10, 5, 1), counters(20, 20, 6))).toEqual({
    cpuBusyShare: 0.75,
    cpuPressureShare: 0.5,
    memoryPressureShare: 0.5,
    ioPressureShare: 0.5,
  });
  expect(loadBetween(counters(10, 5, null), counters(20, 20, null)).cpuPressureShare).toBeNull();
  // No time between, and counters that go back a tick, are no load.
  expect(loadBetween(counters(10, 5, 1), counters(10, 5, 1))).toMatchObject({
    cpuBusyShare: 0,
    cpuPressureShare: null,
  });
  expect(loadBetween(counters(10, 5, 1), counters(11, 4.99, 1)).cpuBusyShare).toBe(0);
  expect(readLoadCounters().totalSeconds).toBeGreaterThan(0);
});
