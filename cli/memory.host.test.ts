/**
 * Real redis and nginx measured through the program: what every ruler must agree on, whatever the amounts.
 * The virtual machine is emulated where KVM does not run guests, so patience is generous.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MemoryMoment, MemoryReading } from '../model/observation.ts';
import type { RecordedTrial } from '../model/record.ts';
import { readRecord } from '../bench/record/record.ts';

const MiB = 2 ** 20;
const scenario = `
name: t
runners:
  namespace: {}
  vm: { kind: qemu, machine: q35 }
  full: { kind: qemu, machine: q35, prealloc: true }
  giving: { kind: qemu, machine: q35, freePageReporting: true, balloon: 192MiB }
  merging: { kind: qemu, machine: q35, ksm: true }
control: null
shapes: { small: { cpus: 1, memory: 256MiB } }
blocks: 1
warmup: 0
workloads:
  redis: { service: redis, programs: [{ use: memory-redis, keys: 2000, value: 4KiB, settle: 500ms, duration: 2s }] }
  nginx: { service: nginx, runners: [namespace], programs: [{ use: memory-nginx, settle: 200ms, duration: 1s }] }
  ladder: { service: redis, runners: [namespace], programs: [{ use: ladder-redis, instances: 3, keys: 2000, settle: 300ms, duration: 500ms }] }
limits: { trial: 400s }
`;
const stored = 2000 * 4096;

let folder: string;
let trials: readonly RecordedTrial[];
let skipped: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-memory-'));
  const file = join(folder, 'scenario.yaml');
  const out = join(folder, 'out');
  writeFileSync(file, scenario);
  const program = join(import.meta.dirname, 'main.ts');
  await promisify(execFile)(process.execPath, [program, 'run', file, '--out', out], {
    env: { ...process.env, CI: 'true' },
  });
  const record = readRecord(out);
  trials = record.trials;
  skipped = record.header.skipped.map(({ runner, reason }) => `${runner}: ${reason}`).join('; ');
}, 1_500_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function trialOf(cell: string): RecordedTrial {
  const trial = trials.find((each) => each.cell === `${cell}/small`);
  expect(trial?.outcome, `${cell}; skipped: ${skipped}`).toEqual({ state: 'ok' });
  return trial as RecordedTrial;
}

function at(cell: string, moment: MemoryMoment): MemoryReading {
  const found = trialOf(cell).observations.find((each) => each.kind === 'memory' && each.moment === moment);
  expect(found).toBeDefined();
  return found as MemoryReading;
}

test.each(['namespace/redis', 'vm/redis'])('%s: stored data appears on every ruler, and stays', (cell) => {
  const [ready, loaded, after] = [at(cell, 'ready'), at(cell, 'loaded'), at(cell, 'after')];
  const grown = (count: 'pssBytes' | 'heldBytes' | 'serviceBytes') =>
    (after[count] ?? 0) - (ready[count] ?? 0);
  expect(grown('serviceBytes')).toBeGreaterThan(stored);
  expect(loaded.clientBytes).toBeGreaterThan(MiB);
  expect(after.clientBytes).toBeNull();
  for (const { pssBytes, rssBytes, groupBytes, workingSetBytes } of [ready, loaded, after]) {
    expect(rssBytes).toBeGreaterThanOrEqual(pssBytes ?? Infinity);
    if (groupBytes !== null) expect(workingSetBytes).toBeLessThanOrEqual(groupBytes);
  }
  if (cell.startsWith('vm')) {
    const used = ({ guest }: MemoryReading) => (guest?.totalBytes ?? 0) - (guest?.availableBytes ?? 0);
    expect(used(after) - used(ready)).toBeGreaterThan(stored);
  } else {
    expect(grown('pssBytes')).toBeGreaterThan(stored);
    expect(ready.guest).toBeNull();
    expect(ready.hypervisor).toBeNull();
  }
});

test('a hypervisor divides into parts that add up, and a guest never takes more than its RAM', () => {
  for (const moment of ['ready', 'loaded', 'after'] as const) {
    const { hypervisor, pssBytes, guest, configuredBytes } = at('vm/redis', moment);
    const { guestRamBytes = 0, translationBytes = 0, otherBytes = 0 } = hypervisor ?? {};
    expect(guestRamBytes).toBeGreaterThan(32 * MiB);
    expect(guestRamBytes).toBeLessThanOrEqual(configuredBytes);
    expect(guest?.totalBytes).toBeLessThan(configuredBytes);
    // The list and the summary of mappings are two readings of a living process.
    const parts = guestRamBytes + translationBytes + otherBytes;
    expect(Math.abs(parts / (pssBytes ?? 0) - 1)).toBeLessThan(0.1);
  }
});

test('preallocated RAM is all there from the start; reporting and a balloon leave less of it', () => {
  const ram = (cell: string) => at(cell, 'ready').hypervisor?.guestRamBytes;
  expect(ram('full/redis')).toBe(256 * MiB);
  expect(ram('giving/redis')).toBeLessThan(ram('vm/redis') ?? 0);
  const total = (cell: string) => at(cell, 'ready').guest?.totalBytes ?? 0;
  expect(total('vm/redis') - total('giving/redis')).toBe(64 * MiB);
});

test('nginx answers while it is measured', () => {
  const { outputs } = trialOf('namespace/nginx');
  const stop = outputs.find(({ program }) => program === 'stop');
  expect(Number(/(\d+) requests in/.exec(stop?.stdout ?? '')?.[1])).toBeGreaterThan(0);
  expect(at('namespace/nginx', 'loaded').clientBytes).toBeGreaterThan(MiB);
});

test('a ladder of loaded instances rises by at least what each of them stores', () => {
  const { ladder } = trialOf('namespace/ladder');
  expect(ladder.map(({ instances }) => instances)).toEqual([0, 1, 2, 3]);
  for (const { instances, pssBytes } of ladder) {
    expect(pssBytes).toBeGreaterThanOrEqual(instances * stored);
  }
});

test('merging is refused where the host does not merge, with what would help', ({ skip }) => {
  const asked = trials.some(({ cell }) => cell.startsWith('merging/'));
  if (asked) skip('this host merges pages (KSM is on)');
  expect(skipped).toContain('merging: ksm is asked for, but this host merges no pages');
});
