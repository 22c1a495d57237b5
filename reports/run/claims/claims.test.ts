import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import type { RecordedTrial, RunRecord } from '../../../model/record.ts';
import type { Claim, ClaimRow } from '../../parts/claim.ts';
import { buildRecord, builtRunners, type BuiltRunner } from '../../../bench/record/testing/builder.ts';
import { claimsOf } from './claims.ts';

const [process, namespace, vm] = builtRunners as readonly [BuiltRunner, BuiltRunner, BuiltRunner];
const real: BuiltRunner = { ...vm, acceleration: 'kvm-hw' };

function claims(record: RunRecord): readonly Claim[] {
  return claimsOf(record, analyse(record, { resamples: 400 }));
}
function rowOf(record: RunRecord, claim: string, resource: string): ClaimRow {
  const row = claims(record)
    .find((each) => each.id === claim)
    ?.rows.find((each) => each.resource === resource);
  if (row === undefined) throw new Error(`no row ${resource} in ${claim}`);
  return row;
}

test('under emulation time and CPU are not judged, memory is, and says that it is emulated', () => {
  const record = buildRecord();
  expect(rowOf(record, 'S1', 'start time')).toMatchObject({ state: 'refused', rule: 'C17' });
  expect(rowOf(record, 'S1', 'CPU throughput')).toMatchObject({ state: 'refused', rule: 'C17' });
  const memory = rowOf(record, 'S1', 'idle memory, whole host');
  expect(memory).toMatchObject({ state: 'holds', rule: null, metric: 'tare.hostMemory' });
  expect(memory.evidence).toContain('vm (QEMU 1.0 microvm) vs namespace (namespaces (util-linux 2.38.1))');
  expect(memory.evidence).toContain('Emulated');
});

test('on hardware every resource is judged for itself against ten times', () => {
  const record = buildRecord({ runners: [process, namespace, { ...real, throughput: 900 }] });
  expect(rowOf(record, 'S1', 'start time').state).toBe('holds');
  expect(rowOf(record, 'S1', 'CPU throughput').state).toBe('does-not-hold');
  expect(claims(record)[0]?.state).toBe('partly');
});

test('a ratio of about ten is neither above nor below it', () => {
  const record = buildRecord({
    runners: [process, namespace, { ...real, readySeconds: namespace.readySeconds * 10 }],
    seed: 5,
  });
  expect(rowOf(record, 'S1', 'start time')).toMatchObject({ state: 'partly' });
});

test('what was not measured says what to run', () => {
  const record = buildRecord();
  const row = rowOf(record, 'S1', 'disk');
  expect(row.state).toBe('not-measured');
  expect(row.evidence).toContain('"idle" or "ladder"');
  const alone = claims(buildRecord({ runners: [process, namespace] }))[0];
  expect(new Set(alone?.rows.map((each) => each.state))).toEqual(new Set(['not-measured']));
  expect(alone?.state).toBe('not-measured');
});

test('few blocks are refused, not judged', () => {
  const row = rowOf(buildRecord({ runners: [process, namespace, real], blocks: 8 }), 'S1', 'start time');
  expect(row).toMatchObject({ state: 'refused', rule: 'C3' });
});

function altered(change: (trial: RecordedTrial) => Partial<RecordedTrial>): RunRecord {
  return buildRecord({ blocks: 6, alter: (trial) => ({ ...trial, ...change(trial) }) });
}
const printing = (digest: (trial: RecordedTrial) => string, work = 'sort') =>
  altered((trial) => ({
    observations: [{ kind: 'output-digest', work, digest: digest(trial), text: `text of ${digest(trial)}` }],
  }));

test('the image is the same only if every launch proved the digest', () => {
  expect(rowOf(buildRecord({ blocks: 6 }), 'S2', 'same image').state).toBe('holds');
  const some = altered((trial) => (trial.index % 7 === 0 ? { provenDigest: null } : {}));
  expect(rowOf(some, 'S2', 'same image').state).toBe('partly');
  const other = altered((trial) => (trial.index === 9 ? { provenDigest: 'sha256:other' } : {}));
  expect(rowOf(other, 'S2', 'same image').state).toBe('does-not-hold');
});

test('output is the same only where every runner prints it every time; who differs is named', () => {
  const row = (record: RunRecord) => rowOf(record, 'S2', 'same output: sort');
  expect(row(printing(() => 'aaa')).state).toBe('holds');
  const other = row(printing((trial) => (trial.cell.startsWith('vm') ? 'bbb' : 'aaa')));
  expect(other.state).toBe('does-not-hold');
  expect(other.evidence).toBe('process, namespace: aaa (text of aaa); vm: bbb (text of bbb).');
  const wavering = row(printing((trial) => String(trial.block)));
  expect(wavering).toMatchObject({ state: 'does-not-hold' });
  expect(wavering.evidence).toContain('differ among themselves');
  const broken = altered(({ cell }) =>
    cell.startsWith('vm')
      ? {
          outcome: { state: 'failed', reason: 'crash', message: 'it ended with status 139', detail: '' },
          outputs: [{ program: 'portability', argv: [], exitCode: 139, stdout: '', stderr: '' }],
        }
      : {},
  );
  expect(rowOf(broken, 'S2', 'ends without error').evidence).toBe('vm: it ended with status 139.');
  const alone = printing(() => 'aaa');
  const kept = alone.trials.filter((trial) => trial.cell.startsWith('vm'));
  expect(row({ ...alone, trials: kept }).state).toBe('not-measured');
  expect(rowOf(buildRecord({ blocks: 6 }), 'S2', 'same output')).toMatchObject({ state: 'not-measured' });
});

test('who shares the kernel is told from what each side sees', () => {
  const record = buildRecord({ blocks: 6 });
  expect(rowOf(record, 'S3', 'kernel of namespace is the host’s').state).toBe('holds');
  expect(rowOf(record, 'S3', 'kernel of vm is its own').state).toBe('holds');
  expect(rowOf(record, 'S3', 'how many fit')).toMatchObject({ state: 'not-measured', rule: 'C24' });
});

test('a record without any launch gives claims, none of them judged', () => {
  const record = { ...buildRecord({ blocks: 6 }), trials: [] };
  for (const claim of claims(record).slice(0, 2)) expect(claim.state).toBe('not-measured');
});

test('every claim of the table is there once, in order; those without a reader say what it would take', () => {
  const all = claims(buildRecord({ blocks: 6 }));
  expect(all.map(({ id }) => id)).toEqual([
    'S1',
    'S2',
    'S3',
    'S4',
    'S5',
    'S5-neighbours',
    'S6',
    'S7',
    'O1',
    'O2',
    'O3',
    'O4',
    'O5',
  ]);
  expect(all.every(({ rule, metrics }) => rule !== '' && metrics.length > 0)).toBe(true);
  expect(all.find(({ id }) => id === 'S7')).toMatchObject({ state: 'not-measured' });
  expect(all.find(({ id }) => id === 'S7')?.rows[0]?.evidence).toContain('tare size INVENTORY');
  for (const { state } of all.slice(-5)) expect(state).toBe('not-measured');
});
