/** Whatever a user hands in may be written as PowerShell writes it: the answer is the same. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { readRecord } from '../bench/record/record.ts';
import { tare } from './testing/tare.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tare-encodings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const encoders = {
  'UTF-16 with a mark': (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16 without one': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-8 with a mark': (text: string) => Buffer.from(`\uFEFF${text}`),
};
type Encoding = keyof typeof encoders;

function written(path: string, encoding: Encoding | null): string {
  const text = readFileSync(join(root, path), 'utf8');
  const file = join(folder, basename(path));
  writeFileSync(file, encoding === null ? text : encoders[encoding](text));
  return file;
}

const questions: readonly (readonly [string, (file: (path: string) => string) => string[]])[] = [
  [
    'size: apps, hosts, policy',
    (file) => [
      'size',
      file('docs/sizing/apps.yaml'),
      '--hosts',
      file('docs/sizing/hosts.yaml'),
      '--policy',
      file('docs/sizing/policy.yaml'),
      '--seconds',
      '0',
      '--no-analysis',
      '--json',
    ],
  ],
  ['advise: requirements', (file) => ['advise', file('docs/advise/shop.yaml'), '--json']],
  ['run: a scenario', (file) => ['run', file('scenarios/quick.yaml'), '--dry-run', '--seed', '7']],
  [
    'import: a text',
    (file) => ['import', file('bench/imports/fixtures/go.txt'), '--out', join(folder, 'to'), '--json'],
  ],
];

describe.each(questions)('%s', (_name, words) => {
  it.each(Object.keys(encoders) as Encoding[])('%s', async (encoding) => {
    const ask = async (as: Encoding | null) => {
      rmSync(join(folder, 'to'), { recursive: true, force: true });
      const { code, out } = await tare(...words((path) => written(path, as)));
      // The digest of an import is of the bytes; when something was measured is the file's date.
      return { code, out: out.replaceAll(/[0-9a-f]{16,}|import-\w+|\d{4}-\d\d-\d\dT[\d:.]+Z|seed \d+/g, '') };
    };
    const plain = await ask(null);
    expect([0, 5]).toContain(plain.code);
    expect(await ask(encoding)).toEqual(plain);
  });
});

test('a record that was rewritten in UTF-16 is read', () => {
  const fixture = join(root, 'bench/fixtures/record-2/record.jsonl');
  const copy = join(folder, 'copy.jsonl');
  writeFileSync(copy, encoders['UTF-16 with a mark'](readFileSync(fixture, 'utf8')));
  expect(readRecord(copy).header).toEqual(readRecord(fixture).header);
});

test('a guess is said', async () => {
  const file = join(folder, 'old.yaml');
  writeFileSync(file, Buffer.from('apps: caf\u00e9\n', 'latin1'));
  expect((await tare('advise', file)).err).toContain('is no UTF-8: it was read as Windows-1252');
});

test('every reader of text goes through the decoder', () => {
  /** What tare, npm or the kernel wrote. */
  const own = new Set(['cli/version.ts', 'cli/edges.ts', 'cli/commands/history-runs.ts']);
  const direct = globSync('{bench,cli,verdicts,sizing,guidance}/**/*.ts', { cwd: root })
    .filter((path) => !/\.test\.ts$|\/testing\/|\/fixtures\//.test(path) && !own.has(path))
    .filter((path) => /\breadFile(Sync)?\([^;]*?,\s*'utf-?8'/.test(readFileSync(join(root, path), 'utf8')));
  expect(direct).toEqual([]);
});
