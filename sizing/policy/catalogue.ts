/**
 * The hosts that could be bought (`hosts.yaml`): YAML text -> host types, or every problem at once with file,
 * line, field, got value and remedy. Prices and watts are the user's own data; none is built in.
 */
import { z } from 'zod';
import { parseChecked } from '../../model/yaml.ts';
import { devices, labels, networkRate, positive, share, size, wholePositive } from './fields.ts';
import type { ArrayType, HostType, Licence } from '../model.ts';

const accesses = ['block', 'file'] as const;

const diskSchema = z.strictObject({
  size: size.describe('Of one disk: 3.84TB.'),
  count: wholePositive.default(1),
  iops: positive.optional().describe('Of one disk.'),
});

const licenceSchema = z.strictObject({
  name: z.string().min(1),
  per: z.enum(['core', 'socket', 'host']),
  perMonth: z.number().nonnegative().describe('Per core, socket or host, in the currency of the catalogue.'),
  minimumCoresPerSocket: wholePositive.optional().describe('Cores that are charged at least.'),
  appliesTo: z.enum(['all', 'vm', 'container']).default('all').describe('Which of the answers pay it.'),
});

const taintSchema = z.strictObject({
  key: z.string().min(1),
  value: z.string().default(''),
  effect: z.enum(['NoSchedule', 'NoExecute']).default('NoSchedule'),
});

const hostSchema = z
  .strictObject({
    id: z.string().min(1),
    sockets: wholePositive.default(1),
    cores: wholePositive.describe('Physical cores of all sockets.'),
    threads: wholePositive.optional().describe('Hardware threads of all sockets; without it SMT is off.'),
    memory: size.describe('512GiB'),
    disks: z.array(diskSchema).default([]),
    network: networkRate.optional().describe('25Gbit/s'),
    devices: devices.describe('Whole units, never overcommitted: { nvidia.com/gpu: 8 }.'),
    price: z.number().nonnegative().optional().describe('Per month, in the currency of the catalogue.'),
    watts: z
      .strictObject({ idle: z.number().nonnegative(), full: positive })
      .refine(({ idle, full }) => idle <= full, { message: 'idle draws more than full; swap them' })
      .optional(),
    licences: z.array(licenceSchema).default([]),
    available: wholePositive.optional().describe('How many there are; without it as many as needed.'),
    labels,
    taints: z.array(taintSchema).default([]).describe('Keep off who does not tolerate them.'),
    domain: z.string().min(1).optional().describe('What fails together: a rack.'),
    maxInstances: wholePositive.optional().describe("Overrides the policy's limit."),
  })
  .refine(({ cores, threads }) => threads === undefined || (threads >= cores && threads % cores === 0), {
    message: 'must be the cores or a whole multiple of them: give hardware threads, not cores or GHz',
    path: ['threads'],
  })
  .refine(({ cores, sockets }) => cores % sockets === 0, {
    message: 'must divide evenly among the sockets: give the cores of all sockets together',
    path: ['cores'],
  });

const arraySchema = z
  .strictObject({
    id: z.string().min(1),
    access: z.union([z.enum(accesses), z.array(z.enum(accesses)).min(1)]).describe('block, file, or both.'),
    class: z
      .union([z.string().min(1), z.array(z.string().min(1))])
      .default([])
      .describe('Classes of storage that it offers; volumes that ask for none go anywhere.'),
    capacity: size.describe('Usable: after RAID, spares and the data reduction that you count on.'),
    fill: share
      .refine((value) => value > 0 && value <= 1, { message: 'must be more than 0 and at most 100%' })
      .default(1)
      .describe('Largest share of the capacity that is given away.'),
    iops: positive.optional().describe('Of the whole array.'),
    maxVolumes: wholePositive.optional(),
    price: z.number().nonnegative().optional().describe('Per month, in the currency of the catalogue.'),
    available: wholePositive.optional().describe('How many there are; without it as many as needed.'),
    domain: z.string().min(1).optional().describe('What fails together: a room.'),
  })
  .describe('A kind of storage array.');

/** The form of a catalogue, for editors too. */
export const catalogueSchema = z
  .strictObject({
    name: z.string().min(1).default('hosts'),
    currency: z
      .string()
      .min(1)
      .default('EUR')
      .describe('Of every amount in this file; nothing is converted.'),
    date: z.iso.date().optional().describe('When the prices were offered: "2026-01-31".'),
    hosts: z.array(hostSchema).min(1),
    arrays: z.array(arraySchema).default([]),
  })
  .superRefine((catalogue, context) => {
    for (const kind of ['hosts', 'arrays'] as const) {
      const ids = catalogue[kind].map(({ id }) => id);
      ids.forEach((id, at) => {
        if (ids.indexOf(id) === at) return;
        context.addIssue({
          code: 'custom',
          path: [kind, at, 'id'],
          message: `${JSON.stringify(id)} is there twice; give each type its own id`,
        });
      });
    }
  });

const words = {
  what: 'catalogue',
  expected: 'a mapping with hosts',
  hint: 'fix the catalogue; docs/sizing/hosts.yaml is an example',
};

/**
 * Host types in the order of the file.
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parseCatalogue(text: string, file: string): HostType[] {
  const { data, lineOf } = parseChecked(text, file, catalogueSchema, words);
  return data.hosts.map((host, at) => ({
    id: host.id,
    sockets: host.sockets,
    cores: host.cores,
    threads: host.threads ?? host.cores,
    memoryBytes: host.memory,
    disks: host.disks.flatMap((disk) =>
      Array.from({ length: disk.count }, () => ({ bytes: disk.size, iops: disk.iops ?? null })),
    ),
    networkBytesPerSecond: host.network ?? null,
    devices: host.devices,
    price:
      host.price === undefined
        ? null
        : { perMonth: host.price, currency: data.currency, date: data.date ?? null },
    watts: host.watts ?? null,
    licences: host.licences.map((licence): Licence => ({
      ...licence,
      minimumCoresPerSocket: licence.minimumCoresPerSocket ?? null,
    })),
    available: host.available ?? null,
    labels: host.labels,
    taints: host.taints,
    domain: host.domain ?? null,
    maxInstances: host.maxInstances ?? null,
    source: { file, sheet: null, row: lineOf(['hosts', at]) },
  }));
}

/**
 * Kinds of arrays in the order of the file; none where it names none.
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parseArrays(text: string, file: string): ArrayType[] {
  const { data, lineOf } = parseChecked(text, file, catalogueSchema, words);
  return data.arrays.map((array, at) => ({
    id: array.id,
    access: [array.access].flat(),
    classes: [array.class].flat(),
    bytes: array.capacity * array.fill,
    iops: array.iops ?? null,
    maxVolumes: array.maxVolumes ?? null,
    price:
      array.price === undefined
        ? null
        : { perMonth: array.price, currency: data.currency, date: data.date ?? null },
    available: array.available ?? null,
    domain: array.domain ?? null,
    source: { file, sheet: null, row: lineOf(['arrays', at]) },
  }));
}
