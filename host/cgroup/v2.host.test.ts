/**
 * The ruler on cgroup v2, in an emulated guest because the host may have v1: from the root group, from a
 * login session, and as a normal user in a delegated group that holds the process or lies below a slice.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../model/errors.ts';
import { ensureKernel } from '../../images/kernel.ts';
import type { Kernel } from '../../images/kernel.ts';
import { runTool } from '../exec.ts';
import type { Observation, Observations } from '../testing/v2-driver.ts';
import { runInV2Guest } from '../testing/v2-guest.ts';

const qemu = 'qemu-system-x86_64';
const busybox = '/bin/busybox';
const mebibyte = 2 ** 20;

/** What the guest is made of, or why it cannot be made here. */
async function material(): Promise<{ readonly kernel: Kernel } | { readonly missing: string }> {
  if (process.arch !== 'x64') return { missing: `the guest is x86-64, this host ${process.arch}` };
  const version = await runTool([qemu, '--version'], { timeoutSeconds: 20 });
  if (version.exitCode !== 0) return { missing: `${qemu} does not start: ${version.stderr.trim()}` };
  if (!existsSync(busybox)) return { missing: `${busybox} (package busybox-static) is not installed` };
  try {
    return { kernel: await ensureKernel(() => undefined) };
  } catch (error) {
    return { missing: `no guest kernel: ${messageOf(error)}` };
  }
}

const found = await material();
if ('missing' in found) process.stderr.write(`cgroup v2 tests skipped: ${found.missing}\n`);

describe.skipIf('missing' in found)('in a guest with cgroup v2 only', () => {
  let seen: Observations;
  beforeAll(async () => {
    if ('missing' in found) return;
    const driver = join(import.meta.dirname, '../testing/v2-driver.ts');
    const line = await runInV2Guest({ qemu, busybox, kernel: found.kernel, driver, timeoutSeconds: 220 });
    seen = JSON.parse(line) as Observations;
  });

  const places = [
    ['root', '/sys/fs/cgroup'],
    ['session', '/sys/fs/cgroup'],
    ['delegated', '/sys/fs/cgroup/user.slice/user@1000.service'],
    ['slice', '/sys/fs/cgroup/user.slice/user@1000.service/app.slice'],
  ] as const;

  test('a delegated group with others in it is left as it is', () => {
    expect(seen.crowded).toEqual({
      ruler: expect.objectContaining({
        usable: false,
        mode: 'v2',
        hint: expect.stringContaining('Delegate'),
      }),
      handedOut: '',
      processes: 2,
      children: 0,
    });
  });

  describe.each(places)('%s', (place, folder) => {
    function usable(): Extract<Observation, { readonly usable: true }> {
      const observation = seen[place];
      if (!observation.usable) throw new Error(observation.reason);
      return observation;
    }

    test('the ruler is v2, below the nearest group that may be divided', () => {
      expect(usable()).toMatchObject({ mode: 'v2', folder, unset: [] });
      expect(usable().controllers).toEqual(expect.arrayContaining(['cpu', 'memory', 'pids', 'cpuset']));
    });

    test('what a process uses is read, by the group and by its meter', () => {
      const { reading, metered, pids } = usable().whileBusy;
      expect(pids).toBe(1);
      expect(reading).toMatchObject({ processes: 1, oomKills: 0, throttledSeconds: 0 });
      expect(reading.cpuSeconds).toBeGreaterThan(0.02);
      expect(reading.memoryBytes).toBeGreaterThan(4 * mebibyte);
      expect(reading.memoryPeakBytes).toBeGreaterThanOrEqual(reading.memoryBytes ?? Infinity);
      expect(reading.workingBytes).toBeGreaterThan(4 * mebibyte);
      expect(reading.cacheBytes).not.toBeNull();
      expect(metered?.cpuSeconds).toBeGreaterThanOrEqual(reading.cpuSeconds ?? Infinity);
      expect(metered?.memoryBytes).toBeGreaterThan(4 * mebibyte);
    });

    test('limits hold: CPU list, memory (the kill is counted) and processes', () => {
      const { cpuList, oom, pidsCap } = usable();
      expect(cpuList).toBe('1');
      expect(oom.output).toBe('status 137');
      expect(oom.reading.oomKills).toBe(1);
      expect(oom.reading.memoryPeakBytes).toBeLessThanOrEqual(16 * mebibyte);
      expect(pidsCap.output).toBe('');
      expect(pidsCap.sleepers).toBeGreaterThan(0);
      expect(pidsCap.sleepers).toBeLessThan(3);
    });

    test('a quota cuts periods short, and every refusal is counted', () => {
      const { slowed, oom, pidsCap } = usable();
      expect(slowed.unset).toEqual([]);
      expect(slowed.strain.throttledPeriods).toBeGreaterThan(0);
      expect(slowed.strain.throttledSeconds).toBeGreaterThan(0);
      expect(slowed.strain.cpuPressureSeconds).not.toBeNull();
      expect(oom.strain).toMatchObject({ oomKills: 1 });
      expect(oom.strain.memoryRefusals).toBeGreaterThan(0);
      expect(pidsCap.strain.pidsRefusals).toBeGreaterThan(0);
    });

    test('groups that share CPU time have no weight of their own, and are limited and read all the same', () => {
      const { shared } = usable();
      expect(shared.weightFile).toBe(false);
      expect(shared.handedOut.split(/\s+/)).toEqual(expect.arrayContaining(['memory', 'pids']));
      expect(shared.handedOut.split(/\s+/)).not.toContain('cpu');
      expect(shared.capped).toEqual({ unset: [] });
      expect(shared.reading.cpuSeconds).toBeGreaterThan(0);
    });

    test('kill empties a group that ignores SIGTERM, and a busy group is not removed', () => {
      const { killed, removedWhileBusy } = usable();
      expect(killed).toMatchObject({ ok: true, after: 0 });
      expect(killed.before).toBeGreaterThan(3);
      expect(removedWhileBusy).toBe(false);
    });

    test('nothing is left, and what is gone reads as gone', () => {
      const { removed, gone, cleared, traces } = usable();
      expect(removed).toBe(true);
      expect(gone).toMatchObject({ folder: true, metered: null, reading: { cpuSeconds: null } });
      expect(cleared).toEqual([true, true, true, true, true]);
      expect(traces).toEqual([]);
    });
  });
});
