/**
 * The hosts that could be bought (`hosts.yaml`): YAML text -> host types, or every problem at once with file,
 * line, field, got value and remedy. Prices and watts are the user's own data; none is built in.
 */
import { z } from 'zod';
import { parseChecked } from '../bench/checked-yaml.ts';
import { labels, networkRate, positive, size, wholePositive } from './fields.ts';
import type { HostType, Licence } from './model.ts';

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

const hostSchema = z
  .strictObject({
    id: z.string().min(1),
    sockets: wholePositive.default(1),
    cores: wholePositive.describe('Physical cores of all sockets.'),
    threads: wholePositive.optional().describe('Hardware threads of all sockets; without it SMT is off.'),
    memory: size.describe('512GiB'),
    disks: z.array(diskSchema).default([]),
    network: networkRate.optional().describe('25Gbit/s'),
    price: z.number().nonnegative().optional().describe('Per month, in the currency of the catalogue.'),
    watts: z
      .strictObject({ idle: z.number().nonnegative(), full: positive })
      .refine(({ idle, full }) => idle <= full, { message: 'idle draws more than full; swap them' })
      .optional(),
    licences: z.array(licenceSchema).default([]),
    available: wholePositive.optional().describe('How many there are; without it as many as needed.'),
    labels,
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
  })
  .superRefine(({ hosts }, context) => {
    hosts.forEach(({ id }, at) => {
      if (hosts.findIndex((other) => other.id === id) === at) return;
      context.addIssue({
        code: 'custom',
        path: ['hosts', at, 'id'],
        message: `${JSON.stringify(id)} is there twice; give each type its own id`,
      });
    });
  });

/**
 * Host types in the order of the file.
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parseCatalogue(text: string, file: string): HostType[] {
  const { data, lineOf } = parseChecked(text, file, catalogueSchema, {
    what: 'catalogue',
    expected: 'a mapping with hosts',
    hint: 'mend the catalogue; docs/sizing/hosts.yaml is an example',
  });
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
    domain: host.domain ?? null,
    maxInstances: host.maxInstances ?? null,
    source: { file, sheet: null, row: lineOf(['hosts', at]) },
  }));
}
