/**
 * How many fit: a row per runner with what bound it, curves of the sweep, and how many the host would hold
 * by memory in real use beside how many a reservation of the cap would place. A maximum that was reached
 * is told as a lower bound, and no line is drawn on past twice what ran (METHODOLOGY C24).
 */
import { usableTrials } from '../../../bench/analysis/values.ts';
import {
  densityResult,
  farthest,
  fitByReservation,
  type DensityResult,
} from '../../../bench/analysis/density-result.ts';
import type { Analysis } from '../../../model/analysis.ts';
import type { DensityStep } from '../../../model/observation.ts';
import type { CellRecord, RunRecord } from '../../../model/record.ts';
import { median } from '../../../model/descriptive.ts';
import { absent, formatValue, scaleFor, formatShare } from '../../../model/units.ts';
import { spansWidely } from '../../parts/charts.ts';
import {
  columns,
  folded,
  number,
  table,
  text,
  type Block,
  type Chart,
  type Table,
} from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';
import { resourceWords } from '../../parts/words.ts';

/** One cell's sweeps, in block order. */
export interface Swept {
  readonly cell: CellRecord;
  readonly results: readonly DensityResult[];
}

/** Every cell that swept, with the sweeps that count. */
export function sweptCells(record: RunRecord): readonly Swept[] {
  const trials = usableTrials(record);
  return record.header.cells.flatMap((cell) => {
    const results = (trials.get(cell.id) ?? []).map(densityResult).filter((result) => result !== null);
    return results.length === 0 ? [] : [{ cell, results }];
  });
}

/** What the density family shows before its medians. */
export function densityBlocks(record: RunRecord, _analysis: Analysis, subjects: Subjects): Block[] {
  const swept = sweptCells(record);
  if (swept.length === 0) return [];
  const charts = [startChart(swept, subjects), memoryChart(swept, subjects)].filter(
    (chart) => chart !== null,
  );
  return [
    { kind: 'table', table: fitTable(swept, subjects) },
    ...(charts.length === 0 ? [] : [{ kind: 'charts' as const, charts }]),
    folded(stepTable(swept, subjects)),
    { kind: 'table', table: memoryTable(swept, subjects) },
  ];
}

/** "40", or "at least 40" where a sweep stopped before anything bound it. */
export function fitWords({ results }: Swept): string {
  const middle = median(results.map(({ instances }) => instances));
  const bound = results.some(({ atLeast }) => atLeast);
  return `${bound ? 'at least ' : ''}${formatValue(middle, 'count')}`;
}

function fitTable(swept: readonly Swept[], subjects: Subjects): Table {
  const rows = swept.map((one) => {
    const last = one.results.at(-1);
    const bound = new Set(one.results.map(({ end }) => resourceWords(end?.binding ?? null)));
    const failures = one.results.reduce((sum, { failures: lost }) => sum + lost, 0);
    return {
      head: subjects.label(one.cell.id),
      cells: [
        number(fitWords(one)),
        text([...bound].join(', ')),
        text(last?.end?.evidence ?? absent),
        number(String(failures)),
        number(String(one.results.length)),
      ],
    };
  });
  const heads = columns(
    'Runner',
    '#Fit at once',
    'What binds',
    'Evidence (last sweep)',
    '#Failed',
    '#Sweeps',
  );
  return table('density-fit', 'How many run at once with every objective held', heads, rows, [
    'Median over sweeps. A sweep moves in steps: the true number lies between the one shown and the next step. “At least” marks sweeps that reached the maximum asked for, or knew enough, before anything bound.',
    'Failed: starts that did not become ready and instances that ended by themselves; they are counted and do not end a sweep unless several follow one another.',
  ]);
}

function memoryTable(swept: readonly Swept[], subjects: Subjects): Table {
  const each = swept.map(({ results }) => median(results.flatMap(({ memory }) => memory?.slope ?? [])));
  const scale = scaleFor(each, 'B');
  const rows = swept.map(({ cell, results }, index) => {
    const last = results.at(-1);
    const interval = last?.memory?.interval ?? null;
    return {
      head: subjects.label(cell.id),
      cells: [
        number(isResolved(last) ? scale.format(each[index] ?? null) : 'indistinguishable from 0'),
        number(
          interval === null ? absent : `${scale.number(interval.low)} to ${scale.format(interval.high)}`,
        ),
        number(formatValue(median(results.flatMap(({ charged }) => charged ?? [])), 'B')),
        number(byUseWords(last)),
        number(formatValue(cell.shape.memoryBytes, 'B')),
        number(
          formatValue(last === undefined ? null : fitByReservation(last, cell.shape.memoryBytes), 'count'),
        ),
        number(String(last?.ran ?? 0)),
      ],
    };
  });
  const heads = columns(
    'Runner',
    '#Memory of one more',
    '#95 % interval',
    '#Charged to its group',
    '#Would fit by real use',
    '#Reserved each',
    '#Would fit by reservation',
    '#Ran at most',
  );
  return table('density-memory', 'Memory alone: by real use and by declared reservation', heads, rows, [
    `Idle instances, in the memory that was available before the first one less what is kept for the host. By real use: the slope over the steps, followed to at most ${farthest} times the number that ran (C24); an instance that works takes more.`,
    'Charged to its group leaves out what the kernel keeps apart (page tables, namespaces, shared pages of others), but other work on the host does not move it.',
    'By reservation: the memory cap, or guest RAM, as schedulers reserve it. Arithmetic on a setting, no measurement.',
  ]);
}

