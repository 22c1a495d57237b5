/** Series by fingerprint, gaps, order of inputs, odd clocks, and every format on hostile names. */
import { describe, expect, it } from 'vitest';
import { buildRecord, type RecordRequest } from '../bench/record/testing/builder.ts';
import type { RunRecord } from '../model/record.ts';
import {
  renderHistoryCsv,
  renderHistoryHtml,
  renderHistoryJson,
  renderHistoryMarkdown,
  renderHistoryText,
} from '../reports/history/index.ts';
import { historyOf, type HistoryRun } from './history.ts';
import { digestRun } from './run-digest.ts';

const now = '2027-01-01T00:00:00.000Z';
const dayOf = (at: number) => new Date(Date.UTC(2026, 0, 1 + at, 10)).toISOString();

/** Run number `at`: a day later than the one before, slower from `from` on. */
function run(at: number, slowFrom = Infinity, request: RecordRequest = {}): RunRecord {
  const built = buildRecord({ seed: at + 1, blocks: 8, ...request });
  const shift = Date.parse(dayOf(at)) - Date.parse(built.header.startedAt);
  const moved = (instant: string) => new Date(Date.parse(instant) + shift).toISOString();
  const factor = at >= slowFrom ? 1.3 : 1;
  return {
    ...built,
    header: { ...built.header, startedAt: dayOf(at), ...request.header },
    trials: built.trials.map((trial) => ({
      ...trial,
      startedAt: moved(trial.startedAt),
      marks: trial.marks.map((mark) => ({
        ...mark,
        at: (trial.marks[0]?.at ?? 0) + (mark.at - (trial.marks[0]?.at ?? 0)) * factor,
      })),
    })),
    end: built.end === null ? null : { ...built.end, at: moved(built.end.at) },
  };
}

const read = (records: readonly RunRecord[]): HistoryRun[] =>
  records.map((record, at) => ({ path: `run-${at}`, digest: digestRun(record) }));
const ready = (metric: string) => metric === 'startup.ready';
const runs30 = read(Array.from({ length: 30 }, (_, at) => run(at, 18)));

describe('series', () => {
  const history = historyOf(runs30, { now, wanted: ready });

  it('finds a change that was put in, says by how much, and which way', () => {
    expect(history.series).toHaveLength(3);
    for (const { changes, points } of history.series) {
      expect(points).toHaveLength(30);
      expect(changes.map(({ index }) => index)).toEqual([18]);
      const [change] = changes;
      expect(change).toMatchObject({ direction: 'worse', runsBefore: 18, runsAfter: 12, conditions: [] });
      expect(change?.ratio).toBeCloseTo(1.3, 1);
      expect(change?.interval?.low).toBeGreaterThan(1.2);
    }
  });

  it('is the same whatever the order of the runs', () => {
    expect(historyOf(runs30.toReversed(), { now, wanted: ready })).toEqual(history);
  });

  it('a new fingerprint, other work or another major version begins a new series', () => {
    const base = buildRecord().header;
    const kinds: readonly Partial<RunRecord['header']>[] = [
      { host: { ...base.host, hash: 'other' } },
      { scenario: { ...base.scenario, hash: 'other' } },
      { tool: { name: 'tare-bench', version: '9.0.0' } },
    ];
    for (const header of kinds) {
      const mixed = Array.from({ length: 30 }, (_, at) => run(at, 18, at < 18 ? {} : { header }));
      const { series } = historyOf(read(mixed), { now, wanted: ready });
      expect(series).toHaveLength(6);
      expect(series.flatMap(({ changes }) => changes)).toEqual([]);
    }
  });

  it('other conditions do not end a series, but are told at the change', () => {
    const image = (at: number) => ({ header: { imageDigest: at < 18 ? 'sha256:a' : 'sha256:b' } });
    const { series } = historyOf(read(Array.from({ length: 30 }, (_, at) => run(at, 18, image(at)))), {
      now,
      wanted: ready,
    });
    expect(series[0]?.changes[0]?.conditions).toEqual(['image: sha256:a, then sha256:b']);
  });

  it('a run without the metric is a gap, and nothing is filled in', () => {
    const failed: RecordRequest = {
      alter: (trial) => ({
        ...trial,
        outcome: { state: 'failed', reason: 'timeout', message: '', detail: '' },
      }),
    };
    const records = Array.from({ length: 20 }, (_, at) =>
      run(at, Infinity, at === 7 || at === 8 ? failed : {}),
    );
    const { series, runs } = historyOf(read(records), { now, wanted: ready });
    expect(runs).toBe(20);
    expect(series[0]).toMatchObject({ gaps: 2 });
    expect(series[0]?.points).toHaveLength(18);
  });

  it('shows from a date on, and still knows the level before', () => {
    const { series, runs } = historyOf(runs30, { now, wanted: ready, since: dayOf(16) });
    expect(runs).toBe(14);
    expect(series[0]?.points).toHaveLength(14);
    expect(series[0]?.changes).toMatchObject([{ index: 2, runsBefore: 18 }]);
    const after = historyOf(runs30, { now, wanted: ready, since: dayOf(25) });
    expect(after.series[0]?.changes).toEqual([]);
  });

  it('counts the A/A comparisons that were significant', () => {
    const { control } = historyOf(runs30, { now });
    expect(control.tested).toBe(30 * 4);
    expect(control.significant / control.tested).toBeLessThan(0.1);
    const biased = run(0, Infinity, {
      blocks: 12,
      alter: (trial) =>
        trial.cell.endsWith('/control')
          ? { ...trial, samples: trial.samples.map((one) => ({ ...one, value: one.value * 2 })) }
          : trial,
    });
    expect(digestRun(biased).control.significant).toBeGreaterThanOrEqual(1);
  });
});

