/** Two sets of runs against each other: what is found, what is refused, and what must change nothing. */
import { describe, expect, test } from 'vitest';
import type { ChangeReport, ChangeRow } from './model.ts';
import { compareRuns } from './compare.ts';
import { ownBaseline } from './rows.ts';
import { runOf } from './runs.ts';
import { world, withSamples } from './testing/worlds.ts';

const quick = { resamples: 1000 };

function rowOf(
  report: ChangeReport,
  metric: string,
  runner: string,
  reference: string | null = null,
): ChangeRow {
  const row = report.rows.find(
    ({ key }) => key.metric === metric && key.runner === runner && key.reference === reference,
  );
  if (row === undefined) throw new Error(`no row ${metric} of ${runner}`);
  return row;
}

describe('what changed', () => {
  test('a slower start is a regression of that runner, with both medians, ratio, interval and n', () => {
    const report = compareRuns([world({ id: 1 })], [world({ id: 2, slower: 1.3 })], quick);
    const slow = rowOf(report, 'startup.ready', 'namespace');
    expect(slow).toMatchObject({ verdict: 'regression', unit: 'launch' });
    expect(slow.ratio).toBeCloseTo(1.3, 1);
    expect(slow.interval!.low).toBeGreaterThan(1.2);
    expect([slow.base.n, slow.head.n]).toEqual([30, 30]);
    expect(slow.head.median! / slow.base.median!).toBeCloseTo(slow.ratio!, 10);
    expect(rowOf(report, 'startup.ready', 'process').verdict).not.toBe('regression');
    expect(report.remarks.map(({ code }) => code)).toContain('one-run-each');
  });

  test('on a slower host is no change: the ratio to another runner tells', () => {
    const before = world({ id: 1 });
    const report = compareRuns([before], [world({ id: 2, drift: 1.4 })], quick);
    const changed = report.rows.filter(({ verdict }) => ['regression', 'improvement'].includes(verdict));
    expect(changed).toEqual([]);
    const row = rowOf(report, 'startup.ready', 'namespace');
    expect(row).toMatchObject({ verdict: 'inconclusive', needed: null });
    expect(row.remarks.map(({ message }) => message).join()).toMatch(
      /Not separated from host drift: .*up to 1\.67 times.*the ratio to process within each run does not show it/s,
    );
    // A slower thing on a slower host is found all the same, and the process is not blamed.
    const both = compareRuns([before], [world({ id: 2, drift: 1.4, slower: 1.5 })], quick);
    expect(rowOf(both, 'startup.ready', 'namespace').verdict).toBe('regression');
  });

  test('beyond what drift was seen to do needs no witness', () => {
    const report = compareRuns([world({ id: 1 })], [world({ id: 2, drift: 3 })], quick);
    expect(rowOf(report, 'startup.ready', 'namespace').verdict).toBe('regression');
    const better = compareRuns([world({ id: 1 })], [world({ id: 2, drift: 1 / 3 })], quick);
    expect(rowOf(better, 'startup.ready', 'namespace').verdict).toBe('improvement');
    const remarks = rowOf(better, 'startup.ready', 'namespace').remarks.map(({ message }) => message);
    expect(remarks.join()).toMatch(/Not separated from host drift, but beyond it/);
  });

  test('needs no witness where the noise between runs is known, or runs are several', () => {
    const [before, after] = [world({ id: 1 }), world({ id: 2, drift: 1.4 })];
    const known = compareRuns([before], [after], { ...quick, noise: 0.02 });
    expect(rowOf(known, 'startup.ready', 'process').verdict).toBe('regression');
    const wide = compareRuns([before], [after], { ...quick, noise: 0.3 });
    expect(rowOf(wide, 'startup.ready', 'process').verdict).toBe('inconclusive');
    const several = (from: number, drift: number) =>
      [0, 1, 2].map((at) => world({ id: from + at, drift: drift * (1 + at / 100) }));
    const runs = compareRuns(several(1, 1), several(4, 1.4), quick);
    expect(rowOf(runs, 'startup.ready', 'process').verdict).toBe('regression');
  });

  test('one run of head is judged by five of base, and counts as one', () => {
    const base = [1, 2, 3, 4, 5].map((id) => world({ id, drift: 1 + id / 200 }));
    const report = compareRuns(base, [world({ id: 6, slower: 1.3 })], quick);
    expect(rowOf(report, 'startup.ready', 'namespace')).toMatchObject({
      verdict: 'regression',
      unit: 'run',
      base: { n: 5 },
      head: { n: 1, launches: 30, interval: null },
    });
    const few = compareRuns(base.slice(0, 3), [world({ id: 6, slower: 1.3 })], quick);
    expect(rowOf(few, 'startup.ready', 'namespace')).toMatchObject({ verdict: 'no-verdict' });
  });

  test('without another runner within the runs is undecided', () => {
    const alone = (id: number, drift: number) => {
      const { record, ref } = world({ id, drift });
      const cells = record.header.cells.filter(({ runner }) => runner === 'namespace');
      return runOf({ ...record, header: { ...record.header, cells } }, ref.path);
    };
    const row = rowOf(compareRuns([alone(1, 1)], [alone(2, 1.4)], quick), 'startup.ready', 'namespace');
    expect(row.verdict).toBe('inconclusive');
    expect(row.remarks.map(({ message }) => message).join()).toContain('no other runner');
  });

  test('a metric of which more is better is read as a cost too', () => {
    const halved = withSamples('cpu.throughput', (value, { cell }) =>
      cell.includes('process') ? value / 2 : value,
    );
    const report = compareRuns([world({ id: 1 })], [world({ id: 2, alter: halved })], quick);
    const row = rowOf(report, 'cpu.throughput', 'process');
    expect(row.ratio).toBeCloseTo(2, 1);
    expect(row.verdict).toBe('regression');
  });

  test('what a virtual machine does on an emulated CPU is refused, its memory is not', () => {
    const report = compareRuns([world({ id: 1 })], [world({ id: 2 })], quick);
    expect(rowOf(report, 'startup.ready', 'vm')).toMatchObject({ verdict: 'refused' });
    expect(rowOf(report, 'startup.ready', 'vm').refusals.map(({ rule }) => rule)).toContain('C17');
    expect(rowOf(report, 'tare.hostMemory', 'vm').refusals.map(({ rule }) => rule)).not.toContain('C17');
  });

  test('ratios within runs stay what they are on a faster or slower host', () => {
    const rows = { values: true, references: [ownBaseline] };
    const report = compareRuns([world({ id: 1 })], [world({ id: 2, drift: 1.4 })], { ...quick, rows });
    expect(rowOf(report, 'startup.ready', 'namespace').ratio).toBeCloseTo(1.4, 1);
    const ratio = rowOf(report, 'startup.ready', 'namespace', 'process');
    expect(ratio.verdict).not.toBe('regression');
    expect(ratio.ratio).toBeCloseTo(1, 1);
  });

  test('rows that one side alone has are named', () => {
    const few = world({ id: 2, workloads: ['idle', 'other'] });
    const report = compareRuns([world({ id: 1, workloads: ['idle'] })], [few], quick);
    expect(report.missing.length).toBeGreaterThan(0);
    expect(report.missing.every(({ key, side }) => key.workload === 'other' && side === 'base')).toBe(true);
  });
});

