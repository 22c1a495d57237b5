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
  expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/no rule broken$/) as string });
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
