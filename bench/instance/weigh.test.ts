/** The order of things and what becomes of the readings; real services are in weigh.host.test.ts. */
import { expect, test } from 'vitest';
import { fakeSite } from './testing/site.ts';
import type { Account } from '../../host/site/account.ts';
import type { ExecRequest, Instance } from '../../runners/runner.ts';
import { newGathered } from './gathered.ts';
import type { Trial } from './instance.ts';
import type { AccelerationClass, HypervisorMemory, GroupReading } from '../../model/instance.ts';
import type { MemoryReading } from '../../model/observation.ts';
import { weighService } from './weigh.ts';
import { memoryRedis } from '../workloads/memory-load.ts';

const MiB = 2 ** 20;
const options = memoryRedis.options.parse({ keys: 10, value: '100B', settle: '1s', duration: '4s' });

const meminfo =
  'MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 600 kB\nBuffers: 10 kB\nCached: 90 kB\nShmem: 20 kB\nAnonPages: 5 kB\n';

/** What each script prints, told by something only it says. */
function answer({ argv }: ExecRequest): string {
  const text = argv.join(' ');
  if (text.includes('--pipe')) return 'errors: 0, replies: 10\n';
  if (text.includes('INFO stats')) return 'keyspace_hits:5\nkeyspace_misses:0\n';
  if (text.includes('EVAL')) return '10\n1000\n';
  if (text.includes('/proc/meminfo')) return `${meminfo}used_memory:777\n`;
  return '';
}

function nameOf({ argv }: ExecRequest): string {
  const text = argv.join(' ');
  const names = {
    '--pipe': 'fill',
    'INFO stats': 'stop',
    EVAL: 'check',
    meminfo: 'look',
    benchmark: 'start',
  };
  return Object.entries(names).find(([key]) => text.includes(key))?.[1] ?? text;
}

async function weigh(
  acceleration: AccelerationClass,
  answers: (request: ExecRequest) => string = answer,
  hypervisor: HypervisorMemory | null = null,
) {
  const done: string[] = [];
  const reading: GroupReading = {
    cpuSeconds: 1,
    throttledSeconds: 0,
    memoryBytes: 30 * MiB,
    memoryPeakBytes: 40 * MiB,
    workingBytes: 20 * MiB,
    cacheBytes: 8 * MiB,
    inactiveFileBytes: 3 * MiB,
    processes: 2,
    oomKills: 0,
  };
  const gathered = newGathered();
  const asked: (number | null)[] = [];
  const instance = {
    pids: () => [],
    ended: () => null,
    exec: (request: ExecRequest) => {
      done.push(nameOf(request));
      return Promise.resolve({
        exitCode: 0,
        stdout: answers(request),
        stderr: '',
        begin: 0,
        end: 1,
        oomKills: 0,
      });
    },
  } as unknown as Instance;
  const trial = {
    planned: { padBytes: 0 },
    cell: { shape: { id: 's', cpus: 1, memoryBytes: 256 * MiB + 5 } },
    prepared: {
      isolation: acceleration === 'none' ? 'container' : 'virtual machine',
      acceleration: { class: acceleration, reason: '' },
    },
    tools: {
      sleep: (seconds: number) => {
        done.push(`${seconds} s`);
        return Promise.resolve();
      },
      site: fakeSite({
        processes: (_pids, guest) => {
          asked.push(guest);
          return { pssBytes: 50 * MiB, rssBytes: 60 * MiB, hypervisor };
        },
      }),
    },
  } as unknown as Trial;
  const account = { read: () => reading } as Account;
  const inside = { trial, instance, account, signal: new AbortController().signal, gathered };
  await weighService(inside, memoryRedis, options);
  return { done, gathered, asked };
}

test('is weighed idle, half-way through the load and after it; what is stored is counted last', async () => {
  const { done, gathered } = await weigh('none');
  const expected = ['1 s', 'look', 'fill', 'start', '2 s', 'look', '2 s', 'stop', '1 s', 'look', 'check'];
  expect(done).toEqual(expected);
  const readings = gathered.observations as readonly MemoryReading[];
  expect(readings.map(({ moment }) => moment)).toEqual(['ready', 'loaded', 'after']);
  expect(readings[1]).toEqual({
    kind: 'memory',
    moment: 'loaded',
    load: 'redis with 10 keys of 100 bytes, asked by 20 clients',
    pssBytes: 50 * MiB,
    rssBytes: 60 * MiB,
    groupBytes: 30 * MiB,
    workingSetBytes: 27 * MiB,
    heldBytes: 20 * MiB,
    cacheBytes: 8 * MiB,
    configuredBytes: 256 * MiB + 5,
    hypervisor: null,
    guest: null,
    serviceBytes: 777,
    clientBytes: null,
    mergedBytes: null,
  });
  expect(Object.fromEntries(gathered.samples.map(({ metric, value }) => [metric, value]))).toEqual({
    'memory.loaded-held': 20 * MiB,
    'memory.loaded-pss': 50 * MiB,
    'memory.loaded-working-set': 27 * MiB,
    'memory.after-held': 20 * MiB,
  });
});

test('a guest is asked for its own memory and its hypervisor is divided; a container is not', async () => {
  const guest = await weigh('tcg');
  expect((guest.gathered.observations as readonly MemoryReading[])[0]?.guest).toEqual({
    totalBytes: 1000 * 1024,
    availableBytes: 600 * 1024,
    cacheBytes: 80 * 1024,
  });
  expect(guest.asked).toEqual([256 * MiB, 256 * MiB, 256 * MiB]);
  expect((await weigh('none')).asked).toEqual([null, null, null]);
});

test('what an emulator has translated is in no metric; where it cannot be read there is none', async () => {
  const parts = { guestRamBytes: 30 * MiB, translationBytes: 8 * MiB, otherBytes: 12 * MiB };
  const valuesOf = async (acceleration: AccelerationClass, hypervisor: HypervisorMemory | null) => {
    const { gathered } = await weigh(acceleration, answer, hypervisor);
    return gathered.samples.map(({ metric, value }) => [metric, value / MiB]);
  };
  expect(await valuesOf('tcg', parts)).toEqual([
    ['memory.loaded-held', 12],
    ['memory.loaded-pss', 42],
    ['memory.loaded-working-set', 19],
    ['memory.after-held', 12],
  ]);
  expect(await valuesOf('tcg', null)).toEqual([]);
  expect((await valuesOf('kvm-hw', parts))[0]).toEqual(['memory.loaded-held', 20]);
});

test('a service that does not hold what it should fails the launch', async () => {
  const short = (request: ExecRequest) => (nameOf(request) === 'check' ? '9\n900\n' : answer(request));
  await expect(weigh('none', short)).rejects.toThrow('10 keys, 1000 bytes');
  const refused = (request: ExecRequest) =>
    nameOf(request) === 'fill' ? 'errors: 3, replies: 10\n' : answer(request);
  await expect(weigh('none', refused)).rejects.toThrow('errors: 0');
});
