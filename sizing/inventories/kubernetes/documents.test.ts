/** The same objects in every way that dumps are made. */
import { expect, test } from 'vitest';
import { list, pod, read } from '../../testing/pods.ts';

const kindless = ({ kind: _kind, ...rest }: ReturnType<typeof pod>) => rest;

const [a, b] = [pod('a'), pod('b')];
const yaml = `apiVersion: v1
kind: List
items:
- kind: Pod
  metadata: { name: a, namespace: d, labels: null }
  spec: { containers: [{ name: c, resources: { requests: { cpu: 1, memory: 1Gi } } }] }
- kind: Pod
  metadata: { name: b, namespace: d }
  spec: { containers: [{ name: c, resources: { requests: { cpu: 1, memory: 1Gi } } }] }
`;

test.each<[string, string]>([
  ['a List', JSON.stringify(list(a, b))],
  [
    'a PodList whose items name no kind',
    JSON.stringify({ kind: 'PodList', items: [kindless(a), kindless(b)] }),
  ],
  ['a list without any kind', JSON.stringify({ items: [kindless(a), kindless(b)] })],
  ['lists in an array (jq -s)', JSON.stringify([list(a), { kind: 'NodeList', items: null }, list(b)])],
  ['lists under names', JSON.stringify({ one: list(a), two: [b] })],
  ['one object a line', `${JSON.stringify(a)}\n${JSON.stringify(kindless(b))}\n`],
  ['documents one after the other', `${JSON.stringify(list(a), null, 2)}${JSON.stringify(list(b), null, 2)}`],
  [
    'documents with logs between',
    `${JSON.stringify(list(a), null, 2)}\n== logs\n2026 x {\n${JSON.stringify(list(b))}`,
  ],
  ['records (RFC 7464)', `\u001e${JSON.stringify(a)}\n\u001e${JSON.stringify(b)}\n`.slice(1)],
  [
    'null in place of what is not set',
    JSON.stringify(
      list(
        { ...a, metadata: { ...a.metadata, labels: null, annotations: null, ownerReferences: null } },
        {
          ...b,
          spec: { ...b.spec, affinity: null, tolerations: null, initContainers: null, nodeSelector: null },
        },
      ),
    ),
  ],
  ['YAML', yaml],
  ['documents of YAML', `${yaml}---\n`],
])('pods are the same in %s', async (_, text) => {
  const { demand, leftOut, problems } = await read(text);
  expect(demand.map(({ id, cpuThreads }) => [id, cpuThreads])).toEqual([
    ['d/a', 1],
    ['d/b', 1],
  ]);
  expect([leftOut, problems]).toEqual([[], []]);
});

test('a dump that is cut off gives what stands before, and says where', async () => {
  const { demand, problems } = await read(`${JSON.stringify(a)}\n${JSON.stringify(b).slice(0, -5)}`);
  expect(demand).toHaveLength(1);
  expect(problems).toMatchObject([{ source: { row: 2 }, problem: 'is cut off' }]);
});

test('logs between documents are counted', async () => {
  const { remarks } = await read(`${JSON.stringify(a)}\n== START logs\n== END logs\n${JSON.stringify(b)}`);
  expect(remarks.join()).toContain('2 lines between its objects are no JSON');
});
