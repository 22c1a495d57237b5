/**
 * Names of runners, workloads and shapes across merged runs: what means the same keeps one name, what only
 * shares its name is prefixed with its scenario. Workloads never mean the same: their blocks are not paired.
 */
import type { Traits } from '../../model/instance.ts';
import type { CellRecord, RunRecord } from '../../model/record.ts';

/** New names by old ones, for one run; what is missing keeps its name. */
export interface Names {
  readonly runners: ReadonlyMap<string, string>;
  readonly workloads: ReadonlyMap<string, string>;
  readonly shapes: ReadonlyMap<string, string>;
}

/** How far a run's numbers are moved so that they meet no other run's. */
export interface Offsets {
  readonly block: number;
  readonly index: number;
}

/** `name`, or the first of `name-2`, `name-3`... that is not taken; taken afterwards. */
export function uniqueName(name: string, used: Set<string>): string {
  let unique = name;
  for (let number = 2; used.has(unique); number += 1) unique = `${name}-${number}`;
  used.add(unique);
  return unique;
}

/** Names for each run, in order. */
export function namesOf(runs: readonly RunRecord[]): Names[] {
  const cellsOf = ({ header }: RunRecord) => header.cells;
  const runners = byMeaning(runs, (run) =>
    cellsOf(run).map((cell) => ({ name: cell.runner, meaning: meaningOfRunner(cell) })),
  );
  const shapes = byMeaning(runs, (run) =>
    cellsOf(run).map(({ shape }) => ({ name: shape.id, meaning: `${shape.cpus}/${shape.memoryBytes}` })),
  );
  const workloads = workloadNames(runs);
  return runs.map((_, at) => ({
    runners: runners[at] ?? new Map(),
    workloads: workloads[at] ?? new Map(),
    shapes: shapes[at] ?? new Map(),
  }));
}

/** The first meaning of a name keeps it; every other one is called after its scenario. */
function byMeaning(
  runs: readonly RunRecord[],
  entries: (run: RunRecord) => readonly { readonly name: string; readonly meaning: string }[],
): ReadonlyMap<string, string>[] {
  const used = new Set(runs.flatMap((run) => entries(run).map(({ name }) => name)));
  const named = new Map<string, string>();
  const taken = new Set<string>();
  return runs.map((run) => {
    const own = new Map<string, string>();
    for (const { name, meaning } of entries(run)) {
      // A runner is what its first cell says: later ones differ in shape only.
      if (own.has(name)) continue;
      const key = `${name}\n${meaning}`;
      let now = named.get(key);
      if (now === undefined) {
        now = taken.has(name) ? uniqueName(`${run.header.scenario.name}.${name}`, used) : name;
        named.set(key, now);
        taken.add(name);
      }
      own.set(name, now);
    }
    return own;
  });
}

function workloadNames(runs: readonly RunRecord[]): ReadonlyMap<string, string>[] {
  const ids = runs.map(
    ({ header }) =>
      new Set([
        ...header.cells.map(({ workload }) => workload),
        ...header.skipped.flatMap(({ cell }) => cell.split('/')[1] ?? []),
      ]),
  );
  const holders = (id: string) => ids.filter((own) => own.has(id)).length;
  const used = new Set(ids.flatMap((own) => [...own]));
  return runs.map(({ header }, at) => {
    const clashing = [...(ids[at] ?? [])].filter((id) => holders(id) > 1);
    return new Map(clashing.map((id) => [id, uniqueName(`${header.scenario.name}.${id}`, used)]));
  });
}

/** Traits that follow from the shape or the workload and not from the runner. */
const circumstantial: readonly (keyof Traits)[] = ['memoryLimit', 'cpuPlacement', 'network', 'pageCache'];

/** Kind, options and versions; older records hold no options, their conditions stand for them. */
function meaningOfRunner({ runnerKind, options, identity, traits, decisive }: CellRecord): string {
  // Older records hold every key that any runner had: what none of them means is not a difference.
  const versions = decisive
    .flatMap((key) => (identity[key] === undefined ? [] : [[key, identity[key]]]))
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const conditions = Object.entries(traits)
    .filter(([key]) => !circumstantial.includes(key as keyof Traits))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([runnerKind, options === undefined ? conditions : inKeyOrder(options), versions]);
}

function inKeyOrder(options: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A run under its new names, its blocks and indexes moved. */
export function renameRun(run: RunRecord, names: Names, offsets: Offsets): RunRecord {
  const { header, trials, voided } = run;
  const runner = (id: string) => names.runners.get(id) ?? id;
  const workload = (id: string) => names.workloads.get(id) ?? id;
  const shape = (id: string) => names.shapes.get(id) ?? id;
  const idOf = (id: string) => {
    const [first = '', second = '', third = '', ...rest] = id.split('/');
    return [runner(first), workload(second), shape(third), ...rest].join('/');
  };
  const block = (number: number) => (number < 0 ? number : number + offsets.block);
  const move = <Launch extends { index: number; block: number; cell: string }>(launch: Launch): Launch => ({
    ...launch,
    index: launch.index + offsets.index,
    block: block(launch.block),
    cell: idOf(launch.cell),
  });
  return {
    ...run,
    header: {
      ...header,
      baseline: runner(header.baseline),
      control: header.control === null ? null : runner(header.control),
      trials: header.trials.map(move),
      cells: header.cells.map((cell) => ({
        ...cell,
        id: idOf(cell.id),
        runner: runner(cell.runner),
        workload: workload(cell.workload),
        shape: { ...cell.shape, id: shape(cell.shape.id) },
        baseline: runner(cell.baseline ?? header.baseline),
      })),
      skipped: header.skipped.map((cell) => ({
        ...cell,
        cell: idOf(cell.cell),
        runner: runner(cell.runner),
      })),
    },
    trials: trials.map(move),
    voided: voided.map((line) => ({ ...line, block: block(line.block) })),
  };
}
