/**
 * The one definition of a scenario file: types, strictness, defaults, and the JSON Schema that editors
 * complete from. What a reader must know about a key stands in its `describe`.
 */
import { z } from 'zod';
import type { RunnerKind } from '../../model/scenario.ts';
import { duration, seconds, show, size } from '../../model/quantity-options.ts';
import { signalName } from '../../images/signals.ts';
import { kernelPattern } from './requirements.ts';
import { workloads } from '../workloads/index.ts';
import { services } from '../workloads/services.ts';

/** Option schemas of the runners, by kind; passed in so that the core knows no runner. */
export type RunnerSchemas = Readonly<Record<RunnerKind, z.ZodType>>;

/** Blocks of a preset: `quick` says what it cannot conclude, `standard` is METHODOLOGY's default. */
export const presets = { quick: 10, standard: 30, thorough: 60 } as const;
export type Preset = keyof typeof presets;

const identifier = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,39}$/,
    'must be lower-case letters, digits, ".", "_" or "-", at most 40 characters',
  );

const shapeSchema = z.strictObject({
  cpus: z.int({ error: 'must be a whole number of CPUs: a VM cannot have part of one' }).min(1).max(64),
  memory: size
    .refine((bytes) => bytes >= 32 * 2 ** 20, 'must be at least 32MiB')
    .describe('Memory cap, or guest RAM.'),
});

export const volumeSchema = z.strictObject({
  kind: z
    .enum(['directory', 'filesystem', 'block'])
    .describe('directory: shared host folder; filesystem: ext4 in an image; block: raw device.'),
  size: size.prefault('256MiB').describe('Size of the image or device; a directory has none.'),
});

const moduleName = z.string().regex(/^[\w-]{1,55}$/, 'must be the name of a kernel module, e.g. "dummy"');
export const requiresSchema = z.strictObject({
  kernel: z
    .string()
    .regex(kernelPattern, 'must be a version such as ">=6.5", "<6" or "6.1.*"')
    .optional()
    .describe('Version of the kernel inside; only the parts given count.'),
  module: z
    .union([moduleName, z.array(moduleName).min(1)])
    .optional()
    .describe('Modules it must have loaded.'),
  architecture: z.string().regex(/^\w+$/, 'must be the name of an architecture, e.g. "aarch64"').optional(),
  os: z
    .string()
    .regex(/^[a-z]\w*$/, 'must be the name of a system in small letters, e.g. "linux"')
    .optional(),
});

const command = z.array(z.string()).min(1);
const signal = z
  .union([z.string(), z.number()])
  .refine((given) => signalName(String(given)) !== null, {
    error: ({ input }) => `must be a signal of Linux, e.g. SIGTERM, SIGRTMIN+3 or 15, got ${show(input)}`,
  })
  .transform((given) => signalName(String(given)) ?? String(given));
/** The main program of an image from elsewhere; what is left out is the image's own. */
export const ownServiceSchema = z.strictObject({
  run: command.optional().describe("Program and arguments in place of the image's entrypoint and command."),
  port: z.int().min(1).max(65_535).optional().describe('TCP port it listens on; default: the one exposed.'),
  environment: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), z.string())
    .default({})
    .describe("Added to the image's own."),
  ready: z
    .union([
      z.enum(['tcp', 'exit', 'healthcheck']),
      z.strictObject({
        http: z.string().regex(/^\/\S*$/, 'must be a path such as "/health"'),
        status: z.int().min(100).max(599).default(200),
      }),
      z.strictObject({ line: z.string().min(1) }),
      z.strictObject({ check: command }),
      z.strictObject({
        healthcheck: z.strictObject({
          every: z
            .union([z.literal('declared'), duration])
            .describe(
              'Between two looks; declared: the interval of the image, the first after one, as engines do.',
            ),
        }),
      }),
    ])
    .optional()
    .describe(
      "When it counts as ready: its port listens (tcp), it ended with status 0 (exit), the image's health check succeeds, an HTTP status, a text it prints, or a program inside that succeeds. Default: health check, else port.",
    ),
  stop: z
    .union([
      z.literal('kill'),
      z.strictObject({
        signal: signal.optional().describe("By name or number; default: the image's own, else SIGTERM."),
        grace: duration.prefault('10s').describe('Time to end by itself, then SIGKILL.'),
      }),
    ])
    .prefault({})
    .describe('How it is asked to end when its launch is over; kill: not at all.'),
});

