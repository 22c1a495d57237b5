/**
 * Which numbers stand against which: every metric of every cell that both sets of runs have under the same
 * names, and on request the ratio of two runners within each run, block by block, which a change of the
 * host's speed between runs leaves as it is.
 */
import type { LaunchValue } from '../model/analysis.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { CellRecord, RecordedTrial } from '../model/record.ts';
import {
  countLaunches,
  createValueReader,
  usableTrials,
  voidBlocks,
  type ValueReader,
} from '../bench/analysis/values.ts';
import type { RowKey } from './model.ts';
import type { Run } from './runs.ts';

/** What one run has of one row. */
export interface RowPart {
  readonly run: Run;
  readonly cell: CellRecord;
  /** The runner the values are divided by; null: they are plain. */
  readonly reference: CellRecord | null;
  readonly metric: MetricDeclaration;
  /** One per launch, in block order. */
  readonly values: readonly LaunchValue[];
  /** Launches that have a value but lie in blocks voided by a declared rule. */
  readonly voided: number;
  /** Launches of the cell (and its reference) that count. */
  readonly trials: readonly RecordedTrial[];
  /** Share of launches that failed, of the worse cell. */
  readonly failedShare: number;
}

export interface Row {
  readonly key: RowKey;
  readonly base: readonly RowPart[];
  readonly head: readonly RowPart[];
}

export interface RowsWanted {
  /** Plain values, ratios to these runners within each run, or both. `baseline`: each cell's own. */
  readonly values: boolean;
  readonly references: readonly string[];
}

/** The name of the runner that a cell's ratios are read against by default. */
export const ownBaseline = '(baseline)';

/** Rows in a fixed order: as the metrics and cells stand in the runs, base first. */
export function rowsOf(base: readonly Run[], head: readonly Run[], wanted: RowsWanted): Row[] {
  const rows = new Map<string, { key: RowKey; base: RowPart[]; head: RowPart[] }>();
  for (const side of ['base', 'head'] as const) {
    for (const run of side === 'base' ? base : head) {
      for (const { key, part } of partsOf(run, wanted)) {
        const name = nameOf(key);
        const row = rows.get(name) ?? { key, base: [], head: [] };
        row[side].push(part);
        rows.set(name, row);
      }
    }
  }
  return [...rows.values()];
}

/** One text per key: equal keys have equal names. */
export function nameOf(key: RowKey): string {
  return JSON.stringify([key.scenario, key.workload, key.shape, key.runner, key.reference, key.metric]);
}

/** "vm/cpu/small", the way cells are named in records; "… against container" for a ratio within each run. */
export function cellLabel(key: RowKey, withScenario: boolean): string {
  const cell = [key.runner, key.workload, key.shape].filter((part) => part !== '').join('/');
  const whole = key.reference === null ? cell : `${cell} against ${key.reference}`;
  return withScenario && key.scenario !== '' ? `${key.scenario}: ${whole}` : whole;
}

/** True where cells must be told apart by their scenario too. */
export function severalScenarios(keys: readonly RowKey[]): boolean {
  return new Set(keys.map((key) => key.scenario)).size > 1;
}

function partsOf(run: Run, wanted: RowsWanted): { key: RowKey; part: RowPart }[] {
  const { header, trials } = run.record;
  const usable = usableTrials(run.record);
  // What was measured and voided was measured: a row does not vanish with its blocks.
  const everyValueIn = createValueReader(usableTrials({ ...run.record, voided: [] }));
  const excluded = voidBlocks(run.record);
  const valuesIn: ValueReader = (cell, metric) =>
    everyValueIn(cell, metric).filter(({ block }) => !excluded.has(block));
  const cells = header.cells.filter(({ role }) => role === 'measured');
  const failed = (cell: CellRecord) => {
    const { failed: some, all } = countLaunches(trials, cell.id);
    return all === 0 ? 0 : some / all;
  };
  const found: { key: RowKey; part: RowPart }[] = [];
  for (const metric of header.metrics) {
    if (metric.source.kind === 'distribution') continue;
    const measured = (cell: CellRecord) =>
      cells.some((peer) => isSameWork(peer, cell) && everyValueIn(peer.id, metric).length > 0);
    for (const cell of cells.filter(measured)) {
      const key = {
        metric: metric.id,
        scenario: header.scenario.name,
        workload: cell.workload,
        shape: cell.shape.id,
        runner: cell.runner,
      };
      const voided = everyValueIn(cell.id, metric).length - valuesIn(cell.id, metric).length;
      const own = { run, cell, metric, voided };
      if (wanted.values) {
        found.push({
          key: { ...key, reference: null },
          part: {
            ...own,
            reference: null,
            values: valuesIn(cell.id, metric),
            trials: usable.get(cell.id) ?? [],
            failedShare: failed(cell),
          },
        });
      }
      for (const name of wanted.references) {
        const runner = name === ownBaseline ? (cell.baseline ?? header.baseline) : name;
        const reference = cells.find((peer) => isSameWork(peer, cell) && peer.runner === runner);
        if (reference === undefined || reference.id === cell.id) continue;
        found.push({
          key: { ...key, reference: runner },
          part: {
            ...own,
            reference,
            values: dividedByBlock(valuesIn(cell.id, metric), valuesIn(reference.id, metric)),
            trials: [...(usable.get(cell.id) ?? []), ...(usable.get(reference.id) ?? [])],
            failedShare: Math.max(failed(cell), failed(reference)),
          },
        });
      }
    }
  }
  return found;
}

function isSameWork(a: CellRecord, b: CellRecord): boolean {
  return a.workload === b.workload && a.shape.id === b.shape.id;
}

/** Blocks in which both have a value that can be divided. */
function dividedByBlock(above: readonly LaunchValue[], below: readonly LaunchValue[]): LaunchValue[] {
  const others = new Map(below.map(({ block, value }) => [block, value]));
  return above.flatMap((launch) => {
    const other = others.get(launch.block);
    return other === undefined || other <= 0 ? [] : [{ ...launch, value: launch.value / other }];
  });
}
