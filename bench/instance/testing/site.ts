/** Sites for tests: one that reports what a quiet host of two CPUs would, and what else a test wants of it. */
import type { Site } from '../../../host/site/site.ts';
import type { HostFingerprint } from '../../../model/instance.ts';

const facts: HostFingerprint = { hostname: 'h', must: { cpu: 'x' }, note: {}, ignore: {}, hash: 'h' };
const GiB = 2 ** 30;

/** Nothing of it is read from the machine of the test; `change` replaces any part. */
export function fakeSite(change: Partial<Site> = {}): Site {
  return {
    id: 'h',
    facts,
    architecture: 'x86_64',
    cpus: { count: 2, placeable: [0, 1] },
    clock: { echoMedianSeconds: 0.0001, echoP95Seconds: 0.0002, samples: 10 },
    counters: () => ({
      at: performance.now() / 1000,
      totalSeconds: performance.now() / 500,
      busySeconds: 0,
      stolenSeconds: 0,
      load1: 0,
      pressureSeconds: null,
      frequencyMHz: null,
    }),
    room: () => ({
      memoryTotalBytes: 16 * GiB,
      memoryAvailableBytes: 12 * GiB,
      tasks: 100,
      tasksLimit: 30_000,
      diskFreeBytes: 100 * GiB,
      diskTotalBytes: 200 * GiB,
      openFiles: 50,
      openFilesLimit: 1_000_000,
    }),
    load: () => ({
      at: performance.now() / 1000,
      totalSeconds: performance.now() / 500,
      busySeconds: 0,
      cpuPressure: null,
      memoryPressure: null,
      ioPressure: null,
    }),
    memory: () => ({ hostBytes: 0, kernelBytes: 0, pssBytes: null }),
    processes: () => ({ pssBytes: null, rssBytes: null, hypervisor: null }),
    merged: () => null,
    visible: () => ({ 'kernel.boot-id': 'fake-host', 'kernel.release': '6.1.0' }),
    outside: () => null,
    cpuGroupOf: () => null,
    diskOf: () => null,
    ...change,
  };
}

/** A site that reports nothing of itself but its facts: no cgroups, no processes, and a clock of its own. */
export function remoteSite(change: Partial<Site> = {}): Site {
  const silent = (): null => null;
  return fakeSite({
    id: 'elsewhere',
    facts: { ...facts, hostname: 'elsewhere', hash: 'elsewhere' },
    cpus: { count: 64, placeable: null },
    clock: null,
    counters: silent,
    room: silent,
    load: silent,
    memory: silent,
    processes: silent,
    visible: silent,
    ...change,
  });
}
