/** `tare size` as typed: what it ends with, and what a check of a certificate says and leaves unsaid. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tare } from '../testing/tare.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-size-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Volumes of so many TiB on arrays of 1 TB. */
async function size(tib: number, ...words: readonly string[]) {
  const apps = `apps: [{ app: a, replicas: 3, cpu: 1, memory: 1GiB, volumes: [{ size: ${tib}TiB }] }]`;
  const catalogue =
    'hosts: [{ id: h, cores: 16, memory: 64GiB }]\narrays: [{ id: flash, access: block, capacity: 1TB }]\n';
  const policy =
    'survive: { least: 0, share: 0% }\nassume: { vm: { memory: 1GiB }, container: { memory: 1MiB } }\n';
  const files = [file('apps.yaml', apps), '--hosts', file('hosts.yaml', catalogue)];
  const options = ['--policy', file('policy.yaml', policy), '--seconds', '0', '--no-analysis'];
  return await tare('size', ...files, ...options, ...words);
}

test('volumes without a place end it as hosts without room do, and their check says that it judges none', async () => {
  const plan = join(folder, 'plan.csv');
  expect((await size(0.5, '--assignment', plan)).code).toBe(0);
  const whole = await size(0.5, '--check', plan);
  expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/no rule is broken$/) as string });
  expect((await size(9, '--assignment', plan)).code).toBe(3);
  const partly = await size(9, '--check', plan);
  expect(partly.out).toContain('; not in it, and not judged: storage');
});

test('a check of nothing, and of lines that are wrong, does not pass', async () => {
  const plan = join(folder, 'some.csv');
  await size(0.5, '--assignment', plan);
  const [header = '', ...lines] = readFileSync(plan, 'utf8').split('\r\n');
  const empty = await size(0.5, '--check', file('empty.csv', `${header}\r\n`));
  expect(empty).toMatchObject({ code: 2, err: expect.stringContaining('has no line to judge') as string });
  const twice = await size(0.5, '--check', file('twice.csv', [header, ...lines, ...lines].join('\r\n')));
  expect(twice).toMatchObject({ code: 1, out: expect.stringContaining('3 asked for') as string });
});

const node = {
  kind: 'Node',
  metadata: { name: 'n', labels: { 'kubernetes.io/hostname': 'n' } },
  status: { capacity: { cpu: '8', memory: '32Gi', pods: '110' } },
};
const resources = { requests: { cpu: '1', memory: '1Gi' } };
const pods = Array.from({ length: 5 }, (_, at) => ({
  kind: 'Pod',
  metadata: { name: `p${String(at)}` },
  spec: { containers: [{ name: 'c', resources }] },
}));
const cluster = (nodes: number) =>
  file(
    `cluster-${String(nodes)}.json`,
    JSON.stringify({ items: [...pods, ...Array.from({ length: nodes }, () => node)] }),
  );
const quick = ['--seconds', '0', '--no-analysis'];

test('a preview needs no hosts, and an answer says that it does', async () => {
  expect(await tare('size', cluster(1), '--preview')).toMatchObject({ code: 0 });
  const without = await tare('size', cluster(1), ...quick);
  expect(without).toMatchObject({ code: 2, err: expect.stringContaining('--hosts today') as string });
});

test('without a record or declared weights published ones answer, marked with every answer', async () => {
  const { code, out } = await tare('size', cluster(3), '--hosts', 'today', ...quick);
  expect(code).toBe(0);
  for (const name of ['virtual machines', 'containers', 'containers in VMs'])
    expect(out).toContain(`${name} (assumed)`);
  expect(out).toContain('Tare of a virtual machine: assumed, published: KubeVirt');
  expect(out.split('\n')[0]).toMatch(/assumed/);
});

test('hosts of today are used before what is bought, and there are no more of them', async () => {
  const bought = file('bought.yaml', 'hosts: [{ id: new, cores: 8, memory: 32GiB, price: 100 }]\n');
  const both = await tare('size', cluster(1), '--hosts', `today,${bought}`, ...quick, '--json');
  const { answers } = JSON.parse(both.out) as { answers: { alternative: string; byType: unknown[] }[] };
  expect(answers.find(({ alternative }) => alternative === 'container')?.byType).toEqual([
    { type: 'today 8c/32GiB', hosts: 1 },
    { type: 'new', hosts: 1 },
  ]);
  const none = file('none.csv', 'name,cpu,memory_gib\na,1,1\n');
  expect(await tare('size', none, '--hosts', 'today', ...quick)).toMatchObject({
    code: 2,
    err: expect.stringContaining('names no host') as string,
  });
});

test('the shapes that are shipped can be packed onto', async () => {
  const presets = join(import.meta.dirname, '../../docs/sizing/presets.yaml');
  expect(await tare('size', cluster(1), '--hosts', presets, ...quick)).toMatchObject({ code: 0 });
});
