/** tare's own demand (`apps.yaml`): applications with replicas, sizes, usage and rules -> demand. */
import { z } from 'zod';
import { parseChecked } from '../../model/yaml.ts';
import { show } from '../../model/quantity-options.ts';
import { devices, labels, positive, share, size, wholePositive } from '../policy/fields.ts';
import type { DemandRow } from '../model.ts';
import { blankRow, systemOf } from './rows.ts';

const usageSchema = z.strictObject({
  cpu: z.number().nonnegative().optional().describe('Threads in use.'),
  memory: size.optional(),
  statistic: z.enum(['now', 'mean', 'p50', 'p90', 'p95', 'p99', 'max']),
  windowDays: positive.optional(),
  cv: share.optional().describe('How much it varies: standard deviation over mean, 30%.'),
});
const volumeSchema = z.strictObject({
  size,
  iops: positive.optional(),
  access: z.enum(['block', 'file']).default('block'),
  class: z.string().min(1).optional().describe('Class of storage that an array must offer.'),
  replicas: wholePositive.max(10).default(1).describe('Copies kept, the first included.'),
  replicasApart: z.enum(['array', 'domain']).default('array').describe('What no two copies share.'),
});
const tolerationSchema = z.strictObject({
  key: z.string().min(1).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'NoExecute']).optional(),
});
const appSchema = z.strictObject({
  app: z.string().min(1),
  replicas: wholePositive.max(10_000_000).default(1),
  cpu: positive.max(1024).describe('Threads per replica: 0.5.'),
  memory: size.describe('Per replica: 512MiB.'),
  usage: usageSchema.optional(),
  os: z.string().default('linux'),
  form: z.enum(['any', 'vm', 'container']).default('any'),
  ownKernel: z.boolean().default(false),
  apart: z.number().int().positive().optional().describe('Most replicas on one host.'),
  avoid: z.array(z.string().min(1)).default([]).describe('Apps that share no host with it.'),
  spread: z.number().int().positive().optional().describe('Most by which failure domains differ.'),
  together: z.string().min(1).optional().describe('All with this word go onto one host.'),
  hostLabels: labels,
  tolerations: z
    .array(tolerationSchema)
    .default([])
    .describe('Taints of hosts that do not keep it off; without a key any.'),
  devices: devices.describe('Whole units per replica: { nvidia.com/gpu: 1 }.'),
  growthPerYear: share.optional(),
  volumes: z.array(volumeSchema).default([]),
});

/** The form of the file, for editors too. */
export const appsSchema = z.strictObject({
  apps: z
    .array(
      appSchema.superRefine(({ form, os, ownKernel }, context) => {
        const say = (path: string, message: string) => {
          context.addIssue({ code: 'custom', path: [path], message });
        };
        if (form === 'container' && ownKernel)
          say('form', 'a container has no kernel of its own (ownKernel)');
        else if (form === 'container' && systemOf(os).family !== 'linux') {
          say('form', `a container runs on Linux here, and os is ${show(os)}; give vm, or leave form out`);
        }
      }),
    )
    .min(1),
});

/** @throws UserError with every problem, one line each: `file:line:column: field: problem` */
export function readApps(text: string, file: string): DemandRow[] {
  const { data, lineOf } = parseChecked(text, file, appsSchema, {
    what: 'apps',
    expected: 'a mapping with apps',
    hint: 'fix the file; docs/sizing/apps.yaml is an example',
  });
  const avoided = new Set(data.apps.flatMap(({ avoid }) => avoid));
  return data.apps.map((app, at) => {
    const volumes = app.volumes.map((volume, index) => ({
      id: `${app.app}/${index + 1}`,
      bytes: volume.size,
      iops: volume.iops ?? null,
      access: volume.access,
      storageClass: volume.class ?? null,
      replicas: volume.replicas,
      replicasApart: volume.replicasApart,
    }));
    return {
      ...blankRow(app.app, { file, sheet: null, row: lineOf(['apps', at]) }),
      count: app.replicas,
      cpuThreads: app.cpu,
      memoryBytes: app.memory,
      diskBytes: volumes.length === 0 ? null : volumes.reduce((sum, { bytes }) => sum + bytes, 0),
      iops: volumes.some(({ iops }) => iops !== null)
        ? volumes.reduce((sum, { iops }) => sum + (iops ?? 0), 0)
        : null,
      usage:
        app.usage === undefined
          ? null
          : {
              cpuThreads: app.usage.cpu ?? null,
              memoryBytes: app.usage.memory ?? null,
              statistic: app.usage.statistic,
              windowSeconds: app.usage.windowDays === undefined ? null : app.usage.windowDays * 86_400,
              ...(app.usage.cv === undefined ? {} : { cv: { cpu: app.usage.cv, memory: app.usage.cv } }),
            },
      os: systemOf(app.os),
      form: app.form,
      ownKernel: app.ownKernel,
      apart: app.apart === undefined ? [] : [{ key: app.app, most: app.apart }],
      marks: avoided.has(app.app) ? [app.app] : [],
      avoids: app.avoid.filter((name) => name !== app.app),
      spread: app.spread === undefined ? null : { key: app.app, skew: app.spread },
      together: app.together ?? null,
      hostLabels: app.hostLabels,
      tolerations: app.tolerations.map(({ key, value, effect }) => ({
        key: key ?? null,
        value: value ?? null,
        effect: effect ?? null,
      })),
      devices: app.devices,
      growthPerYear: app.growthPerYear ?? null,
      volumes,
    };
  });
}
