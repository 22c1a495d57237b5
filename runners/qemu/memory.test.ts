import { describe, expect, test } from 'vitest';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { TrialFailure } from '../runner.ts';
import { sharedTraits } from '../traits.ts';
import { guestModules } from './args.ts';
import { inflate } from './balloon.ts';
import {
  backendArguments,
  balloonArguments,
  memoryPolicyOf,
  memoryProperties,
  policyWords,
  stockMemory,
} from './memory.ts';
import { qemuOptions } from './options.ts';

const mebibyte = 2 ** 20;
const all = { merge: true, reporting: true, balloonBytes: 128 * mebibyte, prealloc: true };

describe('declared memory', () => {
  test('is off by default, merging included', () => {
    expect(memoryPolicyOf(qemuOptions.parse({}))).toEqual(stockMemory);
    expect(memoryProperties(stockMemory)).toBe('mem-merge=off');
    expect(backendArguments(stockMemory, 256)).toEqual([]);
    expect(balloonArguments(stockMemory, 'pci')).toEqual([]);
  });

  test('becomes arguments of QEMU', () => {
    const options = { ksm: true, freePageReporting: true, balloon: '128MiB', prealloc: true };
    expect(memoryPolicyOf(qemuOptions.parse(options))).toEqual(all);
    expect(memoryProperties(all)).toBe('mem-merge=on,memory-backend=ram');
    expect(backendArguments(all, 256)).toEqual([
      ...['-object', 'memory-backend-ram,id=ram,size=256M,prealloc=on'],
    ]);
    expect(balloonArguments(all, 'device')).toEqual([
      ...['-device', 'virtio-balloon-device,id=balloon,free-page-reporting=on'],
    ]);
    expect(balloonArguments({ ...stockMemory, balloonBytes: 1 }, 'pci')).toEqual([
      ...['-device', 'virtio-balloon-pci,id=balloon,free-page-reporting=off'],
    ]);
  });

  test('gives the guest a driver only where there is a device', () => {
    const plan = { machine: 'q35', root: 'disk' } as const;
    expect(guestModules(plan)).not.toContain('virtio_balloon');
    expect(guestModules(plan, { ...stockMemory, reporting: true })).toContain('virtio_balloon');
    expect(guestModules(plan, { ...stockMemory, prealloc: true })).not.toContain('virtio_balloon');
  });

  test('is one condition in the words of every runner', () => {
    const image = { digest: '' } as Parameters<typeof sharedTraits>[0];
    expect(policyWords(stockMemory)).toBe(sharedTraits(image, createRuler()).memoryPolicy);
    expect(policyWords(all)).toBe(
      'taken all before the start; merged by KSM, free pages reported and ballooned to 128 MiB',
    );
    const each = [{ merge: true }, { reporting: true }, { balloonBytes: 1 }, { prealloc: true }];
    const words = each.map((part) => policyWords({ ...stockMemory, ...part }));
    expect(new Set([...words, policyWords(stockMemory)]).size).toBe(5);
  });

  test.each([{ balloon: '64MiB' }, { balloon: 128 }, { ksm: 'yes' }, { prealloc: 1 }])(
    'refuses %o',
    (options) => {
      expect(qemuOptions.safeParse(options).success).toBe(false);
    },
  );
});

describe('a balloon', () => {
  const monitor = (actual: readonly number[]) => {
    const left = [...actual];
    const asked: unknown[] = [];
    return {
      asked,
      execute: (command: string, args?: unknown) => {
        asked.push([command, args]);
        if (command === 'balloon') return Promise.resolve({});
        return Promise.resolve({ actual: left.length > 1 ? left.shift() : left[0] });
      },
    };
  };
  const signal = new AbortController().signal;
  const wait = () => Promise.resolve();

  test('is awaited until the guest has given what was asked', async () => {
    const qmp = monitor([256, 200, 128]);
    await inflate(qmp, 128, signal, wait);
    expect(qmp.asked[0]).toEqual(['balloon', { value: 128 }]);
    expect(qmp.asked).toHaveLength(4);
  });

  test('that the guest does not fill fails the launch', async () => {
    const failure = inflate(monitor([256]), 128, signal, wait);
    await expect(failure).rejects.toThrow(TrialFailure);
    await expect(failure).rejects.toThrow('256 of 128 bytes');
  });
});
