/**
 * Chart data from the analysis, before any drawing: which dots, which lines, which axis.
 * Dots are thinned evenly per series when there are too many to see; tables always use every launch.
 */
import type { Analysis, Summary } from '../../model/analysis.ts';
import type { Milestone } from '../../model/instance.ts';
import type { LadderQuantity, LadderState } from '../../model/metric.ts';
import type { LadderPoint } from '../../model/observation.ts';
import type { Unit } from '../../model/quantities.ts';
import type { RunRecord } from '../../model/record.ts';
import { ladderState } from '../../bench/analysis/values.ts';
import { median } from '../../model/descriptive.ts';
import type { Chart, Dot, LineSeries, StageBar } from './parts.ts';
import type { Subjects } from './subjects.ts';
import { count, milestoneWords } from './words.ts';

/** Dots drawn per series; more than this merge into a smear. */
export const drawnDots = 300;
/** From this ratio of largest to smallest on, a linear axis hides the small ones. */
const logFrom = 20;

/** Every launch of one metric as a dot, one strip per cell. */
export function stripChart(
  id: string,
  metricId: string,
  summaries: readonly Summary[],
  subjects: Subjects,
): Chart {
  const metric = subjects.metric(metricId);
  const series = summaries.map((item) => ({
    label: subjects.label(item.cell),
    runner: subjects.runner(item.cell),
    color: subjects.color(item.cell),
    median: item.median,
    interval: item.interval,
    dots: thinned(item.launches.map(({ block, value }): Dot => ({ block, value }))),
    modes: item.modes.length > 1 ? item.modes : [],
  }));
  const total = summaries.reduce((sum, item) => sum + item.launches.length, 0);
  const drawn = series.reduce((sum, item) => sum + item.dots.length, 0);
  const log = spansWidely(series.flatMap((item) => item.dots.map((dot) => dot.value)));
  const modal = series.some(({ modes }) => modes.length > 0);
  const better = metric?.better === 'higher' ? 'higher is better' : 'lower is better';
  const shown =
    drawn < total
      ? `${drawn.toLocaleString('en-US')} of ${count(total, 'launch', 'launches')} drawn, evenly thinned`
      : `each dot is one launch`;
  return {
    kind: 'strip',
    id,
    title: metric?.title ?? metricId,
    description: `${log ? 'Log axis' : 'Linear axis'}, ${better}; ${shown}; the line is the median, the band its interval${modal ? ', triangles where values gather' : ''}.`,
    unit: metric?.unit ?? 'ratio',
    log,
    series,
  };
}

/** Evenly spaced members; first and last stay. */
export function thinned<T>(items: readonly T[], most = drawnDots): readonly T[] {
  if (items.length <= most) return items;
  return Array.from(
    { length: most },
    (_, index) => items[Math.round((index * (items.length - 1)) / (most - 1))],
  ).filter((item) => item !== undefined);
}

/** Whether values, all positive, need a log axis. */
export function spansWidely(values: readonly number[]): boolean {
  let low = Infinity;
  let high = 0;
  for (const value of values) {
    if (value <= 0) return false;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high / low > logFrom;
}

/** Startup stages as stacked bars, one per measured cell. */
export function stagesChart(analysis: Analysis, subjects: Subjects): Chart | null {
  const cells = [...new Set(analysis.stages.map((stage) => stage.cell))];
  const bars = cells
    .filter((cell) => subjects.of(cell)?.role !== 'control')
    .map((cell): StageBar => {
      const parts = analysis.stages
        .filter((stage) => stage.cell === cell && stage.to !== 'T7')
        .map((stage) => ({
          stage: Number(stage.to.slice(1)),
          name: stageName(stage.from, stage.to),
          value: stage.median,
        }));
      return {
        label: subjects.label(cell),
        runner: subjects.runner(cell),
        total: parts.reduce((sum, part) => sum + part.value, 0),
        parts,
      };
    })
    .filter((bar) => bar.total > 0);
  if (bars.length === 0) return null;
  const totals = bars.map((bar) => bar.total);
  const share = Math.max(...totals) / Math.min(...totals) > logFrom;
  return {
    kind: 'stages',
    id: 'chart-stages',
    title: 'Where the start goes',
    description: share
      ? 'Each bar is one runner’s own start, drawn to equal length because their totals differ more than twentyfold; the total stands beside it. Medians per stage.'
      : 'Each bar is one runner’s start from request to ready. Medians per stage.',
    unit: 's',
    share,
    bars,
  };
}

/** "to PID 1 (T2 to T4)". */
function stageName(from: Milestone, to: Milestone): string {
  return `to ${milestoneWords[to]} (${from} to ${to})`;
}

const ladderTitles: Readonly<Record<LadderQuantity, readonly [string, Unit]>> = {
  hostBytes: ['Host memory taken', 'B'],
  groupBytes: ['Memory charged to the instances’ cgroups', 'B'],
  kernelPlusPssBytes: ['Kernel memory plus PSS', 'B'],
  pssBytes: ['PSS of instance processes', 'B'],
  processes: ['Host processes', 'count'],
  idleCores: ['CPU used while idle', 'cores'],
  diskBytes: ['Disk allocated', 'B'],
};

/** A ladder quantity over the number of instances, above its own first step, one line per cell. */
export function ladderChart(
  record: RunRecord,
  of: LadderQuantity,
  subjects: Subjects,
  state: LadderState = 'idle',
): Chart | null {
  const [title, unit] = ladderTitles[of];
  const voided = new Set(record.voided.map((item) => item.block));
  const steps = new Map<string, { readonly x: number; readonly y: number }[]>();
  for (const trial of record.trials) {
    if (trial.block < 0 || voided.has(trial.block) || trial.outcome.state !== 'ok' || !trial.cleanupProven)
      continue;
    if (subjects.of(trial.cell)?.role === 'control' || trial.ladder.length < 2) continue;
    if (ladderState(trial) !== state) continue;
    const known = steps.get(trial.cell) ?? [];
    known.push(...risesOf(trial.ladder, of));
    steps.set(trial.cell, known);
  }
  const series = [...steps].map(([cell, dots]): LineSeries => {
    const xs = [...new Set(dots.map((dot) => dot.x))].sort((a, b) => a - b);
    return {
      label: subjects.label(cell),
      runner: subjects.runner(cell),
      color: subjects.color(cell),
      points: xs.map((x) => ({ x, y: median(dots.filter((dot) => dot.x === x).map((dot) => dot.y)) ?? 0 })),
      dots: thinned(dots),
    };
  });
  if (series.length === 0 || series.every((item) => item.points.length < 2)) return null;
  return {
    kind: 'lines',
    id: state === 'idle' ? `chart-ladder-${of}` : `chart-ladder-${state}-${of}`,
    title: state === 'idle' ? title : `${title}, each instance holding its load`,
    description: `What n ${state} instances take above the first step, median over launches of the ladder; the steeper the line, the more one more instance costs.`,
    unit,
    xTitle: `${state} instances`,
    series,
  };
}

function risesOf(ladder: readonly LadderPoint[], of: LadderQuantity): { x: number; y: number }[] {
  const sorted = [...ladder].sort((a, b) => a.instances - b.instances);
  const base = sorted[0]?.[of] ?? null;
  if (base === null) return [];
  return sorted.flatMap((point) => {
    const value = point[of];
    return value === null ? [] : [{ x: point.instances, y: value - base }];
  });
}
