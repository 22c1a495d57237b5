import { expect, test } from 'vitest';
import { assignmentOf } from '../../sizing/assignment.ts';
import { checkAssignment } from '../../sizing/check-assignment.ts';
import { parseCatalogue } from '../../sizing/policy/catalogue.ts';
import { inventoryOf } from '../../sizing/inventories/index.ts';
import { packQuickly } from '../../sizing/packing/pack.ts';
import { parseSizingPolicy } from '../../sizing/policy/policy.ts';
import { readAssignment } from '../../sizing/read-assignment.ts';
import { size } from '../../sizing/size.ts';
import { weightsOf } from '../../sizing/weights.ts';
import { renderSizingCsv, renderSizingJson, renderSizingText } from './index.ts';

const plain = `apps:
  - { app: "=web", replicas: 30, cpu: 0.5, memory: 2GiB, apart: 10 }
  - { app: win, replicas: 2, cpu: 2, memory: 8GiB, os: Windows Server 2022 }
`;

async function example(apps = plain) {
  const inventory = await inventoryOf([{ name: 'apps.yaml', bytes: Buffer.from(apps) }]);
  const policy = parseSizingPolicy(
    'survive: { least: 1, share: 0% }\nassume: { vm: { memory: 1GiB }, container: { memory: 64MiB } }\n',
    'policy.yaml',
  );
  const hosts = parseCatalogue(
    'currency: EUR\nhosts: [{ id: h, sockets: 1, cores: 16, memory: 64GiB, price: 100 }]\n',
    'hosts.yaml',
  );
  const weights = weightsOf(null, policy);
  const sizing = await size({ inventory, hosts, policy, weights }, (problem) => packQuickly(problem));
  return { sizing, policy, weights, sensitivity: null, breakEven: null, uncertainty: null, preview: [] };
}

test('the assignment is a certificate: it reads back and holds, and a changed one does not', async () => {
  const view = await example();
  const csv = renderSizingCsv(view);
  const lines = readAssignment(csv, 'plan.csv');
  expect(checkAssignment(view.sizing, lines)).toEqual([]);
  const [first, ...rest] = lines;
  if (first === undefined) throw new Error('no line');
  expect(checkAssignment(view.sizing, rest)).not.toEqual([]);
  expect(checkAssignment(view.sizing, [{ ...first, count: first.count + 20 }, ...rest])).not.toEqual([]);
  expect(checkAssignment(view.sizing, [{ ...first, type: 'unknown' }, ...rest]).join()).toContain(
    'no such type',
  );
  expect(checkAssignment(view.sizing, [...lines, { ...first, level: 'cellar' }]).join()).toContain('cellar');
});

test.each(["'quoted", '  two  spaces ', '\u001B[31mred\u001B]0;x\u0007', 'two\nlines', '-2+3', 'a,"b"'])(
  'it holds whatever an app is called: %j',
  async (name) => {
    const apps = `apps: [{ app: ${JSON.stringify(name)}, replicas: 2, cpu: 1, memory: 1GiB }]`;
    const view = await example(apps);
    const csv = renderSizingCsv(view);
    expect(checkAssignment(view.sizing, readAssignment(csv, 'plan.csv'))).toEqual([]);
    expect(
      checkAssignment(view.sizing, readAssignment(`${csv}vm,hosts,99,h,x,1\r\n`, 'p')).join(),
    ).not.toMatch(/\p{Cc}/u);
  },
);

test('an assignment of more lines than a table holds is refused before it is made', async () => {
  const { sizing } = await example('apps: [{ app: a, replicas: 9000000, cpu: 8, memory: 1GiB }]');
  expect(() => assignmentOf(sizing)).toThrow(/more than 5,000,000 lines/);
});

test('an assignment that is none is told by line and field', () => {
  expect(() => readAssignment('answer,level,bin,type,item,count\nvm,hosts,1,h,a,many\n', 'plan.csv')).toThrow(
    /plan\.csv:2: count: "many"/,
  );
  expect(() => readAssignment('answer,item\n', 'plan.csv')).toThrow(/no column level, bin, type, count/);
});

test('the text says counts, bounds and where the tare is from; the JSON is the same answer', async () => {
  const view = await example();
  const text = renderSizingText(view);
  expect(text).toContain('at least of these kinds, proven');
  expect(text).toContain('Tare of a virtual machine: assumed, policy.yaml');
  const json = JSON.parse(renderSizingJson(view)) as { answers: { alternative: string; hosts: number }[] };
  expect(json.answers.map(({ alternative, hosts }) => [alternative, hosts])).toEqual(
    view.sizing.answers.map(({ alternative, hosts }) => [alternative, hosts]),
  );
});
