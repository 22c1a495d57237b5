/** Baselines read back as they were written, know who approved them, and only ever ratchet to the better. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { valuesOf } from '../bench/analysis/values.ts';
import { UserError } from '../model/errors.ts';
import type { RunRecord } from '../model/record.ts';
import { buildRecord, builtRunners, type RecordRequest } from '../bench/record/testing/builder.ts';
import {
  approvalOf,
  baselineText,
  forBaseline,
  holdsBaseline,
  mediansOf,
  parseBaseline,
  readBaseline,
  writeBaseline,
  type Baseline,
} from './baseline.ts';
import { ratchet } from './ratchet.ts';

const facts = {
  action: 'set',
  at: '2026-05-01T00:00:00.000Z',
  by: 'ann',
  why: 'first',
  tool: '0.1.0',
} as const;

function baselineOf(...records: readonly RunRecord[]): Baseline {
  const own = records.map(forBaseline);
  return { records: own, provenance: { name: 'ci', approvals: [approvalOf(own, facts)] } };
}

/** A run whose VM takes `ready` times as long to start and whose work is `work` times as fast. */
function run(seed: number, ready = 1, work = 1, request: RecordRequest = {}): RunRecord {
  const runners = builtRunners.map((runner) =>
    runner.id === 'vm'
      ? { ...runner, readySeconds: runner.readySeconds * ready, throughput: runner.throughput * work }
      : runner,
  );
  return buildRecord({ seed, blocks: 20, runners, ...request });
}

function complaint(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  throw new Error('no complaint');
}

describe('file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tare-baseline-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read back as it was written, several runs and all, and leaves nothing else behind', () => {
    const path = join(folder, 'deep', 'ci.jsonl');
    const made = baselineOf(run(1), run(2, 1, 1, { header: { runId: 'other' } }));
    writeBaseline(path, made);
    expect(readBaseline(path)).toEqual(made);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['ci.jsonl']);
    expect(holdsBaseline(path)).toBe(true);
    expect(baselineText(readBaseline(path))).toBe(readFileSync(path, 'utf8'));
  });

  it('keeps every value to the last digit, and no console', () => {
    const record = run(1, 1, 1, {
      alter: (trial) => ({
        ...trial,
        outputs: [{ program: 'x', argv: [], exitCode: 0, stdout: 'SECRET', stderr: '' }],
      }),
    });
    const text = baselineText(baselineOf(record));
    expect(text).not.toContain('SECRET');
    const [back] = parseBaseline(text, 'ci.jsonl').records;
    if (back === undefined) throw new Error('empty');
    for (const { cell, metric, median } of mediansOf([record])) {
      expect(valuesOf(back, cell, metric)).toEqual(valuesOf(record, cell, metric));
      expect(median).toBeGreaterThan(0);
    }
  });

  it('says by line what is wrong with it', () => {
    const text = baselineText(baselineOf(run(1)));
    const lines = text.split('\n');
    expect(complaint(() => parseBaseline('', 'f'))).toContain('f:1: not a baseline');
    expect(complaint(() => parseBaseline('{"kind":"header"}\n', 'f'))).toContain('f:1: ');
    expect(complaint(() => parseBaseline(text.replace('"schema":1', '"schema":7'), 'f'))).toContain(
      'schema 7',
    );
    expect(complaint(() => parseBaseline(text.slice(0, -30), 'f'))).toContain('cut');
    expect(complaint(() => parseBaseline(`${lines[0] ?? ''}\n`, 'f'))).toContain('cut');
    expect(complaint(() => parseBaseline(text.replace('"kind":"trial"', '"kind":"x"'), 'f'))).toContain(
      'f:3: ',
    );
    expect(complaint(() => readBaseline(join(folder, 'none.jsonl')))).toContain('tare baseline set');
    writeFileSync(join(folder, 'dir'), '');
    expect(complaint(() => writeBaseline(join(folder, 'dir', 'x'), baselineOf(run(1))))).toContain('--dir');
    expect(holdsBaseline(join(folder, 'none.jsonl'))).toBe(false);
  });

  it('takes no run that was broken off or has no value', () => {
    expect(complaint(() => forBaseline(run(1, 1, 1, { end: null })))).toContain('--resume');
    const alter: RecordRequest['alter'] = (trial) => ({
      ...trial,
      outcome: { state: 'failed', reason: 'oom', message: '', detail: '' },
    });
    expect(complaint(() => forBaseline(run(1, 1, 1, { alter })))).toContain('no value that counts');
  });
});

describe('ratchet', () => {
  const header = { runId: 'fresh' };
  const bar = (records: readonly RunRecord[]) =>
    new Map(mediansOf(records).map(({ cell, metric, median }) => [`${metric} ${cell}`, median]));
  const of = (old: RunRecord, fresh: RunRecord) => ratchet([forBaseline(old)], [forBaseline(fresh)]);

  it('takes what is shown to be better, and keeps the rest', () => {
    const [old, fresh] = [run(1), run(2, 0.7, 0.7, { header })];
    const { records, rows } = of(old, fresh);
    const taken = rows
      .filter(({ outcome }) => outcome === 'taken')
      .map(({ metric, cell }) => `${metric} ${cell}`);
    expect(taken).toEqual(
      expect.arrayContaining(['startup.ready vm/idle/small', 'startup.pid1 vm/idle/small']),
    );
    expect(taken).not.toContain('cpu.throughput vm/idle/small');
    const after = bar(records);
    expect(after.size).toBe(bar([old]).size);
    for (const [row, median] of after) {
      expect(median).toBe((taken.includes(row) ? bar([fresh]) : bar([old])).get(row));
    }
  });

  it('never gets looser, whatever comes, in any order', () => {
    let records: readonly RunRecord[] = [forBaseline(run(1))];
    for (let seed = 2; seed < 12; seed += 1) {
      const before = bar(records);
      const fresh = run(seed, 1 + 0.1 * Math.sin(seed), 1 + 0.1 * Math.cos(seed), {
        header: { runId: `run-${seed}` },
      });
      records = ratchet(records, [forBaseline(fresh)]).records;
      for (const [row, median] of bar(records)) {
        const old = before.get(row) ?? 0;
        if (row.startsWith('cpu.throughput')) expect(median).toBeGreaterThanOrEqual(old);
        else expect(median).toBeLessThanOrEqual(old);
      }
    }
    const ids = records.map((record) => record.header.runId);
    expect(new Set(ids).size).toBe(ids.length);
    const approvals = [approvalOf(records, { ...facts, action: 'ratchet' })];
    const text = baselineText({ records, provenance: { name: 'ci', approvals } });
    expect(parseBaseline(text, 'f').records).toEqual(records);
  });

  it('does not believe a tenfold gain, nor one that is within the noise', () => {
    const { rows } = of(run(1), run(2, 0.05, 1, { header }));
    expect(
      rows.find(({ metric, cell }) => metric === 'startup.ready' && cell.startsWith('vm'))?.outcome,
    ).toBe('implausible');
    const same = of(run(1), { ...run(1), header: { ...run(1).header, runId: 'again' } });
    expect(same.rows.every(({ outcome }) => outcome === 'kept')).toBe(true);
  });

  it('refuses what cannot be compared', () => {
    const other = run(2, 1, 1, { header: { host: { ...run(1).header.host, hash: 'x' } } });
    expect(complaint(() => of(run(1), other))).toContain('another host fingerprint (C26)');
    expect(complaint(() => ratchet([run(1)], [run(2), run(3)]))).toContain('in two runs');
  });
});
