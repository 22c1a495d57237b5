/**
 * What a user asks of a server and its applications (YAML): text -> requirements, or every problem at once with
 * file, line, field, got value and remedy.
 */
import { z } from 'zod';
import { parseChecked } from '../bench/checked-yaml.ts';
import { messageOf } from '../bench/errors.ts';
import { parseBytes, parseSeconds } from '../bench/units.ts';

export type Priority = 'density' | 'resources' | 'isolation';

/** Bytes and seconds; null: not told. */
export interface AppNeeds {
  readonly id: string;
  readonly instances: number;
  readonly image: string | null;
  readonly os: string;
  /** A kernel of its own, by version or name; null: that of the server will do. */
  readonly kernel: string | null;
  readonly modules: readonly string[];
  readonly architecture: string | null;
  readonly wholeSystem: boolean;
  readonly trust: 'trusted' | 'untrusted';
  readonly isolation: 'shared-kernel' | 'own-kernel';
  readonly priorities: readonly Priority[];
  readonly objectives: { readonly start: number | null; readonly memory: number | null };
}

export interface Requirements {
  readonly name: string;
  readonly server: {
    readonly os: string;
    readonly architecture: string;
    readonly cpus: number | null;
    readonly memory: number | null;
  };
  readonly apps: readonly AppNeeds[];
}

const quantity = (parse: (text: string) => number) =>
  z.string().transform((text, context) => {
    try {
      const value = parse(text);
      if (value > 0) return value;
      context.addIssue({ code: 'custom', message: `must be more than 0, got ${text}` });
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
    return z.NEVER;
  });
const name = z.string().min(1);

const appSchema = z.strictObject({
  id: name.describe('What the answer calls it.'),
  instances: z.number().int().min(1).default(1),
  image: name.nullable().default(null).describe('Container image or workload, e.g. nginx.'),
  os: name.default('linux').describe('Operating system that it needs.'),
  kernel: name.nullable().default(null).describe('A kernel that it needs for itself.'),
  modules: z.array(name).default([]).describe('Kernel modules that it loads.'),
  architecture: name.nullable().default(null).describe('Default: that of the server.'),
  wholeSystem: z.boolean().default(false).describe('Needs the functions of a whole operating system.'),
  trust: z.enum(['trusted', 'untrusted']).default('trusted').describe('Of its tenants.'),
  isolation: z.enum(['shared-kernel', 'own-kernel']).default('shared-kernel').describe('Least that will do.'),
  priorities: z
    .array(z.enum(['density', 'resources', 'isolation']))
    .default([])
    .describe('What comes first.'),
  objectives: z
    .strictObject({
      start: quantity(parseSeconds).nullable().default(null).describe('Longest time until ready: 500ms.'),
      memory: quantity(parseBytes).nullable().default(null).describe('Most host memory an instance: 64MiB.'),
    })
    .default({ start: null, memory: null }),
});

/** The form of the file, for editors too. */
export const requirementsSchema = z.strictObject({
  name: name.default('requirements'),
  server: z
    .strictObject({
      os: name.default('linux'),
      architecture: name.default('x86_64'),
      cpus: z.number().positive().nullable().default(null),
      memory: quantity(parseBytes).nullable().default(null),
    })
    .default({ os: 'linux', architecture: 'x86_64', cpus: null, memory: null }),
  apps: z
    .array(appSchema)
    .min(1)
    .refine((apps) => new Set(apps.map(({ id }) => id)).size === apps.length, {
      message: 'two apps have the same id; give each its own',
    }),
});

/** @throws UserError with every problem, one line each */
export function parseRequirements(text: string, file: string): Requirements {
  return parseChecked<Requirements>(text, file, requirementsSchema, {
    what: 'requirements',
    expected: 'a mapping with apps',
    hint: 'mend the file; `tare advise --help` shows the fields',
  }).data;
}
