/** `tare advise` as typed: answers, rules, rules of one's own, and what is wrong said with its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from './cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-advise-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function tare(...words: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommandLine(words, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    status: () => undefined,
    live: false,
    color: false,
    columns: 100,
    signal: new AbortController().signal,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const apps = 'apps:\n  - { id: a, os: windows }\n  - { id: b, image: x, instances: 3 }\n';

test('answers as text, Markdown and JSON', async () => {
  const asked = file('apps.yaml', apps);
  expect((await tare('advise', asked)).out).toContain('a: vm');
  expect((await tare('advise', asked, '--format', 'md')).out).toContain('## a: vm');
  const json = JSON.parse((await tare('advise', asked, '--format', 'json')).out) as { apps: object[] };
  expect(json.apps).toMatchObject([
    { app: 'a', answer: 'vm' },
    { app: 'b', answer: 'unknown' },
  ]);
});

test('takes rules of the user, and prints them', async () => {
  const own = file(
    'rules.yaml',
    'rules:\n  - { id: OWN1, side: container, statement: Three go in containers., when: [{ field: instances, atLeast: 3 }] }\n',
  );
  const { out } = await tare('advise', file('apps.yaml', apps), '--rules-file', own);
  expect(out).toContain('b: container');
  expect(out).toContain('fewer than 3 instances: unknown');
  expect((await tare('advise', '--rules', '--rules-file', own)).out).toMatch(/H1[\s\S]*OWN1/);
});

test('bad input is a usage error with its place', async () => {
  const clash = file(
    'clash.yaml',
    'rules:\n  - { id: H1, side: vm, statement: x, when: [{ field: nope, equals: x }] }\n',
  );
  const wrong = await tare('advise', file('apps.yaml', apps), '--rules-file', clash);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('clash.yaml:2:');
  expect((await tare('advise')).code).toBe(2);
  expect((await tare('advise', join(folder, 'none.yaml'))).code).toBe(2);
});
