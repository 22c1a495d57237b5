/** The command line in-process: help, mistakes and their remedies, reports from a record alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildRecord } from '../bench/record/testing/builder.ts';
import { createRecord } from '../bench/record/record.ts';
import { tare } from './testing/tare.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function storedRecord(): string {
  const built = buildRecord({ blocks: 12 });
  const path = join(folder, 'record');
  const writer = createRecord(path, built.header);
  for (const trial of built.trials) writer.append(trial);
  if (built.end !== null) writer.append(built.end);
  writer.close();
  return path;
}

test('help names every command, and each command shows examples', async () => {
  const { code, out } = await tare('--help');
  expect(code).toBe(0);
  for (const command of ['run', 'report', 'doctor', 'images', 'gc']) {
    expect(out).toContain(`tare ${command}`);
    const own = await tare(command, '--help');
    expect(own.code).toBe(0);
    expect(own.out).toMatch(/Examples:|examples/i);
  }
  expect(out).toContain('Exit codes');
});

test('a dry run ends as the run would where a shape is larger than the host', async () => {
  const words = ['--set', 'shapes={big: {cpus: 1, memory: 900TiB}}', '--runners', 'process'];
  const { code, err } = await tare('run', 'quick', ...words, '--dry-run');
  expect(code).toBe(3);
  expect(err).toMatch(
    /nothing of scenario quick can run here: process: the shape wants 900 TiB of memory, this host has/,
  );
});

test.each([
  [[], 'tare COMMAND'],
  [['rnu'], 'did you mean run?'],
  [['run', 'quick', '--blokcs', '3'], 'blokcs'],
  [['run'], 'no scenario given'],
  [['run', 'no-such-scenario'], 'there is no scenario no-such-scenario'],
  [['run', 'quick', '--preset', 'huge'], 'preset'],
  [['run', 'quick', '--blocks', '5', '--preset', 'quick'], '--preset and --blocks'],
  [['run', 'quick', '--runners', 'process,nope', '--dry-run'], 'has no runner nope'],
  [['run', 'quick', '--image', './nothere.tar', '--dry-run'], 'there is no file or folder "./nothere.tar"'],
  [['run', 'quick', '--image', 'nothere:1', '--dry-run'], '"nothere:1" is no path'],
  [['run', 'quick', '--image', 'app:nothere', '--dry-run'], 'there is no ready application "nothere"'],
  [['run', 'quick', '--set', 'blocks=none', '--dry-run'], 'blocks: must be a number, got "none"'],
  [['report', '/no/such/record'], 'cannot read a record from /no/such/record'],
  [['run', 'quick', '--resume', 'x', '--blocks', '3'], 'got a scenario, --blocks as well'],
  [['report', 'x', '--html', '-'], '--html names no file'],
  [['images', 'frobnicate'], 'frobnicate'],
  [['images', 'prune', 'redis'], 'prune takes no image, got redis'],
  [['images', 'list', 'redis'], 'list takes no image, got redis'],
  [['images', 'build', '--platform', 'linux/arm64'], '--platform is of'],
])('a mistake is usage (2) with a message and a remedy: %j', async (words, expected) => {
  const { code, err } = await tare(...words);
  expect(code).toBe(2);
  expect(err).toContain(expected);
  expect(err.split('\n').length).toBeGreaterThan(1);
  expect(err).not.toMatch(/\n\s+at /);
});

test('a scenario’s problems all come with file and line', async () => {
  const file = join(folder, 'bad.yaml');
  writeFileSync(file, 'name: x\nrunners: { vm: { kind: qemu, machin: q35 } }\nworkloads: { a: [cpuu] }\n');
  const { code, err } = await tare('run', file, '--dry-run');
  expect(code).toBe(2);
  expect(err).toContain(`${file}:2:30: runners.vm.machin: unknown key`);
  expect(err).toContain(`${file}:3:18: workloads.a.0: unknown workload "cpuu"`);
});

test('a dry run prints cells, order and an estimate, and the same seed the same order', async () => {
  const first = await tare('run', 'quick', '--dry-run', '--seed', '5', '--blocks', '4');
  expect(first.code).toBe(0);
  expect(first.out).toContain('process/main/small');
  expect(first.out).toContain('namespace/main/small/control');
  expect(first.out).toContain('about ');
  expect(first.out).toContain('4 block(s) give points only');
  const standard = await tare('run', 'quick', '--dry-run', '--preset', 'standard');
  expect(standard.out).toMatch(/30 blocks show a difference of [\d.]+ % in four runs of five/);
  expect((await tare('run', 'quick', '--dry-run', '--seed', '5', '--blocks', '4')).out).toBe(first.out);
  const other = await tare('run', 'quick', '--dry-run', '--seed', '6', '--blocks', '4');
  expect(other.out).not.toBe(first.out);
  const json = await tare('run', 'smoke', '--dry-run', '--json');
  expect((JSON.parse(json.out) as { trials: unknown[] }).trials.length).toBeGreaterThan(50);
});

test('a record of fake instances says on its first screen that nothing was measured', async () => {
  const built = buildRecord({ blocks: 12 });
  const cells = built.header.cells.map((cell) => ({ ...cell, runnerKind: 'fake' as const }));
  const path = join(folder, 'fake');
  const writer = createRecord(path, { ...built.header, cells });
  for (const trial of built.trials) writer.append(trial);
  writer.close();
  expect((await tare('report', path, '--format', 'text')).out).toContain(
    'FAKE instances: nothing here was measured',
  );
  expect((await tare('report', path, '--html=-')).out).toContain('FAKE instances');
});

test('a report is made from the record alone, in every format', async () => {
  const path = storedRecord();
  const html = await tare('report', path);
  expect(html.code).toBe(0);
  expect(html.out).toBe(join(path, 'report.html'));
  expect(readFileSync(html.out, 'utf8')).toMatch(/^<!doctype html>/i);
  expect((await tare('report', path, '--format', 'text')).out).toContain('blocks analysed');
  expect((await tare('report', path, '--format', 'markdown')).out).toContain('|');
  expect(JSON.parse((await tare('report', path, '--json')).out)).toHaveProperty('analysis');
  const elsewhere = join(folder, 'no', 'such', 'place.html');
  expect((await tare('report', path, '--html', elsewhere)).err).toContain(`cannot write ${elsewhere}`);
});
