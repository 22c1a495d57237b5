/** How a launch of an image's main program ends: asked, killed, or gone before. */
import { expect, test } from 'vitest';
import type { GroupReading } from '../../model/instance.ts';
import type { Halted, Looking } from '../../runners/runner.ts';
import { newGathered } from '../instance/gathered.ts';
import { useInstance, type Session } from './inside.ts';
import type { ServiceStop } from '../../model/scenario.ts';

const stop: ServiceStop = { signal: 'SIGQUIT', graceSeconds: 4 };

async function launched(
  halted: Halted,
  asked: ServiceStop | null = stop,
  more: { readonly looking?: Looking; readonly cpu?: readonly [number, number] } = {},
) {
  const { looking = null, cpu } = more;
  const reading = (cpuSeconds: number) => ({ cpuSeconds }) as GroupReading;
  const readings = cpu === undefined ? {} : { atRequest: reading(cpu[0]), atReady: reading(cpu[1]) };
  const gathered = { ...newGathered(), ...readings };
  const service = { argv: ['x'], ready: { kind: 'tcp' }, own: { program: '/x', stop: asked } };
  const instance = {
    looking,
    prove: () => Promise.resolve({ digest: 'd', checkedFiles: 1, mismatches: [] }),
    halt: (given: ServiceStop) => {
      expect(given).toEqual(stop);
      return Promise.resolve(halted);
    },
    console: () => 'last words',
  };
  const trial = {
    cell: { workload: { service, programs: [], requires: null } },
    tools: { image: { closure: {}, digest: 'd' } },
  };
  await useInstance({
    trial,
    instance,
    gathered,
    signal: new AbortController().signal,
  } as unknown as Session);
  return gathered;
}

test('its end is recorded, and timed where it came by itself', async () => {
  const asked = { kind: 'service-end', signal: 'SIGQUIT', graceSeconds: 4 };
  const ended = await launched({ how: 'ended', exitCode: 0, seconds: 0.2 });
  expect(ended.observations).toEqual([{ ...asked, how: 'ended', exitCode: 0, seconds: 0.2 }]);
  expect(ended.samples).toEqual([{ metric: 'startup.stop', value: 0.2 }]);
  const killed = await launched({ how: 'killed', exitCode: 137, seconds: 4 });
  expect(killed.observations).toEqual([{ ...asked, how: 'killed', exitCode: 137, seconds: 4 }]);
  expect(killed.samples).toEqual([]);
});

test('one that had gone before has failed, and one that is to be killed is not asked', async () => {
  const before = { how: 'before', exitCode: 9, seconds: 0 } as const;
  await expect(launched(before)).rejects.toMatchObject({
    facts: { reason: 'early-exit', message: expect.stringContaining('with status 9'), detail: 'last words' },
  });
  expect((await launched(before, null)).observations).toEqual([]);
});

test('what looking took of the instance is no part of its start, and is recorded with its error', async () => {
  const ended = { how: 'ended', exitCode: 0, seconds: 0.2 } as const;
  const look = { by: 'look', cpuSeconds: 0.1, errorSeconds: 0.04 } as const;
  const cpuOf = async (looking: Looking, cpu: readonly [number, number]) => {
    const { samples, observations } = await launched(ended, stop, { looking, cpu });
    expect(observations[0]).toEqual({ kind: 'service-seen', ...looking });
    return samples.find(({ metric }) => metric === 'startup.cpu')?.value;
  };
  expect(await cpuOf(look, [1, 1.35])).toBeCloseTo(0.25, 12);
  expect(await cpuOf({ by: 'outside', cpuSeconds: 0, errorSeconds: 0 }, [1, 1.35])).toBeCloseTo(0.35, 12);
  // Ticks may round the looks above all there was.
  expect(await cpuOf(look, [1, 1.05])).toBe(0);
});
