/** S4 from what each side said: by its own kernel, on the host's, or refused before anything started. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import type { Outcome, RunRecord, SkippedCell } from '../../../model/record.ts';
import { buildRecord } from '../../../bench/record/testing/builder.ts';
import { claimsOf } from './claims.ts';
import { noticesOf } from '../notices.ts';
import { subjectsOf } from '../../parts/subjects.ts';

const unmet = (message: string): Outcome => ({ state: 'failed', reason: 'requirement', message, detail: '' });
const ok: Outcome = { state: 'ok' };
const outputs = [
  { program: 'requirements', argv: [], exitCode: 0, stdout: 'kernel 6.1.0-x\nboot a\n', stderr: '' },
];

function asked(outcomes: Readonly<Record<string, Outcome>>, skipped: readonly SkippedCell[] = []): RunRecord {
  const record = buildRecord({
    blocks: 6,
    alter: (trial) => ({ ...trial, outputs, outcome: outcomes[trial.cell.split('/')[0] ?? ''] ?? ok }),
  });
  const cells = record.header.cells.map((cell) => ({ ...cell, requires: 'kernel 6.1.*' }));
  return { ...record, header: { ...record.header, cells, skipped } };
}
const rowsOf = (record: RunRecord) =>
  claimsOf(record, analyse(record, { resamples: 200 })).find(({ id }) => id === 'S4')?.rows ?? [];

const needs = unmet('needs kernel 6.1.*; inside is 6.18, the host’s own');

test('it limits where containers have not what a VM brings', () => {
  const record = asked({ process: needs, namespace: needs });
  expect(rowsOf(record)).toMatchObject([{ resource: 'needs kernel 6.1.*', state: 'holds' }]);
  expect(rowsOf(record)[0]?.evidence).toContain('vm: met, by kernel 6.1.0-x');
  const analysis = analyse(record, { resamples: 200 });
  expect(analysis.failures).toEqual([]);
  const notice = noticesOf(record, analysis, subjectsOf(record)).find(({ title }) =>
    title.startsWith('Requirements that some runners cannot meet'),
  );
  expect(notice?.lines[0]).toContain('process, namespace: needs kernel 6.1.*');
});

test('it limits nothing where the host’s kernel has it, and is undecided where nobody has', () => {
  expect(rowsOf(asked({}))[0]?.state).toBe('does-not-hold');
  expect(rowsOf(asked({ process: needs, namespace: needs, vm: needs }))[0]?.state).toBe('partly');
  const crash: Outcome = { state: 'failed', reason: 'crash', message: 'status 1', detail: '' };
  const [row] = rowsOf(asked({ namespace: crash }));
  expect(row?.state).toBe('not-measured');
  expect(row?.evidence).toContain('failed for another reason (status 1)');
});

test('what was refused before a launch is reported and not judged; without requirements nothing is', () => {
  const bare = buildRecord({ blocks: 2 });
  expect(rowsOf(bare)).toMatchObject([{ state: 'not-measured' }]);
  const skipped = ['namespace', 'vm'].map((runner) => ({
    cell: `${runner}/other/small`,
    runner,
    requires: 'architecture aarch64',
    reason: 'needs architecture aarch64; this host is x86_64',
    hint: '',
  }));
  const refused = { ...bare, header: { ...bare.header, skipped } };
  expect(rowsOf(refused)).toMatchObject([{ resource: 'needs architecture aarch64', state: 'not-measured' }]);
});
