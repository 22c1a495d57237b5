/**
 * What history keeps of a run: the median of every metric in every cell, with what identifies cell, host and
 * work. A few kilobytes in place of megabytes, so that thousands of runs are read in seconds.
 */
import { createValueReader, usableTrials, countLaunches } from '../bench/analysis/values.ts';
import { comparedPairs } from '../bench/analysis/pairs.ts';
import type { LaunchValue } from '../model/analysis.ts';
import type { AccelerationClass } from '../model/instance.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { Interval } from '../model/quantities.ts';
import type { CellRecord, RunRecord } from '../model/record.ts';
import { conditionsOf as decidingOf, majorOf } from '../bench/record/comparable.ts';
import { imageFacts } from '../bench/scenario/image-facts.ts';
import { median } from '../model/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { signedRank } from '../bench/statistics/signed-rank.ts';

/** Raised when a digest holds something else than before: stored ones of another number are made again. */
export const digestForm = 2;

export interface DigestPoint {
  readonly metric: string;
  readonly workload: string;
  readonly shape: string;
  readonly runner: string;
  readonly acceleration: AccelerationClass;
  /** What decides this number and not all of its cell; where it changes, a series ends. */
  readonly condition: string;
  readonly median: number;
  readonly interval: Interval | null;
  /** Launches with a value. */
  readonly n: number;
  /** Launches of the cell that failed. */
  readonly failed: number;
}

export interface RunDigest {
  readonly runId: string;
  readonly startedAt: string;
  /** Null: killed, or still going. */
  readonly endedAt: string | null;
  /** False where a launch began before its run did, or the run ended before it began. */
  readonly clockHeld: boolean;
  readonly scenario: string;
  /** Equal hashes mean equal work. */
  readonly work: string;
  readonly tool: string;
  readonly toolMajor: string;
  readonly host: { readonly name: string; readonly hash: string };
  readonly importedFrom: string | null;
  /** Conditions that do not end a series, but may explain a change in it. */
  readonly conditions: Readonly<Record<string, string>>;
  readonly metrics: readonly MetricDeclaration[];
  readonly points: readonly DigestPoint[];
  /** A/A comparisons with enough blocks for a test, and those of them with p < 0.05 (METHODOLOGY C1). */
  readonly control: { readonly tested: number; readonly significant: number };
}

/** Pure: equal records give equal digests. */
export function digestRun(record: RunRecord): RunDigest {
  const { header, end } = record;
  const trials = usableTrials(record);
  const values = createValueReader(trials);
  const points = header.cells
    .filter(({ role }) => role === 'measured')
    .flatMap((cell) =>
      header.metrics.flatMap((metric) => pointOf(record, cell, metric, values(cell.id, metric))),
    );
  const used = new Set(points.map(({ metric }) => metric));
  return {
    runId: header.runId,
    startedAt: header.startedAt,
    endedAt: end?.at ?? null,
    clockHeld: clockHeld(record),
    scenario: header.scenario.name,
    work: header.scenario.hash,
    tool: header.tool.version,
    toolMajor: majorOf(header.tool.version),
    host: { name: header.host.hostname, hash: header.host.hash },
    importedFrom: header.imported?.tool ?? null,
    conditions: conditionsOf(record),
    metrics: header.metrics.filter(({ id }) => used.has(id)),
    points,
    control: controlOf(record, values),
  };
}

function pointOf(
  record: RunRecord,
  cell: CellRecord,
  metric: MetricDeclaration,
  launches: readonly LaunchValue[],
): DigestPoint[] {
  const values = launches.map(({ value }) => value);
  const middle = median(values);
  if (middle === null) return [];
  return [
    {
      metric: metric.id,
      workload: cell.workload,
      shape: cell.shape.id,
      runner: cell.runner,
      acceleration: cell.acceleration.class,
      condition: [...decidingOf(cell, metric).values()].join('\n'),
      median: middle,
      interval: medianInterval(values),
      n: values.length,
      failed: countLaunches(record.trials, cell.id).failed,
    },
  ];
}

function conditionsOf({ header }: RunRecord): Record<string, string> {
  const conditions: Record<string, string> = { tare: header.tool.version, image: header.imageDigest };
  for (const { runner, identity, decisive } of header.cells) {
    for (const key of [...decisive, ...imageFacts.map(([fact]) => fact)]) {
      const value = identity[key];
      if (value !== undefined) conditions[`${runner} ${key}`] = value;
    }
  }
  for (const [key, value] of Object.entries(header.host.note)) conditions[`host ${key}`] = value;
  return conditions;
}

function clockHeld({ header, trials, end }: RunRecord): boolean {
  const start = Date.parse(header.startedAt);
  const instants = [...trials.map(({ startedAt }) => startedAt), ...(end === null ? [] : [end.at])];
  return instants.every((instant) => !(Date.parse(instant) < start));
}

const fewestPairs = 6;

/** By the paired signed-rank test alone, uncorrected: the rate that is to be at most 5 %. */
function controlOf(
  { header }: RunRecord,
  values: ReturnType<typeof createValueReader>,
): RunDigest['control'] {
  const tests = comparedPairs(header)
    .filter(({ kind }) => kind === 'control')
    .flatMap(({ subject, reference }) =>
      header.metrics.flatMap((metric) => {
        const others = new Map(values(reference.id, metric).map(({ block, value }) => [block, value]));
        const differences = values(subject.id, metric).flatMap(({ block, value }) => {
          const other = others.get(block);
          return other === undefined ? [] : [value - other];
        });
        return differences.length < fewestPairs ? [] : [signedRank(differences).p];
      }),
    );
  return { tested: tests.length, significant: tests.filter((p) => p < 0.05).length };
}
