/** What binds the scheduler binds the packing, and what a pod requests is what the scheduler counts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayRunOn } from '../../labels.ts';
import type { DemandRow } from '../../model.ts';
import { asking, list, pod, read } from '../../testing/pods.ts';

const anti = (...terms: object[]) => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: terms.map((term) => ({
        topologyKey: 'kubernetes.io/hostname',
        ...term,
      })),
    },
  },
});

/** May an instance of each be on one host? */
function together(one: DemandRow, other: DemandRow): boolean {
  const avoids = (x: DemandRow, y: DemandRow) => x.avoids.some((mark) => y.marks.includes(mark));
  const keys = new Set(one.apart.map(({ key }) => key));
  return !avoids(one, other) && !avoids(other, one) && !other.apart.some(({ key }) => keys.has(key));
}

const app = (name: string) => ({ labels: { app: name }, owner: name, kind: 'StatefulSet' });

test.each<[string, object, readonly boolean[]]>([
  ['matchLabels', { labelSelector: { matchLabels: { app: 'cache' } } }, [true, false, true]],
  [
    'an expression',
    { labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['cache', 'x'] }] } },
    [true, false, true],
  ],
  [
    'its own kind',
    { labelSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['cache', 'db'] }] } },
    [false, true, true],
  ],
  [
    'labels that exist',
    { labelSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
    [false, false, true],
  ],
  ['an empty selector', { labelSelector: {} }, [false, false, true]],
  ['no selector', {}, [true, true, true]],
  ['a null selector', { labelSelector: null }, [true, true, true]],
  ['another namespace', { labelSelector: {}, namespaces: ['e'] }, [true, true, false]],
  ['every namespace', { labelSelector: {}, namespaceSelector: {} }, [false, false, false]],
  [
    'a namespace by its label',
    { labelSelector: {}, namespaceSelector: { matchLabels: { team: 'x' } } },
    [true, true, false],
  ],
  [
    'a namespace by its name',
    { labelSelector: {}, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'e' } } },
    [true, true, false],
  ],
  ['its own label by key', { labelSelector: {}, matchLabelKeys: ['app'] }, [false, true, true]],
  ['any label but its own', { labelSelector: {}, mismatchLabelKeys: ['app'] }, [true, false, true]],
])(
  'anti-affinity by %s keeps off its own kind, another app, another namespace',
  async (_, term, expected) => {
    const { demand } = await read(
      list(
        pod('web-0', anti(term), app('web')),
        pod('cache-0', {}, app('cache')),
        pod('db-0', {}, { ...app('db'), namespace: 'e' }),
        { kind: 'Namespace', metadata: { name: 'e', labels: { team: 'x' } } },
      ),
    );
    const [web, cache, db] = demand;
    if (web === undefined || cache === undefined || db === undefined) throw new Error('three rows');
    expect([together(web, web), together(web, cache), together(web, db)]).toEqual(expected);
    expect([together(cache, web), together(cache, cache)]).toEqual([expected[1], true]);
  },
);