describe('what must change nothing', () => {
  test('the order in which runs are given', () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((id) => world({ id }));
    const one = compareRuns([a!, b!], [c!, d!], quick);
    expect(compareRuns([b!, a!], [d!, c!], quick)).toEqual(one);
  });

  test('every sample twice within each launch: launches count, samples do not', () => {
    const doubled = (id: number, slower: number) =>
      world({ id, slower, alter: (trial) => ({ ...trial, samples: [...trial.samples, ...trial.samples] }) });
    expect(compareRuns([doubled(1, 1)], [doubled(2, 1.02)], quick).rows).toEqual(
      compareRuns([world({ id: 1 })], [world({ id: 2, slower: 1.02 })], quick).rows,
    );
  });

  test('one run named twice is refused, and a run against itself is equal', () => {
    const run = world({ id: 1 });
    expect(() => compareRuns([run, run], [world({ id: 2 })], quick)).toThrow(/one and the same run/);
    const same = compareRuns([run], [run], quick);
    expect(same.rows.filter(({ verdict }) => verdict === 'regression' || verdict === 'improvement')).toEqual(
      [],
    );
    expect(rowOf(same, 'startup.ready', 'process').ratio).toBe(1);
    expect(same.remarks.map(({ code }) => code)).toContain('same-run');
  });
});

