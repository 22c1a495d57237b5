/**
 * From paths to runs: a record, a result folder, a series, a folder that holds any of them, or a baseline. Every
 * set of runs that verdicts are made from comes through here, in an order that does not depend on how it was given.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recordOfImport } from '../bench/imports/build.ts';
import { digestOf, parseImport } from '../bench/imports/index.ts';
import { UserError } from '../model/errors.ts';
import { readRecord, recordFile } from '../bench/record/record.ts';
import type { RunRecord } from '../model/record.ts';
import { holdsSeries, readSeries } from '../bench/record/series.ts';
import { holdsBaseline, readBaseline } from './baseline.ts';
import type { RunRef } from './model.ts';

/** One run with the name it is shown under. */
export interface Run {
  readonly ref: RunRef;
  readonly record: RunRecord;
}

/** How deep a folder of results is searched. */
const deepest = 3;

/**
 * Reads every record that the paths name.
 * @throws UserError for a path without a record, or a run that is named twice
 */
export function readRuns(paths: readonly string[], foreign: Foreign | null = null): Run[] {
  const files = [...new Set(paths.flatMap(recordsAt))];
  return orderedRuns(
    files.flatMap((path) => {
      if (holdsBaseline(path)) return readBaseline(path).records.map((record) => runOf(record, path));
      return [runOf(foreign !== null && isForeign(path) ? importOf(path, foreign) : readRecord(path), path)];
    }),
  );
}

/** How files that other tools wrote are read as runs, one each. */
export interface Foreign {
  readonly toolVersion: string;
  /** Name of the machine they are of; null: they are taken to be of one, if they do not say. */
  readonly host: string | null;
}

/** What the machine of other tools' files is called that say nothing of it. */
export const assumedHost = 'one machine (assumed)';

/** Records and baselines end in .jsonl; whatever else is a file was written by another tool. */
function isForeign(path: string): boolean {
  return !path.endsWith('.jsonl') && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function importOf(path: string, { toolVersion, host }: Foreign): RunRecord {
  const content = readFileSync(path);
  const file = basename(path);
  const parsed = parseImport({ file, text: content.toString('utf8').replace(/^\uFEFF/, '') });
  const says = Object.keys(parsed.host.must).length > 0;
  return recordOfImport(
    [{ file, sha256: digestOf(content), modifiedAt: statSync(path).mtime.toISOString(), parsed }],
    { toolVersion, host: host ?? (says ? undefined : assumedHost) },
  );
}

/**
 * Two files of one benchmark each are of the same thing, whatever the commands are called: an old program and a new one.
 * Head's is then compared under base's name; its own stays in its identity, for a remark.
 */
export function pairedByPlace(base: readonly Run[], head: readonly Run[]): readonly Run[] {
  const only = (runs: readonly Run[]): string | null => {
    const names = new Set(runs.flatMap(({ record }) => record.header.cells.map(({ workload }) => workload)));
    return runs.every(({ ref }) => ref.importedFrom !== null) && names.size === 1
      ? ([...names][0] ?? null)
      : null;
  };
  const [before, after] = [only(base), only(head)];
  if (before === null || after === null || before === after) return head;
  return head.map((run) => {
    const { header } = run.record;
    const cells = header.cells.map((cell) => ({ ...cell, workload: before }));
    return { ...run, record: { ...run.record, header: { ...header, cells } } };
  });
}

/** A run of a record already read; `path` is what it is called. */
export function runOf(record: RunRecord, path: string): Run {
  const { header } = record;
  return {
    record,
    ref: {
      runId: header.runId,
      path,
      startedAt: header.startedAt,
      scenario: header.scenario.name,
      tool: `${header.tool.name} ${header.tool.version}`,
      host: { name: header.host.hostname, hash: header.host.hash },
      importedFrom: header.imported?.tool ?? null,
    },
  };
}

/**
 * The same runs in the same order, however they were given: by host, then by time.
 * @throws UserError if one run is there twice: it would count as two
 */
export function orderedRuns(runs: readonly Run[]): Run[] {
  const seen = new Map<string, Run>();
  for (const run of runs) {
    const key = `${run.ref.runId} ${run.ref.startedAt}`;
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UserError(
        `${other.ref.path} and ${run.ref.path} are one and the same run (${run.ref.runId})`,
        'name each run once: a run that is counted twice looks surer than it is',
      );
    }
    seen.set(key, run);
  }
  const keyOf = ({ ref }: Run) => `${ref.host.hash}\n${ref.startedAt}\n${ref.runId}`;
  return [...runs].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function recordsAt(path: string): string[] {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isDirectory()) return [path];
  const found = recordsBelow(path, deepest);
  if (found.length > 0) return found;
  throw new UserError(
    `${path} holds no record`,
    `give a result folder of \`tare run\`, its ${recordFile}, or a folder of such folders`,
  );
}

function recordsBelow(folder: string, depth: number): string[] {
  if (existsSync(join(folder, recordFile))) return [folder];
  if (holdsSeries(folder)) {
    return readSeries(folder)
      .runs.map((run) => join(folder, run.folder))
      .filter((run) => existsSync(join(run, recordFile)));
  }
  if (depth === 0) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort()
    .flatMap((below) => recordsBelow(below, depth - 1));
}

/** "quick on build-host, 2026-11-29 10:02": a run by what was measured, where and when, wherever its file lies. */
export function recordName({
  scenario,
  host,
  startedAt,
}: Pick<RunRef, 'scenario' | 'host' | 'startedAt'>): string {
  return `${scenario} on ${host.name}, ${startedAt.slice(0, 16).replace('T', ' ')}`;
}
