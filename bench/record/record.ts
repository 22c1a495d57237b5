/**
 * The run record: a folder with `record.jsonl`, one line per fact, appended and synced as it happens,
 * so that nothing measured is lost whenever the tool dies. The only reader and writer of run files.
 * Raw facts only: whatever can be computed is computed again by whoever reads.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { decodeText, type DecodedText } from '../../model/text.ts';
import { factsOfKind, withoutOnlyNote } from './kinds.ts';
import { currentSchema, lineSchema } from './schema.ts';
import type {
  RecordedTrial,
  RecordEnd,
  RecordHeader,
  RecordLine,
  RunRecord,
  VoidedBlock,
} from '../../model/record.ts';

export const recordFile = 'record.jsonl';

export interface RecordWriter {
  readonly folder: string;
  append(line: RecordLine): void;
  close(): void;
}

/**
 * Makes the folder of a new record, so that a place that cannot be written is told before anything runs.
 * @throws UserError when it cannot, or when it holds a record already
 */
export function claimFolder(folder: string): void {
  if (existsSync(join(folder, recordFile))) {
    throw new UserError(
      `${folder} already holds a record`,
      'give another --out, or continue it with --resume',
    );
  }
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** One level at a time: Node's own recursive mkdir never returns where the kernel refuses with ENOENT (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Opens a new record. */
export function createRecord(folder: string, header: RecordHeader): RecordWriter {
  claimFolder(folder);
  const writer = openWriter(folder);
  writer.append(header);
  return writer;
}

/** Opens a record to continue it: a cut last line is taken off first, whole ones are never touched. */
export function reopenRecord(folder: string): RecordWriter {
  return openWriter(folder);
}

function openWriter(folder: string): RecordWriter {
  const path = join(folder, recordFile);
  let file: number;
  try {
    file = openSync(path, existsSync(path) ? 'r+' : 'wx+');
  } catch (error) {
    throw cannotWrite(path, error);
  }
  const text = readFileSync(file);
  const { encoding } = decodeText(text.subarray(0, 4096));
  if (encoding.startsWith('UTF-16') || encoding.startsWith('UTF-32')) {
    throw new UserError(
      `${path} is in ${encoding}, and a record is continued in UTF-8 alone`,
      'take the file as it was written, or convert it',
    );
  }
  let end = text.lastIndexOf(0x0a) + 1;
  if (end < text.length) ftruncateSync(file, end);
  return {
    folder,
    append: (line) => {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      try {
        for (let done = 0; done < bytes.length;)
          done += writeSync(file, bytes, done, bytes.length - done, end + done);
        fsyncSync(file);
      } catch (error) {
        throw cannotWrite(path, error);
      }
      end += bytes.length;
    },
    close: () => closeSync(file),
  };
}

function cannotWrite(path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const hints: Partial<Record<string, string>> = {
    ENOSPC: 'the disk is full: free some space and continue with --resume; every finished trial is kept',
    EDQUOT: 'the disk quota is used up: free some space and continue with --resume',
    EROFS: 'the folder is read-only: give a writable one with --out',
    EACCES: 'you may not write there: give a writable folder with --out',
    ENOENT: 'no folder can be made there: give a writable folder with --out',
    ENOTDIR: 'a part of the path is a file: give another folder with --out',
  };
  return new UserError(
    `cannot write ${path}: ${messageOf(error)}`,
    hints[code] ?? 'give a writable folder with --out',
    exitCode.usage,
    error,
  );
}

/**
 * Reads a record from its folder or file.
 * A cut last line (the run was killed while writing) is left out and noted; anything else that
 * cannot be read is an error naming the line.
 * @throws UserError for a missing, foreign, damaged or future record
 */
export function readRecord(path: string): RunRecord {
  const file = path.endsWith('.jsonl') ? path : join(path, recordFile);
  let decoded: DecodedText;
  try {
    decoded = decodeText(readFileSync(file));
  } catch (error) {
    throw new UserError(
      `cannot read a record from ${path}: ${messageOf(error)}`,
      `give a result folder or its ${recordFile}`,
      exitCode.usage,
      error,
    );
  }
  const record = parseRecord(decoded.text, file);
  return decoded.remark === null
    ? record
    : { ...record, notes: [`the file ${decoded.remark}`, ...record.notes] };
}

/**
 * The record in a text, as `readRecord` reads it from a file. `before`: lines that stand above it in the file.
 * @throws UserError naming file and line
 */
export function parseRecord(text: string, file: string, before = 0): RunRecord {
  const notes: string[] = [];
  const whole = text.endsWith('\n');
  const raw = text.split('\n');
  const last = raw.pop();
  if (!whole && last !== undefined && last !== '') {
    notes.push(`line ${before + raw.length + 1} was cut while it was written and is left out`);
  }
  const lines = raw.map((line, index) => readLine(line, file, before + index + 1));
  const header = lines[0];
  if (header?.kind !== 'header') {
    throw new UserError(
      `${file}:${before + 1}: expected a record header, got ${short(raw[0] ?? '')}`,
      'this is not a tare record',
    );
  }
  const rest = lines.slice(1);
  const only = <Kind extends RecordLine['kind']>(kind: Kind) =>
    rest.filter((line): line is Extract<RecordLine, { kind: Kind }> => line.kind === kind);
  const trials = firstOfEach(only('trial'), notes);
  const end = only('end').at(-1) ?? null;
  if (end === null) notes.push('the run was killed or is still going: the record has no end');
  return { header, trials, voided: only('void'), end, notes };
}

/** A trial is counted once, however often a damaged or doubled file repeats it. */
function firstOfEach(trials: readonly RecordedTrial[], notes: string[]): RecordedTrial[] {
  const seen = new Map<number, RecordedTrial>();
  for (const trial of trials) {
    // A launch that was interrupted is run again by --resume: the later line stands.
    const earlier = seen.get(trial.index);
    if (earlier === undefined || isInterrupted(earlier)) seen.set(trial.index, trial);
    else notes.push(`trial ${trial.index} stands twice in the file; the first line is used`);
  }
  return [...seen.values()].sort((a, b) => a.index - b.index);
}

/** Whether a trial has to be run again when its run is resumed. */
export function isInterrupted(trial: RecordedTrial): boolean {
  return trial.outcome.state === 'failed' && trial.outcome.reason === 'interrupted';
}

/** What the step from schema 2 reads. */
const schema2 = z.object({
  scenario: z.looseObject({ overrides: z.array(z.string()) }),
  cells: z.array(
    z.looseObject({
      runner: z.string(),
      runnerKind: z.string(),
      identity: z.record(z.string(), z.string()),
    }),
  ),
});

/** Pure steps from schema n to n+1, by n, over the header: the one line that carries a schema. */
const upgrades: ReadonlyMap<number, (header: object) => object> = new Map([
  // Schema 1 knows no imports: whatever it holds, tare measured.
  [1, (header) => ({ ...header, schema: 2, imported: null })],
  // Schema 2 knows an instance by its runner's kind, and the choice of runners as a sentence.
  [2, toSchema3],
]);

/** @throws z.ZodError where it is no header of schema 2 */
function toSchema3(header: object): object {
  const { cells, scenario } = schema2.parse(header);
  return {
    ...header,
    schema: 3,
    scenario: { ...scenario, ...withoutOnlyNote(scenario.overrides) },
    cells: cells.map((cell) => ({ ...cell, ...factsOfKind(cell) })),
  };
}

function readLine(line: string, file: string, number: number): RecordLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UserError(
      `${file}:${number}: not JSON (${messageOf(error)}): ${short(line)}`,
      'the file is damaged; take it from a backup, or cut it before this line to keep what stands above',
    );
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > currentSchema) {
    throw new UserError(
      `${file}:${number}: record schema ${schema} is newer than this tare reads (${currentSchema})`,
      'install a newer tare-bench to read it',
    );
  }
  let issue: z.core.$ZodIssue | undefined;
  try {
    if (typeof schema === 'number') value = upgraded(value as object, schema);
    return lineSchema.parse(value) as unknown as RecordHeader | RecordedTrial | VoidedBlock | RecordEnd;
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    [issue] = error.issues;
  }
  throw new UserError(
    `${file}:${number}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a record line'} in ${short(line)}`,
    'the file is not a tare record of a known schema, or was changed by hand',
  );
}

/** A header in today's form. One of a schema that never was is left for the check to complain about. */
function upgraded(header: object, schema: number): object {
  let current = header;
  for (let from = schema; from < currentSchema; from += 1) {
    const upgrade = upgrades.get(from);
    if (upgrade === undefined) break;
    current = upgrade(current);
  }
  return current;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text || '(nothing)';
}

/** Default folder of a new record: scenario, host and time, below `root`. */
export function defaultFolder(root: string, scenario: string, hostname: string, at: Date): string {
  const time = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  return join(root, `${scenario}-${hostname.replaceAll(/[^\w.-]/g, '_')}-${time}`);
}

/** The folder a record path stands for. */
export function folderOf(path: string): string {
  return basename(path) === recordFile ? dirname(path) : path;
}