const programSchema = z.union([z.string(), z.looseObject({ use: z.string() })]);
const workloadSchema = z.union([
  z.array(programSchema),
  z.strictObject({
    programs: z.array(programSchema).default([]),
    service: z
      .union([z.enum([...Object.keys(services), 'image']), ownServiceSchema])
      .optional()
      .describe('Main program of each instance: one that tare knows, or that of an image from elsewhere.'),
    blocks: z.int().min(1).optional().describe('Run in so many blocks only, evenly spread.'),
    runners: z.array(z.string()).min(1).optional().describe('Runners that run it; default: all.'),
    baseline: z.string().optional().describe("Runner its ratios are read against; default: the scenario's."),
    requires: requiresSchema.optional().describe('What the app needs of the system under it.'),
    volume: volumeSchema.optional().describe('Storage beside the root, fresh for every launch.'),
  }),
]);

export const scenarioSchema = z.strictObject({
  name: identifier,
  description: z.string().default(''),
  image: z
    .string()
    .default('builtin')
    .describe(
      '"builtin", "mini" (busybox alone), "app:NAME" (redis, nginx, postgres, node: made of packages on first use), one in the cache by name or digest, or one from elsewhere: a path (OCI layout or archive, docker or podman archive, root file system), containers-storage:NAME, docker-daemon:NAME, docker://REF.',
    ),
  runners: z.record(identifier, z.union([z.null(), z.looseObject({ kind: z.string().optional() })])),
  baseline: z.string().optional().describe('Runner that ratios are read against; default: the first.'),
  control: z
    .string()
    .nullable()
    .optional()
    .describe('Runner run twice as an A/A control; default: the baseline.'),
  shapes: z.record(identifier, shapeSchema).prefault({ small: { cpus: 1, memory: '256MiB' } }),
  workloads: z.record(identifier, workloadSchema),
  blocks: z.int().min(1).max(1000).default(presets.standard),
  warmup: z
    .int()
    .min(0)
    .max(10)
    .default(1)
    .describe('Launches per cell before the first block, not analysed.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  cooldown: seconds('200ms').describe('Rest between two launches.'),
  limits: z
    .strictObject({
      trial: duration.prefault('60s').describe('A launch that lasts longer has failed.'),
      pids: z.int().min(16).default(512),
    })
    .prefault({}),
  metrics: z.array(z.string()).default([]).describe('Metrics wanted in tables; default: all.'),
});

/** A file that measures nothing itself and lists scenarios that do. */
export const scenarioListSchema = z.strictObject({
  name: identifier,
  description: z.string().default(''),
  scenarios: z
    .array(z.string().min(1))
    .min(1)
    .describe('Scenario files, relative to this one, run one after another with one report.'),
});

/** The JSON Schema of scenarios and lists of them, for editors. Runner and program options are spelled out. */
export function scenarioJsonSchema(runners: RunnerSchemas): unknown {
  const input = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const whole = input(scenarioSchema) as { properties: Record<string, Record<string, unknown>> };
  const without = (schema: Record<string, unknown>) => {
    const { $schema: _, ...rest } = schema;
    return rest;
  };
  const options = (schema: z.ZodType, key: string, value: string) => {
    const inner = without(input(schema)) as { properties?: Record<string, unknown> };
    return { ...inner, properties: { [key]: { const: value }, ...inner.properties } };
  };
  const program = {
    anyOf: [
      { enum: [...workloads.keys()] },
      ...[...workloads.values()].map((workload) => ({
        ...options(workload.options, 'use', workload.id),
        required: ['use'],
      })),
    ],
  };
  const programs = { type: 'array', items: program };
  const workload = whole.properties['workloads'] as {
    additionalProperties: { anyOf: Record<string, unknown>[] };
  };
  const [, object] = workload.additionalProperties.anyOf as [
    unknown,
    { properties: Record<string, unknown> },
  ];
  workload.additionalProperties = {
    anyOf: [programs, { ...object, properties: { ...object.properties, programs } }],
  };
  const runner = whole.properties['runners'] as { additionalProperties: unknown };
  runner.additionalProperties = {
    anyOf: [
      { type: 'null' },
      ...Object.entries(runners).map(([kind, schema]) => options(schema, 'kind', kind)),
    ],
  };
  return { title: 'tare scenario', anyOf: [without(input(scenarioListSchema)), without(whole)] };
}
