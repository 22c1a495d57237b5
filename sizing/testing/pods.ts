/** Pods as `kubectl get -o json` has them, for tests of what reads them. */
import { inventoryOf } from '../inventories/index.ts';

/** An inventory of dumps, each a file: objects or their text. */
export const read = (...dumps: (string | object)[]) =>
  inventoryOf(
    dumps.map((dump, at) => ({
      name: `${String(at)}.json`,
      bytes: Buffer.from(typeof dump === 'string' ? dump : JSON.stringify(dump)),
    })),
  );

interface Extra {
  readonly namespace?: string;
  readonly labels?: object;
  readonly owner?: string;
  readonly kind?: string;
  readonly status?: object;
}

/** A pod of one container that requests a CPU and 1 GiB. */
export function pod(
  name: string,
  spec: object = {},
  { namespace = 'd', labels = {}, owner, kind, status }: Extra = {},
) {
  const ownerReferences = owner === undefined ? [] : [{ kind: kind ?? 'ReplicaSet', name: owner }];
  const resources = { requests: { cpu: '1', memory: '1Gi' } };
  return {
    kind: 'Pod',
    metadata: { name, namespace, labels, ownerReferences },
    spec: { containers: [{ name: 'c', resources }], ...spec },
    status: { phase: 'Running', ...status },
  };
}

export const asking = (requests: object, limits: object = {}) => ({
  containers: [{ name: 'c', resources: { requests, limits } }],
});

export const list = (...items: object[]) => ({ kind: 'List', items });