describe('several runs', () => {
  test('of one host: each run counts as one, whatever it holds', () => {
    const side = (from: number, slower: number) =>
      [0, 1, 2, 3].map((at) => world({ id: from + at, slower, drift: 1 + 0.02 * at }));
    const report = compareRuns(side(1, 1), side(11, 1.3), quick);
    const row = rowOf(report, 'startup.ready', 'namespace');
    expect(row).toMatchObject({ unit: 'run', verdict: 'regression' });
    expect([row.base.n, row.head.n, row.head.launches]).toEqual([4, 4, 120]);
    const two = compareRuns(side(1, 1).slice(0, 2), side(11, 1.3).slice(0, 2), quick);
    expect(rowOf(two, 'startup.ready', 'namespace').verdict).toBe('no-verdict');
  });

  test('of several hosts: each host is compared with itself', () => {
    const on = (id: number, host: string, drift: number, slower = 1) => world({ id, host, drift, slower });
    const base = [on(1, 'alpha', 1), on(2, 'beta', 3)];
    const head = [on(3, 'alpha', 1, 1.25), on(4, 'beta', 3, 1.25)];
    const row = rowOf(compareRuns(base, head, quick), 'startup.ready', 'namespace');
    expect(row).toMatchObject({ unit: 'launch', verdict: 'regression' });
    expect(row.ratio).toBeCloseTo(1.25, 1);
    expect(row.interval!.high / row.interval!.low).toBeLessThan(1.15);
  });
});

describe('what cannot be compared', () => {
  test('other hosts, naming the facts; across hosts the ratios alone', () => {
    const [base, head] = [world({ id: 1 }), world({ id: 2, host: 'elsewhere' })];
    expect(() => compareRuns([base], [head], quick)).toThrow(/C26.*host.*cpu\.model/s);
    const across = compareRuns([base], [head], { ...quick, acrossHosts: true });
    expect(across.rows.length).toBeGreaterThan(0);
    expect(across.rows.every(({ key }) => key.reference !== null)).toBe(true);
  });

  test('another major version of the tool', () => {
    const head = world({ id: 2, header: { tool: { name: 'tare', version: '99.0.0' } } });
    expect(() => compareRuns([world({ id: 1 })], [head], quick)).toThrow(/major version/);
  });

  test('other work, another acceleration, other units: row by row', () => {
    const base = world({ id: 1 });
    const other = (change: (cell: (typeof base.record.header.cells)[number]) => object) =>
      world({
        id: 2,
        header: { cells: base.record.header.cells.map((cell) => ({ ...cell, ...change(cell) })) },
      });
    const work = compareRuns([base], [other(() => ({ workDigest: 'other work' }))], quick);
    expect(rowOf(work, 'startup.ready', 'process').refusals[0]!.message).toContain('workload digest');
    const faster = compareRuns(
      [base],
      [other(({ acceleration }) => ({ acceleration: { ...acceleration, class: 'kvm-hw' } }))],
      quick,
    );
    expect(rowOf(faster, 'tare.hostMemory', 'vm').refusals[0]!.message).toContain('acceleration class');
    const metrics = base.record.header.metrics.map((metric) => ({ ...metric, unit: 'count' as const }));
    const units = compareRuns([base], [world({ id: 2, header: { metrics } })], quick);
    expect(rowOf(units, 'startup.ready', 'process').refusals[0]!.message).toMatch(
      /declared alike.*s, lower/s,
    );
  });

  test('another translation buffer of the emulator forbids its memory alone', () => {
    const base = world({ id: 1 });
    const cells = base.record.header.cells.map((cell) =>
      cell.runner === 'vm' ? { ...cell, identity: { ...cell.identity, translationBuffer: '32 MiB' } } : cell,
    );
    const report = compareRuns([base], [world({ id: 2, header: { cells } })], quick);
    const [refusal] = rowOf(report, 'tare.hostMemory', 'vm').refusals;
    expect(refusal).toMatchObject({
      rule: 'C26',
      message: expect.stringContaining('not recorded in base, 32 MiB in head'),
    });
    expect(rowOf(report, 'tare.hostMemory', 'namespace').refusals).toEqual([]);
    const texts = rowOf(report, 'startup.ready', 'vm').refusals.map(({ message }) => message);
    expect(texts.join()).not.toContain('translation buffer');
  });

  test('clocks that went back, bases of nothing, and nothing at all', () => {
    const back = world({
      id: 2,
      alter: (trial) => ({
        ...trial,
        marks: trial.marks.map((mark) => (mark.name === 'T6' ? { ...mark, at: mark.at - 60 } : mark)),
      }),
    });
    const report = compareRuns([world({ id: 1 })], [back], quick);
    expect(rowOf(report, 'startup.ready', 'process').refusals.map(({ rule }) => rule)).toContain('C7');
    const zero = world({ id: 1, alter: withSamples('cpu.throughput', () => 0) });
    const fromNothing = rowOf(compareRuns([zero], [world({ id: 2 })], quick), 'cpu.throughput', 'process');
    expect(fromNothing).toMatchObject({ ratio: null, verdict: 'improvement' });
    const toNothing = rowOf(compareRuns([world({ id: 2 })], [zero], quick), 'cpu.throughput', 'process');
    expect(toNothing).toMatchObject({ ratio: null, verdict: 'regression' });
    expect(() => compareRuns([], [zero], quick)).toThrow(/no run in base/);
  });
});
