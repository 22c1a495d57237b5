/**
 * The objects of a cluster dump that sizing reads, as strict as their API and as lenient as real dumps.
 */
import { z } from 'zod';

export const texts = z.record(z.string(), z.string());

export const containerSchema = z.object({
  name: z.string().catch(''),
  restartPolicy: z.string().optional().catch(undefined),
  resources: z
    .object({
      requests: z.record(z.string(), z.unknown()).optional(),
      limits: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

export const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: texts.optional().catch(undefined),
  annotations: texts.optional().catch(undefined),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).optional(),
});

export const selector = z.object({ matchLabels: texts.optional() }).optional();

export const affinityTerm = z.object({ topologyKey: z.string(), labelSelector: selector });

export const podSchema = z.object({
  metadata,
  spec: z.object({
    containers: z.array(containerSchema).min(1),
    initContainers: z.array(containerSchema).optional(),
    overhead: z.record(z.string(), z.unknown()).optional(),
    resources: containerSchema.shape.resources,
    nodeSelector: texts.optional(),
    runtimeClassName: z.string().optional(),
    affinity: z
      .object({
        podAntiAffinity: z
          .object({ requiredDuringSchedulingIgnoredDuringExecution: z.array(affinityTerm).optional() })
          .optional(),
      })
      .optional(),
    topologySpreadConstraints: z
      .array(z.object({ maxSkew: z.number(), topologyKey: z.string(), whenUnsatisfiable: z.string() }))
      .optional(),
  }),
  status: z.object({ phase: z.string().optional() }).optional(),
});

export type Pod = z.infer<typeof podSchema>;

export const nodeSchema = z.object({
  metadata,
  status: z.object({
    capacity: z.record(z.string(), z.unknown()),
    allocatable: z.record(z.string(), z.unknown()).optional(),
    nodeInfo: z.object({ kernelVersion: z.string().optional() }).optional(),
  }),
});
