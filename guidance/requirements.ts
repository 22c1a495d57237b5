/**
 * What a user asks of servers and their applications (YAML): text -> requirements, or every problem at once with
 * file, line, field, got value and remedy. What can be written and not had is found later, with its line (advise.ts).
 */
import { z } from 'zod';
import { parseChecked } from '../model/yaml.ts';
import { duration, show, size } from '../model/quantity-options.ts';
import { kernelPattern } from '../bench/scenario/requirements.ts';
import { quantities, quantityNames, type Quantity } from './quantities.ts';

export type Side = 'vm' | 'container';
export const priorities = ['density', 'resources', 'isolation', 'neighbours'] as const;
export type Priority = (typeof priorities)[number];

/** Bytes and seconds; null: not told. */
export interface Objectives {
  readonly start: number | null;
  readonly memory: number | null;
  readonly p99: number | null;
  /** At which load the p99 counts: a share of capacity ("50%") or requests per second ("500/s"). */
  readonly load: string;
}

export interface AppNeeds {
  readonly id: string;
  /** Id of its server. */
  readonly server: string;
  readonly instances: number;
  readonly cpus: number | null;
  readonly image: string | null;
  /** Workload of the records that is this app's own; null: none. */
  readonly workload: string | null;
  readonly os: string;
  /** `own`, a version pattern (">=6.5") or the name of a release; null: that of the server will do. */
  readonly kernel: string | null;
  readonly modules: readonly string[];
  readonly architecture: string | null;
  readonly wholeSystem: boolean;
  readonly tenants: number;
  readonly trust: 'trusted' | 'untrusted';
  readonly isolation: 'shared-kernel' | 'own-kernel';
  readonly priorities: readonly Priority[];
  readonly objectives: Objectives;
}

export interface Server {
  readonly id: string;
  readonly os: string;
  /** Release of its kernel; null: not told. */
  readonly kernel: string | null;
  readonly architecture: string;
  readonly modules: readonly string[];
  readonly cpus: number | null;
  readonly memory: number | null;
  readonly virtualization: 'hardware' | 'nested' | 'none' | 'unknown';
  /** What may run on it at all. */
  readonly runs: readonly Side[];
}

/** Benchmarks of an imported record that stand for the two sides. */
export interface ImportedPair {
  readonly quantity: Quantity;
  readonly vm: string;
  readonly container: string;
  readonly acceleration: 'kvm-hw' | 'kvm-nested' | 'kvm-pvm' | 'tcg' | 'unknown';
}

export interface Requirements {
  readonly name: string;
  readonly imported: readonly ImportedPair[];
  readonly servers: readonly Server[];
  readonly apps: readonly AppNeeds[];
}

/** Where a field stands, "apps.yaml:12"; of one that is not there, where its nearest parent does. */
export type PlaceOf = (path: readonly (string | number)[]) => string;

const some = (schema: typeof size) => schema.refine((value) => value > 0, { message: 'must be more than 0' });
const someTime = some(duration);
const someMemory = some(size);
const name = z.string().min(1);
/** A version such as 6.1 is a number to YAML. */
const version = z.union([name, z.number()]).transform(String);
/** Neither a version to be compared nor the name of a release: nothing could ever match it. */
const isGarbled = (kernel: string) => /^[<>=]|\*/.test(kernel) && !kernelPattern.test(kernel);
const wantedKernel = version.refine((kernel) => !isGarbled(kernel), {
  error: ({ input }) =>
    `must be own, one version such as ">=6.5" or "6.1.*", or a release by name, got ${show(input)}`,
});
const ownKernel = version.refine((kernel) => /^\d/.test(kernel) && !kernel.includes('*'), {
  error: ({ input }) => `must be one release, as \`uname -r\` says it, got ${show(input)}`,
});

export const appSchema = z.strictObject({
  id: name.describe('What the answer calls it.'),
  server: name.optional().describe('Which of the servers it runs on; needed where there are several.'),
  instances: z.int().min(1).default(1).describe('How many of it run at once.'),
  cpus: z.number().positive().nullable().default(null).describe('CPUs that an instance needs.'),
  image: name.nullable().default(null).describe('Container image or workload, e.g. nginx.'),
  workload: name
    .nullable()
    .default(null)
    .describe('Workload of the records that is its own work; default: the name in its image.'),
  os: name.default('linux').describe('Operating system that it needs.'),
  kernel: wantedKernel
    .nullable()
    .default(null)
    .describe('Kernel that it needs: own, a version such as ">=6.5", or a release by name.'),
  modules: z.array(name).default([]).describe('Kernel modules that it needs.'),
  architecture: name.nullable().default(null).describe('Default: that of the server.'),
  wholeSystem: z.boolean().default(false).describe('Needs the functions of a whole operating system.'),
  tenants: z.int().min(1).default(1).describe('Parties whose work its instances carry.'),
  trust: z.enum(['trusted', 'untrusted']).default('trusted').describe('Of its tenants.'),
  isolation: z
    .enum(['shared-kernel', 'own-kernel'])
    .default('shared-kernel')
    .describe('The least isolation that will do.'),
  priorities: z
    .array(z.enum(priorities))
    .default([])
    .describe('What comes first; isolation is what can be reached, neighbours is who disturbs whom.'),
  objectives: z
    .strictObject({
      start: someTime.nullable().default(null).describe('Longest time until ready: 500ms.'),
      memory: someMemory.nullable().default(null).describe('Most host memory an instance: 64MiB.'),
      p99: someTime.nullable().default(null).describe('Longest p99 of its replies: 20ms.'),
      load: z
        .string()
        .regex(/^[1-9]\d*(?:%|\/s)$/, { message: 'must be a share of capacity ("50%") or a rate ("500/s")' })
        .default('50%')
        .describe('Load at which the p99 counts: 50% of capacity, or 500/s.'),
    })
    .prefault({})
    .describe('Limits that each instance has to keep.'),
});

