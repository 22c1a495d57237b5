/** The parts of Kubernetes' objects that are read, as schemas; whatever else an object holds is not looked at. */
import { z } from 'zod';

const texts = z.record(z.string(), z.string());
const amounts = z.record(z.string(), z.unknown());

const resources = z.object({
  requests: amounts.optional(),
  limits: amounts.optional(),
  claims: z.array(z.unknown()).optional().catch(undefined),
});

const containerSchema = z.object({
  name: z.string().catch(''),
  restartPolicy: z.string().optional().catch(undefined),
  resources: resources.optional(),
  ports: z
    .array(z.object({ hostPort: z.number().optional(), protocol: z.string().optional() }))
    .optional()
    .catch(undefined),
});

/** What the kubelet grants a container at the moment; it may lag behind what the manifest asks for. */
const containerStatus = z.object({
  name: z.string(),
  allocatedResources: amounts.optional().catch(undefined),
  resources: z.object({ requests: amounts.optional() }).optional().catch(undefined),
});

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: texts.optional().catch(undefined),
  annotations: texts.optional().catch(undefined),
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().optional() }))
    .optional(),
});

const selector = z.object({
  matchLabels: texts.optional(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

const affinityTerm = z.object({
  topologyKey: z.string(),
  labelSelector: selector.optional(),
  namespaces: z.array(z.string()).optional(),
  namespaceSelector: selector.optional(),
  matchLabelKeys: z.array(z.string()).optional(),
  mismatchLabelKeys: z.array(z.string()).optional(),
});

const nodeTerm = z.object({
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  matchFields: z.array(z.unknown()).optional(),
});

const podTerms = z
  .object({ requiredDuringSchedulingIgnoredDuringExecution: z.array(affinityTerm).optional() })
  .optional();

export const podSchema = z.object({
  metadata,
  spec: z.object({
    containers: z.array(containerSchema).min(1),
    initContainers: z.array(containerSchema).optional(),
    overhead: amounts.optional(),
    resources: resources.optional(),
    resourceClaims: z.array(z.unknown()).optional().catch(undefined),
    nodeSelector: texts.optional(),
    os: z.object({ name: z.string() }).optional().catch(undefined),
    runtimeClassName: z.string().optional(),
    tolerations: z
      .array(
        z.object({
          key: z.string().optional(),
          operator: z.string().optional(),
          value: z.string().optional(),
          effect: z.string().optional(),
        }),
      )
      .optional(),
    affinity: z
      .object({
        podAffinity: podTerms,
        podAntiAffinity: podTerms,
        nodeAffinity: z
          .object({
            requiredDuringSchedulingIgnoredDuringExecution: z
              .object({ nodeSelectorTerms: z.array(nodeTerm).optional() })
              .optional(),
          })
          .optional(),
      })
      .optional(),
    topologySpreadConstraints: z
      .array(z.object({ maxSkew: z.number(), topologyKey: z.string(), whenUnsatisfiable: z.string() }))
      .optional(),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      resize: z.string().optional().catch(undefined),
      conditions: z
        .array(z.object({ type: z.string(), reason: z.string().optional() }))
        .optional()
        .catch(undefined),
      containerStatuses: z.array(containerStatus).optional().catch(undefined),
      initContainerStatuses: z.array(containerStatus).optional().catch(undefined),
      allocatedResources: amounts.optional().catch(undefined),
      resources: z.object({ requests: amounts.optional() }).optional().catch(undefined),
    })
    .optional(),
});

export const nodeSchema = z.object({
  metadata,
  spec: z
    .object({
      taints: z
        .array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() }))
        .optional()
        .catch(undefined),
    })
    .optional(),
  status: z.object({ capacity: amounts, allocatable: amounts.optional() }),
});

export const namespaceSchema = z.object({ metadata });

export type Pod = z.infer<typeof podSchema>;
export type Container = z.infer<typeof containerSchema>;
export type Selector = z.infer<typeof selector>;
export type AffinityTerm = z.infer<typeof affinityTerm>;
export type NodeTerm = z.infer<typeof nodeTerm>;
