/**
 * `kubectl get pvc -A -o json` -> volumes. One that many nodes may write at once is a share, any other a block
 * volume; what a claim was given counts, before what it asked for.
 */
import { z } from 'zod';
import type { Claim, Source } from '../../model.ts';
import { addProblem, objectOf, type Notes } from '../notes.ts';
import { parseQuantity } from './quantity.ts';

const claimSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  spec: z.object({
    accessModes: z.array(z.string()).default([]),
    storageClassName: z.string().optional(),
    resources: z.object({ requests: z.record(z.string(), z.unknown()).optional() }).optional(),
  }),
  status: z
    .object({ phase: z.string().optional(), capacity: z.record(z.string(), z.unknown()).optional() })
    .optional(),
});

const mostBytes = 2 ** 50;

export function readClaim(item: unknown, source: Source, notes: Notes): Claim[] {
  const claim = objectOf(claimSchema, item, source, notes);
  if (claim === null) return [];
  const { metadata, spec, status } = claim;
  const id = `${metadata.namespace ?? 'default'}/${metadata.name}`;
  if (status?.phase === 'Lost') {
    notes.leftOut.push({ source, what: id, why: 'a claim whose volume is lost' });
    return [];
  }
  const got = status?.capacity?.['storage'] ?? spec.resources?.requests?.['storage'];
  const bytes = parseQuantity(got);
  if (bytes === null || bytes <= 0 || bytes > mostBytes) {
    addProblem(notes, source, 'storage', got, 'is no sensible quantity', 'fix the claim', 'row left out');
    return [];
  }
  const shared = spec.accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
  return [
    {
      volume: {
        id,
        bytes,
        iops: null,
        access: shared ? 'file' : 'block',
        storageClass: spec.storageClassName ?? null,
        replicas: 1,
        replicasApart: 'array',
      },
      count: 1,
      source,
    },
  ];
}
