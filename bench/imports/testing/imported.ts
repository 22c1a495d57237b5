/** Texts of other tools as records, as tests ask for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { valuesOf } from '../../analysis/values.ts';
import { UserError } from '../../../model/errors.ts';
import type { RunRecord } from '../../../model/record.ts';
import { recordOfImport, type BuildOptions } from '../build.ts';
import { digestOf, parseImport } from '../index.ts';
import type { ImportKind } from '../kinds.ts';
import type { Directions } from '../parsed.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
export const fixture = (file: string) => ({ file, text: readFileSync(join(fixtures, file), 'utf8') });

interface Wish extends Partial<BuildOptions> {
  readonly from?: ImportKind;
  readonly directions?: Directions;
}

export function imported(texts: readonly string[], { from, directions, ...options }: Wish = {}): RunRecord {
  const files = texts.map((text, at) => ({
    file: `${at}.txt`,
    sha256: digestOf(text),
    modifiedAt: '2026-01-01T00:00:00.000Z',
    parsed: parseImport({ file: `${at}.txt`, text }, from, directions),
  }));
  return recordOfImport(files, { toolVersion: '1.2.3', ...options });
}

export const of = (record: RunRecord, workload: string, metric: string) => {
  const cell = record.header.cells.find((each) => each.workload === workload);
  return valuesOf(record, cell?.id ?? '', `import.${metric}`).map(({ value }) => value);
};

export function complaint(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  throw new Error('no complaint');
}

/** The same to twelve digits, without what products of decimal fractions leave behind. */
export const near = (record: RunRecord, workload: string, metric: string) =>
  of(record, workload, metric).map((value) => Number(value.toPrecision(12)));

/** Launches of each benchmark, in the order of the record. */
export function launchCounts(record: RunRecord): number[] {
  return record.header.cells.map(({ id }) => record.trials.filter(({ cell }) => cell === id).length);
}
