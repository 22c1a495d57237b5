/** The tare that sizing reads of runs: net of the plain process, emulation withheld, straight between shapes. */
import { expect, test } from 'vitest';
import { world } from '../verdicts/testing/worlds.ts';
import { memoryPoints, profileOf, type Tare } from './profile.ts';
import { alongPoints } from './tare-curve.ts';

const MiB = 2 ** 20;

test('an instance weighs what it takes beyond the same program as a process', () => {
  const profile = profileOf([world({ id: 1, noise: 0.01 })]);
  expect(profile.tares.map(({ runner, form }) => [runner, form])).toEqual([
    ['namespace', 'container'],
    ['vm', 'vm'],
  ]);
  const [container, vm] = profile.tares as [Tare, Tare];
  expect(container.memoryBytes).toMatchObject({ metric: 'tare.hostMemory', isNet: true });
  expect(container.memoryBytes!.launches).toHaveLength(30);
  // Built: 600 KiB for the process, 900 KiB for the container, 95 MiB for the machine.
  expect(container.memoryBytes!.median).toBeGreaterThan(250 * 1024);
  expect(container.memoryBytes!.median).toBeLessThan(350 * 1024);
  expect(vm.memoryBytes!.median / MiB).toBeCloseTo(94.5, 0);
  expect(vm.memoryBytes!.interval!.low).toBeLessThan(vm.memoryBytes!.median);
});

test('launches of several runs count together, runs of several hosts are refused', () => {
  const [container] = profileOf([world({ id: 1 }), world({ id: 2 })]).tares as [Tare];
  expect(container.memoryBytes!.launches).toHaveLength(60);
  expect(() => profileOf([world({ id: 1 }), world({ id: 2, host: 'elsewhere' })])).toThrow(/of one host/);
  expect(() => profileOf([])).toThrow(/no record/);
});

test('runs that weigh nothing idle make no profile', () => {
  const { record, ref } = world({ id: 1 });
  const metrics = record.header.metrics.filter(({ family }) => family !== 'tare');
  const run = { ref, record: { ...record, header: { ...record.header, metrics } } };
  expect(() => profileOf([run])).toThrow(/no idle virtual machine/);
});

test('between shapes the tare is straight, beyond them it is the nearest', () => {
  const [, vm] = profileOf([world({ id: 1 })]).tares as [Tare, Tare];
  const at = (memoryBytes: number, tare: number): Tare => ({
    ...vm,
    shape: { cpus: 1, memoryBytes },
    memoryBytes: { ...vm.memoryBytes!, median: tare },
  });
  const points = memoryPoints(
    [at(1024 * MiB, 120 * MiB), at(256 * MiB, 90 * MiB)],
    (tare) => tare.memoryBytes!.median,
  );
  expect(alongPoints(points, 640 * MiB)).toBe(105 * MiB);
  expect(alongPoints(points, 4096 * MiB)).toBe(120 * MiB);
  expect(alongPoints(points, 128 * MiB)).toBe(90 * MiB);
  expect(alongPoints(points, 256 * MiB)).toBe(90 * MiB);
});
