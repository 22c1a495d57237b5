/**
 * Runs over time: a series per metric, cell and fingerprint, with the places where its level changed
 * (METHODOLOGY B11). Another host, other work, another acceleration or another major version begins a new
 * series; what differs otherwise between two runs is told at the change. A run without a value of a metric
 * leaves a gap: nothing is filled in.
 */
import type { AccelerationClass } from '../model/instance.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { Interval } from '../model/quantities.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { median } from '../model/descriptive.ts';
import { fewestPoints, findChangePoints, type ChangePoint } from './change-points.ts';
import type { Remark, RowKey } from './model.ts';
import type { RunDigest } from './run-digest.ts';

/** A run with the place it was read from. */
export interface HistoryRun {
  readonly path: string;
  readonly digest: RunDigest;
}

export interface HistoryPoint {
  readonly runId: string;
  readonly path: string;
  readonly startedAt: string;
  readonly median: number;
  readonly interval: Interval | null;
  readonly n: number;
  readonly failed: number;
}

/** One change of level. */
export interface HistoryChange {
  /** Index of the first point of the new level. */
  readonly index: number;
  readonly runId: string;
  readonly startedAt: string;
  /** Medians of the levels' run medians, over at most 50 runs on either side. */
  readonly before: number;
  readonly after: number;
  readonly runsBefore: number;
  readonly runsAfter: number;
  /** After / before as a cost: above 1 is worse, whichever way the metric points; null at or below zero. */
  readonly ratio: number | null;
  /** 95 %, bootstrapped over runs. Neighbouring runs that share a disturbance make it too narrow. */
  readonly interval: Interval | null;
  readonly p: number;
  readonly direction: 'worse' | 'better';
  /** Conditions that differ between the last run before and the first after: "tare 0.1.0, then 0.2.0". */
  readonly conditions: readonly string[];
}

export interface HistorySeries {
  readonly key: RowKey;
  readonly metric: MetricDeclaration;
  readonly host: { readonly name: string; readonly hash: string };
  readonly acceleration: AccelerationClass;
  /** In time order; only those since the date asked for. */
  readonly points: readonly HistoryPoint[];
  readonly changes: readonly HistoryChange[];
  /** Runs of this series that have no value of the metric. */
  readonly gaps: number;
  /** Why no change points are sought; null: they are. */
  readonly tooShort: string | null;
}

export interface History {
  readonly runs: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly since: string | null;
  readonly series: readonly HistorySeries[];
  /** A/A comparisons of all runs shown (METHODOLOGY C1: at most 5 % should be significant). */
  readonly control: { readonly tested: number; readonly significant: number };
  readonly remarks: readonly Remark[];
}

export interface HistoryOptions {
  /** ISO 8601: only points and changes from then on; levels before still count for what changed. */
  readonly since?: string | null;
  /** True for metrics that are wanted. */
  readonly wanted?: (metric: string) => boolean;
  /** What time it is, ISO 8601: runs from the future are told. */
  readonly now: string;
}

const day = 86_400_000;

/** The history of runs, in whatever order they are given. */
export function historyOf(runs: readonly HistoryRun[], options: HistoryOptions): History {
  const { kept, remarks } = inOrder(runs, options.now);
  const since = options.since ?? null;
  const shown = kept.filter(({ digest }) => since === null || timeOf(digest) >= Date.parse(since));
  const series = seriesOf(kept, options.wanted ?? (() => true)).map((draft) => finish(draft, since));
  return {
    runs: shown.length,
    first: shown[0]?.digest.startedAt ?? null,
    last: shown.at(-1)?.digest.startedAt ?? null,
    since,
    series: series.filter(({ points }) => points.length > 0).sort(bySeries),
    control: {
      tested: shown.reduce((sum, { digest }) => sum + digest.control.tested, 0),
      significant: shown.reduce((sum, { digest }) => sum + digest.control.significant, 0),
    },
    remarks,
  };
}

const timeOf = ({ startedAt }: RunDigest) => Date.parse(startedAt);

/** In time order, each run once; and everything odd about their times. */
function inOrder(runs: readonly HistoryRun[], now: string): { kept: HistoryRun[]; remarks: Remark[] } {
  const remarks: Remark[] = [];
  const tell = (code: string, message: string) => remarks.push({ code, message });
  const seen = new Map<string, string>();
  const kept: HistoryRun[] = [];
  for (const run of runs.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const { runId, startedAt, clockHeld } = run.digest;
    const first = seen.get(`${runId} ${startedAt}`);
    if (first !== undefined) {
      tell('duplicate-run', `${run.path} is the run of ${first} (${runId}): it counts once`);
      continue;
    }
    if (Number.isNaN(timeOf(run.digest))) {
      tell('no-time', `${run.path} says it started at ${JSON.stringify(startedAt)}: it is left out`);
      continue;
    }
    seen.set(`${runId} ${startedAt}`, run.path);
    if (!clockHeld) tell('clock-went-back', `${run.path}: the clock went back while it ran`);
    if (timeOf(run.digest) > Date.parse(now) + day) {
      tell('from-the-future', `${run.path} says it started at ${startedAt}, which is yet to come`);
    }
    kept.push(run);
  }
  kept.sort((a, b) => timeOf(a.digest) - timeOf(b.digest) || (a.digest.runId < b.digest.runId ? -1 : 1));
  remarks.push(...overlaps(kept));
  return { kept, remarks };
}

