/**
 * What sizing reads of runs: the tare of each runner at each measured shape, with its launches, so that its
 * uncertainty can be carried into a host count. Of an instance's weight that of the same program as a plain
 * process is taken off, block by block: what is left is what the isolation costs.
 */
import type { AccelerationClass, Isolation } from '../model/instance.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { Bytes, Interval } from '../model/quantities.ts';
import type { CellRecord } from '../model/record.ts';
import { UserError } from '../model/errors.ts';
import { median } from '../model/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { rowsOf, type Row, type RowPart } from '../verdicts/rows.ts';
import { orderedRuns, type Run } from '../verdicts/runs.ts';
import type { MemoryPoint } from './tare-curve.ts';

/** One quantity of one instance, beyond what the same program takes as a plain process. */
export interface Weight {
  /** Base unit of the quantity: bytes, or threads. Never below 0. */
  readonly median: number;
  /** 95 %; null below six launches. */
  readonly interval: Interval | null;
  /** One value per launch, for resampling. */
  readonly launches: readonly number[];
  /** Which metric it was read from. */
  readonly metric: string;
  /** False where no plain process was measured beside it: the program's own weight is in it. */
  readonly isNet: boolean;
}

/** The tare of one runner at one shape. */
export interface Tare {
  readonly runner: string;
  readonly kind: CellRecord['runnerKind'];
  readonly form: 'vm' | 'container';
  readonly acceleration: AccelerationClass;
  readonly shape: { readonly cpus: number; readonly memoryBytes: Bytes };
  readonly memoryBytes: Weight | null;
  readonly diskBytes: Weight | null;
  /** CPU that an idle instance takes. */
  readonly idleThreads: Weight | null;
  /** What was measured and may not be used, and why. */
  readonly withheld: readonly string[];
}

export interface Profile {
  readonly host: { readonly name: string; readonly hash: string };
  readonly runs: readonly { readonly runId: string; readonly path: string; readonly startedAt: string }[];
  readonly tares: readonly Tare[];
}

type Quantity = 'memoryBytes' | 'diskBytes' | 'idleThreads';
const quantities: readonly Quantity[] = ['memoryBytes', 'diskBytes', 'idleThreads'];

/** Metrics that tell a quantity, the best first: what one more instance adds, then what one instance holds. */
export function rankOf({ id, family, source }: MetricDeclaration): readonly [Quantity, number] | null {
  if (family !== 'tare') return null;
  if (source.kind === 'slope' && source.state !== 'loaded') {
    const byQuantity: Readonly<Partial<Record<string, readonly [Quantity, number]>>> = {
      kernelPlusPssBytes: ['memoryBytes', 0],
      hostBytes: ['memoryBytes', 1],
      diskBytes: ['diskBytes', 0],
      idleCores: ['idleThreads', 0],
    };
    return byQuantity[source.of] ?? null;
  }
  const bySample: Readonly<Partial<Record<string, readonly [Quantity, number]>>> = {
    'tare.memory': ['memoryBytes', 2],
    'tare.disk': ['diskBytes', 1],
    'tare.idle-cpu': ['idleThreads', 1],
  };
  return bySample[id] ?? null;
}

/**
 * The tares of runs of one host; several runs of one thing put their launches together.
 * @throws UserError for runs of several hosts, and runs that weigh no idle instance
 */