/** Other memory of the host moves too: an interval with 0 in it says that more instances are needed to see one. */
function isResolved(result: DensityResult | undefined): boolean {
  const memory = result?.memory ?? null;
  return memory !== null && memory.slope > 0 && (memory.interval === null || memory.interval.low > 0);
}

function byUseWords(result: DensityResult | undefined): string {
  const fit = result?.byUse ?? null;
  if (fit === null) return absent;
  if (fit.state === 'beyond') return `more than ${formatValue(fit.beyond, 'count')}, not followed further`;
  if (fit.state === 'from') return `at least ${formatValue(fit.from, 'count')}`;
  const { interval } = fit;
  const range =
    interval === null || interval.low === interval.high ? '' : ` (${interval.low} to ${interval.high})`;
  return `${formatValue(fit.instances, 'count')}${range}`;
}

type Reading = (step: DensityStep, base: DensityStep) => number | null;

/** Medians over sweeps of a reading at each number of instances. */
function curveOf({ results }: Swept, read: Reading): { x: number; y: number }[] {
  const byCount = new Map<number, number[]>();
  for (const { steps } of results) {
    const [base] = steps;
    if (base === undefined) continue;
    for (const step of steps) {
      const value = read(step, base);
      if (value === null) continue;
      byCount.set(step.instances, [...(byCount.get(step.instances) ?? []), value]);
    }
  }
  return [...byCount].map(([x, values]) => ({ x, y: median(values) ?? 0 })).sort((a, b) => a.x - b.x);
}

const startOf: Reading = ({ startSeconds }) => median(startSeconds);
const memoryOf: Reading = (step, base) =>
  step.kernelPlusPssBytes === null || base.kernelPlusPssBytes === null
    ? step.hostBytes - base.hostBytes
    : step.kernelPlusPssBytes - base.kernelPlusPssBytes;

function linesChart(
  swept: readonly Swept[],
  subjects: Subjects,
  read: Reading,
  chart: Pick<Chart, 'id' | 'title' | 'description' | 'unit'>,
  mayBeLog: boolean,
): Chart | null {
  const series = swept.map((one) => ({
    label: subjects.label(one.cell.id),
    runner: subjects.runner(one.cell.id),
    color: subjects.color(one.cell.id),
    points: curveOf(one, read),
    dots: [],
  }));
  if (series.every(({ points }) => points.length < 2)) return null;
  const log = mayBeLog && spansWidely(series.flatMap(({ points }) => points.map(({ y }) => y)));
  return { kind: 'lines', ...chart, xTitle: 'instances running', series, log };
}

function startChart(swept: readonly Swept[], subjects: Subjects): Chart | null {
  return linesChart(
    swept,
    subjects,
    startOf,
    {
      id: 'chart-density-start',
      title: 'Start time as the host fills',
      description:
        'Median time from request to ready of the instances that each step added, over the number running after it. A rising line is a host that is filling up.',
      unit: 's',
    },
    true,
  );
}

function memoryChart(swept: readonly Swept[], subjects: Subjects): Chart | null {
  return linesChart(
    swept,
    subjects,
    memoryOf,
    {
      id: 'chart-density-memory',
      title: 'Memory taken as the host fills',
      description:
        'Kernel memory plus PSS of all instances above the empty host (MemAvailable where PSS may not be read), median over sweeps.',
      unit: 'B',
    },
    false,
  );
}

/** The charts in numbers, and the objectives beside them: the last sweep of each cell, step by step. */
function stepTable(swept: readonly Swept[], subjects: Subjects): Table {
  const rows = swept.flatMap(({ cell, results }) => {
    const steps = results.at(-1)?.steps ?? [];
    const [base] = steps;
    return steps.map((step) => {
      const value = (name: string) => step.objectives.find((one) => one.name === name)?.value ?? null;
      const work = value('workAtLeast');
      return {
        head: subjects.label(cell.id),
        cells: [
          number(String(step.instances)),
          number(formatValue(median(step.startSeconds), 's')),
          number(formatValue(step.startSeconds.length === 0 ? null : Math.max(...step.startSeconds), 's')),
          number(formatShare(work)),
          number(formatValue(value('requestWithin'), 's')),
          number(formatValue(base === undefined ? null : memoryOf(step, base), 'B')),
          number(formatValue(step.room.memoryAvailableBytes, 'B')),
          number(formatShare(step.objectives[0]?.load.cpuBusyShare ?? 0)),
          number(String(step.failures.length)),
        ],
      };
    });
  });
  const heads = columns(
    'Runner',
    '#Running',
    '#Start, median',
    '#Start, slowest',
    '#Work kept',
    '#Reply',
    '#Memory taken',
    '#Available',
    '#CPU busy',
    '#Failed',
  );
  return table('density-steps', 'The last sweep of each runner, step by step', heads, rows, [
    'CPU busy: of the host while the first objective was read (starts, where they have one). Work kept: throughput of the sampled instances, against the first one alone.',
  ]);
}