export const serverSchema = z.strictObject({
  os: name.default('linux').describe('Its operating system.'),
  kernel: ownKernel.nullable().default(null).describe('Release of its kernel (`uname -r`).'),
  architecture: name.default('x86_64').describe('As `uname -m` says it.'),
  modules: z.array(name).default([]).describe('Kernel modules that its operator keeps loaded.'),
  cpus: z.number().positive().nullable().default(null).describe('CPUs for instances.'),
  memory: someMemory.nullable().default(null).describe('For instances: 64GiB.'),
  virtualization: z
    .enum(['hardware', 'nested', 'none', 'unknown'])
    .default('unknown')
    .describe('How it can run virtual machines; none: only emulated. `tare doctor` finds out.'),
  runs: z
    .array(z.enum(['vm', 'container']))
    .min(1)
    .default(['vm', 'container'])
    .describe('What may run on it at all.'),
});

/** Facts seen from inside are no numbers that another tool could give. */
const countedQuantities = quantityNames.filter((one) => quantities[one].metrics.length > 0);
const importedSchema = z.strictObject({
  quantity: z.enum(countedQuantities as [Quantity, ...Quantity[]]).describe('What it tells.'),
  vm: name.describe('Name of the benchmark that ran in a VM.'),
  container: name.describe('Name of the one that ran in a container.'),
  acceleration: z
    .enum(['kvm-hw', 'kvm-nested', 'kvm-pvm', 'tcg', 'unknown'])
    .default('unknown')
    .describe('How the VM was executed; unknown: its speeds are refused (C17).'),
});

/** The form of the file, for editors too. */
export const requirementsSchema = z
  .strictObject({
    name: name.default('requirements'),
    server: serverSchema.optional().describe('The server; of several, use servers.'),
    servers: z.record(name, serverSchema).optional().describe('Several servers, by name.'),
    apps: z.array(appSchema).min(1),
    imported: z
      .array(importedSchema)
      .default([])
      .describe('What another tool measured (`tare import`): which of its benchmarks are the two sides.'),
  })
  .superRefine(({ server, servers, apps }, context) => {
    const say = (path: (string | number)[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
    };
    const names = Object.keys(servers ?? {});
    if (server !== undefined && servers !== undefined) say(['servers'], 'is beside server; keep one of them');
    if (servers !== undefined && names.length === 0) say(['servers'], 'is empty; name a server or remove it');
    for (const [index, app] of apps.entries()) {
      if (apps.findIndex(({ id }) => id === app.id) < index) {
        say(['apps', index, 'id'], `two apps have the same id, ${app.id}; give each its own`);
      }
      if (app.server !== undefined && !names.includes(app.server)) {
        const known = names.length === 0 ? 'there is one server only; remove it' : `use ${names.join(', ')}`;
        say(['apps', index, 'server'], `names no server, got "${app.server}"; ${known}`);
      }
      if (app.server === undefined && names.length > 1) {
        say(['apps', index], `names no server and there are several; add server: ${names.join(' or ')}`);
      }
    }
  });

/** @throws UserError with every problem, one line each */
export function parseRequirements(text: string, file: string): { asked: Requirements; placeOf: PlaceOf } {
  const { data, lineOf, sourceOf } = parseChecked(text, file, requirementsSchema, {
    what: 'requirements',
    expected: 'a mapping with apps',
    hint: 'fix the file; docs/advise.md and `tare advise --schema` list every field',
  });
  const servers = Object.entries(data.servers ?? { server: data.server ?? serverSchema.parse({}) });
  const [first] = servers;
  const versionAt = (path: readonly (string | number)[], kernel: string | null) =>
    kernel === null ? null : (sourceOf([...path, 'kernel']) ?? kernel);
  const asked: Requirements = {
    name: data.name,
    imported: data.imported,
    servers: servers.map(([id, server]): Server => ({
      ...server,
      kernel: versionAt(data.servers === undefined ? ['server'] : ['servers', id], server.kernel),
      id,
    })),
    apps: data.apps.map((app, index): AppNeeds => ({
      ...app,
      kernel: versionAt(['apps', index], app.kernel),
      server: app.server ?? first?.[0] ?? 'server',
      workload: app.workload ?? nameIn(app.image),
    })),
  };
  return { asked, placeOf: (path) => `${file}:${lineOf(path)}` };
}

/** "nginx" of "registry/library/nginx:1.25", "app:nginx" and "nginx". */
function nameIn(image: string | null): string | null {
  if (image === null) return null;
  const last = image.replace(/^app:/, '').split('/').at(-1) ?? image;
  return last.replace(/[:@].*$/, '');
}
