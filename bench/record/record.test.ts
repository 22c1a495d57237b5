import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UserError } from '../../model/errors.ts';
import type { RecordHeader } from '../../model/record.ts';
import { buildRecord } from './testing/builder.ts';
import { createRecord, defaultFolder, folderOf, readRecord, recordFile, reopenRecord } from './record.ts';

let folder: string;
const built = buildRecord({ blocks: 2, warmup: 0 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-record-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A record on disk as a run leaves it. */
function written(): string {
  const path = join(folder, 'run');
  const writer = createRecord(path, built.header);
  for (const trial of built.trials) writer.append(trial);
  if (built.end !== null) writer.append(built.end);
  writer.close();
  return path;
}

function complaint(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('no complaint');
}

test('what was appended is read back, by folder and by file', () => {
  const path = written();
  const record = readRecord(path);
  expect(record).toEqual({ ...built, voided: [], notes: [] });
  expect(readRecord(join(path, recordFile))).toEqual(record);
  expect(folderOf(join(path, recordFile))).toBe(path);
});

test('a record cut in the middle of a line keeps every whole line, and can be continued', () => {
  const path = written();
  const file = join(path, recordFile);
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  writeFileSync(file, text.slice(0, lines.slice(0, 3).join('\n').length + 40));
  const cut = readRecord(path);
  expect(cut.trials).toEqual(built.trials.slice(0, 2));
  expect(cut.end).toBeNull();
  expect(cut.notes.join(' ')).toContain('line 4 was cut');
  const writer = reopenRecord(path);
  for (const trial of built.trials.slice(2)) writer.append(trial);
  writer.close();
  expect(readRecord(path).trials).toEqual(built.trials);
});

test('cut at any byte, a record still reads or says what is wrong', () => {
  const path = written();
  const file = join(path, recordFile);
  const bytes = readFileSync(file);
  const headerEnd = bytes.indexOf(10);
  for (let length = headerEnd + 1; length < bytes.length; length += 997) {
    writeFileSync(file, bytes.subarray(0, length));
    const { trials } = readRecord(path);
    expect(trials).toEqual(built.trials.slice(0, trials.length));
  }
  writeFileSync(file, bytes.subarray(0, headerEnd - 5));
  expect(complaint(() => readRecord(path)).message).toContain('expected a record header');
});

test('a future schema, a foreign file, a damaged line and a missing record are told by line', () => {
  const path = written();
  const file = join(path, recordFile);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"schema":3', '"schema":9'));
  expect(complaint(() => readRecord(path)).message).toContain(':1: record schema 9 is newer');
  writeFileSync(file, text.replace('"kind":"trial"', '"kind":"tiral"'));
  expect(complaint(() => readRecord(path)).message).toContain(':2: ');
  writeFileSync(file, `${text.split('\n')[0] ?? ''}\nnot json\n`);
  expect(complaint(() => readRecord(path)).message).toContain(':2: not JSON');
  writeFileSync(file, '{"a":1}\n');
  expect(() => readRecord(path)).toThrow(UserError);
  writeFileSync(file, text.replace(/"value":[\d.e+-]+/, '"value":"NaN"'));
  expect(complaint(() => readRecord(path)).message).toContain('samples.');
  expect(complaint(() => readRecord(join(folder, 'nowhere'))).hint).toContain('result folder');
});

test('a record of schema 2 is told what its runners were, and which of them were chosen', () => {
  const path = written();
  const file = join(path, recordFile);
  const [first = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  const header = JSON.parse(first) as RecordHeader;
  const cells = header.cells.map(({ isolation, architecture, kernel, product, decisive, ...cell }) => cell);
  const { onlyRunners, ...scenario } = header.scenario;
  const old = (overrides: readonly string[]) =>
    JSON.stringify({ ...header, schema: 2, cells, scenario: { ...scenario, overrides } });
  writeFileSync(file, [old(['blocks=2', '(only runners process, vm)']), ...rest].join('\n'));
  const read = readRecord(path);
  expect(read.header.scenario).toMatchObject({
    overrides: ['blocks=2'],
    onlyRunners: ['process', 'vm'],
  });
  expect(read.header.cells).toEqual(built.header.cells);
  writeFileSync(file, [old(['blocks=2']), ...rest].join('\n'));
  expect(readRecord(path).header.scenario.onlyRunners).toBeNull();
  // Damaged before it is lifted: told by field, never a crash.
  const broken = JSON.stringify({ ...header, schema: 2, cells: [{ ...cells[0], identity: 7 }] });
  writeFileSync(file, [broken, ...rest].join('\n'));
  expect(complaint(() => readRecord(path)).message).toContain('cells.0.identity');
});

test('a doubled trial counts once; an interrupted one gives way to its repetition', () => {
  const path = written();
  const [first] = built.trials;
  if (first === undefined) throw new Error('empty');
  appendFileSync(join(path, recordFile), `${JSON.stringify({ ...first, wallSeconds: 99 })}\n`);
  const doubled = readRecord(path);
  expect(doubled.trials).toEqual(built.trials);
  expect(doubled.notes.join(' ')).toContain('stands twice');

  const again = join(folder, 'again');
  const writer = createRecord(again, built.header);
  const outcome = { state: 'failed', reason: 'interrupted', message: '', detail: '' } as const;
  writer.append({ ...first, outcome });
  writer.append(first);
  writer.close();
  expect(readRecord(again).trials).toEqual([first]);
});

test('an existing record is never overwritten, a file in the way is reported with a remedy', () => {
  const path = written();
  expect(complaint(() => createRecord(path, built.header)).hint).toContain('--resume');
  writeFileSync(join(folder, 'file'), '');
  expect(complaint(() => createRecord(join(folder, 'file', 'x'), built.header)).hint).toContain('--out');
  expect(() => reopenRecord('/proc/1/tare')).toThrow(UserError);
});

test('the default folder names scenario, host and time', () => {
  expect(defaultFolder('results', 'quick', 'my host', new Date('2026-01-02T03:04:05.678Z'))).toBe(
    'results/quick-my_host-2026-01-02T03-04-05Z',
  );
});
