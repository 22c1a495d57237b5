/**
 * A baseline that only ever gets tighter: of a new run, those metrics of those cells are taken over that are shown
 * to be better, and nothing else. Shown: the whole 95 % interval of the ratio, so that a lucky run does not set a
 * bar that no later one can reach; and within reason, since a tenfold gain is a mistake until someone says otherwise.
 */
import { createValueReader, usableTrials } from '../bench/analysis/values.ts';
import { UserError } from '../model/errors.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { CellRecord, RunRecord } from '../model/record.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { measuredCells } from './baseline.ts';
import { changeOf } from './numbers.ts';

export interface Ratcheted {
  readonly scenario: string;
  readonly cell: string;
  readonly metric: string;
  /** New / old as a cost; null without values above zero. */
  readonly ratio: number | null;
  /** `kept`: not shown to be better; `implausible`: too good to be taken without a word. */
  readonly outcome: 'taken' | 'kept' | 'implausible' | 'new';
}

/** A gain beyond this is not believed. */
const implausible = 0.1;

interface Held {
  readonly record: RunRecord;
  readonly cell: CellRecord;
  readonly metric: MetricDeclaration;
  readonly values: readonly number[];
}

/**
 * The records that hold, for every row, the better of both; rows that only the new runs have are taken.
 * @throws UserError where the runs cannot be compared: another host, other work
 */
export function ratchet(
  old: readonly RunRecord[],
  fresh: readonly RunRecord[],
): { readonly records: readonly RunRecord[]; readonly rows: readonly Ratcheted[] } {
  const before = rowsOf(old);
  const after = rowsOf(fresh);
  const rows: Ratcheted[] = [];
  const kept: Held[] = [];
  for (const [key, held] of before) {
    const challenger = after.get(key);
    const judged = challenger === undefined ? null : judge(held, challenger);
    if (judged !== null) rows.push({ ...nameOf(held), ...judged });
    kept.push(judged?.outcome === 'taken' && challenger !== undefined ? challenger : held);
  }
  for (const [key, held] of after) {
    if (before.has(key)) continue;
    rows.push({ ...nameOf(held), ratio: null, outcome: 'new' });
    kept.push(held);
  }
  return { records: withOwnIds([...old, ...fresh].flatMap((record) => partsOf(record, kept))), rows };
}

function nameOf({ record, cell, metric }: Held): Pick<Ratcheted, 'scenario' | 'cell' | 'metric'> {
  return { scenario: record.header.scenario.name, cell: cell.id, metric: metric.id };
}

function rowsOf(records: readonly RunRecord[]): ReadonlyMap<string, Held> {
  const rows = new Map<string, Held>();
  for (const record of records) {
    const read = createValueReader(usableTrials(record));
    for (const cell of measuredCells(record)) {
      for (const metric of record.header.metrics) {
        const values = read(cell.id, metric).map(({ value }) => value);
        if (values.length === 0) continue;
        const { scenario } = record.header;
        const key = JSON.stringify([scenario.name, cell.runner, cell.workload, cell.shape.id, metric.id]);
        if (rows.has(key)) {
          throw new UserError(
            `${metric.id} of ${cell.id} is in two runs (${rows.get(key)?.record.header.runId ?? ''}, ${record.header.runId})`,
            'a ratchet needs one run per scenario on either side: approve the new runs as a whole instead',
          );
        }
        rows.set(key, { record, cell, metric, values });
      }
    }
  }
  return rows;
}

function judge(old: Held, fresh: Held): Pick<Ratcheted, 'ratio' | 'outcome'> {
  requireComparable(old, fresh);
  const strata = [{ base: [old.values], head: [fresh.values] }];
  const { estimate } = changeOf(strata, old.metric.better, createBootstrap(1));
  if (estimate?.interval == null) return { ratio: estimate?.ratio ?? null, outcome: 'kept' };
  const { ratio, interval } = estimate;
  if (interval.high >= 1) return { ratio, outcome: 'kept' };
  return { ratio, outcome: ratio < implausible ? 'implausible' : 'taken' };
}

/** C26. */
function requireComparable({ record: old, cell, metric }: Held, fresh: Held): void {
  const differing = [
    old.header.host.hash === fresh.record.header.host.hash ? null : 'host fingerprint',
    old.header.scenario.hash === fresh.record.header.scenario.hash ? null : 'scenario',
    cell.acceleration.class === fresh.cell.acceleration.class ? null : 'acceleration',
    metric.unit === fresh.metric.unit && metric.better === fresh.metric.better ? null : 'unit or direction',
  ].filter((what) => what !== null);
  if (differing.length === 0) return;
  throw new UserError(
    `${metric.id} of ${cell.id} cannot be ratcheted: another ${differing.join(', another ')} (C26)`,
    'what is not comparable is not better: approve the new run as a whole, with the reason',
  );
}

/**
 * A run cut down to the rows that are kept of it, as records in which every metric covers the same cells: runners
 * whose ratio is wanted stay together as long as both are kept of one run.
 */
function partsOf(record: RunRecord, kept: readonly Held[]): RunRecord[] {
  const own = kept.filter((held) => held.record === record);
  const bySet = new Map<string, Held[]>();
  for (const metric of new Set(own.map((held) => held.metric))) {
    const rows = own.filter((held) => held.metric === metric);
    const key = JSON.stringify(rows.map(({ cell }) => cell.id));
    bySet.set(key, [...(bySet.get(key) ?? []), ...rows]);
  }
  return [...bySet.values()].map((rows) => {
    const cells = new Set(rows.map(({ cell }) => cell.id));
    const metrics = new Set(rows.map(({ metric }) => metric));
    const ids = new Set(rows.map(({ metric }) => metric.id));
    const climbs = [...metrics].some(({ source }) => source.kind === 'slope');
    const { header } = record;
    return {
      ...record,
      header: {
        ...header,
        cells: header.cells.filter(({ id }) => cells.has(id)),
        metrics: header.metrics.filter((metric) => metrics.has(metric)),
        trials: header.trials.filter(({ cell }) => cells.has(cell)),
      },
      trials: record.trials
        .filter(({ cell }) => cells.has(cell))
        .map((trial) => ({
          ...trial,
          samples: trial.samples.filter(({ metric }) => ids.has(metric)),
          ladder: climbs ? trial.ladder : [],
        })),
    };
  });
}

/** Parts of one run are told apart by a number, also those of an earlier ratchet: "run-1", "run-1#2". */
function withOwnIds(parts: readonly RunRecord[]): RunRecord[] {
  const counts = new Map<string, number>();
  return parts.map((part) => {
    const run = part.header.runId.replace(/#\d+$/, '');
    const number = (counts.get(run) ?? 0) + 1;
    counts.set(run, number);
    return { ...part, header: { ...part.header, runId: number === 1 ? run : `${run}#${number}` } };
  });
}