export function profileOf(given: readonly Run[]): Profile {
  const runs = orderedRuns(given);
  const hosts = [...new Map(runs.map(({ ref }) => [ref.host.hash, ref.host])).values()];
  const [host] = hosts;
  if (host === undefined)
    throw new UserError('no record to take a profile from', 'name one: --profile RESULT');
  if (hosts.length > 1) {
    throw new UserError(
      `a profile is of one host, and these are of ${hosts.map(({ name }) => name).join(', ')}`,
      'size each kind of host from records of its own',
    );
  }
  const found = new Map<
    string,
    { cell: RowPart['cell']; form: Tare['form']; quantities: Map<Quantity, Ranked> }
  >();
  const withheld = new Map<string, string[]>();
  const rows = rowsOf(runs, [], { values: true, references: [] });
  for (const row of rows) {
    const [first] = row.base;
    if (first === undefined) continue;
    const ranked = rankOf(first.metric);
    const form = formOf(first.cell);
    if (ranked === null || form === null) continue;
    const [quantity, rank] = ranked;
    const key = JSON.stringify([row.key.runner, row.key.shape]);
    const weight = weigh(row, rows);
    if (weight === null) continue;
    if (first.metric.needsRealCpu && first.cell.acceleration.class === 'tcg') {
      const why = `${first.metric.id}: emulated, not representative (C17)`;
      withheld.set(key, [...new Set([...(withheld.get(key) ?? []), why])]);
      continue;
    }
    const tare = found.get(key) ?? { cell: first.cell, form, quantities: new Map<Quantity, Ranked>() };
    const known = tare.quantities.get(quantity);
    if (known === undefined || rank < known.rank) tare.quantities.set(quantity, { rank, weight });
    found.set(key, tare);
  }
  const tares = [...found].map(([key, { cell, form, quantities: known }]): Tare => {
    const of = (quantity: Quantity) => known.get(quantity)?.weight ?? null;
    return {
      runner: cell.runner,
      kind: cell.runnerKind,
      form,
      acceleration: cell.acceleration.class,
      shape: { cpus: cell.shape.cpus, memoryBytes: cell.shape.memoryBytes },
      memoryBytes: of('memoryBytes'),
      diskBytes: of('diskBytes'),
      idleThreads: of('idleThreads'),
      withheld: withheld.get(key) ?? [],
    };
  });
  if (tares.every((tare) => quantities.every((quantity) => tare[quantity] === null))) {
    throw new UserError(
      `no idle virtual machine or container was weighed in ${runs.map(({ ref }) => ref.path).join(', ')}`,
      'measure one: `tare run tare`',
    );
  }
  return {
    host: { name: host.name, hash: host.hash },
    runs: runs.map(({ ref: { runId, path, startedAt } }) => ({ runId, path, startedAt })),
    tares,
  };
}

interface Ranked {
  readonly rank: number;
  readonly weight: Weight;
}

/** How an instance is placed and licensed, by what isolates it. A sandbox is deployed as a container is. */
const forms: Readonly<Record<Isolation, Tare['form'] | null>> = {
  process: null,
  container: 'container',
  sandbox: 'container',
  'virtual machine': 'vm',
};

/** null: isolated by nothing, or in a way that is not known. */
export function formOf({ isolation }: Pick<CellRecord, 'isolation'>): Tare['form'] | null {
  return isolation === null ? null : forms[isolation];
}

/** The launches of all runs, each less its block's plain process where there is one. */
function weigh({ key, base }: Row, rows: readonly Row[]): Weight | null {
  const plain = rows.find(
    (row) =>
      row.key.metric === key.metric &&
      row.key.scenario === key.scenario &&
      row.key.workload === key.workload &&
      row.key.shape === key.shape &&
      row.base[0]?.cell.isolation === 'process',
  );
  let isNet = true;
  const launches = base.flatMap(({ run, values }) => {
    // A run all of whose blocks are void tells nothing, not even that nothing was beside it.
    if (values.length === 0) return [];
    const own = plain?.base.find((part) => part.run.ref.runId === run.ref.runId);
    if (own === undefined || own.values.length === 0) {
      isNet = false;
      return values.map(({ value }) => Math.max(0, value));
    }
    const ofBlock = new Map(own.values.map(({ block, value }) => [block, value]));
    return values.flatMap(({ block, value }) => {
      const less = ofBlock.get(block);
      return less === undefined ? [] : [Math.max(0, value - less)];
    });
  });
  const middle = median(launches);
  if (middle === null) return null;
  return { median: middle, interval: medianInterval(launches), launches, metric: key.metric, isNet };
}

/** What was measured, by size; `pick` says which value stands for a tare's launches. */
export function memoryPoints(tares: readonly Tare[], pick: (tare: Tare) => number): MemoryPoint[] {
  return tares
    .flatMap((tare) => (tare.memoryBytes === null ? [] : [{ at: tare.shape.memoryBytes, bytes: pick(tare) }]))
    .sort((a, b) => a.at - b.at);
}
