/**
 * A runner that nothing in tare knows: instances elsewhere, with no cgroup and no process to be seen, whose
 * account is kept by whoever runs them and whose marks come from a clock of its own, off by seconds. What stands
 * for one that somebody adds as a folder and a line.
 */
import { z } from 'zod';
import type { Account } from '../../host/site/account.ts';
import type { GroupReading, GroupStrain, Isolation, Mark } from '../../model/instance.ts';
import type { Image } from '../../images/image.ts';
import type { Context, Instance, Job, Prepared, Runner, Usable } from '../runner.ts';

const options = z.strictObject({
  isolation: z.enum(['process', 'container', 'sandbox', 'virtual machine']),
  memory: z.number().positive(),
});
type ToyOptions = z.infer<typeof options>;

/** How far its clock is from ours, in seconds. */
export const clockOffset = 4000;

const substrateOf = (isolation: Isolation): Usable['substrate'] => ({
  isolation,
  architecture: 'riscv64',
  kernel: isolation === 'virtual machine' ? '7.0.1' : '6.9.0',
});

/** Accounts by instance, while they are kept there. */
export const kept = new Map<string, Account>();

export const toy: Runner<ToyOptions> = {
  kind: 'toy',
  title: 'A toy, elsewhere',
  options,
  probe: ({ isolation }) =>
    Promise.resolve({
      usable: true,
      version: 'toy 3.2',
      acceleration:
        isolation === 'virtual machine'
          ? { class: 'kvm-hw', reason: 'it says so' }
          : { class: 'none', reason: 'no guest' },
      substrate: substrateOf(isolation),
      details: { flavour: 'plain' },
    }),
  prepare: ({ options: given, found, image }) => {
    const prepared: Prepared = {
      ...found.substrate,
      product: 'Toy 3.2',
      identity: { flavour: 'plain', scratch: 'a name that changes' },
      decisive: ['flavour'],
      acceleration: found.acceleration,
      traits: {
        image: image.digest,
        kernel: given.isolation === 'virtual machine' ? 'own (7.0.1)' : "host's (6.9.0)",
        memoryLimit: 'whatever it is given',
        memoryPolicy: 'on first touch',
      },
      sharedDiskBytes: 0,
      start: (job, context) => Promise.resolve(startToy(given, image, job, context)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    return Promise.resolve(prepared);
  },
};

function startToy(given: ToyOptions, image: Image, job: Job, { now }: Context): Instance {
  const marks: Mark[] = [];
  const elsewhere = () => now() + clockOffset;
  for (const name of ['T0', 'T1', 'T4', 'T5', 'T6']) {
    const mark = { name, at: elsewhere() };
    marks.push(mark);
    job.onMark(mark);
  }
  const account = openAccount(job.id, given.memory);
  return {
    marks,
    volume: null,
    account,
    pids: () => null,
    looking: null,
    exec: () =>
      Promise.resolve({
        exitCode: 0,
        stdout: 'events per second: 1000.00\ntotal time: 1.0000s\ntotal number of events: 1000\n',
        stderr: '',
        begin: now(),
        end: now() + 1.01,
        oomKills: 0,
      }),
    prove: () => Promise.resolve({ digest: image.digest, checkedFiles: 1, mismatches: [] }),
    halt: () => Promise.resolve({ how: 'ended', exitCode: 0, seconds: 0.1 }),
    endpoint: () => null,
    diskBytes: () => Promise.resolve(null),
    console: () => '',
    ended: () => null,
    stop: () => Promise.resolve({ gone: { name: 'T7', at: elsewhere() }, leftovers: [] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const unknownStrain = {} as GroupStrain;

function openAccount(id: string, memory: number): Account {
  let seconds = 0;
  const read = (): GroupReading => ({
    cpuSeconds: (seconds += 0.01),
    throttledSeconds: null,
    memoryBytes: memory,
    memoryPeakBytes: null,
    // Some launches take a little more than others.
    workingBytes: memory * (1 + 0.001 * (id.length % 3)),
    cacheBytes: null,
    inactiveFileBytes: null,
    processes: null,
    oomKills: null,
  });
  const account: Account = {
    name: `account of ${id}`,
    read,
    strain: () => unknownStrain,
    kill: () => Promise.resolve(true),
    remove: () => Promise.resolve(kept.delete(id)),
  };
  kept.set(id, account);
  return account;
}
