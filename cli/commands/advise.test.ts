/** `tare advise` as typed: every format, rules, files written, questions piped in, and what is wrong with its place. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtRun, onHardware } from '../../guidance/testing/records.ts';
import { tare } from '../testing/tare.ts';

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

const apps = 'apps:\n  - { id: a, os: windows }\n  - { id: b, image: x, instances: 3 }\n';

function recordAt(name: string): string {
  const { header, trials, end } = builtRun(onHardware);
  return file(name, [header, ...trials, end].map((line) => JSON.stringify(line)).join('\n'));
}

test('options that name nothing are refused', async () => {
  const asked = file('named.yaml', apps);
  const page = join(folder, 'rules.html');
  for (const words of [
    ['advise', asked, '--profile'],
    ['advise', '--rules', '--html', page],
    ['size', asked, '--hosts', asked, '--profile'],
    ['size', asked, '--hosts', asked, '--html', ''],
  ]) {
    expect(await tare(...words)).toMatchObject({ code: 2, out: '' });
  }
  expect((await tare('advise', asked, '--profile')).err).toContain('Not enough arguments following: profile');
  expect(existsSync(page)).toBe(false);
});

test('answers in every format', async () => {
  const asked = file('apps.yaml', apps);
  const plain = await tare('advise', asked);
  expect(plain).toMatchObject({ code: 0 });
  expect(plain.out.split('\n')[0]).toBe('Advice for requirements: unknown');
  expect(plain.out).toContain('\na: vm\n');
  expect((await tare('advise', asked, '--format', 'md')).out).toContain('### a: vm');
  const json = JSON.parse((await tare('advise', asked, '--json')).out) as object;
  expect(json).toMatchObject({
    schema: 1,
    kind: 'advice',
    apps: [
      { app: 'a', answer: 'vm' },
      { app: 'b', answer: 'unknown' },
    ],
  });
  expect((await tare('advise', asked, '--format', 'html')).out).toMatch(/^<!doctype html>/);
});

test('reads records, and says which evidence each rule has', async () => {
  const asked = file('dense.yaml', 'apps:\n  - { id: a, priorities: [density] }\n');
  const { out } = await tare('advise', asked, '--profile', recordAt('record.jsonl'));
  expect(out).toContain('C1 (for container) fires [measured: ');
  expect(out).toContain('Confidence: good: measured on this host.');
});

test('takes what another tool measured, once it is said which side is which and how the VM ran', async () => {
  const times = (seconds: number) =>
    Array.from({ length: 12 }, (_, index) => seconds * (1 + 0.01 * (index % 3)));
  const results = [
    { command: 'kata run', times: times(1.7) },
    { command: 'podman run', times: times(0.6) },
  ].map((one) => ({ ...one, mean: 1, stddev: 0, median: 1, user: 0, system: 0, min: 1, max: 1 }));
  const measured = file('hyperfine.json', JSON.stringify({ results }));
  const record = join(folder, 'imported');
  expect((await tare('import', measured, '--host', 'lab', '--out', record)).code).toBe(0);
  const asked = (acceleration: string) =>
    file(
      `${acceleration}.yaml`,
      `imported: [{ quantity: start, vm: kata run, container: podman run, acceleration: ${acceleration} }]\n` +
        'apps: [{ id: jobs, image: x, instances: 50 }]\n',
    );
  const { out } = await tare('advise', asked('kvm-hw'), '--profile', record);
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(
    /C2 \(for container\) fires \[imported: \S+ on lab, \d{4}-\d\d-\d\d \d\d:\d\d\]/,
  );
  expect(out).not.toContain(record);
  expect(out).toContain('Confidence: fair: it rests on what another tool measured');
  const unsaid = await tare('advise', asked('unknown'), '--profile', record);
  expect(unsaid.out).toContain('C17: The virtual machine of "kata run"');
  expect(unsaid.out).toContain('C2 (for container) fires [published');
});

test('writes files whole, and names them', async () => {
  const asked = file('apps.yaml', apps);
  const [page, text] = [join(folder, 'advice.html'), join(folder, 'advice.md')];
  const { out, err } = await tare('advise', asked, '--html', page, '--out', text, '--format', 'markdown');
  expect(out).toBe('');
  expect(err).toBe(`${page}\n${text}`);
  expect(readFileSync(page, 'utf8')).toContain('<h1>Advice for requirements');
  expect(readFileSync(text, 'utf8')).toContain('### b: unknown');
  expect((await tare('advise', asked, '--out', join(folder, 'no', 'where'))).code).toBe(2);
  expect((await tare('advise', asked, '--html', '')).err).toContain('--html names no file');
});

test('takes rules of the user, and prints all of them', async () => {
  const own = file(
    'rules.yaml',
    'rules:\n  - { id: OWN1, side: container, statement: Three go in containers., when: [{ field: instances, atLeast: 3 }] }\n',
  );
  const { out } = await tare('advise', file('apps.yaml', apps), '--rules-file', own);
  expect(out).toContain('b: container');
  expect(out).toContain('fewer than 3 instances: unknown');
  expect((await tare('advise', '--rules', '--rules-file', own)).out).toMatch(
    /H1[\s\S]*V3-neighbours[\s\S]*OWN1/,
  );
  const printed = JSON.parse((await tare('advise', '--rules', '--json')).out) as { rules: object[] };
  // What is printed is all there is: given back as rules of one's own, under other names, it is accepted.
  const again = printed.rules.map((rule, index) => ({ ...rule, id: `X${index}` }));
  const copy = file('copy.yaml', JSON.stringify({ rules: again }));
  expect((await tare('advise', '--rules', '--rules-file', copy)).code).toBe(0);
  expect((await tare('advise', '--rules', '--format', 'markdown')).out).toContain(
    '| C1 | soft | container |',
  );
  expect(JSON.parse((await tare('advise', '--schema')).out)).toMatchObject({ title: 'tare requirements' });
});

test('requirements that cannot be met end with 2, and get an answer as far as possible', async () => {
  const asked = file('clash.yaml', `server: { virtualization: none }\n${apps}`);
  const { code, out } = await tare('advise', asked);
  expect(code).toBe(2);
  expect(out).toContain('These requirements cannot be met');
  expect(out).toContain(`${asked}:3: No machine`);
});

test('bad input is a usage error with its place', async () => {
  const clash = file(
    'bad-rules.yaml',
    'rules:\n  - { id: H1, side: vm, statement: x, when: [{ field: nope, equals: x }] }\n',
  );
  const wrong = await tare('advise', file('apps.yaml', apps), '--rules-file', clash);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('bad-rules.yaml:2:');
  expect((await tare('advise')).code).toBe(2);
  expect((await tare('advise', join(folder, 'none.yaml'))).code).toBe(2);
  expect((await tare('advise', file('apps.yaml', apps), '--save', 'x')).err).toContain('--save goes with');
  expect((await tare('advise', file('apps.yaml', apps), '--interactive')).err).toContain(
    'leave one of them out',
  );
  expect((await tare('advise', '--interactive', '--save', file('there.yaml', ''))).err).toContain(
    'is there already',
  );
  expect((await tare('advise', file('apps.yaml', apps), '--profile', import.meta.dirname)).code).toBe(2);
});

test('labels are text, on a page, in markdown and on a terminal', async () => {
  const asked = file(
    'hostile.yaml',
    'name: "<script>x</script>"\napps:\n  - { id: "<img src=x>\\e[2J", os: windows }\n',
  );
  const page = (await tare('advise', asked, '--format', 'html')).out;
  expect(page).not.toMatch(/<script|<img|https?:\/\//);
  expect((await tare('advise', asked, '--format', 'md')).out).not.toMatch(/(?<!\\)<img/);
  expect((await tare('advise', asked)).out).not.toContain('\u001b');
});

test('asks for requirements that are piped in, keeps them, and refuses to guess without', () => {
  const main = join(import.meta.dirname, '../main.ts');
  const save = join(folder, 'asked.yaml');
  const answers = [
    ...Array.from({ length: 8 }, () => ''),
    'shop',
    '',
    '',
    '',
    '',
    'windows',
    ...Array.from({ length: 12 }, () => ''),
  ];
  const out = execFileSync(process.execPath, [main, 'advise', '--interactive', '--save', save], {
    input: `${answers.join('\n')}\n`,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  expect(out).toContain('shop: vm');
  expect(readFileSync(save, 'utf8')).toContain('os: windows');
  const none = spawnSync(process.execPath, [main, 'advise', '--interactive'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  expect(none.status).toBe(2);
  expect(none.stderr).toContain('the answers end at "server: os"');
});