describe('odd times', () => {
  const codes = (runs: readonly HistoryRun[]) => historyOf(runs, { now }).remarks.map(({ code }) => code);

  it('a run given twice counts once', () => {
    const [first] = runs30;
    if (first === undefined) throw new Error('empty');
    const doubled = [...runs30, { ...first, path: 'copy' }];
    expect(codes(doubled)).toEqual(['duplicate-run']);
    expect(historyOf(doubled, { now }).series[0]?.points).toHaveLength(30);
  });

  it('a clock that went back, in a run and between two, is told and not fatal', () => {
    const record = run(3);
    const [first, ...rest] = record.trials;
    if (first === undefined) throw new Error('empty');
    const back = { ...record, trials: [{ ...first, startedAt: '2001-01-01T00:00:00.000Z' }, ...rest] };
    expect(codes(read([run(1), back]))).toEqual(['clock-went-back']);
    const late = run(5);
    const early = {
      ...run(6),
      header: { ...run(6).header, startedAt: new Date(Date.parse(dayOf(5)) + 1000).toISOString() },
    };
    expect(codes(read([late, early]))).toContain('overlap');
  });

  it('a time that is none is left out, one to come is told', () => {
    const [good] = read([run(1)]);
    if (good === undefined) throw new Error('empty');
    const bad = { path: 'bad', digest: { ...good.digest, startedAt: 'yesterday' } };
    const future = { path: 'late', digest: { ...good.digest, startedAt: '2031-01-01T00:00:00.000Z' } };
    expect(codes([bad, future])).toEqual(expect.arrayContaining(['no-time', 'from-the-future']));
    expect(historyOf([bad], { now })).toMatchObject({ runs: 0, series: [] });
  });
});

describe('formats', () => {
  const evil = '=HYPERLINK("x")<script>alert(1)</script>\u001b[31m\u202E::error::\n|';
  const named = Array.from({ length: 14 }, (_, at) => {
    const record = run(at, 7);
    const name = (text: string) => (text === 'vm' ? evil : text);
    return {
      ...record,
      header: {
        ...record.header,
        cells: record.header.cells.map((cell) => ({ ...cell, runner: name(cell.runner), workload: evil })),
        scenario: { ...record.header.scenario, name: evil },
      },
    };
  });
  const history = historyOf(read(named), { now });

  it('no name becomes markup, an escape sequence, a formula or a command', async () => {
    const html = await renderHistoryHtml(history);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('aria-labelledby="trend-1-chart-title');
    const text = renderHistoryText(history, { color: false });
    const markdown = renderHistoryMarkdown(history);
    const csv = renderHistoryCsv(history);
    for (const out of [html, text, markdown, csv, renderHistoryJson(history)]) {
      for (const sign of ['\u001b', '\u202E']) expect(out).not.toContain(sign);
    }
    for (const out of [text, markdown]) expect(out).not.toMatch(/^\s*::/m);
    expect(markdown).not.toContain('<script>');
    expect(csv).not.toMatch(/(^|,)"?=/m);
    expect(csv.trimEnd().split('\r\n')).toHaveLength(
      1 + history.series.reduce((n, each) => n + each.points.length, 0),
    );
    expect(JSON.parse(renderHistoryJson(history))).toMatchObject({ kind: 'history', runs: 14 });
  });

  it('says what changed, first', () => {
    const plain = renderHistoryText(historyOf(runs30, { now, wanted: ready }), { color: false });
    expect(plain).toContain('3 changes of level in 3 series: 3 for the worse, 0 for the better.');
    expect(plain).toMatch(/2026-01-19 10:00 +startup\.ready +built: namespace\/idle\/small/);
    expect(renderHistoryText(historyOf([], { now }), { color: false })).toContain('There is no run to show.');
  });
});
