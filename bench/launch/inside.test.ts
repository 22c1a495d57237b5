/** How a launch of an image's main program ends: asked, killed, or gone before. */
import { expect, test } from 'vitest';
import type { Halted } from '../../runners/runner.ts';
import { newGathered } from '../instance/gathered.ts';
import { useInstance, type Session } from './inside.ts';
import type { ServiceStop } from '../../model/scenario.ts';

const stop: ServiceStop = { signal: 'SIGQUIT', graceSeconds: 4 };

async function launched(halted: Halted, asked: ServiceStop | null = stop) {
  const gathered = newGathered();
  const service = { argv: ['x'], ready: { kind: 'tcp' }, own: { program: '/x', stop: asked } };
  const instance = {
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