test('whatever the terms, two pods share a host just when the scheduler lets them', async () => {
  const labels = fc.record({ x: fc.constantFrom('1', '2') }, { requiredKeys: [] });
  const term = fc.oneof(fc.constant({}), fc.record({ x: fc.constantFrom('1', '2') }), fc.constant(null));
  const any = fc.record({
    labels,
    namespace: fc.constantFrom('d', 'e'),
    terms: fc.array(term, { maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 5 }), async (pods) => {
      const items = pods.map(({ terms, ...extra }, at) =>
        pod(
          `p${String(at)}`,
          anti(
            ...terms.map((matchLabels) => ({ labelSelector: matchLabels === null ? null : { matchLabels } })),
          ),
          { ...extra, owner: `o${String(at)}`, kind: 'StatefulSet' },
        ),
      );
      const { demand } = await read(list(...items));
      expect(demand).toHaveLength(pods.length);
      const repels = (one: (typeof pods)[number], other: (typeof pods)[number]) =>
        one.terms.some(
          (wanted) =>
            wanted !== null &&
            one.namespace === other.namespace &&
            Object.entries(wanted).every(([key, value]) => Reflect.get(other.labels, key) === value),
        );
      pods.forEach((one, i) => {
        pods.forEach((other, j) => {
          const [first, second] = [demand[i], demand[j]];
          if (first === undefined || second === undefined) throw new Error('a row for each');
          expect(together(first, second)).toBe(!repels(one, other) && !repels(other, one));
        });
      });
      for (const { marks, avoids } of demand) expect(avoids.filter((it) => marks.includes(it))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('pods over several files know each other', async () => {
  const { demand } = await read(
    list(pod('web-0', anti({ labelSelector: { matchLabels: { app: 'cache' } } }), app('web'))),
    list(pod('cache-0', {}, app('cache'))),
  );
  expect(demand.map(({ marks, avoids }) => [marks.length, avoids.length])).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test('two that want one port of their node cannot share it', async () => {
  const containers = [{ name: 'c', ports: [{ hostPort: 80 }, { containerPort: 9 }] }];
  const { demand } = await read(list(pod('a', { containers }), pod('b', { containers })));
  expect(demand.map(({ apart }) => apart)).toEqual([
    [{ key: 'port 80/TCP of the node', most: 1, withinKernel: true }],
    [{ key: 'port 80/TCP of the node', most: 1, withinKernel: true }],
  ]);
});

const nodes = (...nodeSelectorTerms: object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const where = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});
const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

test.each<[string, object, { labels?: Record<string, string>; taints?: (typeof taint)[] }, boolean]>([
  ['a label that is there', { nodeSelector: { pool: 'gpu' } }, { labels: { pool: 'gpu' } }, true],
  ['a label that is not', { nodeSelector: { pool: 'gpu' } }, {}, false],
  ['a label of every node', { nodeSelector: { 'kubernetes.io/os': 'linux' } }, {}, true],
  [
    'one that the host declares',
    { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
    { labels: { 'kubernetes.io/arch': 'amd64' } },
    false,
  ],
  ['In', nodes(where('pool', 'In', 'gpu', 'x')), { labels: { pool: 'x' } }, true],
  ['In of others', nodes(where('pool', 'In', 'gpu')), { labels: { pool: 'x' } }, false],
  ['NotIn without the label', nodes(where('pool', 'NotIn', 'gpu')), {}, true],
  ['Exists', nodes(where('pool', 'Exists')), {}, false],
  ['DoesNotExist', nodes(where('pool', 'DoesNotExist')), {}, true],
  ['Gt', nodes(where('cores', 'Gt', '8')), { labels: { cores: '16' } }, true],
  ['Lt', nodes(where('cores', 'Lt', '8')), { labels: { cores: '16' } }, false],
  [
    'one of two terms',
    nodes(where('pool', 'In', 'a'), where('pool', 'In', 'b')),
    { labels: { pool: 'b' } },
    true,
  ],
  ['an empty term', nodes({}), { labels: { pool: 'b' } }, false],
  [
    'a node by its name',
    nodes({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }),
    {},
    true,
  ],
  ['a taint', {}, { taints: [taint] }, false],
  [
    'a taint that it tolerates',
    { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    { taints: [taint] },
    true,
  ],
  ['a taint of another value', { tolerations: [{ key: 'gpu', value: 'no' }] }, { taints: [taint] }, false],
  ['any taint', { tolerations: [{ operator: 'Exists' }] }, { taints: [taint] }, true],
])('a pod and a host by %s', async (_, spec, { labels = {}, taints = [] }, expected) => {
  const { demand } = await read(list(pod('a', spec)));
  expect(demand.map((row) => mayRunOn(row, { labels, taints }))).toEqual([expected]);
});

test('huge pages are memory, and whatever else is named is a resource of its own', async () => {
  const { demand } = await read(
    list(
      pod(
        'a',
        asking({ cpu: 1, memory: '1Gi', 'hugepages-2Mi': '4Mi', 'hugepages-1Gi': '2Gi', 'x.com/nic': 2 }),
      ),
      pod('b', asking({}, { 'nvidia.com/gpu': '1' })),
    ),
  );
  expect(demand.map(({ memoryBytes, devices }) => [memoryBytes, devices])).toEqual([
    [3 * 2 ** 30 + 4 * 2 ** 20, { 'x.com/nic': 2 }],
    [null, { 'nvidia.com/gpu': 1 }],
  ]);
});

test.each<[string, object, number]>([
  [
    'grows',
    {
      containerStatuses: [
        { name: 'c', allocatedResources: { cpu: '500m' }, resources: { requests: { cpu: '500m' } } },
      ],
    },
    1,
  ],
  [
    'shrinks',
    {
      containerStatuses: [
        { name: 'c', allocatedResources: { cpu: '1' }, resources: { requests: { cpu: '3' } } },
      ],
    },
    3,
  ],
  ['is allocated more', { containerStatuses: [{ name: 'c', allocatedResources: { cpu: '2' } }] }, 2],
  [
    'cannot grow',
    { resize: 'Infeasible', containerStatuses: [{ name: 'c', allocatedResources: { cpu: '500m' } }] },
    0.5,
  ],
  [
    'cannot grow, by its condition',
    {
      conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }],
      containerStatuses: [{ name: 'c', resources: { requests: { cpu: '250m' } } }],
    },
    0.25,
  ],
])('a pod that %s in place counts as the scheduler counts it', async (_, status, expected) => {
  const { demand } = await read(list(pod('a', {}, { status })));
  expect(demand[0]?.cpuThreads).toBe(expected);
});

test('a daemon set is one, on hosts that it selects, and its larger pod counts', async () => {
  const set = { owner: 'agent', kind: 'DaemonSet' };
  const pinned = (name: string) => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
  });
  const { perHost, demand, remarks } = await read(
    list(
      pod(
        'agent-1',
        { ...asking({ cpu: '1', memory: '8Gi' }), nodeSelector: { pool: 'x' }, ...nodes(pinned('n1')) },
        set,
      ),
      pod(
        'agent-2',
        { ...asking({ cpu: '2', memory: '4Gi' }), nodeSelector: { pool: 'x' }, ...nodes(pinned('n2')) },
        set,
      ),
    ),
  );
  expect(demand).toEqual([]);
  expect(perHost).toMatchObject([{ app: 'd/agent', count: 1, cpuThreads: 2, memoryBytes: 8 * 2 ** 30 }]);
  expect(perHost.map((row) => mayRunOn(row, { labels: { pool: 'x' }, taints: [] }))).toEqual([true]);
  expect(perHost.map((row) => mayRunOn(row, { labels: {}, taints: [] }))).toEqual([false]);
  expect(remarks.join()).toContain('the daemon set d/agent request different amounts');
});

test('what binds the scheduler and is not applied is counted and named', async () => {
  const near = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: {} }],
    },
  };
  const { remarks } = await read(
    list(
      pod('a', { affinity: near }),
      pod('b', { affinity: near, resourceClaims: [{ name: 'gpu' }] }),
      pod('c', anti({ topologyKey: 'topology.kubernetes.io/zone', labelSelector: {} })),
      pod('e', {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      }),
    ),
  );
  expect(remarks).toEqual([
    'not applied: required affinity to other pods over zone: 2, the first d/a',
    'not counted: devices claimed by resourceClaims: 1, d/b',
    'not applied: required anti-affinity over topology.kubernetes.io/zone: 1, d/c',
    'not applied: spread over kubernetes.io/hostname: 1, d/e',
  ]);
});

test('nodes tell their devices and the taints that keep pods off', async () => {
  const { today } = await read(
    list({
      kind: 'Node',
      metadata: { name: 'n' },
      spec: { taints: [taint, { key: 'soft', effect: 'PreferNoSchedule' }] },
      status: {
        capacity: { cpu: '8', memory: '32Gi', pods: '110', 'hugepages-2Mi': '0' },
        allocatable: { cpu: '8', memory: '32Gi', pods: '110', 'nvidia.com/gpu': '4', 'x.com/none': '0' },
      },
    }),
  );
  expect(today).toMatchObject([{ devices: { 'nvidia.com/gpu': 4 }, taints: [taint] }]);
});
