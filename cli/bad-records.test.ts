/** Records that are damaged, mixed or from elsewhere, given to every command that judges records. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordFile } from '../bench/record/record.ts';
import { world } from '../verdicts/testing/worlds.ts';
import { tare } from './testing/tare.ts';

const fixture = (schema: number) => join(import.meta.dirname, `../bench/fixtures/record-${schema}`);

let folder: string;
let good: string;
let policy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-bad-'));
  good = stored('good', 1);
  policy = join(folder, 'gate.yaml');
  writeFileSync(policy, 'rules: [{ metric: startup.ready, limit: 10% }]\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Written at once: the syncs of a record that grows have no part in this. */
function stored(name: string, id: number): string {
  const path = join(folder, name);
  const { header, trials, voided, end } = world({ id, blocks: 12 }).record;
  mkdirSync(path);
  const lines = [header, ...trials, ...voided, ...(end === null ? [] : [end])];
  writeFileSync(join(path, recordFile), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

/** A good record with one text replaced in its file. */
function damaged(from: string | RegExp, to: string): string {
  const path = stored('bad', 2);
  const file = join(path, recordFile);
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  return path;
}

const commands: readonly (readonly [string, (bad: string) => readonly string[]])[] = [
  ['compare', (bad) => ['compare', good, bad]],
  ['gate', (bad) => ['gate', bad, '--policy', policy, '--baseline', good]],
  ['gate, as a baseline', (bad) => ['gate', good, '--policy', policy, '--baseline', bad]],
  ['gate --power', (bad) => ['gate', '--power', '--policy', policy, '--baseline', bad]],
  ['gate --prove', (bad) => ['gate', '--prove', '--policy', policy, '--baseline', bad]],
  ['calibrate', (bad) => ['calibrate', bad, '--out', join(folder, 'new.yaml')]],
  ['baseline set', (bad) => ['baseline', 'set', 'ci', bad, '--why', 'x', '--dir', folder]],
];

const damages: readonly (readonly [string, string | RegExp, string, RegExp])[] = [
  ['a number that is none', /"at":[\d.e+-]+/, '"at":NaN', /record\.jsonl.*2/s],
  ['a number beyond all numbers', /"at":[\d.e+-]+/, '"at":1e999', /record\.jsonl.*2/s],
  ['a text for a number', /"value":[\d.e+-]+/, '"value":"NaN"', /record\.jsonl.*value/s],
  ['a schema of the future', '"schema":3', '"schema":99', /99/],
  ['a header of something else', /^\{/, '[{', /record\.jsonl/],
];

test.each(
  damages.flatMap(([what, from, to, reported]) =>
    commands.map(([name, words]) => ({ what, from, to, reported, name, words })),
  ),
)('$name reports $what with its place, and exits with 2', async ({ from, to, reported, words }) => {
  const { code, err } = await tare(...words(damaged(from, to)));
  expect([code, err]).toEqual([2, expect.stringMatching(reported)]);
});

test('records of two schemas are read alike, and refused only for what they were made of', async () => {
  const { code, err } = await tare('compare', fixture(1), fixture(2), '--across-hosts');
  expect([code, err]).toEqual([0, '']);
  const same = await tare('compare', fixture(1), fixture(1));
  expect([same.code, same.out]).toEqual([0, expect.stringContaining('Both sides hold the same run')]);
});

test('a duration below zero is refused, and no gate is kept by it', async () => {
  const back = damaged(/"name":"T6","at":[\d.e+-]+/g, '"name":"T6","at":-5');
  const compared = await tare('compare', good, back);
  expect([compared.code, compared.out]).toEqual([0, expect.stringContaining('a clock went back')]);
  const judged = await tare('gate', back, '--policy', policy, '--baseline', good);
  expect([judged.code, judged.out]).toEqual([5, expect.stringContaining('a clock went back')]);
});

test('a run given twice under two names is reported by every command', async () => {
  const copy = stored('copy', 1);
  for (const words of [
    ['compare', good, stored('b', 2), '--more-base', copy],
    ['gate', stored('c', 3), '--policy', policy, '--baseline', good, '--baseline', copy],
    ['calibrate', good, copy, '--out', join(folder, 'new.yaml')],
    ['baseline', 'set', 'ci', good, copy, '--why', 'x', '--dir', folder],
  ]) {
    const { code, err } = await tare(...words);
    expect([words[0], code, err]).toEqual([words[0], 2, expect.stringMatching(/same run|is the run of/)]);
  }
  const { code, out } = await tare('compare', good, join(folder, 'b'), '--more-base', good, '--json');
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ base: [expect.anything()] })]);
});
