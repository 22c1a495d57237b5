/**
 * Finds the records below a folder and reads what history needs of each. What was read is kept in the cache under
 * the digest of the file's bytes, so that thousands of records are parsed once and hashed after that.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { readRecord, recordFile } from '../../bench/record/record.ts';
import { cacheFolder } from '../../images/cache.ts';
import type { HistoryRun } from '../../verdicts/history.ts';
import { digestForm, digestRun, type RunDigest } from '../../verdicts/run-digest.ts';
import { toolVersion } from '../version.ts';

export interface ReadRuns {
  readonly runs: readonly HistoryRun[];
  /** Records that cannot be read, with the reason: reported, never fatal, since one bad file hides no history. */
  readonly unreadable: readonly string[];
  readonly parsed: number;
}

/** @throws UserError when the folder cannot be read */
export function readRuns(folder: string, say: (text: string) => void): ReadRuns {
  const files = recordsBelow(folder);
  const kept = new Map<string, RunDigest>();
  const known = readKept(folder);
  const unreadable: string[] = [];
  const runs: HistoryRun[] = [];
  let parsed = 0;
  files.forEach((file, at) => {
    if (at % 50 === 0) say(`reading records: ${at} of ${files.length}`);
    try {
      const digest = digestOf(file);
      let run = known.get(digest);
      if (run === undefined) {
        run = digestRun(readRecord(file));
        parsed += 1;
      }
      kept.set(digest, run);
      runs.push({ path: relative(folder, dirname(file)) || '.', digest: run });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push(error.message);
    }
  });
  say('');
  if (parsed > 0 || known.size !== kept.size) writeKept(folder, kept);
  return { runs, unreadable, parsed };
}

/** Records at any depth, in a fixed order; links are not followed, so that none counts twice. */
function recordsBelow(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new UserError(
      `cannot read ${folder}: ${messageOf(error)}`,
      'give a folder that holds result folders',
      exitCode.usage,
      error,
    );
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : recordsBelow(path);
    return entry.isFile() && entry.name === recordFile ? [path] : [];
  });
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    throw new UserError(
      `cannot read ${file}: ${messageOf(error)}`,
      'fix its permissions',
      exitCode.usage,
      error,
    );
  }
}

/** One file per folder: what was read there last time. */
function keptFile(folder: string): string {
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24);
  return join(cacheFolder(), 'history', `${name}.json`);
}

interface Kept {
  readonly form: string;
  readonly runs: readonly (readonly [string, RunDigest])[];
}

/** Another version may read records differently: what it kept is not used. */
const form = `${digestForm} ${toolVersion()}`;

function readKept(folder: string): ReadonlyMap<string, RunDigest> {
  try {
    const kept = JSON.parse(readFileSync(keptFile(folder), 'utf8')) as Kept;
    return kept.form === form ? new Map(kept.runs) : new Map();
  } catch {
    return new Map();
  }
}

/** A cache that cannot be written costs time alone. */
function writeKept(folder: string, runs: ReadonlyMap<string, RunDigest>): void {
  const file = keptFile(folder);
  const kept: Kept = { form, runs: [...runs] };
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}.part`, JSON.stringify(kept));
    renameSync(`${file}.${process.pid}.part`, file);
  } catch {
    return;
  }
}