/** tare refuses two runs at once on a host: where they seem to, its clock went back between them. */
function overlaps(runs: readonly HistoryRun[]): Remark[] {
  const last = new Map<string, HistoryRun>();
  return runs.flatMap((run): Remark[] => {
    const { host, startedAt, endedAt, importedFrom } = run.digest;
    if (importedFrom !== null) return [];
    const before = last.get(host.hash);
    if (endedAt !== null) last.set(host.hash, run);
    const end = before?.digest.endedAt ?? null;
    if (before === undefined || end === null || Date.parse(startedAt) >= Date.parse(end)) return [];
    return [
      {
        code: 'overlap',
        message: `${run.path} started at ${startedAt}, before ${before.path} ended (${end}): the clock of ${host.name} went back, and their order is not known`,
      },
    ];
  });
}

interface Draft {
  readonly key: RowKey;
  readonly metric: MetricDeclaration;
  readonly host: RunDigest['host'];
  readonly acceleration: AccelerationClass;
  readonly points: { readonly run: HistoryRun; readonly point: HistoryPoint }[];
  /** Runs of the same work on the same host. */
  readonly group: string;
  runsInGroup: number;
}

function seriesOf(runs: readonly HistoryRun[], wanted: (metric: string) => boolean): Draft[] {
  const drafts = new Map<string, Draft>();
  const groups = new Map<string, number>();
  for (const run of runs) {
    const { digest } = run;
    const group = [digest.scenario, digest.work, digest.host.hash, digest.toolMajor].join('\n');
    groups.set(group, (groups.get(group) ?? 0) + 1);
    for (const each of digest.points) {
      const metric = digest.metrics.find(({ id }) => id === each.metric);
      if (metric === undefined || !wanted(each.metric)) continue;
      const { runner, workload, shape, acceleration, condition } = each;
      // A metric that changed its unit or direction is another one.
      const meaning = [metric.id, metric.unit, metric.better, condition];
      const name = [group, ...meaning, runner, workload, shape, acceleration];
      const id = JSON.stringify(name);
      const draft = drafts.get(id) ?? {
        key: { metric: metric.id, scenario: digest.scenario, workload, shape, runner, reference: null },
        metric,
        host: digest.host,
        acceleration,
        points: [],
        group,
        runsInGroup: 0,
      };
      draft.points.push({
        run,
        point: {
          runId: digest.runId,
          path: run.path,
          startedAt: digest.startedAt,
          median: each.median,
          interval: each.interval,
          n: each.n,
          failed: each.failed,
        },
      });
      drafts.set(id, draft);
    }
  }
  for (const draft of drafts.values()) draft.runsInGroup = groups.get(draft.group) ?? 0;
  return [...drafts.values()];
}

function finish(draft: Draft, since: string | null): HistorySeries {
  const { key, metric, host, acceleration, points, runsInGroup } = draft;
  const values = points.map(({ point }) => point.median);
  const found = findChangePoints(values, { magnitude: metric.threshold });
  const from = since === null ? 0 : Date.parse(since);
  const skipped = points.filter(({ point }) => Date.parse(point.startedAt) < from).length;
  return {
    key,
    metric,
    host,
    acceleration,
    points: points.slice(skipped).map(({ point }) => point),
    changes: found
      .filter(({ index }) => index >= skipped)
      .map((change) => changeOf(draft, values, change, skipped)),
    gaps: runsInGroup - points.length,
    tooShort:
      points.length >= fewestPoints
        ? null
        : `${points.length} of the ${fewestPoints} runs that change points need`,
  };
}

const resamples = 2000;

function changeOf(
  { points, metric }: Draft,
  values: readonly number[],
  { index, from, to, p }: ChangePoint,
  skipped: number,
): HistoryChange {
  const [before, after] = [values.slice(from, index), values.slice(index, to)];
  const [above, below] = metric.better === 'lower' ? [after, before] : [before, after];
  const estimate = createBootstrap(1, resamples).unpaired(above, below);
  const first = points[index];
  const last = points[index - 1];
  const [low, high] = [median(before) ?? 0, median(after) ?? 0];
  return {
    index: index - skipped,
    runId: first?.point.runId ?? '',
    startedAt: first?.point.startedAt ?? '',
    before: low,
    after: high,
    runsBefore: before.length,
    runsAfter: after.length,
    ratio: estimate?.ratio ?? null,
    interval: estimate?.interval ?? null,
    p,
    direction: high > low === (metric.better === 'lower') ? 'worse' : 'better',
    conditions: differing(last?.run.digest.conditions ?? {}, first?.run.digest.conditions ?? {}),
  };
}

function differing(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key}: ${before[key] ?? 'none'}, then ${after[key] ?? 'none'}`);
}

/** A fixed order, whatever the order of the runs. */
function bySeries(a: HistorySeries, b: HistorySeries): number {
  const words = ({ key, host, points }: HistorySeries) =>
    [key.scenario, key.metric, key.workload, key.shape, key.runner, host.hash, points[0]?.startedAt].join(
      '\n',
    );
  return words(a) < words(b) ? -1 : 1;
}
